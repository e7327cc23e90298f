// Requests on objects: create, read, change, list, delete, and who may.
#include "tests/sandbox/kubernetes_harness.hpp"

namespace crosstie::sandbox {
namespace {

using nlohmann::json;

constexpr const char* kSecrets = "/api/v1/namespaces/api/secrets";
constexpr const char* kMaps = "/api/v1/namespaces/api/configmaps";

class KubernetesObjects : public KubernetesTest {};

TEST_F(KubernetesObjects, a_name_is_generated_from_generate_name) {
  json object = secret("x");
  object["metadata"] = {{"generateName", "made-"}};
  const Answer answer = post(kSecrets, object);
  EXPECT_EQ(answer.status, 201);
  EXPECT_TRUE(answer.body["metadata"]["name"].get<std::string>().starts_with("made-"));
  EXPECT_EQ(answer.body["metadata"]["name"].get<std::string>().size(), 10u);
}

TEST_F(KubernetesObjects, a_secret_over_one_mebibyte_is_refused) {
  json object = {{"apiVersion", "v1"},
                 {"kind", "Secret"},
                 {"metadata", {{"name", "big"}}},
                 {"stringData", {{"k", std::string(1048577, 'x')}}}};
  const Answer answer = post(kSecrets, object);
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.message(),
            "Secret \"big\" is invalid: data: Too long: may not be more than 1048576 bytes");
}

TEST_F(KubernetesObjects, a_config_map_over_one_mebibyte_is_refused_without_a_field) {
  json object = {{"apiVersion", "v1"},
                 {"kind", "ConfigMap"},
                 {"metadata", {{"name", "big"}}},
                 {"data", {{"k", std::string(1048577, 'x')}}}};
  const Answer answer = post(kMaps, object);
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.message(),
            "ConfigMap \"big\" is invalid: []: Too long: may not be more than 1048576 bytes");
}

TEST_F(KubernetesObjects, annotations_over_their_limit_are_refused) {
  json object = secret("bigann");
  object["metadata"]["annotations"] = {{"a", std::string(262144, 'x')}};
  const Answer answer = post(kSecrets, object);
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.message(),
            "Secret \"bigann\" is invalid: metadata.annotations: Too long: may not be more than "
            "262144 bytes");
}

TEST_F(KubernetesObjects, a_body_over_three_mebibytes_is_413) {
  json object = secret("big", {{"k", std::string(4194304, 'A')}});
  const Answer answer = post(kSecrets, object);
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.message(), "Request entity too large: limit is 3145728");
}

TEST_F(KubernetesObjects, an_unknown_field_of_a_core_object_is_warned_of_and_dropped) {
  json object = secret("s");
  object["bogus"] = 1;
  const Answer answer = post(kSecrets, object);
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.headers.at("Warning"), "299 - \"unknown field \\\"bogus\\\"\"");
  EXPECT_FALSE(answer.body.contains("bogus"));
}

TEST_F(KubernetesObjects, a_wrong_type_is_a_bad_request) {
  const Answer answer = post(kSecrets, secret("s", {{"k", 5}}));
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.message().find("cannot unmarshal number"), std::string::npos);
  EXPECT_EQ(send("POST", kSecrets, R"({"metadata":"x"})").status, 400);
  EXPECT_EQ(send("POST", "/api/v1/namespaces/api/pods",
                 R"({"metadata":{"name":"p"},"spec":{"containers":[{"image":5}]}})")
                .status,
            400);
}

TEST_F(KubernetesObjects, a_wrong_typed_field_of_the_custom_resource_is_named) {
  json object = elasticsearch("e");
  object["spec"]["version"] = 9;
  const Answer answer = post(kEs, object);
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.body["details"]["causes"][0]["reason"], "FieldValueTypeInvalid");
  EXPECT_EQ(answer.body["details"]["causes"][0]["field"], "spec.version");
}

