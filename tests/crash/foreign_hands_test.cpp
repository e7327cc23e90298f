// Somebody else changes or deletes an object of the link: between plan and apply, and between any
// two requests of a run. The change is reported, and never overwritten unseen.
#include <random>

#include "tests/crash/commits.hpp"
#include "tests/crash/foreign_hands.hpp"
#include "tests/crash/rich_world.hpp"

namespace crosstie::testing {
namespace {

/// The rich configuration, changed in what can be changed in place.
std::string changed_in_place() {
  std::string text = kRichConfiguration;
  for (const auto& [from, to] :
       {std::pair<std::string, std::string>{"access: {search: [{names: [\"logs-*\"]}]}",
                                            "access: {search: [{names: [\"metrics-*\"]}]}"},
        {"skip_unavailable: true", "skip_unavailable: false"},
        {"privileges: [read]", "privileges: [read, read_cross_cluster]"},
        {"color: green", "color: red"}})
    text.replace(text.find(from), from.size(), to);
  return text;
}

class Foreign : public ::testing::TestWithParam<ForeignEdit> {
 protected:
  void SetUp() override {
    const Outcome applied = project.apply();
    ASSERT_EQ(applied.code, 0) << applied.all();
  }

  const ForeignEdit& edit() const { return GetParam(); }

  void expect_stale() {
    ASSERT_TRUE(edit().done(project));
    const std::uint64_t mark = project.last_request();
    const Outcome refused = project.run({"apply", "the.plan"});
    EXPECT_EQ(refused.code, 8) << refused.all();
    EXPECT_NE(refused.err.find(edit().address), std::string::npos) << refused.all();
    EXPECT_EQ(project.writes(mark), json::array());
    EXPECT_TRUE(edit().stands(project));
  }

  const Project project{kRichWorld, kRichConfiguration};
};

TEST_P(Foreign, edit_makes_a_saved_plan_of_an_update_stale) {
  project.write("crosstie.yaml", changed_in_place());
  ASSERT_EQ(project.run({"plan", "-out=the.plan"}).code, 0);
  expect_stale();
}

TEST_P(Foreign, edit_makes_a_saved_plan_of_a_destroy_stale) {
  ASSERT_EQ(project.run({"plan", "-destroy", "-out=the.plan"}).code, 0);
  expect_stale();
}

TEST_P(Foreign, edit_is_told_by_drift_and_by_the_plan_of_a_destroy) {
  ASSERT_TRUE(edit().done(project));
  const Outcome drift = project.run({"drift", "-detailed-exitcode"});
  EXPECT_EQ(drift.code, 3) << drift.all();
  EXPECT_NE(drift.out.find(edit().address), std::string::npos) << drift.all();
}

INSTANTIATE_TEST_SUITE_P(, Foreign, ::testing::ValuesIn(foreign_edits()),
                         [](const auto& one) { return one.param.name; });

/// What is made is refused when somebody made an object of that name since the plan.
class Appeared : public ::testing::TestWithParam<std::string> {};

TEST_P(Appeared, since_the_plan_makes_the_plan_of_a_create_stale_or_stops_the_step) {
  const std::string& what = GetParam();
  const Project project(kRichWorld, kRichConfiguration);
  ASSERT_EQ(project.run({"plan", "-out=the.plan"}).code, 0);
  std::string address;
  ClusterAnswer made;
  if (what == "config_map") {
    address = "resource.settings";
    made = ask_kubernetes(project, "PATCH",
                          "/api/v1/namespaces/default/configmaps/settings?fieldManager=x",
                          {{"data", {{"color", "black"}}}});
    if (!is_ok(made))
      made = ask_kubernetes(project, "POST", "/api/v1/namespaces/default/configmaps",
                            {{"apiVersion", "v1"},
                             {"kind", "ConfigMap"},
                             {"metadata", {{"name", "settings"}}},
                             {"data", {{"color", "black"}}}});
  } else if (what == "role") {
    address = "resource.reader";
    made = project.ask_deployment("PUT", "/_security/role/logs_reader", {{"cluster", {"all"}}});
  } else if (what == "alias") {
    address = "link.logs.remote";
    made =
        project.ask_deployment("PUT", "/_cluster/settings",
                               {{"persistent",
                                 {{"cluster.remote.logs.mode", "proxy"},
                                  {"cluster.remote.logs.proxy_address", "somebody.else:9443"}}}});
  } else {
    address = "link.logs.keystore";
    made = project.ask_ech("PATCH", "/elasticsearch/main-elasticsearch/keystore",
                           {{"secrets", {{"cluster.remote.logs.credentials", {{"value", "x"}}}}}});
  }
  ASSERT_TRUE(is_ok(made)) << made.body;
  const std::uint64_t mark = project.last_request();
  const Outcome refused = project.run({"apply", "the.plan"});
  EXPECT_NE(refused.code, 0) << refused.all();
  EXPECT_NE(refused.err.find(address), std::string::npos) << refused.all();
  EXPECT_EQ(project.writes(mark), json::array()) << refused.all();
}

INSTANTIATE_TEST_SUITE_P(, Appeared, ::testing::Values("config_map", "role", "alias", "keystore"),
                         [](const auto& one) { return one.param; });

/// A run that is stopped once, right after one of its requests was served.
class StoppedRun {
 public:
  /// Stops at the `nth` request after the first write (0: that write itself), or not at all when
  /// there are fewer.
  StoppedRun(const Project& project, const std::vector<std::string>& words, int nth)
      : project_(project), mark_(project.last_request()), process_(project.command(words)) {
    stopped_ = process_.listen_until([&] { return reached(nth); });
    if (!stopped_) return;
    process_.signal(SIGSTOP);
    process_.listen_until([&] {  // what is in flight is served to its end
      const json all = project_.writes(mark_);
      return std::none_of(all.begin(), all.end(),
                          [](const json& one) { return one["status"] == 0; });
    });
    edited_after_ = project_.last_request();
  }

