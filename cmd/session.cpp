#include "cmd/session.hpp"

#include <unistd.h>

#include <openssl/rand.h>
#include <pwd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cmd/arguments.hpp"
#include "cmd/command.hpp"
#include "cmd/embedded.hpp"
#include "engine/config/configuration.hpp"
#include "engine/environment.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/duration.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/provider.hpp"
#include "providers/registry.hpp"
#include "state/sqlite_store.hpp"
#include "state/store.hpp"

extern char** environ;

namespace crosstie {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kVariablePrefix = "CROSSTIE_VAR_";

std::map<std::string, std::string> variables_of_environment() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (text.starts_with(kVariablePrefix) && equals != std::string_view::npos)
      out.emplace(text.substr(kVariablePrefix.size(), equals - kVariablePrefix.size()),
                  text.substr(equals + 1));
  }
  return out;
}

/// A model names its built-in blueprint; a name may leave out ".yaml".
std::optional<std::string> builtin_blueprint(const std::string& name) {
  if (name == "api_key") return embedded::find(embedded::blueprints(), "ech-to-eck-api-key.yaml");
  if (auto exact = embedded::find(embedded::blueprints(), name)) return exact;
  return embedded::find(embedded::blueprints(), name + ".yaml");
}

std::string user_name() {
  const passwd* entry = getpwuid(getuid());
  return entry == nullptr ? std::to_string(getuid()) : entry->pw_name;
}

fs::path key_folder(const Invocation& invocation) {
  if (const std::string given = invocation.variable("CROSSTIE_KEY_DIR"); !given.empty())
    return given;
  if (const std::string data = invocation.variable("XDG_DATA_HOME"); !data.empty())
    return fs::path(data) / "crosstie" / "keys";
  const std::string home = invocation.variable("HOME");
  return fs::path(home.empty() ? "/root" : home) / ".local" / "share" / "crosstie" / "keys";
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1)
    throw std::runtime_error("the system gives no random bytes");
  return bytes;
}

}  // namespace

std::vector<Flag> session_flags() {
  return {{"var", FlagKind::list, "NAME=VALUE", "sets a variable; may be given several times"},
          {"var-file", FlagKind::list, "FILE",
           "sets variables from a YAML file; may be given several times"},
          {"no-color", FlagKind::toggle, "", "no colors (NO_COLOR does the same)"},
          {"log-level", FlagKind::value, "LEVEL",
           "debug: every request and answer, without bodies, on stderr"}};
}

std::vector<Flag> with_session_flags(std::vector<Flag> flags) {
  const std::vector<Flag> shared = session_flags();
  flags.insert(flags.end(), shared.begin(), shared.end());
  return flags;
}

std::string timestamp_now() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + length, text.size() - length, ".%03dZ", static_cast<int>(ms));
  return text.data();
}

std::string new_uuid() {
  std::string bytes = random_bytes(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    std::array<char, 3> hex{};
    std::snprintf(hex.data(), hex.size(), "%02x", static_cast<unsigned char>(bytes[i]));
    out += hex.data();
  }
  return out;
}

LoadOptions load_options(const Invocation& invocation) {
  LoadOptions options;
  options.folder = invocation.folder;
  options.variables = invocation.arguments.list("var");
  for (const std::string& file : invocation.arguments.list("var-file"))
    options.variable_files.emplace_back(file);
  options.environment = variables_of_environment();
  options.builtin_blueprint = builtin_blueprint;
  for (const embedded::File& file : embedded::blueprints())
    options.builtin_blueprint_names.emplace_back(file.name);
  return options;
}

Result<std::shared_ptr<const Configuration>> load_here(const Invocation& invocation,
                                                       const SchemaCatalog& schemas) {
  return load_configuration(load_options(invocation), schemas);
}

Result<std::shared_ptr<const Configuration>> load_if_there(const LoadOptions& options,
                                                           const SchemaCatalog& schemas) {
  Result<std::shared_ptr<const Configuration>> configuration = load_configuration(options, schemas);
  if (!configuration && configuration.failure().size() == 1 &&
      configuration.failure().front().summary == kNoConfiguration)
    return std::shared_ptr<const Configuration>();
  return configuration;
}

Result<std::unique_ptr<StateStore>> open_state(const Invocation& invocation, StateUse use) {
  StateOptions options;
  options.file = fs::path(invocation.folder) / ".crosstie" / "state.db";
  options.key.given = Secret(invocation.variable("CROSSTIE_STATE_KEY"));
  options.key.key_folder = key_folder(invocation);
  options.create = use == StateUse::write;
  options.read_only = use != StateUse::write;
  options.now = timestamp_now;
  options.random_bytes = random_bytes;
  return open_sqlite_store(std::move(options));
}

