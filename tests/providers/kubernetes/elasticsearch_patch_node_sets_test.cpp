// kubernetes.elasticsearch_patch with `node_sets`, against the simulated API server and operator.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "providers/kubernetes/elasticsearch_patch.hpp"
#include "providers/kubernetes/elasticsearch_patch_plan.hpp"
#include "providers/kubernetes/elasticsearch_patch_text.hpp"
#include "providers/kubernetes/node_sets.hpp"
#include "tests/providers/kubernetes/elasticsearch_patch_cluster.hpp"

namespace crosstie {
namespace {

using crosstie::testing::EckCluster;
using crosstie::testing::json;
using crosstie::testing::patch_request;

const std::string kKey = "cluster.routing.allocation.awareness.attributes";
const char* kEntries = R"({
  "config": {"cluster": {"routing.allocation.awareness.attributes": ["link"]},
             "node.attr.link": "logs"},
  "volumes": [{"name": "link", "emptyDir": {}}],
  "volume_mounts": [{"name": "link", "mountPath": "/usr/share/elasticsearch/config/link"}]})";
constexpr const char* kPods = "quickstart-es-masters-0..1, quickstart-es-data-0";

ResourceRequest entries_request(const std::string& name = "trust", const char* spec = nullptr) {
  ResourceRequest request = patch_request("{}");
  request.address.name = name;
  request.desired.set("spec", spec == nullptr ? Value() : json(spec));
  request.desired.set("node_sets", json(kEntries));
  return request;
}

std::string text_of(const Diagnostics& why) { return format_diagnostics(why); }

class NodeSetsPatch : public EckCluster {
 protected:
  NodeSetsPatch()
      : EckCluster({{"masters", 2,
                     R"({"node.roles": ["master", "data"], ")" + kKey + R"(": ["zone"]})", ""},
                    {"data", 1, "",
                     R"({"spec": {"initContainers": [{"name": "sysctl", "command": ["sh"]}]}})"}}) {
  }

  nlohmann::json spec() const { return cluster()["spec"]; }
  int generation() const { return cluster()["metadata"]["generation"]; }
  std::map<std::string, std::string> pod_uids() const {
    std::map<std::string, std::string> uids;
    for (const nlohmann::json* pod : world.store.list("", "pods", "default"))
      uids[(*pod)["metadata"]["name"]] = (*pod)["metadata"]["uid"];
    return uids;
  }

  WriteResult removed(ResourceRequest request) {
    request.desired = Value();
    WriteRequest write;
    write.resource = request;
    write.approved = observe(request);
    EXPECT_EQ(write.approved.presence, Presence::present);
    WriteResult result = world.run(provider->remove(write));
    EXPECT_TRUE(result.outcome.has_value()) << text_of(result.failure.diagnostics);
    if (!result.outcome) return result;
    const WaitRequest wait{request, result.outcome->attributes, result.outcome->token, {}};
    EXPECT_TRUE(world.run(provider->settle(wait, progress)).ok());
    EXPECT_EQ(observe(request).presence, Presence::absent);
    return result;
  }

  std::string disruption(const ResourceRequest& request, const char* action = "create") {
    return provider->forecast(request, observe(request), action).disruption;
  }

  /// Writes status or metadata as nobody's edit; the operator stands still from then on.
  void set_live(const std::string& pointer, const nlohmann::json& value) {
    eck_operator->set_running(sandbox::EckOperator::Controller::eck, false);
    const sandbox::ObjectKey key{"elasticsearch.k8s.elastic.co", "elasticsearches", "default",
                                 "quickstart"};
    nlohmann::json object = *world.store.find(key);
    object[nlohmann::json::json_pointer(pointer)] = value;
    world.store.replace(key, std::move(object));
  }

  std::vector<std::string> paths(const ResourceRequest& request) {
    std::vector<std::string> all;
    for (const FieldDifference& field : planned(request).difference.fields)
      all.push_back(print_path(field.path));
    return all;
  }

