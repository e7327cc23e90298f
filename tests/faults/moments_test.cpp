// Faults that come at a moment of a run, or that no run can be told from its end alone.
#include <sys/stat.h>

#include <optional>

#include "tests/faults/fault_case.hpp"

namespace crosstie::testing {
namespace {

using Controller = Stage::Controller;
constexpr const char* kMint = "/_security/cross_cluster/api_key";

/// The link is there and proven, nothing is left to do, and there is one key.
void expect_proven(const Stage& stage) {
  const Outcome recovered = stage.project.apply();
  EXPECT_EQ(recovered.code, 0) << recovered.all();
  EXPECT_TRUE(stage.project.connected("logs")) << recovered.all();
  EXPECT_EQ(stage.project.active_keys(), std::vector<std::string>{"crosstie-logs"});
  const Outcome again = stage.project.run({"plan", "-detailed-exitcode"});
  EXPECT_EQ(again.code, 0) << again.all();
}

bool has_asked(const Project& project, const std::string& method, const std::string& path) {
  for (const json& request : project.requests())
    if (request["method"] == method &&
        sandbox::matches_pattern(path, request["path"].get<std::string>()))
      return true;
  return false;
}

/// Holds the minting of the key back for a moment, and calls `at_that_moment` while it is held.
template <class Act>
Outcome apply_held_at_the_key(Stage& stage, Act at_that_moment) {
  stage.project.fault({{"method", "POST"}, {"path", kMint}, {"nth", 1}, {"kind", "delay:500ms"}});
  Command command = stage.project.command({"apply", "-auto-approve"}, stage.environment);
  Process apply(command);
  EXPECT_TRUE(apply.listen_until([&] { return has_asked(stage.project, "POST", kMint); }))
      << apply.out() << apply.err();
  at_that_moment();
  return apply.wait();
}

TEST(fault, ready_that_is_left_over_from_before_the_change) {
  Stage stage;
  stage.set_running(Controller::eck, false);
  Process apply(stage.project.command({"apply", "-auto-approve"}));
  ASSERT_TRUE(apply.listen_until([&] {
    return apply.out().find("waiting for status.observedGeneration") != std::string::npos;
  })) << apply.out()
      << apply.err();
  const json resource =
      stage.project
          .world_with_server()["kubernetes"]
                              ["elasticsearch.k8s.elastic.co/v1/Elasticsearch/default/quickstart"]
                              ["server"];
  EXPECT_EQ(resource["status"]["phase"], "Ready") << "of the generation before";
  EXPECT_EQ(resource["status"]["health"], "green");
  EXPECT_FALSE(has_asked(stage.project, "POST", kMint)) << "nothing is built on it";
  stage.set_running(Controller::eck, true);
  const Outcome applied = apply.wait();
  EXPECT_EQ(applied.code, 0) << applied.all();
  EXPECT_TRUE(stage.project.connected("logs"));
}

TEST(fault, ten_second_flap_to_failed) {
  // The clocks of it: tests/providers/kubernetes/wait_clocks_test.cpp.
  Stage stage("", "", 0.01);
  stage.set_running(Controller::eck, false);
  Process apply(stage.project.command({"apply", "-auto-approve"}));
  ASSERT_TRUE(apply.listen_until([&] {
    return apply.out().find("waiting for status.observedGeneration") != std::string::npos;
  })) << apply.out()
      << apply.err();
  stage.project.edit_object(stage.elasticsearch(), [](json& object) {
    object["status"]["observedGeneration"] = object["metadata"]["generation"];
    object["status"]["phase"] = "Invalid";
  });
  ASSERT_TRUE(apply.listen_until([&] {
    return apply.out().find("status.phase (Invalid)") != std::string::npos;
  })) << apply.out()
      << apply.err();
  stage.set_running(Controller::eck, true);
  const Outcome applied = apply.wait();
  EXPECT_EQ(applied.code, 0) << applied.all();
  EXPECT_TRUE(stage.project.connected("logs"));
}

constexpr const char* kDefinition = R"(
  definition:
    type: kubernetes.object
    manifest:
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: widgets.example.org}
      spec:
        group: example.org
        scope: Namespaced
        names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
        versions:
          - name: v1
            served: true
            storage: true
            schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
)";
constexpr const char* kWidget = R"(
  widget:
    type: kubernetes.object
    manifest:
      apiVersion: example.org/v1
      kind: Widget
      metadata: {name: one, namespace: default}
      spec: {size: 3}
)";

