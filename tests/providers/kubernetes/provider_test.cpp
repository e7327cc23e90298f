#include "providers/kubernetes/provider.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "tests/providers/kubernetes/world.hpp"

namespace crosstie {
namespace {

using crosstie::testing::kLineage;
using crosstie::testing::KubernetesWorld;
using crosstie::testing::Silent;

Value json(const std::string& text) { return from_json(nlohmann::json::parse(text)); }

const char* kConfigMap =
    R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"},"data":{"a":"1","b":"2"}})";

ResourceRequest object_request(const std::string& manifest, const std::string& name = "settings") {
  ResourceRequest request;
  request.address.name = name;
  request.type = "kubernetes.object";
  request.lineage = kLineage;
  request.desired = Value(Value::Object{{"manifest", json(manifest)}});
  return request;
}

/// Plan and apply, as the engine does.
class Kubernetes : public ::testing::Test {
 protected:
  Observation observe(ResourceRequest request) {
    std::vector<Observation> seen = world.run(provider->observe({std::move(request)}));
    return seen.front();
  }

  WriteRequest planned(const ResourceRequest& request) {
    WriteRequest write;
    write.resource = request;
    write.approved = observe(request);
    write.difference = provider->diff(request, write.approved);
    return write;
  }

  WriteResult create(const ResourceRequest& request) {
    return world.run(provider->create(planned(request)));
  }

  /// Creates and gives the request as a later run sees it.
  ResourceRequest created(const std::string& manifest, Adoption adoption = Adoption::never) {
    ResourceRequest request = object_request(manifest);
    request.adoption = adoption;
    const WriteResult result = create(request);
    EXPECT_TRUE(result.outcome.has_value()) << format_diagnostics(result.failure.diagnostics);
    if (result.outcome)
      request.prior = Recorded{request.desired, result.outcome->attributes, result.outcome->before};
    return request;
  }

  /// Somebody else writes.
  void foreign(const std::string& name, const std::string& body,
               const std::string& manager = "kubectl-edit",
               const std::string& resource = "configmaps") {
    const sandbox::ObjectKey key{"", resource, "default", name};
    sandbox::Request request;
    request.method = store_has(key) ? "PATCH" : "POST";
    request.path = "/api/v1/namespaces/default/" + resource + (store_has(key) ? "/" + name : "");
    request.raw_target = request.path + "?fieldManager=" + manager;
    request.query = {{"fieldManager", manager}};
    request.headers = {
        {"authorization", std::string("Bearer ") + crosstie::testing::kAdminToken},
        {"content-type", store_has(key) ? "application/merge-patch+json" : "application/json"}};
    request.body = body;
    const sandbox::Handler handler = world.api->handler();
    const sandbox::Response response = world.run(handler(std::move(request)));
    ASSERT_LT(response.status, 300) << response.body;
  }

  bool store_has(const sandbox::ObjectKey& key) const { return world.store.find(key) != nullptr; }
  const nlohmann::json* stored(const std::string& name) const {
    return world.store.find({"", "configmaps", "default", name});
  }