  /// Another provider: a new process, that remembers no write.
  void start_anew() { provider = world.provider(); }
};

TEST_F(NodeSetsPatch, plan_names_the_pods_by_node_set_and_why_and_writes_nothing) {
  const ResourceRequest request = entries_request();
  const Observation seen = observe(request);
  EXPECT_EQ(seen.presence, Presence::absent);
  EXPECT_EQ(text_of(seen.diagnostics), "");
  const Forecast forecast = provider->forecast(request, seen, "create");
  EXPECT_EQ(forecast.waits_for, "roll 3 pods, green");
  EXPECT_EQ(forecast.disruption,
            std::string("restarts 3 pods of default/quickstart, one rolling restart: ") + kPods +
                "; because of nodeSets[].config, nodeSets[].volumeMounts, nodeSets[].volumes");
  EXPECT_EQ(world.seen.writes(), 0);
}

TEST_F(NodeSetsPatch, everything_goes_in_with_one_generation_and_comes_out_to_the_byte) {
  const nlohmann::json before = spec();
  EXPECT_NE(before.dump().find("null"), std::string::npos) << "ECK 3.5 wrote containers: null";
  const nlohmann::json annotations = cluster()["metadata"]["annotations"];
  const auto pods_before = pod_uids();
  const int first = generation();
  const ResourceRequest request =
      created(entries_request("trust", R"({"remoteClusterServer":{"enabled":true}})"));
  ASSERT_TRUE(request.prior.has_value());
  EXPECT_EQ(generation(), first + 1) << "one write changes the spec";
  EXPECT_EQ(world.seen.writes(), 2) << "the patch, and the apply that owns";
  for (const nlohmann::json& set : spec()["nodeSets"]) {
    EXPECT_EQ(set["config"]["node.attr.link"], "logs");
    EXPECT_EQ(set["config"][kKey].back(), "link");
    EXPECT_EQ(set["podTemplate"]["spec"]["volumes"].size(), 1u);
  }
  EXPECT_EQ(spec()["nodeSets"][0]["config"][kKey], nlohmann::json::array({"zone", "link"}));
  for (const auto& [name, uid] : pod_uids()) EXPECT_NE(pods_before.at(name), uid) << name;
  const Observation again = observe(request);
  EXPECT_EQ(again.presence, Presence::present);
  EXPECT_FALSE(provider->diff(request, again).any()) << paths(request).front();
  EXPECT_EQ(text_of(again.diagnostics), "");

  EXPECT_EQ(disruption(request, "delete").find("restarts 3 pods of default/quickstart"), 0u);
  (void)removed(request);
  EXPECT_EQ(spec().dump(1), before.dump(1));
  EXPECT_EQ(cluster()["metadata"]["annotations"], annotations);
}

TEST_F(NodeSetsPatch, waiting_tells_nodes_done_the_one_now_and_health) {
  (void)created(entries_request());
  bool told = false;
  for (const WaitState& state : progress.states)
    told = told ||
           (state.detail.find(" of 3 nodes restarted, now quickstart-es-") != std::string::npos &&
            state.detail.find(", health ") != std::string::npos);
  EXPECT_TRUE(told) << (progress.states.empty() ? "" : progress.states.back().detail);
}