TEST(fault, crd_that_appears_only_during_the_run) {
  const Project project("", std::string("crosstie: 1\nresources:") + kDefinition + kWidget +
                                "    depends_on: [resource.definition]\n");
  const Outcome applied = project.apply();
  EXPECT_EQ(applied.code, 0) << applied.all();
  EXPECT_TRUE(project.world()["kubernetes"].contains("example.org/v1/Widget/default/one"));
  const Outcome again = project.run({"plan", "-detailed-exitcode"});
  EXPECT_EQ(again.code, 0) << again.all();
  const Outcome destroyed = project.destroy();
  EXPECT_EQ(destroyed.code, 0) << destroyed.all();
}

TEST(fault, crd_not_installed) {
  const Project project("", std::string("crosstie: 1\nresources:") + kWidget);
  const Outcome refused = project.apply();
  EXPECT_EQ(refused.code, 1) << refused.all();
  const std::string message =
      "error: the kind is not served by this cluster\n"
      "  resource: resource.widget\n"
      "  Kind Widget of example.org/v1 is not served.\n"
      "  To fix it, install what defines the kind (its CustomResourceDefinition), or correct "
      "apiVersion and kind.\n";
  EXPECT_NE(refused.err.find(message), std::string::npos) << refused.all();
  EXPECT_EQ(project.run({"state", "list"}).out, "");
  project.write("crosstie.yaml", std::string("crosstie: 1\nresources:") + kDefinition + kWidget +
                                     "    depends_on: [resource.definition]\n");
  const Outcome applied = project.apply();
  EXPECT_EQ(applied.code, 0) << applied.all();
}

TEST(fault, token_that_expires_during_the_run) {
  Stage stage;
  const std::string kubeconfig = sandbox::testing::read_file(stage.project.box().kubeconfig());
  std::smatch token;
  const std::regex line("client-certificate-data: (.*)\n +client-key-data: (.*)\n");
  ASSERT_TRUE(std::regex_search(kubeconfig, token, line));
  // The program gives a client certificate, anew whenever it is asked, and counts.
  const std::string credential =
      json{{"apiVersion", "client.authentication.k8s.io/v1"},
           {"kind", "ExecCredential"},
           {"status",
            {{"clientCertificateData", Project::base64_decoded(token[1])},
             {"clientKeyData", Project::base64_decoded(token[2])}}}}
          .dump();
  const std::string answer = stage.save("credential.json", credential);
  const std::string count = (stage.project.folder() / "asked").string();
  const std::string program =
      stage.save("login", "#!/bin/sh\necho x >> '" + count + "'\ncat '" + answer + "'\n");
  ::chmod(program.c_str(), 0700);
  stage.change_kubeconfig("client-certificate-data: .*\n.*\n",
                          "exec: {apiVersion: client.authentication.k8s.io/v1, command: '" +
                              program + "', interactiveMode: Never}\n");
  stage.project.fault({{"api", "kubernetes"},
                       {"method", "PATCH"},
                       {"path", "*/elasticsearches/quickstart"},
                       {"nth", 1},
                       {"kind", "status:401"}});
  const Outcome applied = stage.run({"apply", "-auto-approve"});
  EXPECT_EQ(applied.code, 0) << applied.all();
  EXPECT_EQ(stage.unmet_faults(), "");
  EXPECT_EQ(sandbox::testing::read_file(count), "x\nx\n") << "asked at the start and after the 401";
  EXPECT_TRUE(stage.project.connected("logs"));
}

TEST(fault, disk_full_during_the_run) {
  Stage stage;
  stage.preload();
  const Outcome full = apply_held_at_the_key(stage, [&] { stage.switches->disk_full = 1; });
  EXPECT_EQ(full.code, 6) << full.all();
  for (const char* part : {"error: no space left for the state\n",
                           "free space on that disk, then run the command again"})
    EXPECT_NE(full.all().find(part), std::string::npos) << full.all();
  EXPECT_FALSE(has_asked(stage.project, "PATCH", "*/keystore")) << "nothing is written unrecorded";
  stage.switches->disk_full = 0;
  stage.project.clear_faults();
  expect_proven(stage);
}

