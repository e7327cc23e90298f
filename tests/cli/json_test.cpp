// -json as other programs read it: one message a line, Terraform's types and shapes, no secret.
#include "tests/support/project.hpp"

namespace crosstie::testing {
namespace {

/// The messages of an output; every line has to be one.
std::vector<json> messages_of(const std::string& out) {
  std::vector<json> messages;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    json message = json::parse(line, nullptr, false);
    EXPECT_TRUE(message.is_object()) << line;
    if (!message.is_object()) continue;
    for (const char* key : {"@level", "@message", "@module", "@timestamp", "type"})
      EXPECT_TRUE(message.contains(key) && message[key].is_string()) << key << " in " << line;
    messages.push_back(std::move(message));
  }
  EXPECT_FALSE(messages.empty());
  return messages;
}

std::vector<json> of_type(const std::vector<json>& messages, const std::string& type) {
  std::vector<json> found;
  for (const json& message : messages)
    if (message["type"] == type) found.push_back(message);
  return found;
}

std::set<std::string> types_of(const std::vector<json>& messages) {
  std::set<std::string> types;
  for (const json& message : messages) types.insert(message["type"].get<std::string>());
  return types;
}

std::set<std::string> addresses_of(const std::vector<json>& messages, const char* part) {
  std::set<std::string> addresses;
  for (const json& message : messages)
    addresses.insert(message[part]["resource"]["addr"].get<std::string>());
  return addresses;
}

using Types = std::set<std::string>;

TEST(json_lines, tell_a_plan) {
  const Project project;
  const Outcome plan = project.run({"plan", "-json"});
  ASSERT_EQ(plan.code, 0) << plan.all();
  const std::vector<json> messages = messages_of(plan.out);
  EXPECT_EQ(messages.front()["type"], "version");
  EXPECT_TRUE(messages.front().contains("crosstie"));
  EXPECT_EQ(types_of(messages), (Types{"version", "planned_change", "change_summary", "outputs"}));
  const std::vector<json> changes = of_type(messages, "planned_change");
  EXPECT_EQ(
      addresses_of(changes, "change"),
      (Types{"link.logs.remote_server", "link.logs.address", "link.logs.key", "link.logs.trust",
             "link.logs.keystore", "link.logs.remote", "link.logs.proof"}));
  const json summary = of_type(messages, "change_summary").at(0)["changes"];
  EXPECT_EQ(summary["add"], 6);
  EXPECT_EQ(summary["change"], 0);
  EXPECT_EQ(summary["remove"], 0);
  EXPECT_EQ(summary["operation"], "plan");
  EXPECT_EQ(project.writes(), json::array());
}

TEST(json_lines, tell_apply_drift_and_destroy) {
  const Project project;
  const Outcome applied = project.run({"apply", "-json", "-auto-approve"});
  ASSERT_EQ(applied.code, 0) << applied.all();
  const std::vector<json> messages = messages_of(applied.out);
  const Types expected{"version",     "planned_change", "change_summary", "outputs",
                       "apply_start", "apply_progress", "apply_complete"};
  EXPECT_EQ(types_of(messages), expected);
  const Types steps = addresses_of(of_type(messages, "apply_start"), "hook");
  EXPECT_EQ(steps.size(), 7U);
  EXPECT_EQ(addresses_of(of_type(messages, "apply_complete"), "hook"), steps);
  for (const json& message : of_type(messages, "apply_complete"))
    EXPECT_TRUE(message["hook"]["elapsed_seconds"].is_number()) << message;
  const json summary = of_type(messages, "change_summary").back();
  EXPECT_EQ(summary["changes"]["operation"], "apply");
  EXPECT_EQ(summary["changes"]["add"], 6);
  const json outputs = of_type(messages, "outputs").back()["outputs"];
  EXPECT_EQ(outputs["logs_alias"],
            (json{{"sensitive", false}, {"type", "string"}, {"value", "logs"}}));

  ASSERT_EQ(
      project
          .ask_deployment("PUT", "/_cluster/settings",
                          {{"persistent", {{"cluster.remote.logs.skip_unavailable", "false"}}}})
          .status,
      200);
  const Outcome drift = project.run({"drift", "-json", "-detailed-exitcode"});
  EXPECT_EQ(drift.code, 3) << drift.all();
  const std::vector<json> found = of_type(messages_of(drift.out), "resource_drift");
  ASSERT_EQ(found.size(), 1U) << drift.out;
  EXPECT_EQ(found[0]["change"]["resource"]["addr"], "link.logs.remote");
  EXPECT_EQ(found[0]["change"]["action"], "update");
  EXPECT_NE(found[0]["change"]["fields"].dump().find("skip_unavailable"), std::string::npos);
  EXPECT_EQ(of_type(messages_of(drift.out), "change_summary").at(0)["changes"]["operation"],
            "drift");

  const Outcome destroyed = project.run({"destroy", "-json", "-auto-approve"});
  ASSERT_EQ(destroyed.code, 0) << destroyed.all();
  const std::vector<json> gone = messages_of(destroyed.out);
  EXPECT_EQ(of_type(gone, "change_summary").back()["changes"]["operation"], "destroy");
  EXPECT_EQ(of_type(gone, "change_summary").back()["changes"]["remove"], 5);
}

TEST(json_lines, tell_a_failure_and_what_was_blocked_by_it) {
  const Project project;
  project.fault({{"api", "elasticsearch"},
                 {"method", "POST"},
                 {"path", "/_security/cross_cluster/api_key"},
                 {"nth", 0},
                 {"kind", "status:403"}});
  const Outcome applied = project.run({"apply", "-json", "-auto-approve"});
  EXPECT_EQ(applied.code, 6) << applied.all();
  const std::vector<json> messages = messages_of(applied.out);
  const std::vector<json> failed = of_type(messages, "apply_errored");
  ASSERT_EQ(failed.size(), 1U) << applied.out;
  EXPECT_EQ(failed[0]["hook"]["resource"]["addr"], "link.logs.key");
  EXPECT_EQ(failed[0]["@level"], "error");
  const std::vector<json> told = of_type(messages, "diagnostic");
  ASSERT_FALSE(told.empty()) << applied.out;
  EXPECT_EQ(told[0]["diagnostic"]["severity"], "error");
  EXPECT_TRUE(told[0]["diagnostic"]["summary"].is_string());
  EXPECT_NE(told[0]["diagnostic"]["detail"].get<std::string>().find("403"), std::string::npos);
  bool remote_is_blocked = false;
  for (const json& message : messages) {
    if (message["type"] != "apply_skipped") continue;
    EXPECT_NE(message["hook"]["blocked_by"].dump().find("link.logs.key"), std::string::npos);
    remote_is_blocked |= message["hook"]["resource"]["addr"] == "link.logs.remote";
  }
  EXPECT_TRUE(remote_is_blocked) << applied.out;
}

TEST(json_lines, tell_an_error_of_the_configuration_with_its_place) {
  const Project project;
  project.edit("skip_unavailable", "skip_unavailible");
  for (const std::vector<std::string>& words : {std::vector<std::string>{"plan", "-json"},
                                                {"apply", "-json", "-auto-approve"},
                                                {"drift", "-json"}}) {
    const Outcome failed = project.run(words);
    EXPECT_EQ(failed.code, 1) << failed.all();
    const std::vector<json> told = of_type(messages_of(failed.out), "diagnostic");
    ASSERT_EQ(told.size(), 1U) << failed.all();
    const json range = told[0]["diagnostic"]["range"];
    EXPECT_EQ(range["start"]["line"], 18) << told[0];
    EXPECT_NE(range["filename"].get<std::string>().find("crosstie.yaml"), std::string::npos);
  }
}

TEST(json_lines, need_an_approval_beforehand) {
  const Project project;
  for (const char* command : {"apply", "destroy"}) {
    const Outcome refused = project.run({command, "-json"}, {}, "yes\n");
    EXPECT_EQ(refused.code, 1) << refused.all();
    EXPECT_FALSE(of_type(messages_of(refused.out), "diagnostic").empty()) << refused.all();
  }
  EXPECT_EQ(project.requests(), json::array());
}

const json* change_of(const json& plan, const std::string& address) {
  for (const json& change : plan["resource_changes"])
    if (change["address"] == address) return &change;
  ADD_FAILURE() << address << " is not in " << plan;
  return nullptr;
}

TEST(show_json, gives_a_plan_in_terraforms_shape) {
  const Project project;
  ASSERT_EQ(project.run({"plan", "-out=the.plan"}).code, 0);
  const Outcome shown = project.run({"show", "-json", "the.plan"});
  ASSERT_EQ(shown.code, 0) << shown.all();
  const json plan = json::parse(shown.out, nullptr, false);
  ASSERT_TRUE(plan.is_object()) << shown.out;
  EXPECT_TRUE(plan["format_version"].is_string());
  for (const json& change : plan["resource_changes"]) {
    for (const char* key : {"address", "mode", "type", "name", "provider_name"})
      EXPECT_TRUE(change[key].is_string()) << key << " of " << change;
    for (const char* key :
         {"actions", "before", "after", "after_unknown", "before_sensitive", "after_sensitive"})
      EXPECT_TRUE(change["change"].contains(key)) << key << " of " << change;
  }
  const json* keystore = change_of(plan, "link.logs.keystore");
  ASSERT_NE(keystore, nullptr);
  EXPECT_EQ((*keystore)["change"]["actions"], json{"create"});
  EXPECT_EQ((*keystore)["change"]["before"], nullptr);
  EXPECT_EQ((*keystore)["change"]["after_sensitive"]["value"], true) << *keystore;
  const json* remote = change_of(plan, "link.logs.remote");
  ASSERT_NE(remote, nullptr);
  EXPECT_EQ((*remote)["change"]["after_unknown"]["proxy_address"], true) << *remote;
  EXPECT_FALSE((*remote)["change"]["after"].contains("proxy_address")) << *remote;
  EXPECT_EQ((*remote)["change"]["after"]["mode"], "proxy");
  EXPECT_EQ(plan["output_changes"]["logs_alias"]["actions"], json{"create"});
  const json& values = plan["planned_values"];
  EXPECT_EQ(values["outputs"]["logs_alias"]["value"], "logs");
  EXPECT_EQ(values["root_module"]["resources"], json::array());
  const json& link = values["root_module"]["child_modules"][0];
  EXPECT_EQ(link["address"], "link.logs");
  EXPECT_EQ(link["resources"].size(), plan["resource_changes"].size());
  EXPECT_EQ(shown.out.find("PRIVATE KEY"), std::string::npos);
}

TEST(show_json, what_stays_is_the_same_before_and_after) {
  const Project project;
  ASSERT_EQ(project.apply().code, 0);
  ASSERT_EQ(project.run({"plan", "-out=the.plan"}).code, 0);
  const json plan = json::parse(project.run({"show", "-json", "the.plan"}).out, nullptr, false);
  EXPECT_EQ(plan["applyable"], false);
  EXPECT_GT(plan["resource_changes"].size(), 10U);
  for (const json& change : plan["resource_changes"]) {
    EXPECT_EQ(change["change"]["actions"], json{"no-op"}) << change;
    EXPECT_EQ(change["change"]["before"], change["change"]["after"]) << change["address"];
  }
  EXPECT_EQ(plan["output_changes"]["logs_alias"]["before"], "logs");
}

TEST(show_json, gives_state_and_run) {
  const Project project;
  ASSERT_EQ(project.apply().code, 0);
  const json state = json::parse(project.run({"show", "-json"}).out, nullptr, false);
  ASSERT_TRUE(state.is_object());
  bool found = false;
  for (const json& resource : state["resources"]) {
    if (resource["address"] != "link.logs.key") continue;
    found = true;
    EXPECT_EQ(resource["attributes"]["encoded"], "(sensitive)") << resource;
  }
  EXPECT_TRUE(found) << state;
  EXPECT_EQ(state["outputs"]["logs_alias"]["value"], "logs");
  const json run = json::parse(project.run({"show", "-json", "1"}).out, nullptr, false);
  EXPECT_EQ(run["command"], "apply");
  EXPECT_EQ(run["state"], "succeeded");
  EXPECT_FALSE(run["operations"].empty());
}

TEST(output, gives_values_as_terraform_does) {
  const Project project("", R"(crosstie: 1
resources:
  settings:
    type: kubernetes.object
    manifest: {apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: default}, data: {a: b}}
outputs:
  text: "some text"
  count: 3
  list: [a, b]
)");
  ASSERT_EQ(project.apply().code, 0);
  const json all = json::parse(project.run({"output", "-json"}).out, nullptr, false);
  EXPECT_EQ(all["text"], (json{{"sensitive", false}, {"type", "string"}, {"value", "some text"}}));
  EXPECT_EQ(all["count"]["value"], 3);
  EXPECT_EQ(all["list"]["value"], (json{"a", "b"}));
  EXPECT_EQ(project.run({"output", "-raw", "text"}).out, "some text");
  EXPECT_EQ(project.run({"output", "text"}).out, "\"some text\"\n");
  EXPECT_EQ(project.run({"output", "-json", "count"}).out, "3\n");
  const Outcome wrong = project.run({"output", "tex"});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_NE(wrong.err.find("Did you mean text?"), std::string::npos) << wrong.err;
}

}  // namespace
}  // namespace crosstie::testing