TEST_F(KubernetesObjects, pod_template_and_config_take_anything) {
  json object = elasticsearch("e");
  object["spec"]["nodeSets"][0]["podTemplate"] = {{"spec", {{"containers", "oops"}}}};
  object["spec"]["nodeSets"][0]["config"] = {{"a.b", 1}};
  const Answer answer = send("POST", std::string(kEs) + "?fieldValidation=Strict", object.dump());
  EXPECT_EQ(answer.status, 201) << answer.text;
  EXPECT_EQ(answer.body["spec"]["nodeSets"][0]["podTemplate"]["spec"]["containers"], "oops");
}

TEST_F(KubernetesObjects, the_older_version_shows_the_same_object) {
  post(kEs, elasticsearch("e"));
  const Answer answer =
      get("/apis/elasticsearch.k8s.elastic.co/v1beta1/namespaces/api/elasticsearches/e");
  EXPECT_EQ(answer.body["apiVersion"], "elasticsearch.k8s.elastic.co/v1beta1");
  EXPECT_EQ(answer.body["metadata"]["uid"], get(std::string(kEs) + "/e").body["metadata"]["uid"]);
}

TEST_F(KubernetesObjects, generation_counts_changes_of_spec_only) {
  post(kEs, elasticsearch("e"));
  const std::string path = std::string(kEs) + "/e";
  EXPECT_EQ(merge(path, {{"metadata", {{"labels", {{"a", "b"}}}}}}).body["metadata"]["generation"],
            1);
  EXPECT_EQ(merge(path, {{"spec", {{"version", "9.3.2"}}}}).body["metadata"]["generation"], 2);
  EXPECT_EQ(
      merge(path + "/status", {{"status", {{"phase", "Ready"}}}}).body["metadata"]["generation"],
      2);
  EXPECT_EQ(get(path).body["status"]["phase"], "Ready");
  EXPECT_EQ(merge(path, {{"status", {{"phase", "Invalid"}}}}).body["status"]["phase"], "Ready");
  EXPECT_FALSE(post(kSecrets, secret("s")).body["metadata"].contains("generation"));
}

TEST_F(KubernetesObjects, a_status_write_leaves_spec_alone_and_is_owned_apart) {
  post(kEs, elasticsearch("e"));
  const std::string path = std::string(kEs) + "/e/status?fieldManager=elastic-operator";
  const Answer answer =
      merge(path, {{"spec", {{"version", "1.0.0"}}}, {"status", {{"health", "green"}}}});
  EXPECT_EQ(answer.body["spec"]["version"], "9.3.1");
  bool found = false;
  for (const json& entry : answer.body["metadata"]["managedFields"]) {
    if (entry.value("subresource", "") != "status") continue;
    found = true;
    EXPECT_EQ(entry["manager"], "elastic-operator");
    EXPECT_EQ(entry["fieldsV1"], json::parse(R"({"f:status":{".":{},"f:health":{}}})"));
  }
  EXPECT_TRUE(found);
}

TEST_F(KubernetesObjects, put_with_another_uid_is_a_conflict) {
  post(kSecrets, secret("s"));
  json object = secret("s");
  object["metadata"]["uid"] = "00000000-0000-0000-0000-000000000000";
  const Answer answer = send("PUT", std::string(kSecrets) + "/s", object.dump());
  EXPECT_EQ(answer.status, 409);
  EXPECT_NE(answer.message().find("Precondition failed: UID in precondition"), std::string::npos);
}

TEST_F(KubernetesObjects, names_and_namespaces_in_body_and_path_must_agree) {
  post(kSecrets, secret("s"));
  EXPECT_EQ(send("PUT", std::string(kSecrets) + "/s", secret("t").dump()).message(),
            "the name of the object (t) does not match the name on the URL (s)");
  json object = secret("u");
  object["metadata"]["namespace"] = "default";
  EXPECT_EQ(
      post(kSecrets, object).message(),
      "the namespace of the provided object does not match the namespace sent on the request");
}

