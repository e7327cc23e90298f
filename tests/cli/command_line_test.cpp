// The command line as people know it from Terraform: options, approval, colors, exit codes,
// folders.
#include "tests/support/project.hpp"

namespace crosstie::testing {
namespace {

const std::string kObjects = R"(crosstie: 1
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

const std::string kSettings = "v1/ConfigMap/default/settings";
const std::string kOther = "v1/ConfigMap/default/other";

bool has(const Outcome& outcome, const std::string& text) {
  return outcome.out.find(text) != std::string::npos || outcome.err.find(text) != std::string::npos;
}

class TwoObjects : public ::testing::Test {
 protected:
  std::string color() const {
    const json objects = project.world()["kubernetes"];
    return objects.contains(kSettings) ? objects[kSettings]["data"]["color"].get<std::string>()
                                       : "";
  }
  bool exists(const std::string& object) const {
    return project.world()["kubernetes"].contains(object);
  }
  Project project{"", kObjects};
};

TEST_F(TwoObjects, options_have_one_dash_or_two_and_stand_before_or_after_names) {
  EXPECT_EQ(project.run({"plan", "-detailed-exitcode"}).code, 2);
  EXPECT_EQ(project.run({"plan", "--detailed-exitcode"}).code, 2);
  ASSERT_EQ(project.run({"plan", "--out", "a.plan"}).code, 0);
  ASSERT_EQ(project.run({"plan", "-out=b.plan"}).code, 0);
  EXPECT_EQ(project.run({"apply", "a.plan", "--parallelism", "1"}).code, 0);
  EXPECT_EQ(project.run({"apply", "-parallelism=1", "b.plan"}).code, 8);
  EXPECT_EQ(project.run({"destroy", "--auto-approve"}).code, 0);
}

TEST_F(TwoObjects, approval_is_the_word_yes) {
  for (const char* answer : {"no\n", "y\n", "YES\n", "\n", ""}) {
    const Outcome refused = project.run({"apply"}, {}, answer);
    EXPECT_EQ(refused.code, 1) << answer << refused.all();
    EXPECT_TRUE(has(refused, "Nothing was done.")) << refused.all();
  }
  EXPECT_EQ(project.writes(), json::array());
  const Outcome applied = project.run({"apply"}, {}, "yes\n");
  EXPECT_EQ(applied.code, 0) << applied.all();
  EXPECT_EQ(color(), "green");
  EXPECT_EQ(project.run({"destroy"}, {}, "no\n").code, 1);
  EXPECT_TRUE(exists(kSettings));
  EXPECT_EQ(project.run({"destroy"}, {}, "yes\n").code, 0);
  EXPECT_FALSE(exists(kSettings));
}

TEST_F(TwoObjects, auto_approve_asks_nothing) {
  const Outcome applied = project.run({"apply", "-auto-approve"});
  EXPECT_EQ(applied.code, 0) << applied.all();
  EXPECT_FALSE(has(applied, "Enter a value"));
  EXPECT_FALSE(has(project.run({"destroy", "-auto-approve"}), "Enter a value"));
}

TEST_F(TwoObjects, target_takes_in_only_what_it_names) {
  const Outcome plan = project.run({"plan", "-target=resource.other"});
  EXPECT_TRUE(has(plan, "Plan: 1 to add")) << plan.all();
  ASSERT_EQ(project.run({"apply", "-auto-approve", "-target", "resource.other"}).code, 0);
  EXPECT_TRUE(exists(kOther));
  EXPECT_FALSE(exists(kSettings));
  ASSERT_EQ(project.apply().code, 0);
  project.edit_object({"", "configmaps", "default", "other"},
                      [](json& object) { object["data"]["a"] = "x"; });
  EXPECT_EQ(project.run({"drift", "-detailed-exitcode", "-target=resource.settings"}).code, 0);
  EXPECT_EQ(project.run({"drift", "-detailed-exitcode", "-target=resource.other"}).code, 3);
  ASSERT_EQ(project.run({"destroy", "-auto-approve", "-target=resource.settings"}).code, 0);
  EXPECT_TRUE(exists(kOther));
  EXPECT_FALSE(exists(kSettings));
  EXPECT_EQ(project.run({"plan", "-target=resource.nothing"}).code, 1);
  EXPECT_EQ(project.run({"plan", "-target=no address"}).code, 1);
}

TEST_F(TwoObjects, replace_makes_it_again_though_nothing_differs) {
  ASSERT_EQ(project.apply().code, 0);
  const auto uid = [&] {
    return project.world_with_server()["kubernetes"][kOther]["metadata"]["server"]["uid"].dump() +
           project.world_with_server()["kubernetes"][kOther]["server"].dump();
  };
  const std::string before = uid();
  const Outcome plan = project.run({"plan", "-replace=resource.other"});
  EXPECT_TRUE(has(plan, "Plan: 1 to add, 0 to change, 1 to destroy.")) << plan.all();
  const Outcome applied = project.run({"apply", "-auto-approve", "-replace", "resource.other"});
  ASSERT_EQ(applied.code, 0) << applied.all();
  EXPECT_NE(uid(), before);
}

TEST_F(TwoObjects, variables_come_from_option_file_and_environment) {
  project.write("colors.vars", "color: red\n");
  const auto planned = [&](std::vector<std::string> words, const Environment& more = {}) {
    words.insert(words.begin(), "plan");
    return project.run(words, more).out;
  };
  EXPECT_NE(planned({}).find("green"), std::string::npos);
  EXPECT_NE(planned({"-var", "color=blue"}).find("blue"), std::string::npos);
  EXPECT_NE(planned({"-var-file=colors.vars"}).find("red"), std::string::npos);
  EXPECT_NE(planned({}, {{"CROSSTIE_VAR_color", "pink"}}).find("pink"), std::string::npos);
  EXPECT_NE(planned({"-var-file=colors.vars", "-var=color=blue"}).find("blue"), std::string::npos);
  ASSERT_EQ(project.run({"apply", "-auto-approve", "-var", "color=blue"}).code, 0);
  EXPECT_EQ(color(), "blue");
  ASSERT_EQ(project.run({"apply", "-auto-approve", "-var-file", "colors.vars"}).code, 0);
  EXPECT_EQ(color(), "red");
  // Only the plan speaks of what is wanted; drift compares with what was recorded.
  EXPECT_EQ(project.run({"drift", "-detailed-exitcode", "-var=color=red"}).code, 0);
  EXPECT_EQ(project.run({"drift", "-detailed-exitcode", "-var-file=colors.vars"}).code, 0);
  for (const char* command : {"plan", "drift", "validate", "graph", "apply"}) {
    const Outcome wrong = project.run({command, "-var", "colour=red"});
    EXPECT_EQ(wrong.code, 1) << command << wrong.all();
    EXPECT_TRUE(has(wrong, "color")) << command << wrong.all();
    const Outcome absent = project.run({command, "-var-file=absent.vars"});
    EXPECT_EQ(absent.code, 1) << command << absent.all();
    EXPECT_TRUE(has(absent, "absent.vars")) << command << absent.all();
  }
}

TEST_F(TwoObjects, chdir_is_where_the_command_runs) {
  ASSERT_EQ(project.run({"plan", "-out=the.plan"}).code, 0);
  EXPECT_TRUE(std::filesystem::exists(project.folder() / "the.plan"));
  Command two_words = project.command({"validate"});
  two_words.words = {CROSSTIE_BINARY, "--chdir", project.folder().string(), "validate"};
  EXPECT_EQ(Process(two_words).wait().code, 0);
  Command absent = two_words;
  absent.words = {CROSSTIE_BINARY, "-chdir=/nothing/here", "plan"};
  const Outcome refused = Process(absent).wait();
  EXPECT_EQ(refused.code, 1);
  EXPECT_TRUE(has(refused, "/nothing/here")) << refused.all();
  Command after = project.command({});
  after.words = {CROSSTIE_BINARY, "plan", "-chdir=" + project.folder().string()};
  EXPECT_EQ(Process(after).wait().code, 1);
}

TEST_F(TwoObjects, debug_log_tells_every_request_on_stderr) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"plan"},
                                                {"drift"},
                                                {"apply", "-auto-approve"},
                                                {"destroy", "-auto-approve"}}) {
    std::vector<std::string> louder = words;
    louder.emplace_back("-log-level=debug");
    const Outcome loud = project.run(louder);
    EXPECT_EQ(loud.code, 0) << loud.all();
    EXPECT_NE(loud.err.find(" debug "), std::string::npos) << loud.all();
    EXPECT_NE(loud.err.find("GET"), std::string::npos) << loud.all();
    EXPECT_EQ(loud.out.find(" debug "), std::string::npos) << loud.all();
  }
  EXPECT_EQ(project.run({"plan", "-log-level=info"}).err.find(" debug "), std::string::npos);
  EXPECT_EQ(project.run({"plan", "-log-level=loud"}).code, 1);
}

