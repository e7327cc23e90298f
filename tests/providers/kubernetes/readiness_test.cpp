#include "providers/kubernetes/readiness.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "providers/kubernetes/eck.hpp"
#include "providers/kubernetes/elasticsearch_patch.hpp"
#include "providers/kubernetes/handler.hpp"
#include "providers/kubernetes/openapi.hpp"
#include "providers/kubernetes/wait.hpp"
#include "tests/providers/kubernetes/fixtures.hpp"

namespace crosstie::kubernetes {
namespace {

using crosstie::testing::fixture_object;
using State = Readiness::State;

Value json(const char* text) { return from_json(nlohmann::json::parse(text)); }

struct Row {
  const char* reason;
  const char* object;
  std::int64_t generation;
  State state;
  const char* condition;
};

const Row kRows[] = {
    {"no status yet", R"({"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":1}})", 1,
     State::waiting, "status.observedGeneration"},
    {"an earlier generation",
     R"({"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":1},"status":{"observedGeneration":1,"replicas":1,"updatedReplicas":1,"availableReplicas":1}})",
     2, State::waiting, "status.observedGeneration"},
    {"rolled out",
     R"({"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":2},"status":{"observedGeneration":2,"replicas":2,"updatedReplicas":2,"availableReplicas":2}})",
     2, State::ready, "status.availableReplicas"},
    {"old pods left",
     R"({"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":2},"status":{"observedGeneration":2,"replicas":3,"updatedReplicas":2,"availableReplicas":2}})",
     2, State::waiting, "status.replicas"},
    {"deadline exceeded",
     R"({"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":2},"status":{"observedGeneration":2,"replicas":2,"updatedReplicas":1,"conditions":[{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded","message":"m"}]}})",
     2, State::failing, "status.updatedReplicas"},
    {"no replicas wanted",
     R"({"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":0},"status":{"observedGeneration":1}})",
     1, State::ready, "status.availableReplicas"},
    {"stateful set",
     R"({"apiVersion":"apps/v1","kind":"StatefulSet","spec":{"replicas":3},"status":{"observedGeneration":1,"updatedReplicas":3,"readyReplicas":2}})",
     1, State::waiting, "status.readyReplicas"},
    {"daemon set",
     R"({"apiVersion":"apps/v1","kind":"DaemonSet","spec":{},"status":{"observedGeneration":1,"desiredNumberScheduled":2,"updatedNumberScheduled":2,"numberAvailable":2}})",
     1, State::ready, "status.numberAvailable"},
    {"job done",
     R"({"apiVersion":"batch/v1","kind":"Job","status":{"conditions":[{"type":"Complete","status":"True"}]}})",
     1, State::ready, "status.conditions[Complete]"},
    {"job failed",
     R"({"apiVersion":"batch/v1","kind":"Job","status":{"conditions":[{"type":"Failed","status":"True","reason":"BackoffLimitExceeded"}]}})",
     1, State::failing, "status.conditions[Failed]"},
    {"pod ready",
     R"({"apiVersion":"v1","kind":"Pod","status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}})",
     0, State::ready, "status.conditions[Ready]"},
    {"pod without image",
     R"({"apiVersion":"v1","kind":"Pod","status":{"phase":"Pending","containerStatuses":[{"name":"c","state":{"waiting":{"reason":"ImagePullBackOff"}}}]}})",
     0, State::failing, "status.conditions[Ready]"},
    {"volume", R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","status":{"phase":"Pending"}})",
     0, State::waiting, "status.phase"},
    {"service without load balancer",
     R"({"apiVersion":"v1","kind":"Service","spec":{"type":"ClusterIP"}})", 0, State::ready,
     "spec.type"},
    {"service waiting for an address",
     R"({"apiVersion":"v1","kind":"Service","spec":{"type":"LoadBalancer"},"status":{"loadBalancer":{}}})",
     0, State::waiting, "status.loadBalancer.ingress"},
    {"namespace", R"({"apiVersion":"v1","kind":"Namespace","status":{"phase":"Active"}})", 0,
     State::ready, "status.phase"},
    {"definition",
     R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","status":{"conditions":[{"type":"Established","status":"True"}]}})",
     1, State::ready, "status.conditions[Established]"},
    {"names taken",
     R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","status":{"conditions":[{"type":"NamesAccepted","status":"False"}]}})",
     1, State::failing, "status.conditions[NamesAccepted]"},
    {"a kind without a rule", R"({"apiVersion":"v1","kind":"ConfigMap"})", 0, State::ready,
     "exists"},
    {"being deleted",
     R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"deletionTimestamp":"x"}})", 0,
     State::waiting, "metadata.deletionTimestamp"},
};

