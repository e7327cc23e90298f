// Writes whose answers are lost: the end state and the number of objects are right, whether the
// write took effect or not.
#include "tests/crash/commits.hpp"
#include "tests/crash/rich_world.hpp"
#include "tests/crash/sweep.hpp"

namespace crosstie::testing {
namespace {

constexpr int kRunsMax = 4;

/// Service, patch, trust, key, keystore entry, remote cluster, role, ConfigMap.
constexpr std::size_t kWrites = 8;
constexpr int kWritesOfOneMethodMax = 5;

std::size_t dead_keys(const Project& project) {
  return project.world_with_server()["eck"]["default/quickstart"]["server"]["invalidated_api_keys"]
      .size();
}

/// Runs the verb until it ends well; every run ends with a code that says so.
Outcome run_until_done(const Project& project, const std::string& verb,
                       const Environment& more = {}) {
  Outcome last;
  for (int run = 0; run < kRunsMax; ++run) {
    last = project.run({verb, "-auto-approve"}, more);
    if (last.code == 0) break;
    EXPECT_TRUE(last.code == 1 || last.code == 6) << last.all();
  }
  EXPECT_EQ(last.code, 0) << last.all();
  return last;
}

/// The first answer to this write is lost after it took effect, and the next request like it never
/// arrives.
void lose(const Project& project, json point) {
  point["kind"] = "reset_after";
  project.fault(point);
  point["nth"] = point["nth"].get<int>() + 1;
  point["kind"] = "reset_before";
  project.fault(point);
}

/// One fault for each distinct target among the writes after request `mark`.
std::vector<json> points_after(const Project& project, std::uint64_t mark) {
  std::vector<json> points = faults_of(project.writes(mark));
  std::erase_if(points, [](const json& point) { return point["nth"] != 1; });
  return points;
}

class LostAnswers : public ::testing::Test {
 protected:
  void expect_linked(const json& undisturbed) {
    EXPECT_EQ(difference(undisturbed, without_history(project.world())), "");
    EXPECT_EQ(project.active_keys().size(), 1U);
    EXPECT_TRUE(project.connected("logs"));
  }

