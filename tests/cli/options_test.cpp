// Options of destroy and sandbox, each by its effect.
#include "tests/support/project.hpp"

namespace crosstie::testing {
namespace {

const std::string kEightObjects = R"(crosstie: 1
variables:
  color: {type: string}
resources:
  settings:
    type: kubernetes.object
    for_each: ["0", "1", "2", "3"]
    manifest:
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: "settings-${each.key}", namespace: default}
      data: {color: "${var.color}"}
)";

TEST(destroy_options, parallelism_one_goes_step_by_step) {
  const Project project("", kEightObjects);
  ASSERT_EQ(project.run({"apply", "-auto-approve", "-var=color=red"}).code, 0);
  const Outcome destroyed =
      project.run({"destroy", "-auto-approve", "-json", "-parallelism=1", "-var=color=red"});
  ASSERT_EQ(destroyed.code, 0) << destroyed.all();
  int under_way = 0;
  int steps = 0;
  std::istringstream lines(destroyed.out);
  for (std::string line; std::getline(lines, line);) {
    const json message = json::parse(line, nullptr, false);
    if (message["type"] == "apply_start") ++under_way, ++steps;
    if (message["type"] == "apply_complete") --under_way;
    EXPECT_LE(under_way, 1) << destroyed.out;
  }
  EXPECT_EQ(steps, 4) << destroyed.out;
}

TEST(destroy_options, variables_and_colors_are_taken) {
  const Project project("", kEightObjects);
  project.write("colors.vars", "color: red\n");
  ASSERT_EQ(project.run({"apply", "-auto-approve", "-var=color=red"}).code, 0);
  const auto refused = [&](const std::string& option) {
    const Outcome outcome = project.run({"destroy", option}, {}, "no\n");
    EXPECT_EQ(outcome.code, 1) << outcome.all();
    return outcome.all();
  };
  EXPECT_NE(refused("-var=colour=red").find("color"), std::string::npos);
  EXPECT_NE(refused("-var-file=absent.vars").find("absent.vars"), std::string::npos);
  EXPECT_NE(refused("-var-file=colors.vars").find("4 to destroy"), std::string::npos);
  Command command = project.command({"destroy", "-auto-approve", "-no-color", "-var=color=red"},
                                    {{"TERM", "xterm-256color"}});
  command.terminal = true;
  const Outcome destroyed = Process(command).wait();
  EXPECT_EQ(destroyed.code, 0) << destroyed.all();
  EXPECT_EQ(destroyed.out.find("\033[3"), std::string::npos) << destroyed.out;
}

TEST(server_check, asks_by_dry_run_and_changes_nothing) {
  const Project project("", R"(crosstie: 1
variables:
  port: {type: number}
resources:
  service:
    type: kubernetes.object
    manifest:
      apiVersion: v1
      kind: Service
      metadata: {name: web, namespace: default}
      spec: {selector: {app: web}, ports: [{port: "${var.port}"}]}
)");
  const json before = project.world();
  EXPECT_EQ(project.run({"plan", "-var=port=700000"}).code, 0) << "a plan sends no write verb";
  const Outcome refused = project.run({"plan", "-server-check", "-var=port=700000"});
  EXPECT_EQ(refused.code, 1) << refused.all();
  EXPECT_NE(refused.err.find("resource: resource.service"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("700000"), std::string::npos) << refused.err;
  const Outcome taken = project.run({"plan", "-server-check", "-var=port=80"});
  EXPECT_EQ(taken.code, 0) << taken.all();
  EXPECT_NE(taken.out.find("Asked by dry run"), std::string::npos) << taken.out;
  EXPECT_EQ(project.world(), before);
}

/// A sandbox process that is ready, and what it wrote.
struct Box {
  explicit Box(const std::vector<std::string>& options) {
    std::ofstream(temporary.path / "world.yaml") << "deployments: [{name: alone}]\neck: []\n";
    Command command;
    command.words = {CROSSTIE_BINARY, "sandbox", "-dir", (temporary.path / "box").string()};
    for (const std::string& option : options)
      command.words.push_back(
          option == "-world" ? "-world=" + (temporary.path / "world.yaml").string() : option);
    process.emplace(command);
    process->listen_until([&] { return process->out().find('\n') != std::string::npos; });
    env = sandbox::testing::read_file(temporary.path / "box" / "env");
    const std::size_t at = env.find("CROSSTIE_SANDBOX='");
    if (at == std::string::npos) return;
    const std::string url = env.substr(at + 18, env.find('\'', at + 18) - at - 18);
    world = json::parse(sandbox::testing::http(url, "GET", "/world"), nullptr, false);
  }
  sandbox::testing::TemporaryDirectory temporary;
  std::optional<Process> process;
  std::string env;
  json world;
};

std::string first_deployment(const Box& box) {
  return box.world["ech"]["deployments"].items().begin().key();
}

TEST(sandbox_command, options_shape_the_world) {
  const Box alone({"-world", "-time-scale=0"});
  EXPECT_EQ(alone.world["ech"]["deployments"].size(), 1U) << alone.process->err();
  EXPECT_EQ(alone.world["ech"]["deployments"][first_deployment(alone)]["name"], "alone");
  const Box only({"-only=ech"});
  EXPECT_EQ(only.env.find("KUBECONFIG"), std::string::npos) << only.env;
  EXPECT_FALSE(only.world.contains("kubernetes"));
  const Box one({"-seed=7", "-only=ech"});
  const Box same({"-seed=7", "-only=ech"});
  const Box other({"-seed=8", "-only=ech"});
  EXPECT_EQ(first_deployment(one), first_deployment(same));
  EXPECT_NE(first_deployment(one), first_deployment(other));
}

TEST(sandbox_command, wrong_options_are_told) {
  const sandbox::testing::TemporaryDirectory temporary;
  for (const char* wrong : {"-time-scale=2", "-time-scale=fast", "-only=kubernets", "-example=none",
                            "-seed=x", "-world=/nothing/here.yaml"}) {
    Command command;
    command.words = {CROSSTIE_BINARY, "sandbox", "-dir", temporary.path.string(), wrong};
    const Outcome refused = Process(command).wait();
    EXPECT_EQ(refused.code, 1) << wrong << refused.all();
    EXPECT_NE(refused.err.find("error: "), std::string::npos) << wrong << refused.all();
  }
}

}  // namespace
}  // namespace crosstie::testing