TEST_F(NodeSetsPatch, an_entry_taken_out_changed_or_not_in_a_new_node_set_is_drift) {
  const ResourceRequest request = created(entries_request());
  nlohmann::json sets = spec()["nodeSets"];
  sets[0]["config"]["node.attr.link"] = "other";
  sets[1]["podTemplate"]["spec"]["containers"][0]["volumeMounts"] = nlohmann::json::array();
  sets.push_back({{"name", "late"}, {"count", 1}});
  edit(nlohmann::json{{"spec", {{"nodeSets", sets}}}}.dump());
  EXPECT_EQ(paths(request),
            (std::vector<std::string>{
                R"(spec.nodeSets[masters].config["node.attr.link"])",
                R"(spec.nodeSets[data].volumeMounts["/usr/share/elasticsearch/config/link"])",
                R"(spec.nodeSets[late].config["cluster.routing.allocation.awareness.attributes"])",
                R"(spec.nodeSets[late].config["node.attr.link"])",
                R"(spec.nodeSets[late].volumeMounts["/usr/share/elasticsearch/config/link"])",
                "spec.nodeSets[late].volumes.link"}));
  const WaitRequest ready{request,
                          request.prior->attributes,
                          Value(Value::Object{{"generation", Value(generation())}}),
                          {}};
  ASSERT_TRUE(world.run(provider->settle(ready, progress)).ok());
  const WriteResult mended = world.run(provider->update(planned(request)));
  ASSERT_TRUE(mended.outcome.has_value()) << text_of(mended.failure.diagnostics);
  EXPECT_EQ(paths(request), std::vector<std::string>{});
}

TEST_F(NodeSetsPatch, two_owners_of_the_same_entries_restart_pods_once_in_and_once_out) {
  const nlohmann::json before = spec();
  const ResourceRequest one = entries_request("one");
  const ResourceRequest two = entries_request("two");
  const std::vector<Observation> seen = world.run(provider->observe({one, two}));
  EXPECT_NE(provider->forecast(one, seen[0], "create").disruption, "");
  EXPECT_EQ(provider->forecast(two, seen[1], "create").disruption, "") << "one restarts them";

  const ResourceRequest first = created(one);
  const int generation_of_one = generation();
  const auto pods = pod_uids();
  const ResourceRequest second = created(two);
  EXPECT_EQ(generation(), generation_of_one) << "only the ledger changes";
  EXPECT_EQ(pod_uids(), pods);
  EXPECT_EQ(paths(first), std::vector<std::string>{});
  EXPECT_EQ(paths(second), std::vector<std::string>{});

  ResourceRequest first_goes = first;
  ResourceRequest second_goes = second;
  first_goes.desired = second_goes.desired = Value();
  const std::vector<Observation> leaving = world.run(provider->observe({first_goes, second_goes}));
  EXPECT_EQ(provider->forecast(first_goes, leaving[0], "delete").disruption, "");
  EXPECT_NE(provider->forecast(second_goes, leaving[1], "delete").disruption, "");

  start_anew();
  EXPECT_EQ(disruption(first_goes, "delete"), "") << "the other still wants them";
  (void)removed(first);
  EXPECT_EQ(pod_uids(), pods);
  EXPECT_EQ(paths(second), std::vector<std::string>{});
  (void)removed(second);
  EXPECT_EQ(spec().dump(1), before.dump(1));
}

TEST_F(NodeSetsPatch, a_write_in_between_is_read_again_and_overwritten_never) {
  const ResourceRequest request = entries_request();
  const WriteRequest write = planned(request);
  int edits = 0;
  world.before = [&](const sandbox::Request& sent) {
    if (sent.method != "PATCH" || edits > 0) return;
    ++edits;
    const sandbox::ObjectKey key{"elasticsearch.k8s.elastic.co", "elasticsearches", "default",
                                 "quickstart"};
    nlohmann::json object = *world.store.find(key);
    object["spec"]["nodeSets"][1]["config"]["node.attr.rack"] = "r1";
    world.store.replace(key, std::move(object));
  };
  const WriteResult result = world.run(provider->create(write));
  world.before = nullptr;
  ASSERT_TRUE(result.outcome.has_value()) << text_of(result.failure.diagnostics);
  EXPECT_EQ(edits, 1);
  EXPECT_EQ(spec()["nodeSets"][1]["config"]["node.attr.rack"], "r1");
  EXPECT_EQ(spec()["nodeSets"][1]["config"]["node.attr.link"], "logs");
}