const std::string kEscape = "\033[";

TEST_F(TwoObjects, colors_are_for_terminals_that_want_them) {
  ASSERT_EQ(project.run({"plan", "-out=the.plan"}).code, 0);
  const auto on_terminal = [&](std::vector<std::string> words, const Environment& more = {}) {
    Environment environment = more;
    environment.emplace("TERM", "xterm-256color");
    Command command = project.command(std::move(words), environment);
    command.terminal = true;
    return Process(command).wait();
  };
  EXPECT_NE(on_terminal({"plan"}).out.find(kEscape), std::string::npos);
  EXPECT_NE(on_terminal({"show", "the.plan"}).out.find(kEscape), std::string::npos);
  EXPECT_EQ(project.run({"plan"}).out.find(kEscape), std::string::npos);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"plan"}, {"drift"}, {"show", "the.plan"}}) {
    EXPECT_EQ(on_terminal(words, {{"NO_COLOR", "1"}}).out.find(kEscape), std::string::npos);
    EXPECT_EQ(on_terminal(words, {{"TERM", "dumb"}}).out.find(kEscape), std::string::npos);
    std::vector<std::string> plain = words;
    plain.insert(plain.begin() + 1, "-no-color");
    EXPECT_EQ(on_terminal(plain).out.find(kEscape), std::string::npos) << words[0];
  }
  const Outcome applied = on_terminal({"apply", "-auto-approve", "-no-color"});
  EXPECT_EQ(applied.code, 0) << applied.all();
  EXPECT_EQ(applied.out.find("\033[3"), std::string::npos) << applied.out;
  const Outcome destroyed = on_terminal({"destroy", "-auto-approve"}, {{"NO_COLOR", "1"}});
  EXPECT_EQ(destroyed.code, 0) << destroyed.all();
  EXPECT_EQ(destroyed.out.find("\033[3"), std::string::npos) << destroyed.out;
}

