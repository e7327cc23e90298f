#pragma once
// How the files of state/ tell each other that something went wrong: thrown inside, turned into a
// Result at every public call.
#include <exception>
#include <filesystem>
#include <string>

#include "engine/model/result.hpp"

namespace crosstie::state_file {

/// Carries the diagnostic of an expected failure to the edge of state/. Never leaves it.
class Failure : public std::exception {
 public:
  explicit Failure(Diagnostic diagnostic) : diagnostic_(std::move(diagnostic)) {}
  const Diagnostic& diagnostic() const { return diagnostic_; }
  const char* what() const noexcept override { return diagnostic_.summary.c_str(); }

 private:
  Diagnostic diagnostic_;
};

/// The file is not what was written: SQLite's own checks, or a value that has no meaning. `found`
/// is a whole sentence.
Diagnostic damaged(const std::filesystem::path& file, const std::string& found);

/// Runs `body` and turns a Failure into the Result.
template <class T, class Body>
Result<T> guarded(Body&& body) {
  try {
    if constexpr (std::is_void_v<T>) {
      body();
      return {};
    } else {
      return body();
    }
  } catch (const Failure& failure) {
    return failure.diagnostic();
  }
}

}  // namespace crosstie::state_file
