#include "sandbox/sandbox.hpp"

#include <sys/stat.h>

#include <csignal>

#include "client.hpp"

namespace crosstie::sandbox {
namespace {

using nlohmann::json;
using testing::http;
using testing::https;
using testing::port_of;
using testing::read_file;
using testing::TemporaryDirectory;

SandboxOptions instant(const TemporaryDirectory& directory) {
  SandboxOptions options;
  options.directory = directory.path / "sandbox";
  options.time_scale = 0;
  return options;
}

std::string error_of(SandboxOptions options) {
  try {
    Sandbox sandbox(std::move(options));
  } catch (const SandboxError& error) {
    return error.what();
  }
  return "";
}

int mode_of(const std::filesystem::path& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<int>(status.st_mode & 0777) : -1;
}

TEST(Sandbox, files_tell_a_client_all_it_needs_and_are_private) {
  TemporaryDirectory directory;
  Sandbox sandbox(instant(directory));
  const std::string env = read_file(sandbox.directory() / "env");
  for (const char* name :
       {"KUBECONFIG", "EC_API_KEY", "EC_ENDPOINT", "EC_HOST", "SSL_CERT_FILE",
        "ELASTICSEARCH_USERNAME", "ELASTICSEARCH_PASSWORD", "CROSSTIE_SANDBOX"}) {
    EXPECT_NE(env.find("export " + std::string(name) + "='"), std::string::npos) << name;
  }
  EXPECT_NE(env.find("EC_HOST='" + sandbox.ech_url() + "'"), std::string::npos) << env;
  EXPECT_NE(env.find("CROSSTIE_SANDBOX='" + sandbox.control_url() + "'"), std::string::npos) << env;
  const std::string kubeconfig = read_file(sandbox.kubeconfig());
  EXPECT_NE(kubeconfig.find("current-context: sandbox\n"), std::string::npos);
  EXPECT_NE(kubeconfig.find("server: " + sandbox.kubernetes_url()), std::string::npos);
  EXPECT_EQ(mode_of(sandbox.kubeconfig()), 0600);
  EXPECT_EQ(mode_of(sandbox.directory() / "env"), 0600);
  EXPECT_TRUE(read_file(sandbox.ca_file()).starts_with("-----BEGIN CERTIFICATE-----"));
}

TEST(Sandbox, same_seed_makes_the_same_ids_and_another_seed_others) {
  TemporaryDirectory directory;
  SandboxOptions options = instant(directory);
  const auto id_of = [](const SandboxOptions& with) {
    return Sandbox(with).world().deployments.at(0).id;
  };
  const std::string first = id_of(options);
  EXPECT_EQ(first.size(), 32u);
  EXPECT_EQ(first, id_of(options));
  options.seed = 2;
  EXPECT_NE(first, id_of(options));
}

TEST(Sandbox, apis_answer_over_https_and_every_request_is_logged) {
  TemporaryDirectory directory;
  Sandbox sandbox(instant(directory));
  sandbox.start();
  DialRequest request;
  request.port = port_of(sandbox.ech_url());
  request.trusted_pem = read_file(sandbox.ca_file());
  request.server_name = "127.0.0.1";
  request.path = "/api/v1/deployments";
  request.headers = {{"Authorization", "ApiKey " + sandbox.api_key()}, {"User-Agent", "test"}};
  const RemoteHello hello = https(request);
  EXPECT_EQ(hello.error, "");
  EXPECT_EQ(hello.status, 200);
  EXPECT_EQ(json::parse(hello.body)["deployments"].size(), 1u);
  const json log = json::parse(http(sandbox.control_url(), "GET", "/requests"));
  ASSERT_EQ(log.size(), 1u);
  EXPECT_EQ(log[0]["api"], "ech");
  EXPECT_EQ(log[0]["path"], "/api/v1/deployments");
  EXPECT_EQ(log[0]["status"], 200);
  EXPECT_EQ(log[0]["user_agent"], "test");
  sandbox.stop();
}

TEST(Sandbox, fault_reaches_the_client_and_is_gone_after_delete) {
  TemporaryDirectory directory;
  Sandbox sandbox(instant(directory));
  sandbox.start();
  http(sandbox.control_url(), "POST", "/faults",
       R"({"api": "ech", "path": "/api/v1/*", "nth": 0, "kind": "reset_before"})");
  DialRequest request;
  request.port = port_of(sandbox.ech_url());
  request.trusted_pem = read_file(sandbox.ca_file());
  request.path = "/api/v1/deployments";
  request.headers = {{"Authorization", "ApiKey " + sandbox.api_key()}};
  EXPECT_EQ(https(request).error, "answer: Connection reset by peer");
  http(sandbox.control_url(), "DELETE", "/faults");
  EXPECT_EQ(https(request).status, 200);
}

TEST(Sandbox, world_dump_has_the_simulators_under_their_names) {
  TemporaryDirectory directory;
  Sandbox sandbox(instant(directory));
  sandbox.start();
  const json world = json::parse(http(sandbox.control_url(), "GET", "/world"));
  EXPECT_TRUE(world.contains("kubernetes"));
  EXPECT_TRUE(world.contains("ech"));
  EXPECT_TRUE(world.contains("eck"));
}

TEST(Sandbox, only_leaves_the_others_out) {
  TemporaryDirectory directory;
  SandboxOptions options = instant(directory);
  options.only = {"ech", "elasticsearch"};
  Sandbox sandbox(options);
  EXPECT_EQ(sandbox.kubernetes_url(), "");
  EXPECT_NE(sandbox.ech_url(), "");
  EXPECT_FALSE(std::filesystem::exists(sandbox.kubeconfig()));
  EXPECT_EQ(read_file(sandbox.directory() / "env").find("KUBECONFIG"), std::string::npos);
}

TEST(Sandbox, example_is_a_project_for_the_first_deployment_and_an_existing_one_is_kept) {
  TemporaryDirectory directory;
  SandboxOptions options = instant(directory);
  options.example = "api_key";
  const std::filesystem::path file = options.directory / "project" / "crosstie.yaml";
  {
    Sandbox sandbox(options);
    const std::string text = read_file(file);
    EXPECT_NE(text.find(sandbox.world().deployments[0].id), std::string::npos) << text;
    EXPECT_NE(text.find("remote: {eck: {name: \"quickstart\", namespace: \"default\"}}"),
              std::string::npos)
        << text;
  }
  std::ofstream(file) << "mine";
  Sandbox again(options);
  EXPECT_EQ(read_file(file), "mine");
}

TEST(Sandbox, options_that_cannot_be_are_refused_with_a_sentence) {
  TemporaryDirectory directory;
  SandboxOptions options = instant(directory);
  options.only = {"kubernets"};
  EXPECT_EQ(
      error_of(options),
      "error: \"kubernets\" is not known to --only; known are kubernetes, ech and elasticsearch. "
      "Did you mean \"kubernetes\"?");
  options = instant(directory);
  options.example = "certificates";
  EXPECT_EQ(error_of(options),
            "error: \"certificates\" is not known to --example; known are api_key and "
            "certificate. Did you mean \"certificate\"?");
  options = instant(directory);
  options.time_scale = -1;
  EXPECT_EQ(error_of(options),
            "error: The time scale is a number from 0 (waits are instant) to 1 (real time).");
  options = instant(directory);
  options.directory = "/proc/nowhere";
  EXPECT_NE(error_of(options).find("/proc/nowhere cannot be made"), std::string::npos);
}

TEST(Sandbox, errors_of_the_world_file_are_told_with_their_place) {
  TemporaryDirectory directory;
  SandboxOptions options = instant(directory);
  options.world_file = directory.path / "world.yaml";
  std::ofstream(*options.world_file) << "eck:\n  - nmae: x\n";
  EXPECT_EQ(error_of(options),
            options.world_file->string() +
                ":2:5: error: unknown key\n"
                "  \"nmae\" is not a key of an ECK cluster; known are name, namespace, version, "
                "operator, node_sets and load_balancer.\n"
                "  Did you mean \"name\"?");
}

/// Sends the signal as soon as the line is there, as a script would that waits for it.
class KillWhenReady : public std::stringbuf {
 public:
  int sync() override {
    if (str().starts_with("ready") && str().ends_with("\n")) std::raise(SIGTERM);
    return 0;
  }
};

TEST(Sandbox, serve_prints_one_ready_line_and_ends_with_0_on_sigterm) {
  TemporaryDirectory directory;
  SandboxOptions options = instant(directory);
  options.only = {"ech"};
  KillWhenReady buffer;
  std::ostream out(&buffer);
  std::ostringstream errors;
  EXPECT_EQ(serve_sandbox(options, out, errors), 0);
  EXPECT_EQ(errors.str(), "");
  const std::string line = buffer.str();
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
  EXPECT_NE(line.find((options.directory / "env").string()), std::string::npos) << line;
}

TEST(Sandbox, serve_tells_what_is_wrong_and_ends_with_1) {
  SandboxOptions options;
  std::ostringstream out;
  std::ostringstream errors;
  EXPECT_EQ(serve_sandbox(options, out, errors), 1);
  EXPECT_EQ(out.str(), "");
  EXPECT_EQ(errors.str(), "error: A sandbox needs a directory for its files.\n");
}

}  // namespace
}  // namespace crosstie::sandbox
