#pragma once
// A folder of files, a small catalog, and loading in one call.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/config/configuration.hpp"

namespace crosstie {

inline SchemaCatalog small_catalog() {
  using T = AttributeType;
  const auto attribute = [](const char* name, T type, bool required = false) {
    AttributeSchema out;
    out.name = name;
    out.type = type;
    out.required = required;
    return out;
  };
  const auto computed = [&](const char* name, T type) {
    AttributeSchema out = attribute(name, type);
    out.computed = true;
    return out;
  };
  AttributeSchema size = attribute("size", T::string);
  size.allowed = {"large", "small"};
  AttributeSchema ports = attribute("ports", T::list);
  ports.members = {attribute("number", T::number, true), attribute("name", T::string)};
  AttributeSchema hidden = attribute("hidden", T::string);
  hidden.sensitive = true;
  SchemaCatalog catalog;
  catalog.add(
      {{"null.thing",
        ResourceKind::managed,
        "a thing",
        {attribute("text", T::string), attribute("number", T::number),
         attribute("flag", T::boolean), attribute("list", T::list), attribute("map", T::object),
         attribute("any", T::any), size, ports, hidden, attribute("password", T::secret_reference),
         computed("id", T::string), computed("out", T::any)}},
       {"null.strict",
        ResourceKind::managed,
        "needs a name",
        {attribute("name", T::string, true), attribute("more", T::string)}}});
  const auto type = [&](const char* name, ResourceKind kind,
                        std::vector<AttributeSchema> attributes) {
    catalog.add({{name, kind, "", std::move(attributes)}});
  };
  type("kubernetes.read", ResourceKind::read,
       {attribute("api_version", T::string, true), attribute("kind", T::string, true),
        attribute("name", T::string, true), attribute("namespace", T::string),
        attribute("wait", T::any), attribute("public_keys", T::list), computed("object", T::object),
        computed("data", T::object), computed("load_balancer", T::object)});
  type("kubernetes.schema", ResourceKind::read,
       {attribute("api_version", T::string, true), attribute("kind", T::string, true),
        attribute("fields", T::list, true), computed("has", T::object)});
  type("kubernetes.object", ResourceKind::managed,
       {attribute("manifest", T::object, true), attribute("wait", T::any)});
  type("kubernetes.elasticsearch_patch", ResourceKind::managed,
       {attribute("name", T::string, true), attribute("namespace", T::string),
        attribute("spec", T::object, true)});
  type("ech.deployment", ResourceKind::read,
       {attribute("deployment", T::string, true), computed("version", T::string)});
  type("ech.trust", ResourceKind::managed,
       {attribute("deployment", T::string, true), attribute("name", T::string, true),
        attribute("trust_type", T::string), attribute("certificates", T::string, true),
        attribute("certificate_subject", T::string)});
  type("ech.keystore_entry", ResourceKind::managed,
       {attribute("deployment", T::string, true), attribute("name", T::string, true),
        attribute("value", T::secret_reference, true)});
  type("elasticsearch.compatibility", ResourceKind::check,
       {attribute("model", T::string, true), attribute("local_version", T::string, true),
        attribute("remote_version", T::string, true)});
  type("elasticsearch.cross_cluster_api_key", ResourceKind::managed,
       {attribute("cluster", T::any, true), attribute("name", T::string, true),
        attribute("access", T::object, true), attribute("expiration", T::string),
        computed("encoded", T::string)});
  type("elasticsearch.remote_cluster", ResourceKind::managed,
       {attribute("cluster", T::any, true), attribute("alias", T::string, true),
        attribute("mode", T::string), attribute("proxy_address", T::string),
        attribute("server_name", T::string), attribute("skip_unavailable", T::boolean),
        attribute("proxy_socket_connections", T::number)});
  type("elasticsearch.link_probe", ResourceKind::check,
       {attribute("cluster", T::any, true), attribute("alias", T::string, true),
        attribute("model", T::string), attribute("search", T::string),
        computed("connected", T::boolean)});
  type("elasticsearch.role", ResourceKind::managed,
       {attribute("cluster", T::any, true), attribute("name", T::string, true),
        attribute("remote_indices", T::list)});
  return catalog;
}

/// A temporary folder that goes away with its test.
class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "crosstie-config-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string read_whole(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

inline std::string api_key_blueprint() {
  return read_whole(std::filesystem::path(CROSSTIE_SOURCE_DIR) /
                    "blueprints/ech-to-eck-api-key.yaml");
}

inline const SchemaCatalog& catalog() {
  static const SchemaCatalog kCatalog = small_catalog();
  return kCatalog;
}

inline LoadOptions options_for(const Folder& folder) {
  LoadOptions options;
  options.folder = folder.path();
  options.builtin_blueprint_names = {"ech-to-eck-api-key"};
  options.builtin_blueprint = [](const std::string& name) -> std::optional<std::string> {
    if (name == "api_key" || name == "ech-to-eck-api-key") return api_key_blueprint();
    return std::nullopt;
  };
  return options;
}

/// `file:line:col+length summary | detail | fix`, one line an error, without the folder's name.
inline std::string told(const Diagnostics& errors, const Folder& folder) {
  std::string out;
  for (const Diagnostic& error : errors) {
    if (error.where)
      out += error.where->file + ":" + std::to_string(error.where->line) + ":" +
             std::to_string(error.where->column) + "+" + std::to_string(error.where->length) + " ";
    if (!error.address.empty()) out += "[" + error.address + "] ";
    out += error.summary + " | " + error.detail + " | " + error.fix + "\n";
  }
  const std::string prefix = folder.path().string() + "/";
  for (std::size_t at = out.find(prefix); at != std::string::npos; at = out.find(prefix, at))
    out.erase(at, prefix.size());
  return out;
}

struct LoadedFolder {
  std::shared_ptr<const Configuration> configuration;
  std::string errors;
  Diagnostics diagnostics;