TEST(Readiness, follows_the_rule_of_the_kind) {
  for (const Row& row : kRows) {
    const Readiness readiness = readiness_of(json(row.object), row.generation);
    EXPECT_EQ(readiness.state, row.state) << row.reason;
    EXPECT_EQ(readiness.shown.condition, row.condition) << row.reason;
    EXPECT_EQ(readiness.state == State::failing, !readiness.failure.empty()) << row.reason;
  }
}

TEST(Readiness, of_recorded_elasticsearch_resources) {
  CROSSTIE_NEEDS_FIXTURES();
  const Value created = fixture_object("es-1-created-no-nodes.json");
  EXPECT_EQ(readiness_of(created, 2).state, State::waiting);
  EXPECT_EQ(readiness_of(created, 3).shown.condition, "status.observedGeneration");
  for (const char* file : {"es-invalid-version.json", "es-invalid-nomaster.json",
                           "es-invalid-volume.json", "es-invalid-rcs-old.json"}) {
    const Readiness invalid = readiness_of(fixture_object(file), 1);
    EXPECT_EQ(invalid.state, State::failing) << file;
    EXPECT_EQ(invalid.shown.value, "Invalid") << file;
  }
  // Restarting: not ready, whatever the phase said before.
  EXPECT_NE(readiness_of(fixture_object("es-4-pods-faked-ready.json"), 5).state, State::ready);
}

TEST(Readiness, of_elasticsearch_needs_all_its_signs) {
  const char* good =
      R"({"apiVersion":"elasticsearch.k8s.elastic.co/v1","kind":"Elasticsearch","status":{"observedGeneration":4,"phase":"Ready","health":"green","inProgressOperations":{"upgrade":{"lastUpdatedTime":"x"}}}})";
  EXPECT_EQ(readiness_of(json(good), 4).state, State::ready);
  EXPECT_EQ(readiness_of(json(good), 5).state, State::waiting);
  nlohmann::json busy = nlohmann::json::parse(good);
  busy["status"]["inProgressOperations"]["upgrade"]["nodes"] = {
      {{"name", "es-0"}, {"message", "predicate"}}};
  EXPECT_EQ(readiness_of(from_json(busy), 4).state, State::waiting);
  nlohmann::json yellow = nlohmann::json::parse(good);
  yellow["status"]["health"] = "yellow";
  EXPECT_EQ(readiness_of(from_json(yellow), 4).shown.condition, "status.health");
}

TEST(LoadBalancer, address_of_recorded_services) {
  CROSSTIE_NEEDS_FIXTURES();
  EXPECT_EQ(to_json(load_balancer_of(fixture_object("service-remote-cluster-lb-ip.json"))).dump(),
            R"({"host":"203.0.113.10","kind":"ip","url_host":"203.0.113.10"})");
  EXPECT_EQ(load_balancer_of(fixture_object("service-transport-lb-hostname.json")).text("kind"),
            "hostname");
  EXPECT_TRUE(
      load_balancer_of(fixture_object("service-remote-cluster-lb-no-ingress.json")).is_null());
  EXPECT_EQ(load_balancer_readiness(fixture_object("service-remote-cluster-headless.json"))
                .shown.condition,
            "spec.type");
}

TEST(LoadBalancer, ipv6_stands_in_brackets_in_an_address) {
  const Value address =
      load_balancer_of(json(R"({"status":{"loadBalancer":{"ingress":[{"ip":"2001:db8::7"}]}}})"));
  EXPECT_EQ(address.text("host"), "2001:db8::7");
  EXPECT_EQ(address.text("url_host"), "[2001:db8::7]");
  EXPECT_EQ(address.text("kind"), "ipv6");
}

TEST(WaitRules, of_the_user) {
  const auto rules = parse_wait_rules(json(
      R"([{"path":"status.phase","equals":"Ready"},{"condition":"Synced"},{"path":"status.ports[0].number","equals":5}])"));
  ASSERT_TRUE(rules.ok());
  const char* good =
      R"({"metadata":{},"status":{"phase":"Ready","conditions":[{"type":"Synced","status":"True"}],"ports":[{"number":5}]}})";
  EXPECT_EQ(readiness_by(*rules, json(good), 1).state, State::ready);
  EXPECT_EQ(readiness_by(*rules, json(R"({"status":{"phase":"Ready"}})"), 1).shown.condition,
            "status.conditions[Synced]");
  EXPECT_EQ(readiness_by(*rules, json(R"({"status":{"observedGeneration":1,"phase":"Ready"}})"), 2)
                .shown.condition,
            "status.observedGeneration");
  EXPECT_FALSE(parse_wait_rules(json(R"([{"equals":1}])")).ok());
  EXPECT_FALSE(parse_wait_rules(json(R"("x")")).ok());
}

