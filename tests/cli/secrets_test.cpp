// No secret is written, printed or logged: the real values of a whole run are looked for
// everywhere.
#include "engine/model/secret.hpp"
#include "state/sqlite_store.hpp"
#include "tests/support/project.hpp"

namespace crosstie::testing {
namespace {

namespace fs = std::filesystem;

/// The minted key as the local keystore takes it, read from the state with the state's own key.
std::string minted_key(const Project& project) {
  StateOptions options;
  options.file = project.folder() / ".crosstie" / "state.db";
  options.key.key_folder = project.keys();
  options.create = false;
  options.read_only = true;
  const Result<std::unique_ptr<StateStore>> store = open_sqlite_store(std::move(options));
  if (!store) return "";
  const Result<StateSnapshot> state = (*store)->load();
  if (!state) return "";
  for (const ResourceRecord& record : state->resources) {
    if (record.address.print() == "link.logs.key") return record.attributes.text("encoded");
  }
  return "";
}

/// The value of `key: ` in the kubeconfig, as it stands there.
std::string in_kubeconfig(const Project& project, const std::string& key) {
  const std::string text = sandbox::testing::read_file(project.environment_of("KUBECONFIG"));
  const std::size_t at = text.find(key + ": ");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + key.size() + 2;
  return text.substr(begin, text.find('\n', begin) - begin);
}

/// What must be found nowhere, by name.
std::map<std::string, std::string> secrets_of(const Project& project) {
  const std::string encoded = minted_key(project);
  const std::string plain = Project::base64_decoded(encoded);
  const std::string password = project.secret("default", "quickstart-es-elastic-user", "elastic");
  const std::string key_data = in_kubeconfig(project, "client-key-data");
  const std::string pem = Project::base64_decoded(key_data);
  const std::size_t body = pem.find('\n') + 1;
  return {{"the minted key", encoded},
          {"the minted key, decoded", plain},
          {"the secret half of the minted key", plain.substr(plain.find(':') + 1)},
          {"EC_API_KEY", project.box().api_key()},
          {"ELASTICSEARCH_PASSWORD", project.box().elastic_password()},
          {"basic credentials of the deployment",
           sandbox::base64_of("elastic:" + project.box().elastic_password())},
          {"password of elastic in ECK", password},
          {"basic credentials of ECK", sandbox::base64_of("elastic:" + password)},
          {"client key, encoded", key_data},
          {"client key, its PEM", pem.substr(body, pem.find('\n', body) - body)}};
}

/// Every file below `folder`, by path.
std::map<std::string, std::string> files_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file())
      files[entry.path().string()] = sandbox::testing::read_file(entry.path());
  }
  return files;
}

TEST(secrets, no_file_and_no_output_of_a_whole_run_with_debug_logging_has_one) {
  const Project project;
  std::map<std::string, std::string> seen;
  const auto run = [&](std::vector<std::string> words, int code) {
    std::string name;
    for (const std::string& word : words) name += word + " ";
    const Outcome outcome = project.run(std::move(words));
    EXPECT_EQ(outcome.code, code) << name << outcome.all();
    seen["output of " + name + std::to_string(seen.size())] = outcome.out + outcome.err;
  };
  const std::string debug = "-log-level=debug";
  run({"plan", "-out", "first.plan", debug}, 0);
  run({"show", "first.plan"}, 0);
  run({"show", "-json", "first.plan"}, 0);
  run({"apply", debug, "first.plan"}, 0);
  const std::map<std::string, std::string> secrets = secrets_of(project);
  for (const auto& [name, value] : secrets) ASSERT_GE(value.size(), 12U) << name;

  run({"plan", "-json", debug}, 0);
  run({"drift", debug}, 0);
  ASSERT_EQ(project
                .ask_deployment("PUT", "/_cluster/settings",
                                {{"persistent", {{"cluster.remote.logs.*", nullptr}}}})
                .status,
            200);
  run({"drift", "-detailed-exitcode", "-json", debug}, 3);
  project.fault({{"api", "elasticsearch"},
                 {"method", "PUT"},
                 {"path", "/_cluster/settings*"},
                 {"nth", 0},
                 {"kind", "status:400"}});
  run({"apply", "-auto-approve", debug}, 1);
  project.clear_faults();
  run({"apply", "-auto-approve", "-json", debug, "-replace=link.logs.key"}, 0);
  const std::map<std::string, std::string> later = secrets_of(project);
  EXPECT_NE(later.at("the minted key"), secrets.at("the minted key"));
  for (const char* address : {"link.logs.key", "link.logs.keystore", "link.logs.ca"})
    seen["state show " + std::string(address)] = project.run({"state", "show", address}).all();
  run({"show"}, 0);
  run({"show", "-json"}, 0);
  run({"show", "1"}, 0);
  run({"show", "1", "-json"}, 0);
  run({"output", "-json"}, 0);
  run({"history", "-json"}, 0);
  for (const auto& [name, text] : files_of(project.folder())) seen[name + " while linked"] = text;
  run({"destroy", "-auto-approve", debug}, 0);
  for (const auto& [name, text] : files_of(project.folder())) seen[name] = text;

  EXPECT_GT(seen.size(), 20U);
  std::size_t telling = 0;  // the search does find what is no secret
  for (const auto& [where, text] : seen) {
    telling += text.find("crosstie-logs") != std::string::npos ? 1 : 0;
    for (const auto* values : {&secrets, &later}) {
      for (const auto& [name, value] : *values)
        EXPECT_EQ(text.find(value), std::string::npos) << name << " is in " << where;
    }
  }
  EXPECT_GT(telling, 5U);
}

TEST(secrets, an_error_about_wrong_credentials_does_not_show_them) {
  const Project project;
  const std::string wrong = "wrong-0123456789-not-to-be-seen";
  const Outcome plan = project.run({"plan", "-log-level", "debug"},
                                   {{"EC_API_KEY", wrong}, {"ELASTICSEARCH_PASSWORD", wrong}});
  EXPECT_EQ(plan.code, 1) << plan.all();
  EXPECT_NE(plan.err.find("401"), std::string::npos) << plan.err;
  EXPECT_EQ(plan.all().find(wrong), std::string::npos) << plan.all();
}

}  // namespace
}  // namespace crosstie::testing