TEST_F(NodeSetsPatch, a_node_set_added_since_the_plan_is_not_changed_unasked) {
  const ResourceRequest request = entries_request();
  const WriteRequest write = planned(request);
  nlohmann::json sets = spec()["nodeSets"];
  sets.push_back({{"name", "late"}, {"count", 1}});
  edit(nlohmann::json{{"spec", {{"nodeSets", sets}}}}.dump());
  const WriteResult result = world.run(provider->create(write));
  ASSERT_FALSE(result.outcome.has_value());
  EXPECT_FALSE(result.failure.outcome_unknown);
  const std::string why = text_of(result.failure.diagnostics);
  EXPECT_NE(why.find("the object changed since the plan"), std::string::npos) << why;
  EXPECT_NE(why.find("nodeSets[late]"), std::string::npos) << why;
  EXPECT_EQ(spec()["nodeSets"], sets);
}

TEST_F(NodeSetsPatch, killed_between_the_patch_and_the_apply_the_next_run_gets_on) {
  const nlohmann::json before = spec();
  ResourceRequest request = entries_request("trust", R"({"remoteClusterServer":{"enabled":true}})");
  const Result<Value> patch = kubernetes::guarded_patch(request, from_json(cluster()));
  ASSERT_TRUE(patch.ok());
  edit(to_json(*patch).dump(),
       kubernetes::patch_manager(crosstie::testing::kLineage, request.address.print()));
  start_anew();
  request.pending_operation = "operation";
  const Observation seen = observe(request);
  EXPECT_EQ(seen.presence, Presence::present) << "the ledger has our name";
  EXPECT_EQ(text_of(seen.diagnostics), "") << "the restart that runs is ours";
  EXPECT_EQ(paths(request), std::vector<std::string>{"manager"});
  const int now = generation();
  const WriteResult result = world.run(provider->update(planned(request)));
  ASSERT_TRUE(result.outcome.has_value()) << text_of(result.failure.diagnostics);
  EXPECT_EQ(generation(), now);
  EXPECT_EQ(paths(request), std::vector<std::string>{});
  request.prior = Recorded{request.desired, result.outcome->attributes, Value()};
  const WaitRequest wait{request, result.outcome->attributes, result.outcome->token, {}};
  ASSERT_TRUE(world.run(provider->settle(wait, progress)).ok());
  request.pending_operation.clear();
  (void)removed(request);
  EXPECT_EQ(kubernetes::node_count(from_json(cluster())), 3);
  EXPECT_EQ(spec()["remoteClusterServer"], before["remoteClusterServer"]);
}

TEST_F(NodeSetsPatch, a_lost_answer_of_the_patch_does_no_harm) {
  const nlohmann::json before = spec();
  ResourceRequest request = entries_request();
  const WriteRequest write = planned(request);
  world.cut_next_write = sandbox::Cut::at_once;
  const WriteResult result = world.run(provider->create(write));
  ASSERT_TRUE(result.outcome.has_value()) << text_of(result.failure.diagnostics);
  EXPECT_EQ(paths(request), std::vector<std::string>{});
  request.prior = Recorded{request.desired, result.outcome->attributes, Value()};
  world.cut_next_write = sandbox::Cut::at_once;
  (void)removed(request);
  EXPECT_EQ(spec().dump(1), before.dump(1));
}

TEST_F(NodeSetsPatch, entries_come_out_though_the_annotation_was_taken_away) {
  const nlohmann::json before = spec();
  const ResourceRequest request = created(entries_request());
  edit(R"({"metadata":{"annotations":{"crosstie.dev/node-sets":null}}})");
  start_anew();
  EXPECT_EQ(paths(request),
            std::vector<std::string>{R"(metadata.annotations["crosstie.dev/node-sets"])"});
  (void)removed(request);
  EXPECT_EQ(spec().dump(1), before.dump(1));
}