TEST(Duration, is_read_with_and_without_a_unit) {
  EXPECT_EQ(parse_duration(Value("15m")), std::chrono::minutes(15));
  EXPECT_EQ(parse_duration(Value("500ms")), std::chrono::milliseconds(500));
  EXPECT_EQ(parse_duration(Value(90)), std::chrono::seconds(90));
  for (const char* bad : {"", "m", "-5s", "0", "5x", "99999h"})
    EXPECT_FALSE(parse_duration(Value(bad))) << bad;
}

TEST(Events, newest_warning_wins) {
  CROSSTIE_NEEDS_FIXTURES();
  const Value invalid = fixture_object("event-invalid-version.json");
  EXPECT_NE(newest_event({invalid}).find("Validation: "), std::string::npos);
  EXPECT_EQ(
      newest_event({json(R"({"type":"Normal","reason":"R","message":"m","eventTime":"9"})"),
                    json(R"({"type":"Warning","reason":"A","message":"b","eventTime":"1"})"),
                    json(R"({"type":"Warning","reason":"C","message":"d","lastTimestamp":"2"})")}),
      "C: d");
}

TEST(PatchManager, names_lineage_and_address_within_the_limit) {
  EXPECT_EQ(patch_manager("0123456789", "link.logs.remote_server"),
            "crosstie:01234567:link.logs.remote_server");
  const std::string a = patch_manager("0123456789", std::string(200, 'a') + "1");
  const std::string b = patch_manager("0123456789", std::string(200, 'a') + "2");
  EXPECT_EQ(a.size(), 128u);
  EXPECT_NE(a, b);
}

TEST(OrchestrationSwitches, refuse_unmanaged_and_warn_of_paused) {
  const Diagnostics off = orchestration_switches(
      json(R"({"metadata":{"annotations":{"eck.k8s.elastic.co/managed":"false"}}})"));
  EXPECT_TRUE(has_errors(off));
  const Diagnostics paused = orchestration_switches(
      json(R"({"metadata":{"annotations":{"eck.k8s.elastic.co/pause-orchestration":"true"}}})"));
  EXPECT_EQ(paused.size(), 1u);
  EXPECT_FALSE(has_errors(paused));
  EXPECT_TRUE(orchestration_switches(json(R"({"metadata":{}})")).empty());
}

TEST(NodeCount, adds_all_node_sets) {
  CROSSTIE_NEEDS_FIXTURES();
  EXPECT_EQ(node_count(fixture_object("es-1-created-no-nodes.json")), 5);
}

TEST(HasField, walks_the_document) {
  const nlohmann::json document = nlohmann::json::parse(R"({"components":{"schemas":{
    "es":{"x-kubernetes-group-version-kind":[{"group":"g","version":"v1","kind":"Es"}],"properties":{"spec":{"allOf":[{"$ref":"#/components/schemas/spec"}]}}},
    "spec":{"properties":{"rcs":{"properties":{"enabled":{"type":"boolean"}}},"sets":{"type":"array","items":{"properties":{"config":{"x-kubernetes-preserve-unknown-fields":true}}}}}}}}})");
  EXPECT_EQ(has_field(document, "g/v1", "Es", "spec.rcs.enabled"), true);
  EXPECT_EQ(has_field(document, "g/v1", "Es", "spec.rcs.service"), false);
  EXPECT_EQ(has_field(document, "g/v1", "Es", "spec.sets.config.anything"), true);
  EXPECT_EQ(has_field(document, "g/v1", "Es", "spec.sets.other"), false);
  EXPECT_FALSE(has_field(document, "g/v1", "Other", "spec").has_value());
  EXPECT_FALSE(has_field(nlohmann::json("text"), "g/v1", "Es", "spec").has_value());
}

TEST(BestPod, prefers_a_ready_one) {
  const Value ready = json(
      R"({"metadata":{"name":"b"},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}})");
  const Value running = json(R"({"metadata":{"name":"a"},"status":{"phase":"Running"}})");
  const Value leaving = json(
      R"({"metadata":{"name":"c","deletionTimestamp":"x"},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}})");
  EXPECT_EQ(best_pod({leaving, running, ready}), "b");
  EXPECT_EQ(best_pod({leaving, running}), "a");
  EXPECT_EQ(best_pod({leaving}), "");
}

}  // namespace
}  // namespace crosstie::kubernetes
