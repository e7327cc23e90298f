// The organization: account, keys of the user, environments trusted already, stack versions.
#include <set>
#include <string>
#include <vector>

#include "sandbox/ech/errors.hpp"
#include "sandbox/ech/routes.hpp"
#include "sandbox/ech/world_state.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox::ech {
namespace {

constexpr const char* kKeyId = "sandbox-key";
constexpr const char* kKeyCreated = "2026-01-01T00:00:00.000Z";

Response reply(const Json& body) { return Response::json(200, body.dump()); }

/// Metadata of the one key; its value is never told.
Json key_view(const WorldState& world) {
  return {{"id", kKeyId},
          {"user_id", world.options.organization_id},
          {"organization_id", world.options.organization_id},
          {"description", "sandbox"},
          {"creation_date", kKeyCreated}};
}

Response list_keys(const Call& call) {
  return reply({{"keys", Json::array({key_view(*call.world)})}});
}

Response get_key(const Call& call) {
  const std::string id = call.path.at("api_key_id");
  if (id != kKeyId)
    throw api_error(404, "api_keys.key_not_found", "The API key [" + id + "] could not be found");
  return reply(key_view(*call.world));
}

Response account(const Call& call) {
  return reply({{"id", call.world->options.organization_id}, {"trust", {{"trust_all", true}}}});
}

Response organizations(const Call& call) {
  return reply({{"organizations", Json::array({{{"id", call.world->options.organization_id},
                                                {"name", "Sandbox"}}})}});
}

Response trusted_environments(const Call& call) { return reply(default_trust(*call.world)); }

Response stack_versions(const Call& call) {
  std::set<std::string> versions;
  for (const auto& deployment : call.world->deployments) versions.insert(deployment->version);
  const Json none = Json::array();
  Json stacks = Json::array();
  for (const std::string& version : versions) {
    stacks.push_back({{"version", version},
                      {"accessible", true},
                      {"whitelisted", true},
                      {"deleted", false},
                      {"upgradable_to", none},
                      {"template", Json::object()},
                      {"elasticsearch",
                       {{"blacklist", none},
                        {"plugins", none},
                        {"default_plugins", none},
                        {"docker_image", "elasticsearch:" + version}}},
                      {"kibana", {{"blacklist", none}, {"docker_image", "kibana:" + version}}}});
  }
  return reply({{"stacks", stacks}});
}

}  // namespace

std::vector<Route> account_routes() {
  return {{"GET", "/users/auth/keys", list_keys},
          {"GET", "/users/auth/keys/{api_key_id}", get_key},
          {"GET", "/account", account},
          {"GET", "/organizations", organizations},
          {"GET", "/trusted-environments", trusted_environments},
          {"GET", "/stack/versions", stack_versions},
          {"GET", "/regions/{region}/stack/versions", stack_versions}};
}

}  // namespace crosstie::sandbox::ech