TEST(fault, read_only_state_folder) {
  Stage stage;
  const bool root = ::geteuid() == 0;
  const std::filesystem::path folder = stage.project.folder();
  std::filesystem::create_directories(folder / ".crosstie");
  std::filesystem::create_directories(stage.project.keys());
  std::filesystem::permissions(folder / ".crosstie", std::filesystem::perms::owner_read |
                                                         std::filesystem::perms::owner_exec |
                                                         std::filesystem::perms::others_read |
                                                         std::filesystem::perms::others_exec);
  Command command = stage.project.command({"apply", "-auto-approve"});
  if (root) {  // to whom every folder is open: then the run is made by somebody else
    if (!std::filesystem::exists("/usr/bin/setpriv")) GTEST_SKIP() << "root, and no setpriv";
    const std::vector<std::string> nobody = {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534",
                                             "--clear-groups", "--"};
    std::filesystem::permissions(stage.project.keys(), std::filesystem::perms::all);
    command.words.insert(command.words.begin(), nobody.begin(), nobody.end());
    for (std::filesystem::path at = folder; at != at.root_path(); at = at.parent_path()) {
      if (at == std::filesystem::temp_directory_path()) break;
      std::filesystem::permissions(
          at, std::filesystem::perms::others_read | std::filesystem::perms::others_exec,
          std::filesystem::perm_options::add);
    }
    for (const std::filesystem::path& file :
         {stage.project.box().kubeconfig(), folder / "crosstie.yaml"})
      std::filesystem::permissions(file, std::filesystem::perms::others_read,
                                   std::filesystem::perm_options::add);
  }
  const Outcome refused = Process(command).wait();
  std::filesystem::permissions(folder / ".crosstie", std::filesystem::perms::owner_all);
  EXPECT_EQ(refused.code, 1) << refused.all();
  EXPECT_EQ(stage.masked(refused.err),
            "error: state file cannot be made\n"
            "  The state file ./.crosstie/state.db cannot be made: Permission denied. Nothing was "
            "changed.\n"
            "  To fix it, make its folder writable for you, or run the command elsewhere.\n");
  EXPECT_EQ(stage.project.writes(), json::array());
  expect_proven(stage);
}

class ClockJumps : public ::testing::TestWithParam<std::int64_t> {};

/// Waits count by a steady clock; the wall clock is for people to read.
TEST_P(ClockJumps, ends_no_wait_and_prolongs_none) {
  Stage stage;
  stage.preload();
  const Outcome applied =
      apply_held_at_the_key(stage, [&] { stage.switches->clock_seconds = GetParam(); });
  EXPECT_EQ(applied.code, 0) << applied.all();
  EXPECT_TRUE(stage.project.connected("logs"));
  const Outcome history = stage.run({"history"});
  EXPECT_EQ(history.code, 0) << history.all();
  EXPECT_NE(history.out.find("succeeded"), std::string::npos) << history.out;
  stage.environment.clear();  // and back again, between two runs
  expect_proven(stage);
}

INSTANTIATE_TEST_SUITE_P(, ClockJumps,
                         ::testing::Values(std::int64_t{86400} * 30, std::int64_t{-86400} * 30),
                         [](const auto& one) {
                           return one.param > 0 ? "a_month_forward" : "a_month_back";
                         });

std::string date_in(std::chrono::days later) {
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now() + later);
  const std::chrono::year_month_day date(day);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text.data();
}

TEST(fault, clock_that_jumps) {
  // The library that bends the clock does bend it: a run's own time is the bent one.
  Stage stage;
  stage.preload();
  constexpr std::chrono::days kLater{300};
  stage.switches->clock_seconds = std::chrono::seconds(kLater).count();
  const std::string before = date_in(kLater);
  ASSERT_EQ(stage.run({"apply", "-auto-approve", "-target=link.logs.trust"}).code, 0);
  const Outcome history = stage.run({"history", "-json"});
  EXPECT_TRUE(history.out.find(before) != std::string::npos ||
              history.out.find(date_in(kLater)) != std::string::npos)
      << before << history.all();
  stage.environment.clear();
  expect_proven(stage);
}

}  // namespace
}  // namespace crosstie::testing
