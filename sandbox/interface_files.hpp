#pragma once
// The files that a sandbox writes into its directory. Texts are made by pure functions; writing is
// one of its own.
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/world.hpp"

namespace crosstie::sandbox {

/// How the Kubernetes API of the sandbox is reached.
struct KubeconfigParts {
  std::string server;         // "https://127.0.0.1:40001"
  std::string authority_pem;  // CA of the server's certificate
  Identity admin;             // client certificate
  std::string reader_token;
};

/// Context `sandbox` (administrator by client certificate, current) and `sandbox-reader` (get,
/// list, watch by token).
std::string format_kubeconfig(const KubeconfigParts& parts);
/// Lines `export NAME='value'` for a POSIX shell.
std::string format_env(const std::vector<std::pair<std::string, std::string>>& variables);
/// crosstie.yaml with one link from the deployment to the ECK cluster; `model` is "api_key" or
/// "certificate".
std::string format_example(const std::string& model, const WorldDeployment& deployment,
                           const WorldEck& eck);

/// Replaces the file as a whole, readable by its owner alone. Throws std::system_error with the
/// path.
void write_private_file(const std::filesystem::path& path, const std::string& text);

}  // namespace crosstie::sandbox
