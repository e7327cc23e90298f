#pragma once
// One simulated Elastic Cloud with one or two deployments, and an administrator's way to it.
#include "sandbox/ech/ech.hpp"
#include "tests/sandbox/elasticsearch_support.hpp"

namespace crosstie::sandbox {

constexpr const char* kEchKey = "sandbox-cloud-key";
constexpr const char* kDeploymentId = "accd2e61fa835a5a32bb6b2938ce91f3";

class TestCloud {
 public:
  /// `scale` 0 makes plans end at once; 1 keeps them pending for a test's lifetime.
  explicit TestCloud(double scale = 0) : world(1, scale) {
    EchApi::Options options;
    options.api_key = kEchKey;
    options.elastic_password = "pw";
    CertificateRequest ca;
    ca.common_name = "sandbox authority";
    options.authority = make_authority(ca);
    std::vector<WorldDeployment> deployments(2);
    deployments[0].name = "prod";
    deployments[0].id = kDeploymentId;
    deployments[1].name = "staging";
    api = std::make_unique<EchApi>(world.context, deployments, std::move(options), nullptr);
    handler = api->handler();
  }

  Response call(const std::string& method, const std::string& path, const Json& body = nullptr,
                std::map<std::string, std::string> headers = {}) {
    if (headers.count("authorization") == 0)
      headers["authorization"] = std::string("ApiKey ") + kEchKey;
    return world.send(handler, method, "/api/v1" + path, body.is_null() ? "" : body.dump(),
                      std::move(headers));
  }
  static std::string deployment(const std::string& rest = "") {
    return std::string("/deployments/") + kDeploymentId + rest;
  }
  static std::string resource(const std::string& rest) {
    return deployment("/elasticsearch/main-elasticsearch" + rest);
  }

  Json read(const std::string& flags =
                "?show_plans=true&show_settings=true&clear_transient=true&show_plan_history=true") {
    return body_of(call("GET", deployment(flags)))["resources"]["elasticsearch"][0]["info"];
  }

  /// A PUT body that changes only the direct trusts.
  Json update(const Json& direct) {
    const Json info = read();
    const Json trust{{"accounts", info["settings"]["trust"]["accounts"]},
                     {"external", nullptr},
                     {"direct", direct}};
    const Json payload{{"ref_id", "main-elasticsearch"},
                       {"region", "aws-eu-west-1"},
                       {"plan", info["plan_info"]["current"]["plan"]},
                       {"settings", {{"trust", trust}}}};
    return {{"prune_orphans", false},
            {"resources", {{"elasticsearch", Json::array({payload})}, {"apm", nullptr}}}};
  }

  Json dump() const { return api->dump()["deployments"][kDeploymentId]; }
  void settle() {
    world.run_until([&] { return dump()["server"]["pending"] == false; });
  }

  TestWorld world;
  std::unique_ptr<EchApi> api;
  Handler handler;
};

inline std::string error_code(const Response& response) {
  return body_of(response).at("errors").at(0).at("code");
}

inline Json proxy_trust(const std::string& name, const std::string& pem) {
  return {{"name", name},
          {"type", "proxy"},
          {"trust_all", false},
          {"certificates", Json::array({{{"pem", pem}}})}};
}

}  // namespace crosstie::sandbox
