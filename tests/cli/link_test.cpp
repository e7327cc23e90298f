// What a link's later life looks like on the wire: one change is one request, drift only looks, and
// the order of the first apply is the order of what depends on what.
#include "tests/support/project.hpp"

namespace crosstie::testing {
namespace {

constexpr std::int64_t kDayMs = 24 * 3600 * 1000;

/// Milliseconds of the day of a request; after midnight they go on.
std::int64_t time_of(const json& request, std::int64_t not_before = 0) {
  const std::string text = request["time"];
  const auto number = [&](std::size_t at, std::size_t length) {
    return std::stoll(text.substr(at, length));
  };
  const std::int64_t ms =
      ((number(11, 2) * 60 + number(14, 2)) * 60 + number(17, 2)) * 1000 + number(20, 3);
  return ms < not_before ? ms + kDayMs : ms;
}

/// The first request of a kind; an empty object, and a failed test, when there is none.
json first(const json& requests, const std::string& method, const std::string& path,
           std::uint64_t after = 0) {
  for (const json& request : requests) {
    if (request["number"].get<std::uint64_t>() > after && request["method"] == method &&
        sandbox::matches_pattern(path, request["path"].get<std::string>()))
      return request;
  }
  ADD_FAILURE() << "no " << method << " " << path << " after request " << after;
  return json{{"number", 0}, {"time", "2026-01-01T00:00:00.000Z"}};
}

std::uint64_t number_of(const json& request) { return request["number"].get<std::uint64_t>(); }

class Linked : public ::testing::Test {
 protected:
  void SetUp() override {
    const Outcome applied = project.apply();
    ASSERT_EQ(applied.code, 0) << applied.all();
    mark = project.last_request();
  }

  /// drift tells of `address` and `field` with exit code 3, and only looks.
  void expect_drift(const std::string& address, const std::string& field) {
    mark = project.last_request();
    const std::string state = project.read(".crosstie/state.db");
    const Outcome drift = project.run({"drift", "-detailed-exitcode"});
    EXPECT_EQ(drift.code, 3) << drift.all();
    EXPECT_NE(drift.out.find(address), std::string::npos) << drift.all();
    EXPECT_NE(drift.out.find(field), std::string::npos) << drift.all();
    EXPECT_EQ(project.writes(mark), json::array());
    EXPECT_FALSE(project.requests(mark).empty());
    EXPECT_EQ(project.read(".crosstie/state.db"), state);
    EXPECT_FALSE(std::filesystem::exists(project.folder() / ".crosstie/state.db-wal"));
    const Outcome plain = project.run({"drift"});
    EXPECT_EQ(plain.code, 0) << plain.all();
  }

  /// The next apply puts it right, and a plan after it has nothing to do.
  void expect_repair() {
    const Outcome repaired = project.apply();
    EXPECT_EQ(repaired.code, 0) << repaired.all();
    EXPECT_TRUE(project.connected("logs"));
    const Outcome after = project.run({"plan", "-detailed-exitcode"});
    EXPECT_EQ(after.code, 0) << after.all();
  }

