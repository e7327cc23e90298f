// Which files of a folder are the configuration.
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/config/configuration.hpp"
#include "engine/config/files.hpp"
#include "engine/config/loaded.hpp"
#include "engine/config/shape.hpp"
#include "engine/config/source.hpp"
#include "engine/config/template.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/diagnostic.hpp"

namespace crosstie::config {
namespace {

constexpr std::size_t kFilesMax = 1000;

std::string shown_name(const std::filesystem::path& folder, const std::filesystem::path& name) {
  return folder.empty() || folder == "." ? name.string()
                                         : (folder / name).lexically_normal().string();
}

std::vector<std::filesystem::path> yaml_files(const LoadOptions& options, Diagnostics& errors) {
  std::vector<std::filesystem::path> names;
  const std::filesystem::path folder = options.folder.empty() ? "." : options.folder;
  std::error_code error;
  std::filesystem::directory_iterator files(folder, error);
  for (; !error && files != std::filesystem::directory_iterator(); files.increment(error)) {
    const std::filesystem::path name = files->path().filename();
    const bool yaml = name.extension() == ".yaml" || name.extension() == ".yml";
    std::error_code ignored;
    if (!yaml || name.string().starts_with(".") || !files->is_regular_file(ignored)) continue;
    const bool variables = std::any_of(
        options.variable_files.begin(), options.variable_files.end(), [&](const auto& path) {
          return std::filesystem::equivalent(path, files->path(), ignored);
        });
    if (!variables) names.push_back(name);
  }
  if (error)
    errors.push_back(
        make_error("folder cannot be read",
                   "The folder " + folder.string() + " cannot be read: " + error.message() + ".",
                   "To fix it, go to the folder of the configuration, or name it with\n  crosstie "
                   "-chdir=FOLDER ..."));
  if (names.size() > kFilesMax)
    errors.push_back(make_error("folder has too many files",
                                "The folder " + folder.string() + " has more than " +
                                    std::to_string(kFilesMax) + " YAML files.",
                                {}));
  std::sort(names.begin(), names.end());
  names.resize(std::min(names.size(), kFilesMax));
  return names;
}

bool is_known_key(std::string_view key) {
  return std::find(std::begin(kConfigurationKeys), std::end(kConfigurationKeys), key) !=
         std::end(kConfigurationKeys);
}

/// A file that cannot be read as YAML is meant as configuration when one of its lines begins with a
/// key of ours.
bool looks_like_configuration(const SourceFile& file) {
  for (std::size_t i = 0; i < file.line_starts.size(); ++i) {
    const std::string_view line = std::string_view(file.text).substr(file.line_starts[i], 20);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && is_known_key(line.substr(0, colon))) return true;
  }
  return false;
}

enum class Role { configuration, aside };

/// Blueprints, Kubernetes manifests and variable files may lie in the folder too. One key that is
/// nearly ours is a slip of the pen.
Role role_of(const Node& root) {
  if (!root.is_mapping()) return Role::aside;
  if (root.find("crosstie") != nullptr) return Role::configuration;
  if (root.find("blueprint") != nullptr) return Role::aside;
  if (root.find("apiVersion") != nullptr) return Role::aside;
  static const std::vector<std::string> kKeys(std::begin(kConfigurationKeys),
                                              std::end(kConfigurationKeys));
  for (const Entry& entry : root.entries)
    if (is_known_key(entry.key) ||
        (entry.value->is_mapping() && !did_you_mean(entry.key, kKeys).empty()))
      return Role::configuration;
  return Role::aside;
}

}  // namespace

bool read_folder(Loading& loading) {
  Diagnostics& errors = loading.errors;
  Diagnostics elsewhere;  // told only when nothing else is found
  bool found = false;
  bool unread = false;
  bool versioned = false;
  const std::vector<std::filesystem::path> names = yaml_files(loading.options, errors);
  if (!errors.empty() && names.empty()) return false;
  for (const std::filesystem::path& name : names) {
    const std::string shown = shown_name(loading.options.folder, name);
    FileText file = read_text_file(loading.options.folder / name, kFileBytesMax);
    if (!file.problem.empty()) {
      errors.push_back(make_error("file cannot be read",
                                  "The file " + shown + " cannot be read: " + file.problem + ".",
                                  {}));
      found = unread = true;
      continue;
    }
    Diagnostics own;
    auto document = parse_yaml(shown, std::move(file.text), own);
    const bool ours = document->root != nullptr ? role_of(*document->root) == Role::configuration
                                                : looks_like_configuration(document->file);
    append(ours ? errors : elsewhere, own);
    unread |= ours && document->root == nullptr;
    found |= ours;
    if (document->root != nullptr && ours) {
      compile_templates(*document, errors);
      versioned |= document->root->find("crosstie") != nullptr;
      read_configuration(*document, loading.types, loading.loaded.shape, errors);
    }
    loading.loaded.documents.push_back(std::move(document));
  }
  if (!found && elsewhere.empty())
    errors.push_back(make_error(
        kNoConfiguration, "No file *.yaml of the folder has a top-level key `crosstie:`.",
        "To fix it, go to the folder of the configuration, or begin one with\n  crosstie init"));
  if (!found) append(errors, elsewhere);
  if (found && !unread && !versioned)
    errors.push_back(
        make_error("version of the language is missing",
                   "No file of the folder says which version of the language it is written in.",
                   "To fix it, begin one of them with `crosstie: 1`."));
  return found && !unread;
}

}  // namespace crosstie::config
