#pragma once
// Status objects: how the API server says that something is wrong. Texts as recorded from
// kube-apiserver 1.33 (shared/fixtures/kubernetes/http-4*.txt).
#include <chrono>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace crosstie::sandbox::kubernetes {

/// One entry of details.causes.
struct Cause {
  std::string reason;
  std::string message;
  std::string field;

  static Cause required(std::string field, const std::string& detail = "");
  /// `value` as Go prints it: strings quoted.
  static Cause invalid(std::string field, const std::string& value, const std::string& detail);
  static Cause not_supported(std::string field, const std::string& value,
                             const std::vector<std::string>& supported);
  static Cause forbidden(std::string field, const std::string& detail);
  static Cause too_long(std::string field, std::size_t bytes_max);
  static Cause duplicate(std::string field, const std::string& value);
  static Cause wrong_type(std::string field, const std::string& wanted, const std::string& found);
};

/// Thrown by the request code, turned into an answer in one place (api_server.cpp).
struct StatusError : std::exception {
  int code;
  nlohmann::json status;
  std::vector<std::pair<std::string, std::string>> headers;
  std::chrono::milliseconds delay{0};  // waited before the answer is sent

  StatusError(int code_, const std::string& reason, const std::string& message,
              nlohmann::json details = nullptr);
  const char* what() const noexcept override { return "Kubernetes Status"; }
};

/// The object an error is about. `resource` is the plural for most errors, the Kind for 422 and for
/// DELETE preconditions.
struct Subject {
  std::string group;
  std::string resource;
  std::string name;
};

nlohmann::json success_status(const Subject& subject, const std::string& uid);
StatusError bad_request(const std::string& message);
StatusError not_found(const Subject& subject);
StatusError already_exists(const Subject& subject, bool deleting);
StatusError conflict(const Subject& subject, const std::string& why);
StatusError modified_conflict(const Subject& subject);
StatusError forbidden(const Subject& subject, const std::string& why,
                      nlohmann::json causes = nullptr);
StatusError method_not_allowed();
StatusError unsupported_media_type(const std::string& accepted);
/// 422 with every cause; `causes` must not be empty.
StatusError invalid(const Subject& subject, const std::vector<Cause>& causes);
/// 422 without causes, which is all that a failed JSON patch tells.
StatusError unprocessable_patch();
StatusError expired(const std::string& message);

}  // namespace crosstie::sandbox::kubernetes
