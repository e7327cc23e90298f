// Server-side apply beyond the recordings.
#include "tests/sandbox/kubernetes_harness.hpp"

namespace crosstie::sandbox {
namespace {

using nlohmann::json;

constexpr const char* kSecret = "/api/v1/namespaces/api/secrets/s";
constexpr const char* kService = "/api/v1/namespaces/api/services/web";

class KubernetesApply : public KubernetesTest {
 protected:
  static json service(json ports) {
    return {{"apiVersion", "v1"},
            {"kind", "Service"},
            {"metadata", {{"name", "web"}}},
            {"spec", {{"ports", std::move(ports)}, {"selector", {{"app", "web"}}}}}};
  }
  static json owned_by(const json& object, const std::string& manager) {
    for (const json& entry : object.at("metadata").value("managedFields", json::array())) {
      if (entry.at("manager") == manager) return entry.at("fieldsV1");
    }
    return nullptr;
  }
};

TEST_F(KubernetesApply, a_field_left_out_is_removed_when_nobody_else_owns_it) {
  apply(kSecret, secret("s", {{"a", "dg=="}, {"b", "dg=="}}));
  EXPECT_EQ(apply(kSecret, secret("s", {{"a", "dg=="}})).body["data"],
            json::parse(R"({"a":"dg=="})"));
}

TEST_F(KubernetesApply, a_shared_field_stays_when_one_owner_leaves_it_out) {
  apply(kSecret, secret("s", {{"a", "dg=="}, {"b", "dg=="}}));
  apply(kSecret, secret("s", {{"b", "dg=="}}), "other");
  EXPECT_EQ(apply(kSecret, secret("s", {{"a", "dg=="}})).body["data"],
            json::parse(R"({"a":"dg==","b":"dg=="})"));
  EXPECT_EQ(apply(kSecret, secret("s", json::object()), "other").body["data"],
            json::parse(R"({"a":"dg=="})"));
}

TEST_F(KubernetesApply, fields_of_others_are_kept) {
  apply(kSecret, secret("s", {{"a", "dg=="}}));
  merge(kSecret, {{"metadata", {{"labels", {{"team", "x"}}}}}, {"data", {{"theirs", "eA=="}}}});
  const Answer answer = apply(kSecret, secret("s", {{"a", "eA=="}}));
  EXPECT_EQ(answer.body["data"], json::parse(R"({"a":"eA==","theirs":"eA=="})"));
  EXPECT_EQ(answer.body["metadata"]["labels"]["team"], "x");
}

TEST_F(KubernetesApply, several_conflicts_are_listed_by_manager) {
  apply(kSecret, secret("s", {{"a", "dg=="}, {"b", "dg=="}}), "one");
  apply(kSecret, secret("s", {{"c", "dg=="}}), "two");
  const Answer answer = apply(kSecret, secret("s", {{"a", "eA=="}, {"b", "eA=="}, {"c", "eA=="}}));
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.body["details"]["causes"].size(), 3u);
  EXPECT_EQ(answer.message(),
            "Apply failed with 3 conflicts: conflicts with \"one\":\n- .data.a\n- "
            ".data.b\nconflicts with \"two\":\n- .data.c");
}

TEST_F(KubernetesApply, force_takes_the_field_from_its_owner) {
  apply(kSecret, secret("s", {{"a", "dg=="}}), "one");
  const Answer answer = apply(kSecret, secret("s", {{"a", "eA=="}}), "crosstie", "&force=true");
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(owned_by(answer.body, "one").is_null());
  EXPECT_EQ(owned_by(answer.body, "crosstie"), json::parse(R"({"f:data":{"f:a":{}}})"));
}

TEST_F(KubernetesApply, an_update_takes_ownership_silently_and_shows_as_a_conflict_later) {
  apply(kSecret, secret("s", {{"a", "dg=="}}));
  merge(std::string(kSecret) + "?fieldManager=hand", {{"data", {{"a", "eA=="}}}});
  const Answer answer = apply(kSecret, secret("s", {{"a", "dg=="}}));
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.body["details"]["causes"][0]["message"], "conflict with \"hand\" using v1");
  EXPECT_EQ(answer.body["details"]["causes"][0]["field"], ".data.a");
}

