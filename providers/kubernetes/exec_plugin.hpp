#pragma once
// Runs the credential program of a kubeconfig. Source:
// kubernetes.io/docs/reference/config-api/client-authentication.v1.
#include <chrono>
#include <optional>
#include <string>

#include "engine/model/result.hpp"
#include "engine/model/secret.hpp"
#include "providers/kubernetes/kubeconfig.hpp"

namespace crosstie::kubernetes {

struct ExecCredential {
  Secret token;
  std::string certificate_pem;
  Secret key_pem;
  std::optional<std::chrono::system_clock::time_point> expires;
};

/// What the program printed, understood. Pure. Errors never repeat the text.
Result<ExecCredential> parse_exec_credential(const std::string& text, const ExecPlugin& plugin);

/// The value of KUBERNETES_EXEC_INFO.
std::string exec_info(const ExecPlugin& plugin, const http::Endpoint& endpoint);

/// Runs it with a deadline of a minute; its stderr goes to ours. Cancellation ends the program.
Task<Result<ExecCredential>> run_exec_plugin(ExecPlugin plugin, http::Endpoint endpoint);

}  // namespace crosstie::kubernetes
