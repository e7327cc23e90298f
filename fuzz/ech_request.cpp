// Requests to the simulated Elastic Cloud Hosted API: a fresh account with one deployment for every
// input.
#include "fuzz/requests.hpp"
#include "fuzz/targets.hpp"
#include "sandbox/ech/ech.hpp"

namespace crosstie::fuzz {

void ech_request(std::string_view input) {
  static const sandbox::Identity kAuthority = [] {
    sandbox::CertificateRequest request;
    request.common_name = "fuzz authority";
    return sandbox::make_authority(request);
  }();
  Surroundings surroundings;
  sandbox::EchApi::Options options;
  options.api_key = "k";
  options.elastic_password = "pw";
  options.authority = kAuthority;
  std::vector<sandbox::WorldDeployment> deployments(1);
  deployments[0].name = "prod";
  deployments[0].id = "accd2e61fa835a5a32bb6b2938ce91f3";
  sandbox::EchApi api(surroundings.context, deployments, std::move(options), nullptr);
  send_requests(surroundings, api.handler(), input);
  (void)api.dump();
}

}  // namespace crosstie::fuzz