  KubernetesWorld world;
  std::unique_ptr<Provider> provider = world.provider();
};

std::string paths_of(const Difference& difference) {
  std::string text;
  for (const FieldDifference& field : difference.fields)
    text += (text.empty() ? "" : " ") + print_path(field.path);
  return text;
}

TEST_F(Kubernetes, observe_of_what_is_not_there_is_absent_and_writes_nothing) {
  EXPECT_EQ(observe(object_request(kConfigMap)).presence, Presence::absent);
  EXPECT_EQ(world.seen.writes(), 0);
}

TEST_F(Kubernetes, create_marks_the_object_and_a_second_plan_finds_nothing_to_do) {
  const ResourceRequest request = created(kConfigMap);
  ASSERT_NE(stored("settings"), nullptr);
  EXPECT_EQ((*stored("settings"))["metadata"]["labels"]["crosstie.dev/lineage"], kLineage);
  EXPECT_EQ((*stored("settings"))["metadata"]["annotations"]["crosstie.dev/address"],
            "resource.settings");
  const Observation again = observe(request);
  EXPECT_EQ(again.presence, Presence::present);
  EXPECT_EQ(again.ownership, Ownership::ours);
  EXPECT_EQ(paths_of(provider->diff(request, again)), "");
}

TEST_F(Kubernetes, create_of_what_the_plan_saw_absent_is_one_request) {
  const WriteRequest write = planned(object_request(kConfigMap));
  const std::size_t before = world.seen.lines.size();
  const WriteResult result = world.run(provider->create(write));
  ASSERT_TRUE(result.outcome.has_value()) << format_diagnostics(result.failure.diagnostics);
  EXPECT_EQ(world.seen.lines.size() - before, 1u) << world.seen.lines.back();
}

TEST_F(Kubernetes, create_leaves_alone_what_appeared_since_the_plan) {
  const WriteRequest write = planned(object_request(kConfigMap));
  foreign("settings", R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"},)"
                      R"("data":{"theirs":"x"}})");
  const nlohmann::json theirs = *stored("settings");
  const WriteResult result = world.run(provider->create(write));
  ASSERT_FALSE(result.outcome.has_value());
  EXPECT_EQ(*stored("settings"), theirs);
}

TEST_F(Kubernetes, missing_objects_cost_one_look_at_their_namespace) {
  (void)world.run(provider->observe(
      {object_request(kConfigMap, "a"),
       object_request(R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"}})", "b"),
       object_request(R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"s"}})", "c")}));
  EXPECT_EQ(std::count(world.seen.lines.begin(), world.seen.lines.end(),
                       "GET /api/v1/namespaces/default"),
            1);
}

TEST_F(Kubernetes, create_twice_is_one_object_even_when_the_first_answer_was_lost) {
  const ResourceRequest request = object_request(kConfigMap);
  ASSERT_TRUE(create(request).outcome.has_value());
  const std::string uid = (*stored("settings"))["metadata"]["uid"];
  // A killed run has no record; the mark tells that the object is ours.
  const Observation seen = observe(request);
  EXPECT_EQ(seen.ownership, Ownership::ours);
  const int writes = world.seen.writes();
  const WriteResult again = create(request);
  ASSERT_TRUE(again.outcome.has_value()) << format_diagnostics(again.failure.diagnostics);
  EXPECT_TRUE(again.outcome->before.is_null());
  EXPECT_EQ((*stored("settings"))["metadata"]["uid"], uid);
  EXPECT_EQ(world.seen.writes(), writes);
}

TEST_F(Kubernetes, write_whose_answer_is_lost_is_repeated_and_stays_one_object) {
  for (const sandbox::Cut cut : {sandbox::Cut::at_once, sandbox::Cut::half_body}) {
    const std::string name = cut == sandbox::Cut::at_once ? "first" : "second";
    world.cut_next_write = cut;
    const WriteResult result =
        create(object_request(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" +
                                  name + R"("},"data":{"a":"1"}})",
                              name));
    ASSERT_TRUE(result.outcome.has_value()) << format_diagnostics(result.failure.diagnostics);
    ASSERT_NE(stored(name), nullptr);
    EXPECT_EQ(result.outcome->attributes.text("uid"), (*stored(name))["metadata"]["uid"]);
  }
  const ResourceRequest request = created(kConfigMap);
  world.cut_next_write = sandbox::Cut::at_once;
  WriteRequest write;
  write.resource = request;
  EXPECT_TRUE(world.run(provider->remove(write)).outcome.has_value());
  EXPECT_EQ(stored("settings"), nullptr);
}

TEST_F(Kubernetes, update_changes_only_what_differs_and_takes_out_what_is_not_wanted_any_more) {
  ResourceRequest request = created(kConfigMap);
  foreign("settings", R"({"data":{"theirs":"x"}})");
  request.desired = Value(Value::Object{
      {"manifest",
       json(
           R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"},"data":{"a":"3"}})")}});
  WriteRequest write = planned(request);
  EXPECT_EQ(paths_of(write.difference), "manifest.data.a manifest.data.b");
  const WriteResult result = world.run(provider->update(write));
  ASSERT_TRUE(result.outcome.has_value()) << format_diagnostics(result.failure.diagnostics);
  EXPECT_EQ((*stored("settings"))["data"].dump(), R"({"a":"3","theirs":"x"})");
}

