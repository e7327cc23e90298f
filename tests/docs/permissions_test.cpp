// docs/manifests/rbac.yaml is enough, and no rule of it is too much: the program runs with nothing
// but what it grants.
#include <fstream>

#include "tests/docs/pages.hpp"
#include "tests/support/project.hpp"

namespace crosstie {
namespace {

using nlohmann::json;
using testing::Outcome;
using testing::Project;

constexpr const char* kRbac = "rbac.authorization.k8s.io";

/// The address takes a while, so that the wait for it is seen too.
const std::string kWorld = R"(eck:
  - {name: quickstart, namespace: default, operator: @OPERATOR@, load_balancer: {kind: ip, delay: @DELAY@}}
)";

std::string world_of(const std::string& eck, const std::string& delay) {
  std::string world = kWorld;
  for (const auto& [mark, text] :
       {std::pair{std::string("@OPERATOR@"), eck}, {std::string("@DELAY@"), delay}})
    world.replace(world.find(mark), mark.size(), text);
  return world;
}

/// The objects of the manifest, as crosstie itself applies them.
std::string manifests_as_resources(const std::filesystem::path& folder) {
  const std::string text =
      testing::file_text(testing::source_folder() / "docs/manifests/rbac.yaml");
  std::string configuration = "crosstie: 1\nresources:\n";
  int count = 0;
  for (std::size_t from = text.find("\n---\n"); from != std::string::npos;) {
    const std::size_t next = text.find("\n---\n", from + 1);
    const std::string name = "part" + std::to_string(count++);
    std::ofstream(folder / (name + ".txt")) << text.substr(from + 5, next - from - 4);
    configuration += "  " + name +
                     ":\n    type: kubernetes.object\n    manifest: \"${yamldecode(file(\\\"" +
                     name + ".txt\\\"))}\"\n";
    from = next;
  }
  EXPECT_EQ(count, 6);
  return configuration;
}

/// A project whose commands run as the sandbox's second user, who may do what `roles` grant.
class Restricted {
 public:
  explicit Restricted(const std::vector<std::string>& roles, const std::string& eck = "3.5.0",
                      const std::string& delay = "400s")
      : project(world_of(eck, delay), "", 0.005) {
    const std::filesystem::path folder = project.folder() / "rbac";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "crosstie.yaml") << manifests_as_resources(folder);
    testing::Command command = project.command({"apply", "-auto-approve"});
    command.words[1] = "-chdir=" + folder.string();
    const Outcome applied = testing::Process(command).wait();
    EXPECT_EQ(applied.code, 0) << applied.all();
    project.box().on_thread([&] {
      sandbox::ObjectStore& store = *project.box().store();
      store.erase({kRbac, "clusterrolebindings", "", "reader"});
      for (const std::string& role : roles)
        store.create({kRbac, "rolebindings", "default", "reader-" + role},
                     {{"apiVersion", std::string(kRbac) + "/v1"},
                      {"kind", "RoleBinding"},
                      {"metadata", json::object()},
                      {"roleRef", {{"apiGroup", kRbac}, {"kind", "Role"}, {"name", role}}},
                      {"subjects", {{{"apiGroup", kRbac}, {"kind", "User"}, {"name", "reader"}}}}});
    });
    project.edit("kubernetes: {}", "kubernetes: {context: sandbox-reader}");
    start = project.last_request();
  }

  std::vector<std::string> refused() const {
    std::vector<std::string> out;
    for (const json& request : project.requests(start))
      if (request["status"] == 403)
        out.push_back(request["method"].get<std::string>() + " " +
                      request["path"].get<std::string>());
    return out;
  }
  /// apply, drift, destroy.
  std::vector<int> life() const {
    return {project.apply().code, project.run({"drift", "-detailed-exitcode"}).code,
            project.destroy().code};
  }

  Project project;
  std::uint64_t start = 0;
};

const std::vector<int> kGood = {0, 0, 0};
using Paths = std::vector<std::string>;

TEST(Permissions, the_role_to_look_is_enough_to_plan_and_not_to_write) {
  const Restricted restricted({"crosstie-look"});
  const Project& project = restricted.project;
  const Outcome plan = project.run({"plan", "-detailed-exitcode"});
  EXPECT_EQ(plan.code, 2) << plan.all();
  EXPECT_NE(plan.out.find("Plan: 6 to add"), std::string::npos) << plan.all();
  EXPECT_EQ(restricted.refused(), Paths{});
  const Outcome applied = project.apply();
  EXPECT_EQ(applied.code, 6) << applied.all();
  EXPECT_NE(applied.all().find("cannot patch resource \"elasticsearches\""), std::string::npos)
      << applied.all();
}