  bool stopped() const { return stopped_; }
  Outcome go_on() {
    process_.signal(SIGCONT);
    return process_.wait();
  }

  /// The write came without a look after the edit: the service cannot tell, and neither can we.
  bool wrote_blindly(const std::string& path) const {
    if (path.empty()) return false;
    for (const json& request : project_.requests(edited_after_)) {
      if (!sandbox::matches_pattern(path, request["path"].get<std::string>())) continue;
      return is_write(request);
    }
    return false;
  }

 private:
  bool reached(int nth) const {
    const json all = project_.requests(mark_);
    int after = -1;
    for (const json& request : all)
      if (after >= 0 || is_write(request)) ++after;
    return after >= nth;
  }

  const Project& project_;
  std::uint64_t mark_;
  Process process_;
  bool stopped_ = false;
  std::uint64_t edited_after_ = 0;
};

enum class Verb { create, update, destroy };

class AnyTwoSteps : public ::testing::TestWithParam<int> {
 protected:
  static constexpr int kTriesMax = 12;
  static constexpr int kWanted = 3;
  static constexpr int kRequestsMax = 24;
};

/// Runs the verb and lets the edit happen in the middle. nullopt: it could not (the object was not
/// there, the run was over, or the write was on its way already).
std::optional<Outcome> run_with(const Project& project, Verb verb, const ForeignEdit& edit,
                                int nth) {
  if (verb != Verb::create) {
    EXPECT_EQ(project.apply().code, 0);
  }
  if (verb == Verb::update) project.write("crosstie.yaml", changed_in_place());
  // What was taken away in the middle may be waited for; nobody brings it back.
  StoppedRun run(project,
                 {verb == Verb::destroy ? "destroy" : "apply", "-auto-approve", "-timeout=10s",
                  "-parallelism=" + std::to_string(nth == 0 ? 1 : 10)},
                 nth);
  const bool edited = run.stopped() && edit.done(project);
  const Outcome outcome = run.go_on();
  if (!edited || run.wrote_blindly(edit.unversioned_path)) return std::nullopt;
  return outcome;
}

/// The edit is still there, and somebody was told of it: by the run, or by the next look.
void expect_reported(const Project& project, Verb verb, const ForeignEdit& edit,
                     const Outcome& outcome) {
  EXPECT_TRUE(edit.stands(project)) << "overwritten unseen\n" << outcome.all();
  if (outcome.code != 0 && outcome.all().find("resource: " + edit.address) != std::string::npos)
    return;
  if (verb == Verb::destroy && outcome.code == 0) return;  // it was not ours any more
  const Outcome drift = project.run({"drift", "-detailed-exitcode"});
  EXPECT_NE(drift.all().find(edit.address), std::string::npos) << outcome.all() << drift.all();
}

class AfterThePlan : public ::testing::TestWithParam<ForeignEdit> {};

TEST_P(AfterThePlan, an_edit_is_not_overwritten_by_the_update_that_is_under_way) {
  const Project project(kRichWorld, kRichConfiguration);
  const std::optional<Outcome> outcome = run_with(project, Verb::update, GetParam(), 0);
  if (outcome) expect_reported(project, Verb::update, GetParam(), *outcome);
}

TEST_P(AfterThePlan, an_edit_is_not_overwritten_by_the_destroy_that_is_under_way) {
  const Project project(kRichWorld, kRichConfiguration);
  const std::optional<Outcome> outcome = run_with(project, Verb::destroy, GetParam(), 0);
  // The role and the ConfigMap are the first to go, by one request each: an edit may come too late.
  const bool goes_first =
      GetParam().address == "resource.reader" || GetParam().address == "resource.settings";
  EXPECT_TRUE(outcome || goes_first);
  if (!outcome) return;
  expect_reported(project, Verb::destroy, GetParam(), *outcome);
  const bool taken = GetParam().name == "spec_edited";  // the field is theirs, and stays
  const bool edited = GetParam().name.ends_with("_edited");
  EXPECT_EQ(outcome->code != 0, edited && !taken) << outcome->all();
}

INSTANTIATE_TEST_SUITE_P(, AfterThePlan, ::testing::ValuesIn(foreign_edits()),
                         [](const auto& one) { return one.param.name; });

TEST_P(AnyTwoSteps, foreign_hands_are_reported_and_never_overwritten_unseen) {
  std::mt19937 random(static_cast<unsigned>(GetParam()));
  const std::vector<ForeignEdit> edits = foreign_edits();
  int checked = 0;
  for (int i = 0; i < kTriesMax && checked < kWanted; ++i) {
    const auto verb = static_cast<Verb>(random() % 3);
    const ForeignEdit& edit = edits[random() % edits.size()];
    const int nth = static_cast<int>(random() % kRequestsMax);
    SCOPED_TRACE("seed " + std::to_string(GetParam()) + ": verb " +
                 std::to_string(static_cast<int>(verb)) + ", " + edit.name + " after request " +
                 std::to_string(nth) + " from the first write on");
    const Project project(kRichWorld, kRichConfiguration);
    const std::optional<Outcome> outcome = run_with(project, verb, edit, nth);
    if (!outcome) continue;
    ++checked;
    expect_reported(project, verb, edit, *outcome);
  }
  EXPECT_EQ(checked, kWanted) << "seed " << GetParam();
}

INSTANTIATE_TEST_SUITE_P(seed, AnyTwoSteps, ::testing::Range(1, 5));

}  // namespace
}  // namespace crosstie::testing
