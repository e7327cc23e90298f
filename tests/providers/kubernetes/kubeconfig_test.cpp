#include "providers/kubernetes/kubeconfig.hpp"

#include <gtest/gtest.h>

#include <map>

#include "providers/kubernetes/exec_plugin.hpp"

namespace crosstie::kubernetes {
namespace {

using Table = std::map<std::string, std::string>;

ProviderEnvironment environment(Table variables) {
  ProviderEnvironment made;
  made.variable = [variables = std::move(variables)](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string{} : found->second;
  };
  made.working_directory = "/work";
  return made;
}

Result<KubeConnection> resolve(const Table& files, const Table& variables,
                               const KubeSettings& settings = {}) {
  return resolve_kubeconfig(
      settings, environment(variables), [&](const std::string& path) -> std::optional<std::string> {
        const auto found = files.find(path);
        return found == files.end() ? std::nullopt : std::optional<std::string>(found->second);
      });
}

const char* kTwo = R"(
apiVersion: v1
kind: Config
current-context: dev
clusters:
- name: c1
  cluster: {server: "https://10.0.0.1:6443", certificate-authority: pki/ca.crt, tls-server-name: kube.internal}
- name: c2
  cluster: {server: "https://[2001:db8::1]/prefix", insecure-skip-tls-verify: true, proxy-url: "http://proxy:3128"}
users:
- name: u1
  user: {token: hunter2}
- name: u2
  user: {client-certificate-data: Y2VydA==, client-key-data: a2V5}
- name: u3
  user: {username: admin, password: hunter2}
- name: u4
  user: {tokenFile: tok}
contexts:
- name: dev
  context: {cluster: c1, user: u1, namespace: team-a}
- name: prod-eu
  context: {cluster: c2, user: u2}
- name: basic
  context: {cluster: c1, user: u3}
- name: file
  context: {cluster: c1, user: u4}
- name: broken
  context: {cluster: nowhere, user: u1}
)";

const Table kFiles = {{"/home/me/.kube/config", kTwo}, {"/home/me/.kube/pki/ca.crt", "CA"}};
const Table kHome = {{"HOME", "/home/me"}};

TEST(Kubeconfig, default_file_and_current_context) {
  const auto connection = resolve(kFiles, kHome);
  ASSERT_TRUE(connection.ok()) << format_diagnostics(connection.failure());
  EXPECT_EQ(connection->context, "dev");
  EXPECT_EQ(connection->endpoint.host, "10.0.0.1");
  EXPECT_EQ(connection->endpoint.port, 6443);
  EXPECT_EQ(connection->endpoint.tls_options.authorities_pem, "CA");
  EXPECT_EQ(connection->endpoint.tls_options.server_name, "kube.internal");
  EXPECT_EQ(connection->namespace_name, "team-a");
  EXPECT_EQ(connection->credentials.token.reveal(), "hunter2");
  EXPECT_FALSE(connection->in_cluster);
}

TEST(Kubeconfig, settings_win_over_the_file) {
  KubeSettings settings;
  settings.context = "prod-eu";
  settings.namespace_name = "search";
  const auto connection = resolve(kFiles, kHome, settings);
  ASSERT_TRUE(connection.ok());
  EXPECT_EQ(connection->endpoint.host, "2001:db8::1");
  EXPECT_EQ(connection->endpoint.base_path, "/prefix");
  EXPECT_EQ(connection->endpoint.proxy, "http://proxy:3128");
  EXPECT_TRUE(connection->endpoint.tls_options.insecure);
  EXPECT_EQ(connection->endpoint.tls_options.certificate_pem, "cert");
  EXPECT_EQ(connection->endpoint.tls_options.key_pem.reveal(), "key");
  EXPECT_EQ(connection->namespace_name, "search");
}

TEST(Kubeconfig, basic_authentication_and_token_file) {
  KubeSettings basic;
  basic.context = "basic";
  const auto user = resolve(kFiles, kHome, basic);
  ASSERT_TRUE(user.ok());
  EXPECT_EQ(user->credentials.username, "admin");
  EXPECT_EQ(user->namespace_name, "default");
  KubeSettings file;
  file.context = "file";
  const auto token = resolve(kFiles, kHome, file);
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->credentials.token_file, "/home/me/.kube/tok");
}

TEST(Kubeconfig, list_is_merged_and_the_first_to_name_something_wins) {
  const Table files = {
      {"/a", "contexts: [{name: x, context: {cluster: c, user: u, namespace: first}}]\n"},
      {"/b",
       "current-context: x\nclusters: [{name: c, cluster: {server: 'https://b'}}]\nusers: [{name: "
       "u, user: {token: t}}]\n"
       "contexts: [{name: x, context: {cluster: c, user: u, namespace: second}}]\n"}};
  const auto connection = resolve(files, {{"KUBECONFIG", "/a:/missing::/b"}, {"HOME", "/home/me"}});
  ASSERT_TRUE(connection.ok()) << format_diagnostics(connection.failure());
  EXPECT_EQ(connection->endpoint.host, "b");
  EXPECT_EQ(connection->namespace_name, "first");
}