TEST(Permissions, both_roles_are_enough_for_a_links_life) {
  const Restricted restricted({"crosstie-look", "crosstie-apply"});
  EXPECT_EQ(restricted.life(), kGood);
  EXPECT_EQ(restricted.refused(), Paths{});
}

TEST(Permissions, eck_before_3_3_needs_the_role_for_its_service_too) {
  const Restricted restricted({"crosstie-look", "crosstie-apply", "crosstie-service"}, "3.1.0");
  EXPECT_EQ(restricted.life(), kGood);
  EXPECT_EQ(restricted.refused(), Paths{});
  const Restricted without({"crosstie-look", "crosstie-apply"}, "3.1.0");
  EXPECT_NE(without.project.apply().code, 0);
}

/// What is refused in a link's life without one rule; `all` is how many the role has.
Paths refused_without(const std::string& role, std::size_t taken, const std::string& delay,
                      std::size_t& all) {
  const Restricted restricted({"crosstie-look", "crosstie-apply"}, "3.5.0", delay);
  json rule;
  restricted.project.edit_object({kRbac, "roles", "default", role}, [&](json& object) {
    all = object["rules"].size();
    rule = object["rules"][taken];
    object["rules"].erase(taken);
  });
  const std::vector<int> codes = restricted.life();
  const bool only_for_waiting =
      rule["verbs"] == json::array({"watch"}) || rule["resources"] == json::array({"events"});
  if (only_for_waiting) {
    EXPECT_EQ(codes, kGood) << "waits poll without " << rule;
  }
  return restricted.refused();
}

TEST(Permissions, no_rule_is_too_much) {
  std::size_t rules = 0;
  for (const char* role : {"crosstie-look", "crosstie-apply"}) {
    for (std::size_t taken = 0, all = 1; taken < all; ++taken) {
      // On a busy machine a short wait for the address may be over before it began.
      Paths refused = refused_without(role, taken, "400s", all);
      if (refused.empty()) refused = refused_without(role, taken, "6000s", all);
      EXPECT_NE(refused, Paths{}) << role << " does not need rule " << taken;
      ++rules;
    }
  }
  EXPECT_EQ(rules, 8U);
}

/// The request body that docs/permissions.md shows.
json key_of_the_page() {
  const testing::Page page = testing::read_page(testing::source_folder() / "docs/permissions.md");
  for (const testing::Block& block : page.blocks)
    if (block.markers.contains("test") && block.markers.at("test") == "deployment-key")
      return json::parse(block.text);
  return nullptr;
}

testing::Environment with_key(const Project& project, const json& request) {
  const testing::ClusterAnswer made = project.ask_deployment("POST", "/_security/api_key", request);
  EXPECT_EQ(made.status, 200) << made.body;
  return {{"ELASTICSEARCH_API_KEY", made.body.value("encoded", "")},
          {"ELASTICSEARCH_USERNAME", ""},
          {"ELASTICSEARCH_PASSWORD", ""}};
}

TEST(Permissions, the_key_of_the_page_is_enough_on_the_deployment) {
  const Project project;
  const testing::Environment key = with_key(project, key_of_the_page());
  for (const char* command : {"apply", "destroy"}) {
    const Outcome outcome = project.run({command, "-auto-approve"}, key);
    EXPECT_EQ(outcome.code, 0) << outcome.all();
  }
}

TEST(Permissions, with_monitor_in_place_of_manage_one_can_look_and_not_write) {
  const Project project;
  json request = key_of_the_page();
  request["role_descriptors"]["crosstie"]["cluster"] = {"monitor"};
  const testing::Environment key = with_key(project, request);
  EXPECT_EQ(project.run({"plan", "-detailed-exitcode"}, key).code, 2);
  EXPECT_EQ(project.run({"apply", "-auto-approve"}, key).code, 6);
  EXPECT_EQ(project.apply().code, 0);
  const Outcome drift = project.run({"drift", "-detailed-exitcode"}, key);
  EXPECT_EQ(drift.code, 0) << drift.all();
}

}  // namespace
}  // namespace crosstie