  Project project;
  std::uint64_t mark = 0;
};

TEST_F(Linked, one_changed_access_rule_is_one_write_to_one_object) {
  const json before = project.world_with_server()["eck"]["default/quickstart"]["api_keys"][0];
  project.edit("names: [\"logs-*\"]", "names: [\"logs-*\", \"metrics-*\"]");
  const Outcome plan = project.run({"plan", "-detailed-exitcode"});
  EXPECT_EQ(plan.code, 2) << plan.all();
  EXPECT_NE(plan.out.find("Plan: 0 to add, 1 to change, 0 to destroy."), std::string::npos)
      << plan.out;
  EXPECT_EQ(project.writes(mark), json::array());
  const Outcome applied = project.apply();
  ASSERT_EQ(applied.code, 0) << applied.all();
  const json writes = project.writes(mark);
  ASSERT_EQ(writes.size(), 1U) << writes.dump(1);
  EXPECT_EQ(writes[0]["method"], "PUT");
  EXPECT_EQ(writes[0]["path"],
            "/_security/cross_cluster/api_key/" + before["server"]["id"].get<std::string>());
  const json after = project.world_with_server()["eck"]["default/quickstart"]["api_keys"];
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(after[0]["server"]["id"], before["server"]["id"]);
  EXPECT_EQ(after[0]["access"]["search"][0]["names"], (json{"logs-*", "metrics-*"}));
  EXPECT_TRUE(project.connected("logs"));
}

TEST_F(Linked, without_an_edit_there_is_no_drift) {
  const std::string state = project.read(".crosstie/state.db");
  const Outcome drift = project.run({"drift", "-detailed-exitcode"});
  EXPECT_EQ(drift.code, 0) << drift.all();
  EXPECT_EQ(project.writes(mark), json::array());
  EXPECT_EQ(project.read(".crosstie/state.db"), state);
}

TEST_F(Linked, a_setting_changed_by_hand_is_named_by_drift_and_repaired) {
  const ClusterAnswer changed =
      project.ask_deployment("PUT", "/_cluster/settings",
                             {{"persistent", {{"cluster.remote.logs.skip_unavailable", "false"}}}});
  ASSERT_EQ(changed.status, 200) << changed.body;
  expect_drift("link.logs.remote", "skip_unavailable");
  expect_repair();
}

TEST_F(Linked, an_access_rule_changed_by_hand_is_named_by_drift_and_repaired) {
  const json keys = project.world_with_server()["eck"]["default/quickstart"]["api_keys"];
  const ClusterAnswer changed = project.ask_eck(
      "PUT", "/_security/cross_cluster/api_key/" + keys[0]["server"]["id"].get<std::string>(),
      {{"access", {{"search", {{{"names", {"*"}}}}}}}});
  ASSERT_EQ(changed.status, 200) << changed.body;
  expect_drift("link.logs.key", "access");
  expect_repair();
}

TEST_F(Linked, a_key_taken_away_by_hand_is_named_by_drift_and_made_again) {
  const ClusterAnswer deleted =
      project.ask_eck("DELETE", "/_security/api_key", {{"name", "crosstie-logs"}});
  ASSERT_EQ(deleted.status, 200) << deleted.body;
  expect_drift("link.logs.key", "");
  expect_repair();
  EXPECT_EQ(project.active_keys().size(), 1U);
}

TEST_F(Linked, a_remote_cluster_taken_away_by_hand_is_named_by_drift_and_made_again) {
  const ClusterAnswer removed = project.ask_deployment(
      "PUT", "/_cluster/settings", {{"persistent", {{"cluster.remote.logs.*", nullptr}}}});
  ASSERT_EQ(removed.status, 200) << removed.body;
  expect_drift("link.logs.remote", "");
  expect_repair();
}

TEST_F(Linked, a_patch_taken_back_by_hand_is_named_by_drift_and_repaired) {
  project.edit_object(
      {"elasticsearch.k8s.elastic.co", "elasticsearches", "default", "quickstart"},
      [](json& object) { object["spec"]["remoteClusterServer"]["enabled"] = false; });
  expect_drift("link.logs.remote_server", "remoteClusterServer.enabled");
  expect_repair();
}

TEST(drift, an_edited_object_is_named_by_address_and_field) {
  const Project project("", R"(crosstie: 1
resources:
  settings:
    type: kubernetes.object
    manifest:
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: settings, namespace: default}
      data: {size: "3", color: green}
  other:
    type: kubernetes.object
    manifest: {apiVersion: v1, kind: ConfigMap, metadata: {name: other, namespace: default}, data: {a: b}}
)");
  ASSERT_EQ(project.apply().code, 0);
  project.edit_object({"", "configmaps", "default", "settings"},
                      [](json& object) { object["data"]["size"] = "4"; });
  const Outcome drift = project.run({"drift", "-detailed-exitcode"});
  EXPECT_EQ(drift.code, 3) << drift.all();
  EXPECT_NE(drift.out.find("resource.settings"), std::string::npos) << drift.out;
  EXPECT_NE(drift.out.find("data.size"), std::string::npos) << drift.out;
  EXPECT_EQ(drift.out.find("data.color"), std::string::npos) << drift.out;
  EXPECT_EQ(drift.out.find("resource.other"), std::string::npos) << drift.out;
}

/// Every write takes this long to be answered, so that what does not wait for it shows.
constexpr std::int64_t kHeldMs = 300;

void hold(const Project& project, const std::string& method) {
  project.fault({{"method", method},
                 {"path", "*"},
                 {"nth", 0},
                 {"kind", "delay:" + std::to_string(kHeldMs) + "ms"}});
}

TEST(order, no_write_begins_before_what_it_depends_on_was_verified) {
  const Project project;
  for (const char* method : {"POST", "PUT", "PATCH"}) hold(project, method);
  const Outcome applied = project.apply();
  ASSERT_EQ(applied.code, 0) << applied.all();
  const json all = project.requests();
  const json patch = first(all, "PATCH", "*/elasticsearches/quickstart*");
  const json trust = first(all, "PUT", "/api/v1/deployments/*");
  const json key = first(all, "POST", "/_security/cross_cluster/api_key");
  const json keystore = first(all, "PATCH", "*/keystore");
  const json remote = first(all, "PUT", "/_cluster/settings*");
  EXPECT_EQ(project.writes().size(), 5U) << project.writes().dump(1);
  for (const auto& [earlier, later] : {std::pair{patch, key}, std::pair{key, keystore},
                                       std::pair{trust, keystore}, std::pair{keystore, remote}}) {
    EXPECT_GE(time_of(later, time_of(earlier)) - time_of(earlier), kHeldMs)
        << later["path"] << " did not wait for " << earlier["path"];
  }
  // What each write made is looked at before anything is built on it.
  EXPECT_LT(number_of(first(all, "GET", "*/elasticsearches/quickstart", number_of(patch))),
            number_of(key));
  EXPECT_LT(number_of(first(all, "GET", "/api/v1/deployments/*", number_of(trust))),
            number_of(keystore));
  EXPECT_LT(
      number_of(first(all, "GET", "*/services/quickstart-es-remote-cluster", number_of(patch))),
      number_of(remote));
  EXPECT_GT(number_of(first(all, "GET", "/_remote/info", number_of(remote))), number_of(remote));
  // The two ends do not wait for each other.
  EXPECT_LT(std::abs(time_of(trust) - time_of(patch)) % kDayMs, kHeldMs) << all.dump(1);
}

TEST(order, with_parallelism_one_the_two_ends_wait_for_each_other) {
  const Project project;
  for (const char* method : {"POST", "PUT", "PATCH"}) hold(project, method);
  const Outcome applied = project.run({"apply", "-auto-approve", "-parallelism=1"});
  ASSERT_EQ(applied.code, 0) << applied.all();
  const json writes = project.writes();
  ASSERT_EQ(writes.size(), 5U) << writes.dump(1);
  for (std::size_t i = 1; i < writes.size(); ++i)
    EXPECT_GE(time_of(writes[i], time_of(writes[i - 1])) - time_of(writes[i - 1]), kHeldMs) << i;
}

TEST(order, destroy_goes_the_other_way) {
  const Project project;
  ASSERT_EQ(project.apply().code, 0);
  const std::uint64_t mark = project.last_request();
  for (const char* method : {"DELETE", "PUT", "PATCH"}) hold(project, method);
  const Outcome destroyed = project.destroy();
  ASSERT_EQ(destroyed.code, 0) << destroyed.all();
  const json all = project.requests(mark);
  const json remote = first(all, "PUT", "/_cluster/settings*");
  const json keystore = first(all, "PATCH", "*/keystore");
  const json key = first(all, "DELETE", "/_security/api_key");
  const json trust = first(all, "PUT", "/api/v1/deployments/*");
  const json patch = first(all, "PATCH", "*/elasticsearches/quickstart*");
  for (const auto& [earlier, later] : {std::pair{remote, keystore}, std::pair{keystore, key},
                                       std::pair{keystore, trust}, std::pair{key, patch}}) {
    EXPECT_GE(time_of(later, time_of(earlier)) - time_of(earlier), kHeldMs)
        << later["path"] << " did not wait for " << earlier["path"];
  }
}

TEST(order, independent_objects_are_written_side_by_side) {
  const Project project("", R"(crosstie: 1
resources:
  settings:
    type: kubernetes.object
    for_each: ["0", "1", "2", "3", "4", "5", "6", "7"]
    manifest:
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: "settings-${each.key}", namespace: default}
      data: {number: "${each.key}"}
)");
  for (const char* method : {"POST", "PUT", "PATCH"}) hold(project, method);
  const Outcome applied = project.apply();
  ASSERT_EQ(applied.code, 0) << applied.all();
  const json writes = project.writes();
  ASSERT_EQ(writes.size(), 8U) << writes.dump(1);
  EXPECT_LT(time_of(writes.back(), time_of(writes.front())) - time_of(writes.front()), 4 * kHeldMs);
}

}  // namespace
}  // namespace crosstie::testing