TEST_F(Kubernetes, drift_is_named_and_taken_back_when_approved) {
  const ResourceRequest request = created(kConfigMap);
  foreign("settings", R"({"data":{"a":"edited"}})");
  WriteRequest write = planned(request);
  EXPECT_EQ(paths_of(write.difference), "manifest.data.a");
  EXPECT_EQ(write.difference.fields[0].before, Value("edited"));
  const WriteResult result = world.run(provider->update(write));
  ASSERT_TRUE(result.outcome.has_value()) << format_diagnostics(result.failure.diagnostics);
  EXPECT_EQ((*stored("settings"))["data"]["a"], "1");
}

TEST_F(Kubernetes, update_refuses_what_changed_after_the_plan_and_shows_both) {
  const ResourceRequest request = created(kConfigMap);
  foreign("settings", R"({"data":{"a":"seen by the plan"}})");
  const WriteRequest write = planned(request);
  foreign("settings", R"({"data":{"a":"after the plan"}})");
  const WriteResult result = world.run(provider->update(write));
  ASSERT_FALSE(result.outcome.has_value());
  const std::string text = format_diagnostics(result.failure.diagnostics);
  EXPECT_NE(text.find("seen by the plan"), std::string::npos) << text;
  EXPECT_NE(text.find("after the plan"), std::string::npos) << text;
  EXPECT_EQ((*stored("settings"))["data"]["a"], "after the plan");
}

TEST_F(Kubernetes, change_of_something_else_after_the_plan_does_not_stop_the_update) {
  const ResourceRequest request = created(kConfigMap);
  foreign("settings", R"({"data":{"a":"drift"}})");
  const WriteRequest write = planned(request);
  foreign("settings", R"({"data":{"other":"x"},"metadata":{"labels":{"team":"b"}}})");
  const WriteResult result = world.run(provider->update(write));
  ASSERT_TRUE(result.outcome.has_value()) << format_diagnostics(result.failure.diagnostics);
  EXPECT_EQ((*stored("settings"))["data"]["other"], "x");
}

TEST_F(Kubernetes, remove_deletes_ours_and_is_content_when_it_is_gone) {
  const ResourceRequest request = created(kConfigMap);
  ResourceRequest gone = request;
  gone.desired = Value();
  WriteRequest write;
  write.resource = gone;
  EXPECT_TRUE(world.run(provider->remove(write)).outcome.has_value());
  EXPECT_EQ(stored("settings"), nullptr);
  EXPECT_TRUE(world.run(provider->remove(write)).outcome.has_value());
  EXPECT_EQ(observe(gone).presence, Presence::absent);
}

TEST_F(Kubernetes, remove_of_what_the_plan_saw_is_one_request_unless_it_changed) {
  for (const bool changed : {false, true}) {
    ResourceRequest request = created(kConfigMap);
    request.desired = Value();
    const WriteRequest write = planned(request);
    if (changed) foreign("settings", R"({"data":{"theirs":"x"}})");
    const std::size_t before = world.seen.lines.size();
    const WriteResult result = world.run(provider->remove(write));
    ASSERT_TRUE(result.outcome.has_value()) << format_diagnostics(result.failure.diagnostics);
    EXPECT_EQ(stored("settings"), nullptr);
    EXPECT_EQ(world.seen.lines.size() - before, changed ? 3u : 1u);  // refused, looked, deleted
  }
}

TEST_F(Kubernetes, remove_leaves_an_object_that_somebody_else_made_in_its_place) {
  const ResourceRequest request = created(kConfigMap);
  world.store.erase({"", "configmaps", "default", "settings"});
  foreign("settings", R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"}})",
          "kubectl-create");
  WriteRequest write;
  write.resource = request;
  EXPECT_TRUE(world.run(provider->remove(write)).outcome.has_value());
  EXPECT_NE(stored("settings"), nullptr);
}