TEST_F(KubernetesObjects, strategic_patch_merges_keyed_lists) {
  const json service = {{"apiVersion", "v1"},
                        {"kind", "Service"},
                        {"metadata", {{"name", "web"}}},
                        {"spec", {{"ports", json::array({{{"name", "a"}, {"port", 80}}})}}}};
  post("/api/v1/namespaces/api/services", service);
  const json patch = {{"spec",
                       {{"ports", json::array({{{"name", "b"}, {"port", 81}},
                                               {{"port", 80}, {"targetPort", 8080}}})}}}};
  const Answer answer = send("PATCH", "/api/v1/namespaces/api/services/web", patch.dump(),
                             {{"content-type", "application/strategic-merge-patch+json"}});
  ASSERT_EQ(answer.status, 200) << answer.text;
  EXPECT_EQ(answer.body["spec"]["ports"].size(), 2u);
  EXPECT_EQ(answer.body["spec"]["ports"][0]["targetPort"], 8080);
  EXPECT_EQ(answer.body["spec"]["ports"][0]["name"], "a");
}

TEST_F(KubernetesObjects, yaml_bodies_are_read) {
  const Answer answer = send(
      "POST", kMaps, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata:\n  k: \"1\"\n",
      {{"content-type", "application/yaml"}});
  EXPECT_EQ(answer.status, 201) << answer.text;
  EXPECT_EQ(answer.body["data"]["k"], "1");
  EXPECT_EQ(send("POST", kMaps, "a: [", {{"content-type", "application/yaml"}}).status, 400);
}

TEST_F(KubernetesObjects, a_dry_run_of_a_delete_and_of_a_patch_changes_nothing) {
  post(kSecrets, secret("s"));
  const std::string version = get(std::string(kSecrets) + "/s").body["metadata"]["resourceVersion"];
  EXPECT_EQ(
      merge(std::string(kSecrets) + "/s?dryRun=All", {{"data", {{"k", "eA=="}}}}).body["data"]["k"],
      "eA==");
  EXPECT_EQ(get(std::string(kSecrets) + "/s").body["metadata"]["resourceVersion"], version);
  EXPECT_EQ(get(std::string(kSecrets) + "/s").body["data"]["k"], "dg==");
}

TEST_F(KubernetesObjects, field_and_label_selectors_choose) {
  for (const char* name : {"a", "b", "c"}) {
    json object = secret(name);
    object["metadata"]["labels"] = {{"app", name}, {"n", "5"}};
    post(kSecrets, object);
  }
  const auto names = [&](const std::string& query) {
    std::string found;
    const json body = get(std::string(kSecrets) + "?" + query).body;
    for (const json& item : body.at("items")) {
      found += item.at("metadata").at("name").get<std::string>();
    }
    return found;
  };
  EXPECT_EQ(names("labelSelector=app%20in%20(a,b)"), "ab");
  EXPECT_EQ(names("labelSelector=app%20notin%20(a,b)"), "c");
  EXPECT_EQ(names("labelSelector=app!%3Da,n"), "bc");
  EXPECT_EQ(names("labelSelector=!app"), "");
  EXPECT_EQ(names("labelSelector=n%3E4,app%3D%3Dc"), "c");
  EXPECT_EQ(names("fieldSelector=metadata.name%3Db"), "b");
  EXPECT_EQ(names("fieldSelector=metadata.name!%3Db,metadata.namespace%3Dapi"), "ac");
  EXPECT_EQ(names("fieldSelector=type%3DOpaque"), "abc");
  EXPECT_EQ(get(std::string(kSecrets) + "?fieldSelector=data.k%3Db").message(),
            "field label not supported: data.k");
}

TEST_F(KubernetesObjects, events_are_selected_by_the_object_they_are_about) {
  const json about = {{"kind", "Elasticsearch"}, {"name", "e"}, {"namespace", "api"}};
  post("/api/v1/namespaces/api/events", {{"apiVersion", "v1"},
                                         {"kind", "Event"},
                                         {"metadata", {{"name", "e.1"}}},
                                         {"involvedObject", about},
                                         {"reason", "Unexpected"}});
  const std::string events =
      "/api/v1/namespaces/api/"
      "events?fieldSelector=involvedObject.kind%3DElasticsearch,involvedObject.name%3D";
  EXPECT_EQ(get(events + "e").body["items"].size(), 1u);
  EXPECT_EQ(get(events + "f").body["items"].size(), 0u);
}

