#include <charconv>
#include <filesystem>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

#include "cmd/all_commands.hpp"
#include "cmd/arguments.hpp"
#include "cmd/command.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "sandbox/sandbox.hpp"

namespace crosstie {
namespace {

Diagnostic wrong_value(const std::string& flag, const std::string& takes,
                       const std::string& given) {
  return make_error("option has a wrong value",
                    "-" + flag + " takes " + takes + ", not \"" + given + "\".");
}

Result<sandbox::SandboxOptions> read_options(const Arguments& arguments) {
  sandbox::SandboxOptions options;
  options.directory = arguments.value("dir");
  if (options.directory.empty()) {
    return make_error("option is missing",
                      "-dir names the folder for the kubeconfig, the environment and the example.",
                      "For instance:\n  crosstie sandbox -dir /tmp/sandbox -example api_key");
  }
  if (arguments.has("world")) options.world_file = arguments.value("world");
  const std::string scale = arguments.value("time-scale", "1");
  const auto [end, error] =
      std::from_chars(scale.data(), scale.data() + scale.size(), options.time_scale);
  if (error != std::errc{} || end != scale.data() + scale.size() || !(options.time_scale >= 0) ||
      options.time_scale > 1)
    return wrong_value("time-scale", "a number from 0 to 1", scale);
  std::istringstream only(arguments.value("only"));
  for (std::string name; std::getline(only, name, ',');) {
    if (name != "kubernetes" && name != "ech" && name != "elasticsearch")
      return wrong_value("only", "names of kubernetes, ech and elasticsearch with commas between",
                         name);
    options.only.insert(name);
  }
  options.example = arguments.value("example");
  if (!options.example.empty() && options.example != "api_key" && options.example != "certificate")
    return wrong_value("example", "api_key or certificate", options.example);
  const std::string seed = arguments.value("seed", "1");
  const auto [seed_end, seed_error] =
      std::from_chars(seed.data(), seed.data() + seed.size(), options.seed);
  if (seed_error != std::errc{} || seed_end != seed.data() + seed.size())
    return wrong_value("seed", "a whole number", seed);
  return options;
}

int run(Invocation& invocation) {
  Result<sandbox::SandboxOptions> options = read_options(invocation.arguments);
  if (!options) return report(invocation, options.failure());
  // The addresses of an earlier sandbox must not be read while this one starts.
  std::error_code ignored;
  std::filesystem::remove(options->directory / "env", ignored);
  return sandbox::serve_sandbox(std::move(*options), invocation.out, invocation.err);
}

}  // namespace

Command sandbox_command() {
  return {"sandbox",
          "runs simulators of all three services on loopback, to try everything without an account",
          "-dir=DIR [options]",
          {{"dir", FlagKind::value, "DIR",
            "folder for kubeconfig, env, ca.pem and the example; made when absent"},
           {"world", FlagKind::value, "FILE",
            "what exists at the start; one deployment and one ECK cluster by default"},
           {"time-scale", FlagKind::value, "X",
            "1: waits as long as the real thing; 0: no wait at all"},
           {"only", FlagKind::value, "LIST", "only these of kubernetes,ech,elasticsearch"},
           {"example", FlagKind::value, "MODEL",
            "writes a ready project into DIR/project (api_key, certificate)"},
           {"seed", FlagKind::value, "N", "of ids and passwords, to make the same world again"}},
          0,
          run};
}

}  // namespace crosstie
