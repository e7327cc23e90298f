#pragma once
// `apply -write-patches DIR`: what would be patched into an object that somebody keeps in Git goes
// to a file, and nothing is sent.
#include <functional>
#include <memory>
#include <string>

#include "engine/model/result.hpp"
#include "providers/provider.hpp"

namespace crosstie {

/// Keeps one patch; gives the name of its file.
using PatchSink =
    std::function<Result<std::string>(const std::string& address, const std::string& yaml)>;

/// Stands before a provider. A kubernetes.elasticsearch_patch that would change a value goes to
/// `sink` and its step fails, so that what needs it is skipped; everything else goes through. Null
/// for a provider without such resources. `inner` must outlive it.
std::unique_ptr<Provider> make_patch_writer(Provider& inner, PatchSink sink);

}  // namespace crosstie