TEST_F(KubernetesApply, ports_merge_by_number_and_protocol) {
  apply(kService, service(json::array({{{"name", "a"}, {"port", 80}}})));
  const json udp = json::array(
      {{{"name", "b"}, {"port", 80}, {"protocol", "UDP"}}, {{"name", "c"}, {"port", 81}}});
  const Answer both = apply(kService, service(udp), "other");
  ASSERT_EQ(both.status, 200) << both.text;
  EXPECT_EQ(both.body["spec"]["ports"].size(), 3u);
  const Answer less =
      apply(kService, service(json::array({{{"name", "c"}, {"port", 81}}})), "other");
  EXPECT_EQ(less.body["spec"]["ports"].size(), 2u);
  const Answer conflict =
      apply(kService, service(json::array({{{"name", "x"}, {"port", 80}}})), "other");
  EXPECT_EQ(conflict.status, 409);
  EXPECT_EQ(conflict.body["details"]["causes"][0]["field"],
            ".spec.ports[port=80,protocol=\"TCP\"].name");
}

TEST_F(KubernetesApply, containers_merge_by_name_and_their_environment_too) {
  const std::string path = "/apis/apps/v1/namespaces/api/deployments/d";
  const auto deployment = [](const char* variable) {
    const json container = {{"name", "c"},
                            {"image", "x:1"},
                            {"env", json::array({{{"name", variable}, {"value", "1"}}})}};
    return json{{"apiVersion", "apps/v1"},
                {"kind", "Deployment"},
                {"metadata", {{"name", "d"}}},
                {"spec",
                 {{"selector", {{"matchLabels", {{"a", "b"}}}}},
                  {"template",
                   {{"metadata", {{"labels", {{"a", "b"}}}}},
                    {"spec", {{"containers", json::array({container})}}}}}}}};
  };
  ASSERT_EQ(apply(path, deployment("ONE")).status, 201);
  const Answer answer = apply(path, deployment("TWO"), "other");
  ASSERT_EQ(answer.status, 200) << answer.text;
  EXPECT_EQ(answer.body["spec"]["template"]["spec"]["containers"].size(), 1u);
  EXPECT_EQ(answer.body["spec"]["template"]["spec"]["containers"][0]["env"].size(), 2u);
  EXPECT_EQ(answer.body["spec"]["replicas"], 1);
}

TEST_F(KubernetesApply, an_object_without_owners_is_taken_as_before_first_apply) {
  store.create({"", "secrets", "api", "s"}, secret("s", {{"a", "dg=="}}));
  const Answer answer = apply(kSecret, secret("s", {{"a", "eA=="}}));
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.body["details"]["causes"][0]["message"],
            "conflict with \"before-first-apply\" using v1");
  EXPECT_EQ(apply(kSecret, secret("s", {{"b", "eA=="}})).body["data"].size(), 2u);
}