TEST(Kubeconfig, named_file_must_exist_and_may_be_relative_to_the_configuration) {
  KubeSettings settings;
  settings.kubeconfig = "kube.yaml";
  EXPECT_FALSE(resolve(kFiles, kHome, settings).ok());
  EXPECT_TRUE(
      resolve({{"/work/kube.yaml", kTwo}, {"/work/pki/ca.crt", "CA"}}, kHome, settings).ok());
}

TEST(Kubeconfig, in_a_cluster_the_service_account_is_used) {
  const std::string folder = "/var/run/secrets/kubernetes.io/serviceaccount";
  const Table files = {{folder + "/ca.crt", "CA"}, {folder + "/namespace", "jobs"}};
  const auto connection = resolve(
      files, {{"KUBERNETES_SERVICE_HOST", "10.96.0.1"}, {"KUBERNETES_SERVICE_PORT", "443"}});
  ASSERT_TRUE(connection.ok());
  EXPECT_TRUE(connection->in_cluster);
  EXPECT_EQ(connection->namespace_name, "jobs");
  EXPECT_EQ(connection->credentials.token_file, folder + "/token");
}

struct Bad {
  const char* reason;
  const char* text;
  const char* context;
  const char* says;
};

TEST(Kubeconfig, faults_say_what_and_where_and_show_no_secret) {
  const Bad rows[] = {
      {"no YAML", "a: [b\nhunter2: {", "", "kubeconfig is not valid"},
      {"a list", "- hunter2\n", "", "A kubeconfig is a mapping"},
      {"clusters is no list", "clusters: 3\n", "", "`clusters` must be a list"},
      {"token is a map", "users: [{name: u, user: {token: {a: hunter2}}}]\n", "",
       "`token` must be a string"},
      {"no context is chosen", "contexts: [{name: x, context: {cluster: c}}]\n", "",
       "no Kubernetes context is chosen"},
      {"misspelt context", kTwo, "prod-eo", "Did you mean `prod-eu`"},
      {"cluster missing", kTwo, "broken", "The cluster `nowhere`"},
      {"exec without version",
       "current-context: x\nusers: [{name: u, user: {exec: {command: c}}}]\n", "",
       "exec.apiVersion"},
      {"CA file missing", kTwo, "dev", "certificate-authority"},
  };
  for (const Bad& bad : rows) {
    KubeSettings settings;
    settings.context = bad.context;
    const auto connection = resolve({{"/home/me/.kube/config", bad.text}}, kHome, settings);
    ASSERT_FALSE(connection.ok()) << bad.reason;
    const std::string text = format_diagnostics(connection.failure());
    EXPECT_NE(text.find(bad.says), std::string::npos) << bad.reason << "\n" << text;
    EXPECT_EQ(text.find("hunter2"), std::string::npos) << bad.reason << "\n" << text;
  }
}

TEST(Kubeconfig, nothing_at_all_says_how_to_get_on) {
  const auto connection = resolve({}, kHome);
  ASSERT_FALSE(connection.ok());
  EXPECT_NE(format_diagnostics(connection.failure()).find("/home/me/.kube/config"),
            std::string::npos);
}

TEST(KubeSettings, unknown_keys_get_a_suggestion) {
  const auto parsed =
      parse_kube_settings(Value(Value::Object{{"contxt", Value("x")}, {"namespace", Value(3)}}));
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.failure().size(), 2u);
  EXPECT_NE(format_diagnostics(parsed.failure()).find("Did you mean `context`"), std::string::npos);
}

ExecPlugin plugin() {
  ExecPlugin made;
  made.api_version = "client.authentication.k8s.io/v1";
  made.command = "get-token";
  return made;
}

TEST(ExecPlugin, understands_token_and_certificate) {
  const auto token = parse_exec_credential(
      R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t","expirationTimestamp":"2026-11-24T17:00:00Z"}})",
      plugin());
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->token.reveal(), "t");
  EXPECT_TRUE(token->expires.has_value());
}

TEST(ExecPlugin, an_expiry_far_away_is_later_than_today_and_one_long_ago_is_earlier) {
  const auto expiry = [](const std::string& year) {
    const auto credential = parse_exec_credential(
        R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t","expirationTimestamp":")" +
            year + R"(-01-31T10:00:00Z"}})",
        plugin());
    EXPECT_TRUE(credential.ok()) << year;
    return credential->expires.value();
  };
  EXPECT_GT(expiry("4054"), std::chrono::system_clock::now());
  EXPECT_GT(expiry("9999"), std::chrono::system_clock::now());
  EXPECT_LT(expiry("0001"), std::chrono::system_clock::now());
}

TEST(ExecPlugin, refuses_other_output_without_showing_it) {
  for (
      const char* bad :
      {"hunter2", "{}",
       R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"hunter2"}})",
       R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"})",
       R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{}})"}) {
    const auto credential = parse_exec_credential(bad, plugin());
    ASSERT_FALSE(credential.ok()) << bad;
    EXPECT_EQ(format_diagnostics(credential.failure()).find("hunter2"), std::string::npos);
  }
}

}  // namespace
}  // namespace crosstie::kubernetes