  const Project project{kRichWorld, kRichConfiguration};
};

TEST_F(LostAnswers, of_every_write_of_an_apply_and_of_a_destroy_leave_every_object_once) {
  const json before = project.world();
  ASSERT_EQ(project.apply().code, 0);
  const json undisturbed = without_history(project.world());
  const std::vector<json> makes = points_after(project, 0);
  ASSERT_EQ(makes.size(), kWrites) << project.writes().dump(1);
  const std::uint64_t mark = project.last_request();
  ASSERT_EQ(project.destroy().code, 0);
  const std::vector<json> takes = points_after(project, mark);
  ASSERT_EQ(takes.size(), kWrites) << project.writes(mark).dump(1);
  for (std::size_t i = 0; i < kWrites; ++i) {
    SCOPED_TRACE(makes[i].dump() + " and " + takes[i].dump());
    lose(project, makes[i]);
    run_until_done(project, "apply");
    project.clear_faults();
    expect_linked(undisturbed);
    lose(project, takes[i]);
    run_until_done(project, "destroy");
    project.clear_faults();
    EXPECT_EQ(difference(before, project.world()), "");
    EXPECT_EQ(project.run({"state", "list"}).out, "");
    if (HasFailure()) return;
  }
}

TEST_F(LostAnswers, of_every_write_of_an_update_leave_every_object_once) {
  ASSERT_EQ(project.apply().code, 0);
  const json one = without_history(project.world());
  const std::uint64_t mark = project.last_request();
  project.write("crosstie.yaml", kRichUpdated);
  ASSERT_EQ(project.apply().code, 0);
  const json other = without_history(project.world());
  std::map<std::string, int> writes;
  for (const json& write : project.writes(mark)) ++writes[write["method"]];
  for (const auto& [method, count] : writes) EXPECT_LE(count, kWritesOfOneMethodMax) << method;
  EXPECT_EQ(writes.size(), 4U) << project.writes(mark).dump(1);
  for (int nth = 1; nth <= kWritesOfOneMethodMax; ++nth) {
    for (const auto& [text, wanted] :
         {std::pair{&kRichConfiguration, &one}, std::pair{&kRichUpdated, &other}}) {
      SCOPED_TRACE("write " + std::to_string(nth) + " of each method");
      for (const char* method : {"PUT", "PATCH", "POST", "DELETE"})
        lose(project, {{"method", method}, {"path", "*"}, {"nth", nth}});
      project.write("crosstie.yaml", *text);
      run_until_done(project, "apply");
      project.clear_faults();
      expect_linked(*wanted);
      if (HasFailure()) return;
    }
  }
}

/// What a run needs when one write takes longer than the client waits for it.
const Environment kImpatient = {{"CROSSTIE_REQUEST_TIMEOUT", "1500ms"}};
constexpr const char* kLate = "delay:2500ms";

/// Every request that came has an answer, or its connection is gone.
void let_late_writes_end(const Project& project) {
  static_cast<void>(project.world_once([&](const json&) {
    const json all = project.writes();
    return std::none_of(all.begin(), all.end(), [](const json& one) { return one["status"] == 0; });
  }));
}

TEST_F(LostAnswers, a_create_that_timed_out_yet_exists) {
  project.fault({{"api", "elasticsearch"},
                 {"method", "POST"},
                 {"path", "/_security/cross_cluster/api_key"},
                 {"kind", kLate}});
  const Outcome late = project.run({"apply", "-auto-approve"}, kImpatient);
  EXPECT_TRUE(late.code == 1 || late.code == 6) << late.all();
  EXPECT_NE(late.all().find("The request may have taken effect"), std::string::npos) << late.all();
  let_late_writes_end(project);
  EXPECT_EQ(project.active_keys().size(), 1U) << "it took effect after the run had ended";

  const Outcome next = project.apply();
  ASSERT_EQ(next.code, 0) << next.all();
  EXPECT_EQ(project.active_keys().size(), 1U);
  EXPECT_EQ(dead_keys(project), 1U) << "the one whose secret nobody has";
  EXPECT_TRUE(project.connected("logs"));
  const Outcome plan = project.run({"plan", "-detailed-exitcode"});
  EXPECT_EQ(plan.code, 0) << plan.all();
}

TEST_F(LostAnswers, a_create_that_takes_effect_only_after_the_next_run_made_another) {
  ASSERT_EQ(project.apply().code, 0);
  // What a request does that was held up somewhere until now: the same key once more.
  const json key = project.world()["eck"]["default/quickstart"]["api_keys"][0];
  const ClusterAnswer made = project.ask_eck(
      "POST", "/_security/cross_cluster/api_key",
      {{"name", key["name"]}, {"access", key["access"]}, {"metadata", key["metadata"]}});
  ASSERT_EQ(made.status, 200) << made.body;
  ASSERT_EQ(project.active_keys().size(), 2U);

  const Outcome drift = project.run({"drift", "-detailed-exitcode"});
  EXPECT_EQ(drift.code, 3) << drift.all();
  EXPECT_NE(drift.out.find("link.logs.key"), std::string::npos) << drift.all();
  const std::uint64_t mark = project.last_request();
  const Outcome next = project.apply();
  ASSERT_EQ(next.code, 0) << next.all();
  EXPECT_EQ(project.active_keys().size(), 1U);
  EXPECT_EQ(project.writes(mark).size(), 1U) << "only the stray key goes: " << next.out;
  EXPECT_TRUE(project.connected("logs"));
  const Outcome plan = project.run({"plan", "-detailed-exitcode"});
  EXPECT_EQ(plan.code, 0) << plan.all();
}

TEST_F(LostAnswers, every_write_that_times_out_and_takes_effect_later_is_made_once) {
  for (const char* path : {"*/elasticsearches/*", "*/services/*", "*/configmaps/*", "*/keystore",
                           "/api/v1/deployments/*", "/_cluster/settings*", "/_security/role/*",
                           "/_security/cross_cluster/api_key"}) {
    for (const char* method : {"PATCH", "PUT", "POST"})
      project.fault({{"method", method}, {"path", path}, {"kind", kLate}});
  }
  const json before = project.world();
  run_until_done(project, "apply", kImpatient);
  let_late_writes_end(project);
  run_until_done(project, "apply");
  EXPECT_EQ(project.active_keys().size(), 1U);
  EXPECT_TRUE(project.connected("logs"));
  const Outcome plan = project.run({"plan", "-detailed-exitcode"});
  EXPECT_EQ(plan.code, 0) << plan.all();
  const Outcome destroyed = project.destroy();
  EXPECT_EQ(destroyed.code, 0) << destroyed.all();
  EXPECT_EQ(difference(before, project.world()), "");
}

TEST_F(LostAnswers, a_replaced_key_is_never_missing_and_never_doubled) {
  ASSERT_EQ(project.apply().code, 0);
  // The new key, its keystore entry, the old key's end: each answer is lost in turn.
  for (const auto& [method, path] :
       {std::pair{"POST", "/_security/cross_cluster/api_key"}, std::pair{"PATCH", "*/keystore"},
        std::pair{"DELETE", "/_security/api_key"}}) {
    for (const char* kind : {"reset_after", "reset_before", "status:500"}) {
      SCOPED_TRACE(std::string(method) + " " + kind);
      project.fault({{"method", method}, {"path", path}, {"nth", 0}, {"kind", kind}});
      const Outcome cut = project.run({"apply", "-auto-approve", "-replace", "link.logs.key"});
      EXPECT_GE(project.active_keys().size(), 1U) << cut.all();
      EXPECT_TRUE(project.connected("logs")) << "the old key is good until the new one is in use";
      project.clear_faults();
      run_until_done(project, "apply");
      EXPECT_EQ(project.active_keys().size(), 1U);
      EXPECT_TRUE(project.connected("logs"));
      const Outcome plan = project.run({"plan", "-detailed-exitcode"});
      EXPECT_EQ(plan.code, 0) << plan.all();
    }
  }
}

TEST_F(LostAnswers, the_old_key_goes_only_after_the_link_was_proven_with_the_new_one) {
  ASSERT_EQ(project.apply().code, 0);
  const std::uint64_t mark = project.last_request();
  const Outcome replaced = project.run({"apply", "-auto-approve", "-replace", "link.logs.key"});
  ASSERT_EQ(replaced.code, 0) << replaced.all();
  const json writes = project.writes(mark);
  ASSERT_EQ(writes.size(), 3U) << writes.dump(1);
  EXPECT_EQ(writes[0]["method"], "POST");
  EXPECT_EQ(writes[1]["method"], "PATCH");
  EXPECT_EQ(writes[2]["method"], "DELETE");
  const json all = project.requests(mark);
  const auto proof = std::find_if(all.begin(), all.end(), [&](const json& one) {
    return one["number"] > writes[1]["number"] && one["path"] == "/_remote/info";
  });
  ASSERT_NE(proof, all.end());
  EXPECT_LT((*proof)["number"], writes[2]["number"]);
  EXPECT_EQ(project.active_keys().size(), 1U);
  EXPECT_TRUE(project.connected("logs"));
}

}  // namespace
}  // namespace crosstie::testing