TEST_F(KubernetesApply, empty_objects_of_the_operator_are_no_conflict) {
  json object = elasticsearch("e");
  object["spec"]["remoteClusterServer"] = {
      {"service", {{"metadata", json::object()}, {"spec", json::object()}}}};
  object["spec"]["transport"] = {{"service", {{"spec", json::object()}}}};
  send("POST", std::string(kEs) + "?fieldManager=elastic-operator", object.dump());
  const std::string path = std::string(kEs) + "/e";
  json patch = {{"apiVersion", "elasticsearch.k8s.elastic.co/v1"},
                {"kind", "Elasticsearch"},
                {"metadata", {{"name", "e"}}}};
  json undo = patch;
  patch["spec"] = {{"remoteClusterServer",
                    {{"enabled", true}, {"service", {{"spec", {{"type", "LoadBalancer"}}}}}}},
                   {"transport", {{"service", {{"spec", {{"type", "LoadBalancer"}}}}}}}};
  const Answer answer = apply(path, patch);
  ASSERT_EQ(answer.status, 200) << answer.text;
  EXPECT_EQ(answer.body["spec"]["remoteClusterServer"]["service"]["spec"]["type"], "LoadBalancer");
  // Seen on kube-apiserver 1.34.4: the object stays, its last member goes, what is left is null.
  const Answer refused = apply(path, undo);
  EXPECT_EQ(refused.status, 422) << refused.text;
  EXPECT_EQ(refused.body["details"]["causes"].size(), 2U);
  const std::string field = "spec.remoteClusterServer.service.spec";
  EXPECT_NE(refused.message().find(field + ": Invalid value: \"null\": " + field +
                                   " in body must be of type object: \"null\""),
            std::string::npos)
      << refused.message();
  const json emptied = {{"service", {{"spec", {{"type", nullptr}}}}}};
  ASSERT_EQ(
      merge(path, {{"spec", {{"remoteClusterServer", emptied}, {"transport", emptied}}}}).status,
      200);
  const Answer undone = apply(path, undo);
  using Pointer = json::json_pointer;
  EXPECT_EQ(undone.status, 200) << undone.text;
  EXPECT_FALSE(undone.body.contains(Pointer("/spec/remoteClusterServer/enabled")));
  EXPECT_EQ(undone.body.at(Pointer("/spec/transport/service/spec")), json::object());
}

TEST_F(KubernetesApply, fields_of_status_are_not_owned_by_a_write_of_the_main_resource) {
  json object = elasticsearch("e");
  object["status"] = {{"phase", "Ready"}};
  const Answer answer = apply(std::string(kEs) + "/e", object);
  EXPECT_EQ(answer.status, 201);
  EXPECT_FALSE(answer.body.contains("status"));
  EXPECT_FALSE(owned_by(answer.body, "crosstie").contains("f:status"));
}

TEST_F(KubernetesApply, mistakes_of_the_request_are_told) {
  apply(kSecret, secret("s"));
  json managed = secret("s");
  managed["metadata"]["managedFields"] = json::array();
  EXPECT_EQ(apply(kSecret, managed).message(), "metadata.managedFields must be nil");
  EXPECT_EQ(apply(kSecret, {{"apiVersion", "v1"}}).status, 400);
  json version = secret("s");
  version["apiVersion"] = "v2";
  EXPECT_EQ(apply(kSecret, version).status, 400);
  json unknown = elasticsearch("e");
  unknown["spec"]["bogus"] = 1;
  const Answer answer = apply(std::string(kEs) + "/e", unknown);
  EXPECT_EQ(answer.status, 500);
  EXPECT_NE(answer.message().find(".spec.bogus: field not declared in schema"), std::string::npos);
  const Answer forced = send("PATCH", std::string(kSecret) + "?force=true", "{}",
                             {{"content-type", "application/merge-patch+json"}});
  EXPECT_EQ(forced.message(),
            "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for "
            "non-apply patch");
}

TEST_F(KubernetesApply, a_put_that_hands_managed_fields_back_keeps_the_owners) {
  apply(kSecret, secret("s", {{"a", "dg=="}}));
  json object = get(kSecret).body;
  object["data"]["b"] = "dg==";
  const Answer answer = send("PUT", std::string(kSecret) + "?fieldManager=hand", object.dump());
  EXPECT_EQ(owned_by(answer.body, "crosstie"), json::parse(R"({"f:data":{"f:a":{}}})"));
  EXPECT_EQ(owned_by(answer.body, "hand"), json::parse(R"({"f:data":{"f:b":{}}})"));
  object = answer.body;
  object["metadata"]["managedFields"] = json::array({json::object()});
  EXPECT_TRUE(owned_by(send("PUT", kSecret, object.dump()).body, "crosstie").is_null());
}

TEST_F(KubernetesApply, a_missing_namespace_is_told_apart_from_a_missing_object) {
  const Answer answer = apply("/api/v1/namespaces/nope/secrets/s", secret("s"));
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.message(), "namespaces \"nope\" not found");
}

}  // namespace
}  // namespace crosstie::sandbox