TEST_F(TwoObjects, failing_with_something_done_is_6_and_with_nothing_done_is_1) {
  project.fault({{"api", "kubernetes"},
                 {"method", "PATCH"},
                 {"path", "*/configmaps/other"},
                 {"nth", 0},
                 {"kind", "status:403"}});
  const Outcome kept = project.apply();
  EXPECT_EQ(kept.code, 6) << kept.all();
  EXPECT_TRUE(has(kept, "resource.other")) << kept.all();
  EXPECT_EQ(color(), "green");
  const Outcome nothing = project.apply();
  EXPECT_EQ(nothing.code, 1) << nothing.all();
  project.clear_faults();
  EXPECT_EQ(project.apply().code, 0);
}

TEST_F(TwoObjects, parallelism_is_checked) {
  for (const char* wrong : {"0", "-1", "many", "1000000", ""}) {
    for (const char* command : {"apply", "destroy"}) {
      const Outcome refused =
          project.run({command, "-auto-approve", "-parallelism=" + std::string(wrong)});
      EXPECT_EQ(refused.code, 1) << command << wrong << refused.all();
    }
  }
  EXPECT_EQ(project.requests(), json::array());
}

TEST_F(TwoObjects, history_limit_and_json) {
  ASSERT_EQ(project.apply().code, 0);
  ASSERT_EQ(project.destroy().code, 0);
  const std::string all = project.run({"history", "-json"}).out;
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 2) << all;
  const json newest =
      json::parse(project.run({"history", "-json", "-limit=1"}).out, nullptr, false);
  EXPECT_EQ(newest["command"], "destroy");
  EXPECT_EQ(newest["destroyed"], 2);
  EXPECT_EQ(project.run({"history", "-limit=0"}).code, 1);
}

TEST_F(TwoObjects, graph_has_three_formats) {
  EXPECT_TRUE(project.run({"graph", "-format=dot"}).out.starts_with("digraph"));
  const Outcome mermaid = project.run({"graph", "--format", "mermaid"});
  EXPECT_TRUE(mermaid.out.starts_with("flowchart") || mermaid.out.starts_with("graph"))
      << mermaid.all();
  EXPECT_TRUE(has(project.run({"graph"}), "resource.other"));
  EXPECT_EQ(project.run({"graph", "-format=png"}).code, 1);
}

TEST_F(TwoObjects, validate_and_version_speak_json) {
  const json valid = json::parse(project.run({"validate", "-json"}).out, nullptr, false);
  EXPECT_EQ(valid["valid"], true);
  EXPECT_EQ(project.run({"validate", "-var=color=red"}).code, 0);
  project.write("colors.vars", "color: red\n");
  EXPECT_EQ(project.run({"validate", "-var-file=colors.vars"}).code, 0);
  project.edit("data: {a: b}", "dat: {a: b}\n    typo: 1");
  const Outcome wrong = project.run({"validate", "-json"});
  EXPECT_EQ(wrong.code, 1);
  const json diagnostics = json::parse(wrong.out, nullptr, false);
  EXPECT_EQ(diagnostics["valid"], false);
  EXPECT_GE(diagnostics["error_count"], 1);
  const json version = json::parse(project.run({"version", "-json"}).out, nullptr, false);
  EXPECT_TRUE(version["crosstie_version"].is_string());
  EXPECT_EQ(project.requests(), json::array());
}