TEST_F(Kubernetes, object_of_somebody_else_is_refused_with_its_owner) {
  foreign(
      "settings",
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","annotations":{"meta.helm.sh/release-name":"web"}},"data":{"a":"theirs"}})",
      "helm");
  ResourceRequest request = object_request(kConfigMap);
  for (const Adoption adoption : {Adoption::never, Adoption::if_unowned}) {
    request.adoption = adoption;
    const Observation seen = observe(request);
    EXPECT_EQ(seen.ownership, Ownership::foreign);
    EXPECT_EQ(seen.owner, "Helm release web");
    const WriteResult result = create(request);
    ASSERT_FALSE(result.outcome.has_value());
    EXPECT_NE(format_diagnostics(result.failure.diagnostics).find("Helm release web"),
              std::string::npos);
  }
  EXPECT_EQ((*stored("settings"))["data"]["a"], "theirs");
}

TEST_F(Kubernetes, adopted_object_is_given_back_as_it_was_found) {
  foreign(
      "settings",
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","labels":{"team":"a"}},"data":{"a":"theirs","z":"kept"}})",
      "kubectl-create");
  const nlohmann::json before = *stored("settings");
  ResourceRequest request = created(kConfigMap, Adoption::if_unowned);
  ASSERT_TRUE(request.prior.has_value());
  EXPECT_FALSE(request.prior->before.is_null());
  EXPECT_EQ((*stored("settings"))["data"].dump(), R"({"a":"1","b":"2","z":"kept"})");
  EXPECT_EQ(paths_of(provider->diff(request, observe(request))), "");
  request.desired = Value();
  EXPECT_EQ(observe(request).ownership, Ownership::ours);
  WriteRequest write;
  write.resource = request;
  const WriteResult result = world.run(provider->remove(write));
  ASSERT_TRUE(result.outcome.has_value()) << format_diagnostics(result.failure.diagnostics);
  EXPECT_EQ(observe(request).ownership, Ownership::unowned);
  ASSERT_NE(stored("settings"), nullptr);
  for (const char* part : {"data", "kind", "apiVersion"})
    EXPECT_EQ((*stored("settings"))[part], before[part]) << part;
  EXPECT_EQ((*stored("settings"))["metadata"]["labels"], before["metadata"]["labels"]);
  EXPECT_TRUE(
      (*stored("settings"))["metadata"].value("annotations", nlohmann::json::object()).empty());
  EXPECT_EQ((*stored("settings"))["metadata"]["uid"], before["metadata"]["uid"]);
}

TEST_F(Kubernetes, field_of_another_manager_is_a_conflict_named_in_the_plan) {
  ResourceRequest request = created(kConfigMap);
  foreign("settings", R"({"data":{"c":"theirs"}})", "other-tool");
  request.desired = Value(Value::Object{
      {"manifest",
       json(
           R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"},"data":{"a":"1","b":"2","c":"ours"}})")}});
  const WriteRequest write = planned(request);
  ASSERT_EQ(write.difference.fields.size(), 1u);
  EXPECT_NE(write.difference.fields[0].note.find("other-tool"), std::string::npos);
  EXPECT_NE(format_diagnostics(write.approved.diagnostics).find("other-tool"), std::string::npos);
  const WriteResult result = world.run(provider->update(write));
  ASSERT_FALSE(result.outcome.has_value());
  EXPECT_EQ((*stored("settings"))["data"]["c"], "theirs");
  request.adoption = Adoption::take_over;
  ASSERT_TRUE(world.run(provider->update(planned(request))).outcome.has_value());
  EXPECT_EQ((*stored("settings"))["data"]["c"], "ours");
}