TEST_F(KubernetesObjects, pages_of_a_list_over_all_namespaces_hold_every_object_once) {
  api.add_namespace("other");
  for (int number = 0; number < 5; ++number) {
    post(kSecrets, secret("s" + std::to_string(number)));
    post("/api/v1/namespaces/other/secrets", secret("s" + std::to_string(number)));
  }
  std::set<std::string> seen;
  std::string next;
  std::size_t pages = 0;
  do {
    const json body =
        get("/api/v1/secrets?limit=3" + (next.empty() ? "" : "&continue=" + next)).body;
    for (const json& item : body["items"]) {
      EXPECT_TRUE(seen.insert(item["metadata"]["namespace"].get<std::string>() + "/" +
                              item["metadata"]["name"].get<std::string>())
                      .second);
    }
    next = body["metadata"].value("continue", "");
    ++pages;
  } while (!next.empty());
  EXPECT_EQ(seen.size(), 10u);
  EXPECT_EQ(pages, 4u);
}

TEST_F(KubernetesObjects, tables_have_columns_and_rows) {
  post(kEs, elasticsearch("e"));
  merge(std::string(kEs) + "/e/status", {{"status", {{"health", "green"}, {"availableNodes", 3}}}});
  const Answer answer =
      get(kEs, {{"accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}});
  EXPECT_EQ(answer.body["kind"], "Table");
  EXPECT_EQ(answer.body["columnDefinitions"].size(), 6u);
  EXPECT_EQ(answer.body["rows"][0]["cells"][0], "e");
  EXPECT_EQ(answer.body["rows"][0]["cells"][1], "green");
  EXPECT_EQ(answer.body["rows"][0]["cells"][2], 3);
  for (const char* path : {"/api/v1/namespaces/api/secrets", "/api/v1/services",
                           "/api/v1/namespaces", "/api/v1/pods", "/apis/apps/v1/statefulsets"}) {
    EXPECT_EQ(get(path, {{"accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}}).body["kind"],
              "Table")
        << path;
  }
}

TEST_F(KubernetesObjects, a_metadata_view_hides_the_data_of_a_secret) {
  post(kSecrets, secret("s"));
  const Answer answer =
      get(std::string(kSecrets) + "/s",
          {{"accept", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}});
  EXPECT_EQ(answer.body["kind"], "PartialObjectMetadata");
  EXPECT_FALSE(answer.body.contains("data"));
}

TEST_F(KubernetesObjects, bodies_are_indented_only_for_people) {
  EXPECT_EQ(get("/version").text.find("\n  "), std::string::npos);
  EXPECT_NE(get("/version", {{"user-agent", "curl/8"}}).text.find("\n  "), std::string::npos);
  EXPECT_NE(get("/version?pretty=true").text.find("\n  "), std::string::npos);
}

TEST_F(KubernetesObjects, dependents_go_with_their_owner) {
  const json owner =
      post(kMaps, {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", "owner"}}}})
          .body;
  json dependent = secret("dependent");
  const json reference = {{"apiVersion", "v1"},
                          {"kind", "ConfigMap"},
                          {"name", "owner"},
                          {"uid", owner["metadata"]["uid"]}};
  dependent["metadata"]["ownerReferences"] = json::array({reference});
  post(kSecrets, dependent);
  EXPECT_EQ(send("DELETE", std::string(kMaps) + "/owner").status, 200);
  EXPECT_EQ(get(std::string(kSecrets) + "/dependent").status, 404);
}

TEST_F(KubernetesObjects, orphaned_dependents_stay_without_their_owner) {
  const json owner =
      post(kMaps, {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", "owner"}}}})
          .body;
  json dependent = secret("dependent");
  const json reference = {{"apiVersion", "v1"},
                          {"kind", "ConfigMap"},
                          {"name", "owner"},
                          {"uid", owner["metadata"]["uid"]}};
  dependent["metadata"]["ownerReferences"] = json::array({reference});
  post(kSecrets, dependent);
  send("DELETE", std::string(kMaps) + "/owner?propagationPolicy=Orphan");
  EXPECT_EQ(get(std::string(kMaps) + "/owner").status, 404);
  const Answer answer = get(std::string(kSecrets) + "/dependent");
  EXPECT_EQ(answer.status, 200);
  EXPECT_FALSE(answer.body["metadata"].contains("ownerReferences"));
}

TEST_F(KubernetesObjects, removing_the_last_finalizer_lets_a_terminating_object_go) {
  json object = secret("s");
  object["metadata"]["finalizers"] = {"example.org/hold"};
  post(kSecrets, object);
  const Answer answer = send("DELETE", std::string(kSecrets) + "/s");
  EXPECT_EQ(answer.body["kind"], "Secret");
  EXPECT_EQ(get(std::string(kSecrets) + "/s").status, 200);
  EXPECT_EQ(merge(std::string(kSecrets) + "/s",
                  {{"metadata", {{"finalizers", {"example.org/hold", "b/c"}}}}})
                .status,
            422);
  EXPECT_EQ(merge(std::string(kSecrets) + "/s", {{"metadata", {{"finalizers", nullptr}}}}).status,
            200);
  EXPECT_EQ(get(std::string(kSecrets) + "/s").status, 404);
}

TEST_F(KubernetesObjects, a_collection_is_deleted_by_label) {
  for (const char* name : {"a", "b"}) {
    json object = secret(name);
    object["metadata"]["labels"] = {{"app", name}};
    post(kSecrets, object);
  }
  EXPECT_EQ(send("DELETE", std::string(kSecrets) + "?labelSelector=app%3Da").body["items"].size(),
            1u);
  EXPECT_EQ(get(kSecrets).body["items"].size(), 1u);
}

TEST_F(KubernetesObjects, a_namespace_takes_its_content_with_it) {
  post("/api/v1/namespaces",
       {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", "short"}}}});
  EXPECT_EQ(get("/api/v1/namespaces/short").body["status"]["phase"], "Active");
  EXPECT_EQ(get("/api/v1/namespaces/short/serviceaccounts/default").status, 200);
  post("/api/v1/namespaces/short/secrets", secret("s"));
  const Answer answer = send("DELETE", "/api/v1/namespaces/short");
  EXPECT_EQ(answer.body["status"]["phase"], "Terminating");
  EXPECT_EQ(get("/api/v1/namespaces/short").status, 404);
  EXPECT_EQ(get("/api/v1/namespaces/short/secrets").body["items"].size(), 0u);
  EXPECT_EQ(send("DELETE", "/api/v1/namespaces/default").status, 403);
}

TEST_F(KubernetesObjects, a_definition_brings_its_kind_and_takes_it_away) {
  const std::string path = "/apis/example.org/v1/widgets";
  EXPECT_EQ(get(path).text, "404 page not found\n");
  const json version = {{"name", "v1"},
                        {"served", true},
                        {"storage", true},
                        {"schema",
                         {{"openAPIV3Schema",
                           {{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}}}}}};
  const json names = {{"plural", "widgets"}, {"singular", "widget"}, {"kind", "Widget"}};
  json definition = {{"apiVersion", "apiextensions.k8s.io/v1"},
                     {"kind", "CustomResourceDefinition"},
                     {"metadata", {{"name", "widgets.example.org"}}}};
  definition["spec"] = {{"group", "example.org"},
                        {"scope", "Cluster"},
                        {"names", names},
                        {"versions", json::array({version})}};
  const std::string definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  ASSERT_EQ(post(definitions, definition).status, 201);
  EXPECT_EQ(post(path, {{"apiVersion", "example.org/v1"},
                        {"kind", "Widget"},
                        {"metadata", {{"name", "w"}}},
                        {"spec", {{"a", 1}}}})
                .status,
            201);
  EXPECT_EQ(get(path).body["kind"], "WidgetList");
  EXPECT_EQ(get("/apis/example.org/v1").body["resources"][0]["name"], "widgets");
  send("DELETE", definitions + "/widgets.example.org");
  EXPECT_EQ(get(path).status, 404);
  EXPECT_TRUE(store.list("example.org", "widgets", "").empty());
}

TEST_F(KubernetesObjects, the_reader_reads_and_nothing_else) {
  post(kSecrets, secret("s"));
  const Headers reader = {{"authorization", std::string("Bearer ") + kReaderToken}};
  EXPECT_EQ(get(std::string(kSecrets) + "/s", reader).status, 200);
  EXPECT_EQ(get("/apis/elasticsearch.k8s.elastic.co/v1/elasticsearches", reader).status, 200);
  const Answer answer = send("POST", kSecrets, secret("t").dump(), reader);
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.message(),
            "secrets is forbidden: User \"reader\" cannot create resource \"secrets\" in API group "
            "\"\" in the namespace \"api\"");
  EXPECT_EQ(send("DELETE", std::string(kSecrets) + "/s", "", reader).status, 403);
  EXPECT_EQ(send("GET", "/metrics", "", reader).message(),
            "forbidden: User \"reader\" cannot get path \"/metrics\"");
}

TEST_F(KubernetesObjects, a_bottomless_body_is_a_bad_request) {
  const std::string body = R"({"metadata":{"name":"x"},"data":)" + std::string(100000, '[');
  EXPECT_EQ(send("POST", kSecrets, body).status, 400);
  EXPECT_EQ(send("PATCH", std::string(kSecrets) + "/x?fieldManager=a", body,
                 {{"content-type", "application/apply-patch+yaml"}})
                .status,
            400);
}

TEST_F(KubernetesObjects, a_client_certificate_names_user_and_groups) {
  const Headers none = {{"authorization", ""}};
  client_subject = "CN=admin,O=system:masters";
  EXPECT_EQ(get(kSecrets, none).status, 200);
  client_subject = "CN=somebody";
  EXPECT_EQ(get(kSecrets, none).message(),
            "secrets is forbidden: User \"somebody\" cannot list resource \"secrets\" in API group "
            "\"\" in the namespace \"api\"");
}

TEST_F(KubernetesObjects, health_is_public) {
  for (const char* path : {"/healthz", "/livez", "/readyz"})
    EXPECT_EQ(get(path, {{"authorization", ""}}).text, "ok") << path;
}

TEST_F(KubernetesObjects, the_schema_tells_whether_the_remote_cluster_service_exists) {
  const auto has_service = [&](Answer answer) {
    const json& schema = answer.body.at("components")
                             .at("schemas")
                             .at("co.elastic.k8s.elasticsearch.v1.Elasticsearch");
    return schema.at("properties")
        .at("spec")
        .at("properties")
        .at("remoteClusterServer")
        .at("properties")
        .contains("service");
  };
  const std::string path = "/openapi/v3/apis/elasticsearch.k8s.elastic.co/v1";
  EXPECT_TRUE(get("/openapi/v3").body["paths"].contains("apis/elasticsearch.k8s.elastic.co/v1"));
  EXPECT_TRUE(has_service(get(path)));
  KubernetesApi::Options older = options();
  older.remote_cluster_service = false;
  ObjectStore other_store(context);
  KubernetesApi other(context, other_store, older);
  handler = other.handler();
  EXPECT_FALSE(has_service(get(path)));
}

TEST_F(KubernetesObjects, aggregated_discovery_lists_every_group_in_one_answer) {
  const Headers headers = {
      {"accept",
       "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"}};
  const Answer groups = get("/apis", headers);
  EXPECT_EQ(groups.headers.at("Content-Type"),
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
  bool found = false;
  for (const json& group : groups.body["items"])
    found = found || group["metadata"]["name"] == "elasticsearch.k8s.elastic.co";
  EXPECT_TRUE(found);
  EXPECT_EQ(get("/api", headers).body["items"][0]["versions"][0]["version"], "v1");
  EXPECT_EQ(get("/apis").body["kind"], "APIGroupList");
  EXPECT_EQ(get("/api/v1").body["kind"], "APIResourceList");
}

TEST_F(KubernetesObjects, a_dump_keeps_what_the_server_sets_apart) {
  post(kSecrets, secret("s"));
  const json dump = api.dump();
  const json& object = dump.at("v1/Secret/api/s");
  EXPECT_TRUE(object["server"].contains("uid"));
  EXPECT_EQ(object["metadata"], json::parse(R"({"name":"s","namespace":"api"})"));
  send("DELETE", std::string(kSecrets) + "/s");
  EXPECT_FALSE(api.dump().contains("v1/Secret/api/s"));
}

}  // namespace
}  // namespace crosstie::sandbox
