// Requests to the simulated Kubernetes API: a fresh cluster with namespace "api" for every input.
#include "fuzz/requests.hpp"
#include "fuzz/targets.hpp"
#include "sandbox/kubernetes/api_server.hpp"

namespace crosstie::fuzz {

void kubernetes_request(std::string_view input) {
  Surroundings surroundings;
  {
    sandbox::ObjectStore store(surroundings.context);
    sandbox::KubernetesApi::Options options;
    options.admin_token = "a";
    options.reader_token = "r";
    options.user_tokens = {{"u", "user"}};
    sandbox::KubernetesApi api(surroundings.context, store, std::move(options));
    api.add_namespace("api");
    surroundings.loop.poll();
    send_requests(surroundings, api.handler(), input);
    (void)api.dump();
    surroundings.loop.stop();
  }
}

}  // namespace crosstie::fuzz