TEST_F(NodeSetsPatch, node_sets_taken_out_of_the_configuration_leave_the_cluster) {
  const nlohmann::json before = spec();
  ResourceRequest request =
      created(entries_request("trust", R"({"remoteClusterServer":{"enabled":true}})"));
  request.desired.erase("node_sets");
  EXPECT_EQ(paths(request).size(), 8u);
  const WriteResult result = world.run(provider->update(planned(request)));
  ASSERT_TRUE(result.outcome.has_value()) << text_of(result.failure.diagnostics);
  EXPECT_EQ(spec()["nodeSets"].dump(1), before["nodeSets"].dump(1));
  EXPECT_EQ(spec()["remoteClusterServer"]["enabled"], true);
  EXPECT_EQ(paths(request), std::vector<std::string>{});
  request.prior = Recorded{request.desired, result.outcome->attributes, Value()};
  const WaitRequest wait{request, result.outcome->attributes, result.outcome->token, {}};
  ASSERT_TRUE(world.run(provider->settle(wait, progress)).ok());
  (void)removed(request);
  EXPECT_EQ(spec().dump(1), before.dump(1));
}

TEST_F(NodeSetsPatch, what_is_known_later_is_planned_as_a_restart_of_all) {
  ResourceRequest request = entries_request();
  Value node_sets = *request.desired.find("node_sets");
  node_sets.set("volumes", Value::unknown("link.logs.secret"));
  request.desired.set("node_sets", node_sets);
  const Observation seen = observe(request);
  EXPECT_EQ(text_of(seen.diagnostics), "");
  EXPECT_NE(provider->forecast(request, seen, "create").disruption.find("restarts 3 pods"),
            std::string::npos);
  EXPECT_EQ(paths(request), std::vector<std::string>{"node_sets"});
  const WriteResult result = world.run(provider->create(planned(request)));
  ASSERT_FALSE(result.outcome.has_value());
  EXPECT_NE(text_of(result.failure.diagnostics).find("link.logs.secret"), std::string::npos);
}

struct Unrest {
  const char* name;
  const char* pointer;
  nlohmann::json value;
  const char* summary;
};

class NotCalm : public NodeSetsPatch, public ::testing::WithParamInterface<Unrest> {};

TEST_P(NotCalm, a_restart_is_refused_in_the_plan_unless_told_otherwise) {
  set_live(GetParam().pointer, GetParam().value);
  if (GetParam().summary == std::string("cluster is only starting"))
    set_live("/metadata/annotations/elasticsearch.k8s.elastic.co~1cluster-uuid", "");
  ResourceRequest request = entries_request();
  const Observation refused = observe(request);
  EXPECT_EQ(refused.presence, Presence::unreadable);
  EXPECT_NE(text_of(refused.diagnostics).find(GetParam().summary), std::string::npos)
      << text_of(refused.diagnostics);
  EXPECT_NE(text_of(refused.diagnostics).find("restart_when: any"), std::string::npos);
  EXPECT_TRUE(has_errors(observe(patch_request(crosstie::testing::kEnabled)).diagnostics));

  const Observation no_restart =
      observe(patch_request(R"({"transport":{"service":{"spec":{"type":"LoadBalancer"}}}})"));
  EXPECT_FALSE(has_errors(no_restart.diagnostics)) << text_of(no_restart.diagnostics);

  request.desired.set("restart_when", "any");
  const Observation told = observe(request);
  EXPECT_FALSE(has_errors(told.diagnostics)) << text_of(told.diagnostics);
}

const nlohmann::json kOldNode = {{"lastUpdatedTime", "2026-11-25T00:00:00Z"},
                                 {"nodes", {{{"name", "x-0"}, {"status", "DELETED"}}}}};

