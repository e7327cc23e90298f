#pragma once
// The sealing key of a state: given, or kept in a file of its own, away from the project.
#include <filesystem>
#include <string>

#include "state/sqlite_store.hpp"

namespace crosstie::state_file {

/// `KEY_FOLDER/LINEAGE.key`.
std::filesystem::path key_file(const KeySource& source, const std::string& lineage);

/// Key of a state that exists. Throws Failure when there is none, when it is no key, or when others
/// can read its file.
Secret load_key(const KeySource& source, const std::string& lineage);

/// Key of a state that is about to be made: the given one, or a new one in its file (0600, in a
/// folder of mode 0700), on disk when this returns. Throws Failure.
Secret make_key(const KeySource& source, const std::string& lineage);

/// Takes back make_key when the state was not made after all.
void discard_key(const KeySource& source, const std::string& lineage);

/// Makes every missing folder of `folder`, each with mode 0700. Throws Failure.
void make_private_folder(const std::filesystem::path& folder, const std::string& what_for);

/// Puts the names in `folder` on disk.
void sync_folder(const std::filesystem::path& folder);

}  // namespace crosstie::state_file