TEST_F(TwoObjects, schema_gives_all_of_the_language_or_one_type) {
  const json all = json::parse(project.run({"schema"}).out, nullptr, false);
  EXPECT_TRUE(all.contains("properties")) << all;
  const Outcome one = project.run({"schema", "-type=elasticsearch.role"});
  EXPECT_EQ(one.code, 0) << one.all();
  EXPECT_NE(one.out.find("elasticsearch.role"), std::string::npos);
  EXPECT_EQ(one.out.find("kubernetes.object"), std::string::npos);
  EXPECT_TRUE(has(project.run({"schema", "-type=elasticsearch.rol"}), "elasticsearch.role"));
}

TEST_F(TwoObjects, unknown_options_and_commands_are_told_with_the_nearest) {
  EXPECT_TRUE(has(project.run({"plan", "-detailed-exit-code"}), "detailed-exitcode"));
  EXPECT_TRUE(has(project.run({"aply"}), "crosstie apply"));
  EXPECT_EQ(project.run({"plan", "too", "many"}).code, 1);
  EXPECT_EQ(project.run({"plan", "-out"}).code, 1);
  EXPECT_EQ(project.run({"plan", "-json=yes"}).code, 1);
}

TEST_F(TwoObjects, destroy_needs_no_configuration_but_takes_no_broken_one) {
  ASSERT_EQ(project.apply().code, 0);
  const std::string text = project.read("crosstie.yaml");
  project.write("crosstie.yaml", text + "  broken: {type: no.such}\n");
  const Outcome refused = project.destroy();
  EXPECT_EQ(refused.code, 1) << refused.all();
  EXPECT_TRUE(has(refused, "no.such")) << refused.all();
  EXPECT_TRUE(exists(kSettings));
  std::filesystem::remove(project.folder() / "crosstie.yaml");
  EXPECT_EQ(project.run({"plan", "-destroy", "-detailed-exitcode"}).code, 2);
  EXPECT_EQ(project.run({"plan"}).code, 1);
  const Outcome destroyed = project.destroy();
  EXPECT_EQ(destroyed.code, 0) << destroyed.all();
  EXPECT_FALSE(exists(kSettings));
}

TEST(rights, a_role_that_only_reads_gives_the_plan_of_an_administrator) {
  const Project project;
  const Outcome before = project.run({"plan"});
  ASSERT_EQ(project.apply().code, 0);
  const Outcome admin = project.run({"plan", "-detailed-exitcode"});
  project.edit("kubernetes: {}", "kubernetes: {context: sandbox-reader}");
  const Outcome reader = project.run({"plan", "-detailed-exitcode"});
  EXPECT_EQ(reader.code, admin.code) << reader.all();
  EXPECT_EQ(reader.out, admin.out);
  project.edit("kubernetes: {context: sandbox-reader}", "kubernetes: {}");
  ASSERT_EQ(project.destroy().code, 0);
  project.edit("kubernetes: {}", "kubernetes: {context: sandbox-reader}");
  EXPECT_EQ(project.run({"plan"}).out, before.out);
  const Outcome refused = project.apply();
  EXPECT_TRUE(refused.code == 1 || refused.code == 6) << refused.all();
  EXPECT_TRUE(has(refused, "403")) << refused.all();
}

TEST(state_key, that_is_wrong_or_missing_is_an_error_and_changes_nothing) {
  const Project project("", kObjects);
  ASSERT_EQ(project.apply().code, 0);
  const json world = project.world();
  const std::string state = project.read(".crosstie/state.db");
  const Environment wrong = {{"CROSSTIE_STATE_KEY", sandbox::base64_of(std::string(32, 'x'))}};
  const Environment missing = {{"CROSSTIE_KEY_DIR", (project.folder() / "nowhere").string()}};
  for (const Environment& environment : {wrong, missing}) {
    for (const std::vector<std::string>& words : {std::vector<std::string>{"plan"},
                                                  {"apply", "-auto-approve"},
                                                  {"destroy", "-auto-approve"},
                                                  {"drift"},
                                                  {"show"}}) {
      const Outcome refused = project.run(words, environment);
      EXPECT_EQ(refused.code, 1) << words[0] << refused.all();
      EXPECT_TRUE(has(refused, "key")) << refused.all();
    }
  }
  EXPECT_EQ(difference(world, project.world()), "");
  EXPECT_EQ(project.read(".crosstie/state.db"), state);
  EXPECT_EQ(project.run({"plan", "-detailed-exitcode"}).code, 0);
}

}  // namespace
}  // namespace crosstie::testing
