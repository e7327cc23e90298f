// A saved plan is applied exactly as it was approved, or refused with what moved.
#include "tests/support/project.hpp"

namespace crosstie::testing {
namespace {

const std::string kTwoObjects = R"(crosstie: 1
variables:
  color: {type: string, default: green}
resources:
  settings:
    type: kubernetes.object
    manifest:
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: settings, namespace: default}
      data: {color: "${var.color}"}
  other:
    type: kubernetes.object
    manifest: {apiVersion: v1, kind: ConfigMap, metadata: {name: other, namespace: default}, data: {a: b}}
)";

std::string color_in(const Project& project) {
  return project.world()["kubernetes"]["v1/ConfigMap/default/settings"]["data"]["color"];
}

TEST(saved_plan, a_link_is_made_as_it_was_planned) {
  const Project project;
  const Outcome plan = project.run({"plan", "-out=the.plan", "-detailed-exitcode"});
  ASSERT_EQ(plan.code, 2) << plan.all();
  EXPECT_EQ(project.writes(), json::array());
  const Outcome applied = project.run({"apply", "the.plan"});
  EXPECT_EQ(applied.code, 0) << applied.all();
  EXPECT_TRUE(project.connected("logs"));
}

TEST(saved_plan, variables_are_those_of_the_plan) {
  const Project project("", kTwoObjects);
  ASSERT_EQ(project.run({"plan", "-out=the.plan", "-var", "color=red"}).code, 0);
  const Outcome applied = project.run({"apply", "the.plan"}, {{"CROSSTIE_VAR_color", "blue"}});
  ASSERT_EQ(applied.code, 0) << applied.all();
  EXPECT_EQ(color_in(project), "red");
}

TEST(saved_plan, of_a_destroy_destroys) {
  const Project project("", kTwoObjects);
  const json before = project.world();
  ASSERT_EQ(project.apply().code, 0);
  ASSERT_EQ(project.run({"plan", "-destroy", "-out", "the.plan"}).code, 0);
  EXPECT_EQ(color_in(project), "green");
  const Outcome applied = project.run({"apply", "the.plan"});
  EXPECT_EQ(applied.code, 0) << applied.all();
  EXPECT_EQ(difference(before, project.world()), "");
}

/// Applies the.plan, which is stale: exit code 8, `named` in the message, no write.
void expect_refused(const Project& project, const std::string& named) {
  const std::uint64_t mark = project.last_request();
  const Outcome refused = project.run({"apply", "the.plan"});
  EXPECT_EQ(refused.code, 8) << refused.all();
  EXPECT_NE(refused.err.find("plan is stale"), std::string::npos) << refused.all();
  EXPECT_NE(refused.err.find(named), std::string::npos) << refused.all();
  EXPECT_EQ(project.writes(mark), json::array());
}

class Planned : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(project.apply().code, 0);
    project.edit("a: b", "a: c");
    ASSERT_EQ(project.run({"plan", "-out=the.plan"}).code, 0);
  }
  Project project{"", kTwoObjects};
};

TEST_F(Planned, is_refused_when_an_object_moved) {
  project.edit_object({"", "configmaps", "default", "other"},
                      [](json& object) { object["data"]["a"] = "x"; });
  expect_refused(project, "resource.other");
}

TEST_F(Planned, is_refused_when_an_object_was_taken_away) {
  project.box().on_thread(
      [&] { project.box().store()->erase({"", "configmaps", "default", "other"}); });
  expect_refused(project, "resource.other");
}

TEST_F(Planned, is_refused_when_the_state_moved) {
  ASSERT_EQ(project.apply().code, 0);
  expect_refused(project, "state");
}

TEST_F(Planned, is_refused_the_second_time) {
  ASSERT_EQ(project.run({"apply", "the.plan"}).code, 0);
  expect_refused(project, "state");
}

TEST_F(Planned, is_refused_when_the_configuration_was_changed) {
  project.edit("a: c", "a: d");
  expect_refused(project, "configuration");
}

TEST_F(Planned, is_refused_when_a_file_was_added_to_the_configuration) {
  project.write("more.yaml", "crosstie: 1\n");
  expect_refused(project, "configuration");
}

TEST_F(Planned, is_refused_as_json_too) {
  project.edit("a: c", "a: d");
  const Outcome refused = project.run({"apply", "-json", "the.plan"});
  EXPECT_EQ(refused.code, 8) << refused.all();
  EXPECT_NE(refused.out.find("\"type\":\"diagnostic\""), std::string::npos) << refused.out;
}

/// A file that is no plan of this state: an error that names it, and nothing done.
void expect_no_plan(const Project& project, const std::string& file) {
  const std::uint64_t mark = project.last_request();
  for (const char* command : {"apply", "show"}) {
    const Outcome refused = project.run({command, file});
    EXPECT_EQ(refused.code, 1) << command << refused.all();
    EXPECT_NE(refused.err.find("plan file cannot be used"), std::string::npos) << refused.all();
    EXPECT_NE(refused.err.find(file), std::string::npos) << refused.all();
  }
  EXPECT_EQ(project.writes(mark), json::array());
}

TEST_F(Planned, file_that_was_cut_off_is_no_plan) {
  const std::string whole = project.read("the.plan");
  for (const std::size_t kept : {std::size_t{0}, std::size_t{5}, std::size_t{16}, std::size_t{40},
                                 whole.size() / 2, whole.size() - 1}) {
    project.write("cut.plan", whole.substr(0, kept));
    expect_no_plan(project, "cut.plan");
  }
}

TEST_F(Planned, file_with_one_changed_byte_is_no_plan) {
  std::string text = project.read("the.plan");
  text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
  project.write("changed.plan", text);
  expect_no_plan(project, "changed.plan");
}

TEST_F(Planned, file_of_another_state_is_no_plan) {
  const Project other("", kTwoObjects);
  ASSERT_EQ(other.apply().code, 0);
  std::filesystem::copy_file(project.folder() / "the.plan", other.folder() / "the.plan");
  expect_no_plan(other, "the.plan");
}

TEST_F(Planned, file_that_does_not_exist_is_no_plan) { expect_no_plan(project, "absent.plan"); }

}  // namespace
}  // namespace crosstie::testing