LockInfo who_runs(const std::string& command) {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  LockInfo who;
  who.owner = user_name();
  who.host = host.data();
  who.command = command;
  who.pid = getpid();
  who.since = timestamp_now();
  return who;
}

Result<std::unique_ptr<Session>> Session::open(const Invocation& invocation, StateUse use,
                                               ConfigurationUse wanted) {
  auto session = std::make_unique<Session>();
  session->folder_ = invocation.folder;
  session->debug_ = invocation.arguments.value("log-level") == "debug";
  const std::string level = invocation.arguments.value("log-level", "info");
  if (level != "debug" && level != "info")
    return make_error("option has a wrong value",
                      "-log-level takes info or debug, not \"" + level + "\".");
  if (wanted != ConfigurationUse::none) {
    Result<std::shared_ptr<const Configuration>> configuration =
        wanted == ConfigurationUse::needed
            ? load_here(invocation, session->schemas)
            : load_if_there(load_options(invocation), session->schemas);
    if (!configuration) return configuration.failure();
    session->configuration = std::move(*configuration);
  }
  if (use == StateUse::none) return session;
  Result<std::unique_ptr<StateStore>> store = open_state(invocation, use);
  if (!store) return store.failure();
  session->store = std::move(*store);
  Result<StateSnapshot> state = session->store->load();
  if (!state) return state.failure();
  session->state = std::move(*state);
  return session;
}

ProviderEnvironment Session::provider_environment() const {
  ProviderEnvironment environment;
  environment.variable = [](const std::string& name) -> std::string {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? "" : value;
  };
  if (debug_)
    environment.debug = [](const std::string& line) {
      std::cerr << timestamp_now() << " debug " << line << '\n';
    };
  environment.user_agent = "crosstie/" CROSSTIE_VERSION;
  environment.working_directory = folder_;
  return environment;
}

Result<std::unique_ptr<Provider>> Session::make(const std::string& connection) {
  ProviderEnvironment environment = provider_environment();
  if (const std::string text = environment.variable("CROSSTIE_REQUEST_TIMEOUT"); !text.empty()) {
    environment.request_timeout = parse_duration(text);
    if (!environment.request_timeout)
      return make_error("environment variable has a wrong value",
                        "CROSSTIE_REQUEST_TIMEOUT takes a length of time, not \"" + text + "\".",
                        "Write it as 500ms, 90s or 2m, or unset it.");
  }
  Value settings;
  if (configuration) {
    const auto found = configuration->connections().find(connection);
    if (found != configuration->connections().end()) settings = found->second;
  }
  return make_provider(connection, settings, environment,
                       [this](const std::string& other) { return provider(other); });
}

Result<void> Session::connect() {
  std::set<std::string> names;
  if (configuration)
    for (const ResourceConfig& resource : configuration->resources())
      names.insert(resource.connection);
  for (const ResourceRecord& record : state.resources) names.insert(record.connection);
  for (const Operation& operation : state.pending) names.insert(operation.connection);
  Diagnostics errors;
  for (const std::string& name : names) {
    if (providers_.contains(name)) continue;
    Result<std::unique_ptr<Provider>> made = make(name);
    if (made) {
      providers_[name] = std::move(*made);
    } else {
      append(errors, made.failure());
    }
  }
  if (!errors.empty()) return errors;
  return {};
}

/// Also makes a connection that only another one asks for; null when it cannot be made.
Provider* Session::provider(const std::string& connection) {
  const auto found = providers_.find(connection);
  if (found != providers_.end()) return found->second.get();
  if (!being_made_.insert(connection).second) return nullptr;  // they ask for each other
  Result<std::unique_ptr<Provider>> made = make(connection);
  being_made_.erase(connection);
  if (!made) {
    std::cerr << format_diagnostics(made.failure());
    return nullptr;
  }
  return (providers_[connection] = std::move(*made)).get();
}

Environment Session::environment(EventSink* events) {
  Environment environment;
  environment.now = [] { return std::chrono::steady_clock::now(); };
  environment.timestamp = timestamp_now;
  environment.uuid = new_uuid;
  environment.today = timestamp_now().substr(0, 10);
  environment.provider = [this](const std::string& connection) { return provider(connection); };
  environment.events = events;
  return environment;
}

}  // namespace crosstie
