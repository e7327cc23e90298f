// Every answer of the simulated Elastic Cloud against the definitions of the published API.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/sandbox/ech_support.hpp"

namespace crosstie::sandbox {
namespace {

/// Required members, types and enumerations of Swagger 2.0 definitions; collects what does not fit.
class Definitions {
 public:
  explicit Definitions(Json document) : document_(std::move(document)) {}

  std::vector<std::string> check(const std::string& name, const Json& value) {
    problems_.clear();
    check_at({{"$ref", "#/definitions/" + name}}, value, name);
    return problems_;
  }

 private:
  void check_at(const Json& schema, const Json& value, const std::string& at) {
    if (schema.contains("$ref")) {
      const std::string reference = schema["$ref"];
      return check_at(document_["definitions"].at(reference.substr(reference.rfind('/') + 1)),
                      value, at);
    }
    const std::string type = schema.value("type", "object");
    const bool fits =
        (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
        (type == "string" && value.is_string()) || (type == "boolean" && value.is_boolean()) ||
        (type == "integer" && value.is_number_integer()) || (type == "number" && value.is_number());
    if (!fits) {
      problems_.push_back(at + " is not of type " + type + ": " + value.dump());
      return;
    }
    if (schema.contains("enum") &&
        std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end()) {
      problems_.push_back(at + " is not in the enumeration: " + value.dump());
    }
    for (const Json& name : schema.value("required", Json::array())) {
      if (!value.contains(name.get<std::string>()))
        problems_.push_back(at + " lacks " + name.get<std::string>());
    }
    const Json properties = schema.value("properties", Json::object());
    for (const auto& [name, member] : properties.items()) {
      if (value.is_object() && value.contains(name)) check_at(member, value[name], at + "." + name);
    }
    if (!value.is_array() || !schema.contains("items")) return;
    for (const Json& item : value) check_at(schema["items"], item, at + "[]");
  }

  Json document_;
  std::vector<std::string> problems_;
};

TEST(EchSchema, every_answer_has_the_required_members_and_types) {
  std::ifstream file(std::string(CROSSTIE_SOURCE_DIR) +
                     "/../shared/spec/elastic-cloud-subset.json");
  if (!file) GTEST_SKIP() << "no API definition beside this repository";
  Definitions definitions(Json::parse(file));
  TestCloud cloud;
  CertificateRequest ca;
  ca.common_name = "ca";
  const std::string pem = make_authority(ca).certificate_pem;
  const Json update = cloud.update(Json::array({proxy_trust("a", pem)}));
  struct Case {
    const char* method;
    std::string path;
    Json body;
    const char* definition;
  };
  const std::string all_flags =
      "?show_plans=true&show_settings=true&show_metadata=true&show_plan_logs=true&show_plan_"
      "history=true&show_system_alerts=5"
      "&convert_legacy_plans=false&show_plan_defaults=false";
  const std::vector<Case> cases{
      {"GET", "/deployments", nullptr, "DeploymentsListResponse"},
      {"POST", "/deployments/_search", {{"size", 100}}, "DeploymentsSearchResponse"},
      {"GET", TestCloud::deployment(), nullptr, "DeploymentGetResponse"},
      {"PUT", TestCloud::deployment("?validate_only=true"), update, "DeploymentUpdateResponse"},
      {"PUT", TestCloud::deployment(), update, "DeploymentUpdateResponse"},
      {"GET", TestCloud::deployment(all_flags), nullptr, "DeploymentGetResponse"},
      {"PUT", TestCloud::deployment(), {{"x", 1}}, "BasicFailedReply"},
      {"GET", TestCloud::resource(all_flags), nullptr, "ElasticsearchResourceInfo"},
      {"GET", TestCloud::deployment("/certificate-authority"), nullptr, "CertificateAuthority"},
      {"GET", TestCloud::resource("/keystore"), nullptr, "KeystoreContents"},
      {"GET", TestCloud::resource("/remote-clusters"), nullptr, "RemoteResources"},
      {"POST", TestCloud::resource("/_reset-password"), nullptr,
       "ElasticsearchElasticUserPasswordResetResponse"},
      {"POST", TestCloud::resource("/eligible-remote-clusters"), nullptr,
       "DeploymentsSearchResponse"},
      {"GET", "/users/auth/keys", nullptr, "ApiKeysResponse"},
      {"GET", "/account", nullptr, "AccountResponse"},
      {"GET", "/organizations", nullptr, "OrganizationList"},
      {"GET", "/trusted-environments", nullptr, "ElasticsearchClusterTrustSettings"},
      {"GET", "/stack/versions", nullptr, "StackVersionConfigs"},
      {"GET", TestCloud::deployment("/elasticsearch/none"), nullptr, "BasicFailedReply"},
  };
  for (const Case& one : cases) {
    const Response response = cloud.call(one.method, one.path, one.body);
    EXPECT_EQ(header_of(response, "Content-Type"), "application/json");
    for (const std::string& problem : definitions.check(one.definition, body_of(response))) {
      ADD_FAILURE() << one.method << " " << one.path << ": " << problem;
    }
    cloud.settle();
  }
}

}  // namespace
}  // namespace crosstie::sandbox