TEST_F(Kubernetes, secret_content_is_sensitive_everywhere) {
  ResourceRequest request = object_request(
      R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"settings"},"stringData":{"password":"hunter2"}})");
  const WriteResult result = create(request);
  ASSERT_TRUE(result.outcome.has_value()) << format_diagnostics(result.failure.diagnostics);
  const std::string shown = to_shown_json(result.outcome->attributes).dump();
  EXPECT_EQ(shown.find("aHVudGVyMg"), std::string::npos) << shown;
  request.prior = Recorded{request.desired, result.outcome->attributes, Value()};
  foreign("settings", R"({"data":{"password":"b3RoZXI="}})", "kubectl-edit", "secrets");
  const Difference difference = provider->diff(request, observe(request));
  ASSERT_EQ(paths_of(difference), "manifest.data.password");
  EXPECT_TRUE(difference.fields[0].before.sensitive());
  EXPECT_TRUE(difference.fields[0].after.sensitive());
}

TEST_F(Kubernetes, name_that_changes_replaces_the_object) {
  ResourceRequest request = created(kConfigMap);
  request.desired = Value(Value::Object{
      {"manifest",
       json(
           R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"renamed"},"data":{"a":"1"}})")}});
  const Observation seen = observe(request);
  EXPECT_EQ(seen.presence, Presence::present);
  EXPECT_TRUE(provider->diff(request, seen).needs_replace());
}

TEST_F(Kubernetes, what_waits_for_a_namespace_or_a_kind_is_unchecked_with_the_reason) {
  const Observation space = observe(object_request(
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","namespace":"later"}})"));
  EXPECT_EQ(space.presence, Presence::unchecked);
  EXPECT_NE(space.reason.find("namespace later"), std::string::npos) << space.reason;
  const Observation kind = observe(
      object_request(R"({"apiVersion":"example.org/v1","kind":"Widget","metadata":{"name":"x"}})"));
  EXPECT_EQ(kind.presence, Presence::unchecked);
  EXPECT_NE(kind.reason.find("Widget"), std::string::npos) << kind.reason;
  ResourceRequest unknown = object_request(kConfigMap);
  Value manifest = *unknown.desired.find("manifest");
  manifest.set("metadata", Value(Value::Object{{"name", Value::unknown("resource.other")}}));
  unknown.desired = Value(Value::Object{{"manifest", manifest}});
  const Observation later = observe(unknown);
  EXPECT_EQ(later.presence, Presence::unchecked);
  EXPECT_NE(later.reason.find("resource.other"), std::string::npos) << later.reason;
}

TEST_F(Kubernetes, many_objects_cost_one_list) {
  std::vector<ResourceRequest> batch;
  for (int i = 0; i < 40; ++i) {
    const std::string name = "c" + std::to_string(i);
    if (i % 2 == 0)
      foreign(name,
              R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name + R"("}})");
    batch.push_back(object_request(
        R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name + R"("}})", name));
  }
  world.seen.lines.clear();
  const std::vector<Observation> seen = world.run(provider->observe(batch));
  for (int i = 0; i < 40; ++i)
    EXPECT_EQ(seen[static_cast<std::size_t>(i)].presence,
              i % 2 == 0 ? Presence::present : Presence::absent)
        << i;
  EXPECT_LE(world.seen.lines.size(), 3u);
  EXPECT_EQ(world.seen.writes(), 0);
}

TEST_F(Kubernetes, refused_credentials_are_unreadable_and_never_absent) {
  const auto stranger = world.provider("wrong-token");
  const Observation seen = world.run(stranger->observe({object_request(kConfigMap)})).front();
  EXPECT_EQ(seen.presence, Presence::unreadable);
  EXPECT_NE(format_diagnostics(seen.diagnostics).find("credentials"), std::string::npos)
      << format_diagnostics(seen.diagnostics);
  EXPECT_EQ(format_diagnostics(seen.diagnostics).find("wrong-token"), std::string::npos);
}

TEST_F(Kubernetes, a_reader_sees_the_same_plan_and_is_refused_the_write) {
  const ResourceRequest request = created(kConfigMap);
  foreign("settings", R"({"data":{"a":"edited"}})");
  const auto reader = world.provider(crosstie::testing::kReaderToken);
  WriteRequest write = planned(request);
  const Observation seen = world.run(reader->observe({request})).front();
  EXPECT_EQ(paths_of(reader->diff(request, seen)), paths_of(write.difference));
  const WriteResult result = world.run(reader->update(write));
  ASSERT_FALSE(result.outcome.has_value());
  EXPECT_FALSE(result.failure.outcome_unknown);
  EXPECT_NE(format_diagnostics(result.failure.diagnostics).find("not permitted"),
            std::string::npos);
}

