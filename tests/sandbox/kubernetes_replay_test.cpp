// The recordings of a real kube-apiserver (kubernetes_replay.hpp): writes, lists, deletion, rights,
// watches.
#include "tests/sandbox/kubernetes_replay.hpp"

namespace crosstie::sandbox {
namespace {

using namespace kubernetes_replay;

TEST_F(KubernetesReplay, answers_as_the_recorded_server) {
  if (!fs::exists(folder_)) GTEST_SKIP() << "no recordings beside the repository";
  const std::string api_secrets = "/api/v1/namespaces/api/secrets";
  // Core objects.
  for (const char* name : {"201-create-secret",
                           "409-already-exists",
                           "404-object",
                           "404-cr",
                           "404-path",
                           "404-namespace-create",
                           "404-namespace-list",
                           "405-method",
                           "400-bad-json",
                           "400-wrong-type",
                           "401-bad-token",
                           "403-anonymous",
                           "403-restricted",
                           "403-restricted-list",
                           "403-restricted-patch",
                           "409-conflict-put",
                           "409-conflict-mergepatch-rv",
                           "415-wrong-content-type",
                           "415-strategic-on-cr",
                           "422-invalid-name",
                           "422-uid-mismatch-mergepatch",
                           "200-put-no-rv",
                           "422-jsonpatch-test-core",
                           "422-invalid-service"}) {
    replay(name);
  }
  // The custom resource.
  for (const char* name :
       {"201-create-cr-dryrun", "404-after-dryrun", "201-create-cr", "201-cr-unknown-field-warn",
        "400-cr-unknown-field-strict", "422-bad-dryrun", "422-invalid-cr",
        "422-missing-required-cr", "422-put-cr-no-rv", "200-mergepatch-nodesets",
        "422-jsonpatch-test", "422-jsonpatch-test-rv", "422-jsonpatch-missing-path",
        "200-jsonpatch-ok"}) {
    replay(name);
  }
  const std::string p1 = std::string(kEs) + "/p1";
  const std::string before = stored(p1, "resourceVersion");
  replay("200-noop-put", {{"\"337\"", "\"" + before + "\""},
                          {"44e46556-14ad-4edf-934f-45c7a61db38d", stored(p1, "uid")}});
  EXPECT_EQ(stored(p1, "resourceVersion"), before);
  for (const char* name :
       {"200-ssa-same-value", "200-ssa-other-field", "200-ssa-release", "409-ssa-conflict",
        "409-ssa-with-stale-rv", "200-ssa-force", "200-ssa-cr-dryrun", "409-ssa-uid-of-missing",
        "422-ssa-missing-required", "422-ssa-no-manager"}) {
    replay(name);
  }
  // Server-side apply of core objects.
  for (const char* name : {"201-ssa-secret", "200-ssa-secret-again", "200-ssa-secret-dryrun",
                           "200-ssa-secret-stringdata", "200-ssa-stringdata-leftover",
                           "201-ssa-configmap", "201-ssa-service", "200-ssa-service-dryrun"}) {
    replay(name);
  }
  const json ports = get("/api/v1/namespaces/api/services/ssa1").body.at("spec").at("ports");
  replay("422-service-nodeport-taken", {{"30202", ports[0].at("nodePort").dump()}});
  replay("422-service-clusterip");
}

TEST_F(KubernetesReplay, lists_as_the_recorded_server) {
  if (!fs::exists(folder_)) GTEST_SKIP() << "no recordings beside the repository";
  for (int page = 1; page <= 7; ++page) {
    const std::string name = "page-" + std::to_string(page);
    send("POST", "/api/v1/namespaces/api/secrets?fieldManager=kubectl-create", secret(name).dump());
    const json label = {{"metadata", {{"labels", {{"grp", "g" + std::to_string(page % 2)}}}}}};
    send("PATCH", "/api/v1/namespaces/api/secrets/" + name + "?fieldManager=kubectl-label",
         label.dump(), {{"content-type", "application/merge-patch+json"}});
  }
  post("/api/v1/namespaces/api/secrets", secret("s1"));
  apply("/api/v1/namespaces/api/secrets/ssa1", secret("ssa1"));
  for (const char* name :
       {"list-limit", "list-continue", "list-labelselector", "list-metadata-only",
        "list-bad-continue", "list-bad-labelselector", "list-resourceversion-exact-ancient",
        "list-resourceversion-future", "watch-initial-events"}) {
    replay(name);
  }
  store.compact();
  replay("list-continue-expired");
  // Deletion.
  const std::string page1 = stored("/api/v1/namespaces/api/secrets/page-1", "uid");
  replay("409-delete-precondition-rv");
  replay("409-delete-precondition-uid");
  replay("200-delete-ok", {{"69b0bd54-fa32-437d-b7c5-dea93c0d6376", page1}});
  replay("404-delete-again");
  replay("200-delete-dryrun");
  EXPECT_EQ(get("/api/v1/namespaces/api/secrets/page-2").status, 200);
  replay("422-secret-type-change");
  replay("201-immutable");
  replay("422-immutable");
}

TEST_F(KubernetesReplay, deletes_and_terminates_as_the_recorded_server) {
  if (!fs::exists(folder_)) GTEST_SKIP() << "no recordings beside the repository";
  const std::string maps = "/api/v1/namespaces/api/configmaps";
  const json map = {{"apiVersion", "v1"},
                    {"kind", "ConfigMap"},
                    {"metadata", {{"name", "fin"}}},
                    {"data", {{"k", "v"}}}};
  send("POST", maps + "?fieldManager=kubectl-create", map.dump());
  const json hold = {{"metadata", {{"finalizers", {"example.org/hold"}}}}};
  send("PATCH", maps + "/fin?fieldManager=kubectl-patch", hold.dump(),
       {{"content-type", "application/merge-patch+json"}});
  replay("200-delete-finalizer");
  replay("409-create-while-terminating");
  replay("200-patch-while-terminating");
  // A namespace that something holds.
  api.add_namespace("dying");
  json held = map;
  held["metadata"]["finalizers"] = {"example.org/hold"};
  post("/api/v1/namespaces/dying/configmaps", held);
  send("DELETE", "/api/v1/namespaces/dying");
  replay("403-namespace-terminating");
  // A custom resource, deleted in the foreground.
  replay("201-create-cr");
  apply(std::string(kEs) + "/p1",
        {{"apiVersion", "elasticsearch.k8s.elastic.co/v1"},
         {"kind", "Elasticsearch"},
         {"metadata", {{"name", "p1"}}},
         {"spec", {{"nodeSets", json::array({{{"name", "a"}, {"count", 7}}})}}}},
        "crosstie", "&force=true");
  const Recording recording = read_recording(folder_ / "http-200-delete-foreground.txt");
  const Answer answer = send("DELETE", recording.target);
  replayed_.insert("200-delete-foreground");
  EXPECT_EQ(answer.body.at("metadata").at("finalizers"),
            json::parse(recording.body).at("metadata").at("finalizers"));
  EXPECT_EQ(masked(answer.body.at("spec")), masked(json::parse(recording.body).at("spec")));
  replay("404-after-foreground");
}

TEST_F(KubernetesReplay, tells_rights_and_kinds_as_the_recorded_server) {
  if (!fs::exists(folder_)) GTEST_SKIP() << "no recordings beside the repository";
  for (const char* name :
       {"version", "version-anon", "discovery-es", "discovery-missing-group", "discovery-v1alpha1",
        "ssar-allowed", "ssar-denied", "ssar-anonymous", "ssr-whoami", "ssrr"}) {
    replay(name);
  }
  const std::string rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/api/";
  const json rule = {{"apiGroups", {""}}, {"resources", {"secrets"}}, {"verbs", {"get"}}};
  post(rbac + "roles", {{"apiVersion", "rbac.authorization.k8s.io/v1"},
                        {"kind", "Role"},
                        {"metadata", {{"name", "r"}}},
                        {"rules", json::array({rule})}});
  const json subject = {
      {"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "User"}, {"name", "restricted"}};
  const json role = {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "Role"}, {"name", "r"}};
  post(rbac + "rolebindings", {{"apiVersion", "rbac.authorization.k8s.io/v1"},
                               {"kind", "RoleBinding"},
                               {"metadata", {{"name", "rb"}}},
                               {"roleRef", role},
                               {"subjects", json::array({subject})}});
  replay("ssar-allowed-reason");
  replay("201-create-secret");
  replay("200-put-no-rv");
  replay("200-restricted-with-role");
}

TEST_F(KubernetesReplay, writes_over_what_the_operator_wrote_as_the_recorded_server) {
  if (!fs::exists(folder_)) GTEST_SKIP() << "no recordings beside the repository";
  api.add_namespace("search");
  const auto store_recorded = [&](const std::string& file, ObjectKey key) {
    std::ifstream stream(folder_ / file);
    store.create(key, json::parse(stream));
  };
  const std::string group = "elasticsearch.k8s.elastic.co";
  store_recorded("es-1-created-no-nodes.json", {group, "elasticsearches", "search", "east"});
  store_recorded("es-1-created-no-nodes.json", {group, "elasticsearches", "api", "own"});
  store_recorded("service-remote-cluster-lb-no-ingress.json",
                 {"", "services", "search", "east-es-remote-cluster"});
  replay("409-ssa-conflict-elastic-operator");
  replay("200-ssa-remotecluster-no-conflict");
  for (const char* name : {"200-ssa-lb-over-empty-objects", "200-status-patch-lb-ip"}) {
    replayed_.insert(name);
    const Recording recording = read_recording(folder_ / ("http-" + std::string(name) + ".txt"));
    Headers headers = recording.request_headers;
    headers["user-agent"] = "curl/7.88.1";
    const Answer answer = send(recording.method, recording.target, recording.request_body, headers);
    ASSERT_EQ(answer.status, recording.status) << answer.text;
    const json expected = json::parse(recording.body, nullptr, false);
    if (expected.is_discarded()) continue;
    const bool status = recording.target.find("/status") != std::string::npos;
    const char* part = status ? "status" : "spec";
    EXPECT_EQ(answer.body.at(part), expected.at(part)) << name;
    const auto mine = [](const json& object, const std::string& manager) {
      for (const json& entry : object.at("metadata").at("managedFields")) {
        if (entry.at("manager") == manager) return entry.at("fieldsV1");
      }
      return json();
    };
    const std::string manager = status ? "curl" : "crosstie";
    EXPECT_EQ(mine(answer.body, manager), mine(expected, manager)) << name;
  }
}

TEST_F(KubernetesReplay, watches_as_the_recorded_server) {
  if (!fs::exists(folder_)) GTEST_SKIP() << "no recordings beside the repository";
  const std::string from = std::to_string(store.resource_version());
  const std::string path = "/api/v1/namespaces/api/secrets";
  json object = secret("w1");
  object["type"] = "Opaque";
  send("POST", path + "?fieldManager=kubectl-create", object.dump());
  send("PATCH", path + "/w1?fieldManager=kubectl-label", R"({"metadata":{"labels":{"a":"b"}}})",
       {{"content-type", "application/merge-patch+json"}});
  send("DELETE", path + "/w1");
  const auto writer = watch(path + "?watch=1&allowWatchBookmarks=true&timeoutSeconds=0" +
                            "&resourceVersion=" + from);
  replayed_.insert("watch");
  const Recording recording = read_recording(folder_ / "http-watch.txt");
  std::vector<json> expected;
  std::istringstream lines(recording.body);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) expected.push_back(masked(json::parse(line)));
  }
  std::vector<json> actual;
  for (const json& event : writer->events()) actual.push_back(masked(event));
  EXPECT_EQ(actual, expected);
}

}  // namespace
}  // namespace crosstie::sandbox
