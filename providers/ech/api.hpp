#pragma once
// The calls of the Elastic Cloud API that crosstie makes, each with what its answer means. Paths,
// flags and error codes: facts/ech-api.md, sections 1, 2 and 5 (Swagger of cloud-sdk-go v1.25.0).
#include <nlohmann/json.hpp>
#include <string>

#include "providers/ech/deployment_view.hpp"
#include "providers/http/client.hpp"
#include "providers/provider.hpp"

namespace crosstie::ech {

/// How much of a deployment is asked for.
enum class Detail {
  settings,     // plans and settings: for looking and for read-modify-write
  plan,         // plans with their log: for following one
  plan_history  // that and the attempts before
};

enum class Refusal {
  none,
  not_found,     // 404: the deployment is gone
  plan_pending,  // a plan runs: wait, read again, try again
  conflict,      // the deployment changed since its version was read
  other
};

struct Answer {
  Refusal refusal = Refusal::none;
  nlohmann::json body;
  std::string version;           // header x-cloud-resource-version
  Diagnostics diagnostics;       // not empty unless refusal is none
  bool outcome_unknown = false;  // a write that may have taken effect

  bool ok() const { return refusal == Refusal::none; }
};

/// What an exchange means: JSON body, or why not, with the service's own codes. Pure.
Answer read_answer(const std::string& service, const http::Request& request,
                   const http::Exchange& exchange);

/// `/api/v1/deployments/{id}?...`; the flags are always sent, also when false, as the real clients
/// do.
std::string deployment_target(const std::string& id, Detail detail);

/// An error unless `id` is 32 lower-case hex characters: other ids are refused before anything is
/// sent (as the real clients do).
Result<void> check_deployment_id(const std::string& id);

/// The error for a ref_id that the deployment does not have ("" = it has no Elasticsearch).
Diagnostic no_such_resource(const std::string& deployment, const std::string& ref_id);

/// The scheme, host and port of a configured endpoint; any path in it is dropped, as ecctl and the
/// Terraform provider do.
Result<http::Endpoint> api_endpoint(const std::string& configured, bool insecure);

inline constexpr const char* kPublicEndpoint = "https://api.elastic-cloud.com";

class Api {
 public:
  Api(http::Client client, std::string service);

  Task<Result<DeploymentRead>> deployment(std::string id, Detail detail);
  /// The same with the kind of refusal, for callers to whom "gone" is an answer.
  Task<Answer> read_deployment(std::string id, Detail detail);

  /// Accepted is not applied: a plan attempt starts. Never repeated after a lost answer; refused
  /// when `version` is out of date.
  Task<Answer> update_deployment(std::string id, std::string version, nlohmann::json body);
  /// Asks whether that update would be taken (`validate_only`); nothing changes.
  Task<Answer> validate_update(std::string id, std::string version, nlohmann::json body);

  /// {"recommended_trust_restriction", "public_certificates": [{"active", "pem"}]}.
  Task<Answer> read_certificate_authority(std::string id);

  /// Names and `as_file` of the secrets, never values.
  Task<Answer> read_keystore(std::string id, std::string ref_id);
  /// Merges by name; `{}` as a value removes the name. Safe to repeat.
  Task<Answer> patch_keystore(std::string id, std::string ref_id, nlohmann::json secrets);

 private:
  Task<Answer> send(http::Request request);

  http::Client client_;
  std::string service_;
};

}  // namespace crosstie::ech