TEST_F(Kubernetes, faults_of_a_manifest_are_told_before_anything_is_sent) {
  const Observation seen = observe(
      object_request(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"x-"}})"));
  EXPECT_EQ(seen.presence, Presence::unreadable);
  EXPECT_TRUE(world.seen.lines.empty());
}

ResourceRequest read_request(const std::string& kind, const std::string& name,
                             const char* wait = nullptr) {
  ResourceRequest request;
  request.address.name = "look";
  request.type = "kubernetes.read";
  request.lineage = kLineage;
  request.desired = Value(Value::Object{{"api_version", Value("v1")},
                                        {"kind", Value(kind)},
                                        {"name", Value(name)},
                                        {"public_keys", Value(Value::List{Value("ca.crt")})}});
  if (wait != nullptr) request.desired.set("wait", Value(wait));
  return request;
}

TEST_F(Kubernetes, read_decodes_a_secret_and_shows_only_public_keys) {
  foreign(
      "certs",
      R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"certs"},"data":{"ca.crt":"UEVN","key":"aHVudGVyMg==","bytes":"/w=="}})",
      "eck", "secrets");
  const Observation seen = observe(read_request("Secret", "certs"));
  ASSERT_EQ(seen.presence, Presence::present);
  const Value* data = seen.attributes.find("data");
  ASSERT_NE(data, nullptr);
  EXPECT_EQ(data->text("ca.crt"), "PEM");
  EXPECT_FALSE(data->find("ca.crt")->sensitive());
  EXPECT_EQ(data->text("key"), "hunter2");
  EXPECT_TRUE(data->find("key")->sensitive());
  EXPECT_EQ(data->find("bytes"), nullptr);
  EXPECT_EQ(to_shown_json(seen.attributes).dump().find("hunter2"), std::string::npos);
}

TEST_F(Kubernetes, read_gives_what_is_no_text_in_base64) {
  foreign("s",
          R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},)"
          R"("data":{"text":"YQ==","key":"AAEC/w=="}})",
          "kubectl-create", "secrets");
  ResourceRequest request;
  request.address.name = "secret";
  request.type = "kubernetes.read";
  request.desired = Value(
      Value::Object{{"api_version", Value("v1")}, {"kind", Value("Secret")}, {"name", Value("s")}});
  const Observation seen = observe(request);
  ASSERT_EQ(seen.presence, Presence::present) << format_diagnostics(seen.diagnostics);
  EXPECT_EQ(*seen.attributes.at({"data"}), json(R"({"text":"a"})"));
  EXPECT_EQ(*seen.attributes.at({"binary_data"}), json(R"({"key":"AAEC/w=="})"));
  EXPECT_TRUE(seen.attributes.at({"binary_data", "key"})->sensitive());
}

TEST_F(Kubernetes, read_of_what_is_not_there_is_absent_or_waits) {
  const Observation absent = observe(read_request("Secret", "none"));
  EXPECT_EQ(absent.presence, Presence::absent);
  EXPECT_EQ(observe(read_request("Secret", "none", "exists")).presence, Presence::unchecked);
  Silent progress;
  WaitRequest wait{read_request("Secret", "none"), Value(), Value(), {}};
  EXPECT_FALSE(world.run(provider->settle(wait, progress)).ok());
}

