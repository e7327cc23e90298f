#pragma once
// `apply -write-patches DIR`: what would be patched into an object that somebody keeps in Git is
// written to a file, and nothing is sent.
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "engine/environment.hpp"
#include "providers/provider.hpp"

namespace crosstie {

/// Stands before the providers of a run. A kubernetes.elasticsearch_patch that would change a value
/// becomes DIR/ADDRESS.yaml and its step fails, so that what needs it is skipped; everything else
/// goes through.
class PatchWriters {
 public:
  explicit PatchWriters(std::filesystem::path folder);
  ~PatchWriters();
  PatchWriters(const PatchWriters&) = delete;
  PatchWriters& operator=(const PatchWriters&) = delete;

  /// `environment` with these in front; they must outlive it.
  Environment before(Environment environment);

 private:
  std::filesystem::path folder_;
  std::map<std::string, std::unique_ptr<Provider>> by_connection_;
};

}  // namespace crosstie
