#pragma once
// Keeps the credentials of a connection fresh: token files are read again, exec plugins run again
// before they expire and after a 401.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "providers/kubernetes/exec_plugin.hpp"
#include "providers/kubernetes/kubeconfig.hpp"

namespace crosstie::kubernetes {

using Headers = std::vector<std::pair<std::string, std::string>>;

class Authorizer : public std::enable_shared_from_this<Authorizer> {
 public:
  Authorizer(Credentials credentials, http::Endpoint endpoint, ReadFile read_file);
  ~Authorizer();

  /// Headers for the next request.
  Task<Result<Headers>> headers();
  /// A client certificate that only the exec plugin gives; empty when there is none.
  Task<Result<http::TlsOptions>> tls_options();
  /// The service answered 401: forget what may be renewed. False when nothing can be.
  bool forget();

 private:
  struct Turn;
  Task<Result<void>> renew();
  bool needs_renewal() const;

  Credentials credentials_;
  http::Endpoint endpoint_;
  ReadFile read_file_;
  std::optional<ExecCredential> given_;
  std::shared_ptr<Turn>
      running_;  // shared by the one that runs the plugin and those that wait for it
};

}  // namespace crosstie::kubernetes