TEST_F(Kubernetes, wait_for_a_load_balancer_ends_when_the_address_comes) {
  foreign(
      "lb",
      R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"lb"},"spec":{"type":"LoadBalancer","ports":[{"port":9443}]}})",
      "x", "services");
  EXPECT_EQ(observe(read_request("Service", "lb", "load_balancer")).presence, Presence::unchecked);
  int gets = 0;
  world.before = [&](const sandbox::Request& request) {
    if (request.path != "/api/v1/namespaces/default/services/lb" || ++gets != 3) return;
    nlohmann::json service = *world.store.find({"", "services", "default", "lb"});
    service["status"]["loadBalancer"]["ingress"] = {{{"ip", "2001:db8::9"}}};
    world.store.replace({"", "services", "default", "lb"}, service);
  };
  Silent progress;
  WaitRequest wait{read_request("Service", "lb", "load_balancer"), Value(), Value(), {}};
  const Result<Value> ready = world.run(provider->settle(wait, progress));
  ASSERT_TRUE(ready.ok()) << format_diagnostics(ready.failure());
  EXPECT_EQ(ready->at({"load_balancer", "url_host"})->as_string(), "[2001:db8::9]");
  ASSERT_FALSE(progress.states.empty());
  EXPECT_EQ(progress.states.front().condition, "status.loadBalancer.ingress");
}

TEST_F(Kubernetes, waits_end_with_the_condition_its_value_and_the_last_warning) {
  foreign(
      "lb",
      R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"lb"},"spec":{"type":"LoadBalancer","ports":[{"port":9443}]}})",
      "x", "services");
  const std::string uid = (*world.store.find({"", "services", "default", "lb"}))["metadata"]["uid"];
  foreign(
      "e1",
      R"({"apiVersion":"v1","kind":"Event","metadata":{"name":"e1"},"type":"Warning","reason":"SyncLoadBalancerFailed","message":"quota reached","involvedObject":{"kind":"Service","name":"lb","namespace":"default","uid":")" +
          uid + R"("}})",
      "x", "events");
  Silent progress;
  WaitRequest wait{read_request("Service", "lb", "load_balancer"), Value(), Value(), {}};
  wait.limits.object = std::chrono::milliseconds(150);
  const Result<Value> late = world.run(provider->settle(wait, progress));
  ASSERT_FALSE(late.ok());
  const std::string text = format_diagnostics(late.failure());
  for (const char* part :
       {"status.loadBalancer.ingress", "absent", "quota reached", "resource.look"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  wait.limits.object = std::chrono::minutes(5);
  wait.limits.no_activity = std::chrono::milliseconds(120);
  EXPECT_NE(format_diagnostics(world.run(provider->settle(wait, progress)).failure())
                .find("Nothing about it changed"),
            std::string::npos);
}

TEST_F(Kubernetes, schema_tells_which_fields_the_cluster_knows) {
  ResourceRequest request;
  request.address.name = "capability";
  request.type = "kubernetes.schema";
  request.desired = Value(
      Value::Object{{"api_version", Value("elasticsearch.k8s.elastic.co/v1")},
                    {"kind", Value("Elasticsearch")},
                    {"fields", Value(Value::List{Value("spec.remoteClusterServer.service"),
                                                 Value("spec.remoteClusterServer.nothing")})}});
  const Observation seen = observe(request);
  ASSERT_EQ(seen.presence, Presence::present)
      << seen.reason << format_diagnostics(seen.diagnostics);
  EXPECT_EQ(
      to_json(*seen.attributes.find("has")).dump(),
      R"({"spec.remoteClusterServer.nothing":false,"spec.remoteClusterServer.service":true})");
}

TEST_F(Kubernetes, unreachable_server_is_unreadable) {
  ProviderEnvironment environment;
  environment.variable = [](const std::string&) { return std::string{}; };
  const std::string file = ::testing::TempDir() + "/crosstie-unreachable.yaml";
  std::ofstream(file) << "current-context: x\nclusters: [{name: c, cluster: {server: "
                         "'http://127.0.0.1:1'}}]\ncontexts: [{name: x, context: {cluster: c}}]\n";
  auto made = make_kubernetes_provider(
      "kubernetes", Value(Value::Object{{"kubeconfig", Value(file)}}), environment);
  ASSERT_TRUE(made.ok());
  const Observation seen = world.run((*made)->observe({object_request(kConfigMap)})).front();
  EXPECT_EQ(seen.presence, Presence::unreadable);
  EXPECT_NE(format_diagnostics(seen.diagnostics).find("127.0.0.1:1"), std::string::npos)
      << format_diagnostics(seen.diagnostics);
}

}  // namespace
}  // namespace crosstie