  const ResourceConfig& resource(const std::string& address) const {
    for (const ResourceConfig& one : configuration->resources())
      if (one.address.print() == address) return one;
    throw std::runtime_error("no resource " + address);
  }
  std::vector<std::string> dependencies(const std::string& address) const {
    std::vector<std::string> out;
    for (const ResourceAddress& one : resource(address).depends_on) out.push_back(one.print());
    return out;
  }
  std::vector<std::string> addresses() const {
    std::vector<std::string> out;
    for (const ResourceConfig& one : configuration->resources()) out.push_back(one.address.print());
    return out;
  }
};

inline LoadedFolder load_with(const Folder& folder, const LoadOptions& options) {
  LoadedFolder out;
  auto result = load_configuration(options, catalog());
  if (result) {
    out.configuration = *result;
  } else {
    out.diagnostics = result.failure();
    out.errors = told(result.failure(), folder);
  }
  return out;
}

inline LoadedFolder load(const std::string& text) {
  const Folder folder;
  folder.write("a.yaml", text);
  return load_with(folder, options_for(folder));
}

/// Attributes by printed address; what is missing is unknown.
inline AttributeLookup attributes(std::map<std::string, Value> known) {
  return [known = std::move(known)](const ResourceAddress& address) {
    const auto found = known.find(address.print());
    return found == known.end() ? Value::unknown(address.print()) : found->second;
  };
}

/// JSON with `<unknown>` and `<sensitive>` for the marks, which raw strings can hold.
inline std::string shown(const Value& value) {
  std::string text = to_shown_json(value).dump();
  const std::pair<std::string, std::string> marks[] = {{"(known after apply)", "<unknown>"},
                                                       {"(sensitive)", "<sensitive>"}};
  for (const auto& [from, to] : marks)
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from))
      text.replace(at, from.size(), to);
  return text;
}

}  // namespace crosstie
