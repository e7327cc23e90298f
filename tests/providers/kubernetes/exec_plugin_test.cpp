#include "providers/kubernetes/exec_plugin.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "providers/kubernetes/authorizer.hpp"
#include "tests/providers/kubernetes/world.hpp"

namespace crosstie::kubernetes {
namespace {

using crosstie::testing::TempFolder;
using crosstie::testing::World;

ExecPlugin script(const TempFolder& folder, const std::string& text) {
  ExecPlugin plugin;
  plugin.api_version = "client.authentication.k8s.io/v1";
  plugin.command = (folder.path() / "plugin.sh").string();
  std::ofstream(plugin.command) << "#!/bin/sh\n" << text;
  ::chmod(plugin.command.c_str(), 0700);
  return plugin;
}

const char* kAnswer =
    R"(printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' ")";

TEST(ExecPlugin, runs_with_arguments_and_environment) {
  World world;
  const TempFolder folder;
  ExecPlugin plugin = script(folder, std::string(kAnswer) + "$1-$WHO\"\n");
  plugin.arguments = {"token"};
  plugin.environment = {{"WHO", "me"}};
  const Result<ExecCredential> given = world.run(run_exec_plugin(plugin, http::Endpoint{}));
  ASSERT_TRUE(given.ok()) << format_diagnostics(given.ok() ? Diagnostics{} : given.failure());
  EXPECT_EQ(given->token.reveal(), "token-me");
}

TEST(ExecPlugin, gets_the_cluster_when_it_asks_for_it) {
  ExecPlugin plugin;
  plugin.api_version = "client.authentication.k8s.io/v1beta1";
  plugin.provide_cluster_info = true;
  http::Endpoint endpoint;
  endpoint.host = "2001:db8::1";
  endpoint.port = 6443;
  const nlohmann::json info = nlohmann::json::parse(exec_info(plugin, endpoint));
  EXPECT_EQ(info["spec"]["cluster"]["server"], "https://[2001:db8::1]:6443");
  EXPECT_EQ(info["spec"]["interactive"], false);
}

TEST(ExecPlugin, failure_names_the_program_and_its_hint) {
  World world;
  const TempFolder folder;
  ExecPlugin failing = script(folder, "echo hunter2; exit 3\n");
  failing.install_hint = "Install it with brew.";
  const Result<ExecCredential> failed = world.run(run_exec_plugin(failing, http::Endpoint{}));
  ASSERT_FALSE(failed.ok());
  const std::string text = format_diagnostics(failed.failure());
  EXPECT_NE(text.find("exit code 3"), std::string::npos) << text;
  EXPECT_NE(text.find("brew"), std::string::npos);
  EXPECT_EQ(text.find("hunter2"), std::string::npos);
  ExecPlugin missing = failing;
  missing.command = (folder.path() / "none").string();
  EXPECT_FALSE(world.run(run_exec_plugin(missing, http::Endpoint{})).ok());
}

TEST(Authorizer, runs_the_plugin_once_until_it_is_told_to_forget) {
  World world;
  const TempFolder folder;
  const std::string counter = (folder.path() / "count").string();
  Credentials credentials;
  credentials.exec =
      script(folder, "echo x >> " + counter + "\n" + kAnswer + "t$(wc -l < " + counter + ")\"\n");
  const auto authorizer =
      std::make_shared<Authorizer>(credentials, http::Endpoint{}, read_file_from_disk);
  for (int i = 0; i < 3; ++i) {
    const Result<Headers> headers = world.run(authorizer->headers());
    ASSERT_TRUE(headers.ok());
    EXPECT_EQ(headers->front().second, "Bearer t1");
  }
  EXPECT_TRUE(authorizer->forget());
  EXPECT_EQ(world.run(authorizer->headers())->front().second, "Bearer t2");
}

TEST(Authorizer, reads_the_token_file_again) {
  World world;
  Credentials credentials;
  credentials.token_file = "/t";
  std::string content = "one\n";
  const auto authorizer = std::make_shared<Authorizer>(
      credentials, http::Endpoint{},
      [&](const std::string&) { return std::optional<std::string>(content); });
  EXPECT_EQ(world.run(authorizer->headers())->front().second, "Bearer one");
  content = "two";
  EXPECT_EQ(world.run(authorizer->headers())->front().second, "Bearer two");
}

TEST(Authorizer, speaks_basic_authentication) {
  World world;
  Credentials credentials;
  credentials.username = "admin";
  credentials.password = Secret("pw");
  const auto authorizer =
      std::make_shared<Authorizer>(credentials, http::Endpoint{}, read_file_from_disk);
  EXPECT_EQ(world.run(authorizer->headers())->front().second, "Basic YWRtaW46cHc=");
  EXPECT_FALSE(authorizer->forget());
}

}  // namespace
}  // namespace crosstie::kubernetes