INSTANTIATE_TEST_SUITE_P(
    Clusters, NotCalm,
    ::testing::Values(
        Unrest{"yellow", "/status/health", "yellow", "cluster is not green"},
        Unrest{"starting", "/status/phase", "ApplyingChanges", "cluster is only starting"},
        Unrest{"rolling", "/status/inProgressOperations/upgrade", kOldNode,
               "another restart is running"},
        Unrest{"applying", "/status/phase", "MigratingData", "another restart is running"},
        Unrest{"unseen", "/status/observedGeneration", 0, "another restart is running"},
        Unrest{"paused", "/metadata/annotations/eck.k8s.elastic.co~1pause-orchestration", "true",
               "orchestration of this cluster is paused"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST_F(NodeSetsPatch, what_turned_yellow_after_the_plan_is_not_restarted) {
  const WriteRequest write = planned(entries_request());
  const nlohmann::json before = spec();
  set_live("/status/health", "yellow");
  const WriteResult result = world.run(provider->create(write));
  ASSERT_FALSE(result.outcome.has_value());
  EXPECT_NE(text_of(result.failure.diagnostics).find("cluster is not green"), std::string::npos);
  EXPECT_EQ(spec(), before);
}

TEST_F(NodeSetsPatch, removal_is_never_refused_and_tells_the_health) {
  ResourceRequest request = created(entries_request());
  set_live("/status/health", "yellow");
  start_anew();
  request.desired = Value();
  const Observation seen = observe(request);
  EXPECT_EQ(seen.presence, Presence::present) << text_of(seen.diagnostics);
  EXPECT_NE(provider->forecast(request, seen, "delete").disruption.find("; its health is yellow"),
            std::string::npos);
}

TEST_F(NodeSetsPatch, a_tool_that_keeps_the_object_in_git_is_named) {
  edit(R"({"metadata":{"annotations":
    {"argocd.argoproj.io/tracking-id":"search:elasticsearch.k8s.elastic.co/Elasticsearch:a/b"}}})");
  const Observation seen = observe(entries_request());
  EXPECT_FALSE(has_errors(seen.diagnostics));
  const std::string text = text_of(seen.diagnostics);
  EXPECT_NE(text.find("is kept by Argo CD search"), std::string::npos) << text;
}

TEST_F(NodeSetsPatch, an_empty_patch_and_wrong_entries_are_refused) {
  ResourceRequest request = entries_request();
  request.desired.set("node_sets", Value());
  EXPECT_NE(text_of(observe(request).diagnostics).find("Neither `spec` nor `node_sets`"),
            std::string::npos);
  request.desired.set("node_sets", json(R"({"volumes": [{"name": "a", "secret": "oops"}]})"));
  EXPECT_NE(text_of(observe(request).diagnostics).find("secret is not a mapping"),
            std::string::npos);
  request.desired.set("node_sets", json(R"({"config": {"node.roles": "none"}})"));
  EXPECT_NE(text_of(observe(request).diagnostics).find("has another value already"),
            std::string::npos);
}

TEST_F(NodeSetsPatch, the_patch_for_git_is_the_write_without_what_only_the_server_has) {
  const ResourceRequest request =
      entries_request("trust", R"({"transport":{"service":{"spec":{"type":"LoadBalancer"}}}})");
  const Result<std::string> text = kubernetes::patch_for_git(request, from_json(cluster()));
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(text->find("apiVersion: elasticsearch.k8s.elastic.co/v1\nkind: Elasticsearch\n"), 0u)
      << *text;
  for (const char* wanted :
       {"name: quickstart", "node.attr.link: logs", "type: LoadBalancer",
        "mountPath: /usr/share/elasticsearch/config/link", "crosstie.dev/node-sets:"})
    EXPECT_NE(text->find(wanted), std::string::npos) << *text;
  for (const char* unwanted : {"resourceVersion", "uid", "status", "~\n", "{}\n"})
    EXPECT_EQ(text->find(unwanted), std::string::npos) << unwanted << "\n" << *text;
  const ResourceRequest there = created(entries_request());
  EXPECT_EQ(*kubernetes::patch_for_git(there, from_json(cluster())), "");
}

}  // namespace
}  // namespace crosstie
