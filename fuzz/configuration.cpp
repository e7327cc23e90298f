// A folder of configuration files, from text to evaluated arguments. The input is crosstie.yaml;
// what follows a line
// "%%% NAME" is another file of the folder.
#include "engine/config/configuration.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "fuzz/diagnostics.hpp"
#include "providers/registry.hpp"

namespace crosstie::fuzz {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kMark = "\n%%% ";
constexpr std::size_t kFilesMax = 4;

/// In memory where that can be had, because each input is written anew.
class Folder {
 public:
  Folder() {
    const fs::path base =
        fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
    path_ = base / ("crosstie-fuzz-" + std::to_string(getpid()));
    fs::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  void clear() const {
    for (const fs::directory_entry& entry : fs::directory_iterator(path_))
      fs::remove_all(entry.path());
  }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

bool usable_name(std::string_view name) {
  return !name.empty() && name.size() < 30 && name.front() != '.' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") ==
             std::string_view::npos;
}

void write_files(const Folder& folder, std::string_view input) {
  std::string name = "crosstie.yaml";
  for (std::size_t count = 0; count < kFilesMax; ++count) {
    const std::size_t next = input.find(kMark);
    folder.write(name, input.substr(0, next));
    if (next == std::string_view::npos) return;
    input.remove_prefix(next + kMark.size());
    const std::size_t end = std::min(input.find('\n'), input.size());
    const std::string_view given = input.substr(0, end);
    name = usable_name(given) ? std::string(given) : "other.yaml";
    input.remove_prefix(std::min(end + 1, input.size()));
  }
}

const std::string& blueprint() {
  static const std::string kText = [] {
    std::ostringstream text;
    text << std::ifstream(CROSSTIE_SOURCE_DIR "/blueprints/ech-to-eck-api-key.yaml").rdbuf();
    return text.str();
  }();
  return kText;
}

template <class T>
void check(const Result<T>& result) {
  if (!result) check_diagnostics(result.failure());
}

}  // namespace

void configuration(std::string_view input) {
  static const Folder kFolder;
  static const SchemaCatalog kSchemas = all_schemas();
  kFolder.clear();
  write_files(kFolder, input);
  LoadOptions options;
  options.folder = kFolder.path();
  options.environment = {{"region", "eu"}};
  options.builtin_blueprint_names = {"ech-to-eck-api-key"};
  options.builtin_blueprint = [](const std::string& name) -> std::optional<std::string> {
    if (name == "api_key" || name == "ech-to-eck-api-key") return blueprint();
    return std::nullopt;
  };
  options.resources_max = 2000;
  options.dependencies_max = 20000;
  const auto loaded = load_configuration(options, kSchemas);
  if (!loaded) return check_diagnostics(loaded.failure());
  const Configuration& all = **loaded;
  const AttributeLookup later = [](const ResourceAddress& address) {
    return Value::unknown(address.print());
  };
  const AttributeLookup known = [](const ResourceAddress&) {
    return Value(Value::Object{{"id", "x"}, {"encoded", std::move(Value("s").mark_sensitive())}});
  };
  for (const AttributeLookup& lookup : {later, known}) {
    for (const ResourceConfig& resource : all.resources()) {
      check(all.evaluate_when(resource, lookup));
      check(all.evaluate_arguments(resource, lookup));
    }
    for (const OutputConfig& output : all.outputs()) check(all.evaluate_output(output, lookup));
  }
}

}  // namespace crosstie::fuzz
