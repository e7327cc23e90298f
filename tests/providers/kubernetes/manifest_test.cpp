#include "providers/kubernetes/manifest.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <nlohmann/json.hpp>

#include "providers/kubernetes/managed_fields.hpp"
#include "providers/kubernetes/object.hpp"
#include "tests/providers/kubernetes/fixtures.hpp"

namespace crosstie::kubernetes {
namespace {

using crosstie::testing::fixture_object;

Value json(const char* text) { return from_json(nlohmann::json::parse(text)); }

std::string paths_of(const std::vector<FieldChange>& changes) {
  std::string text;
  for (const FieldChange& change : changes)
    text += (text.empty() ? "" : " ") + print_path(change.path);
  return text;
}

struct Row {
  const char* reason;
  const char* desired;
  const char* live;
  const char* paths;
};

const Row kRows[] = {
    {"the same", R"({"spec":{"a":1}})", R"({"spec":{"a":1}})", ""},
    {"what is not named is not compared", R"({"spec":{"a":1}})",
     R"({"spec":{"a":1,"b":2},"status":{}})", ""},
    {"a value that differs", R"({"spec":{"a":1}})", R"({"spec":{"a":2}})", "spec.a"},
    {"a value that is missing", R"({"spec":{"a":1}})", R"({"spec":{}})", "spec.a"},
    {"empty object and absent are equal", R"({"spec":{"a":{}}})", R"({"spec":{}})", ""},
    {"nested empty objects and absent are equal", R"({"spec":{"a":{"b":{},"c":[]}}})", R"({})", ""},
    {"absent and empty object are equal", R"({"spec":{}})", R"({"spec":{"auth":{}}})", ""},
    {"null names nothing", R"({"spec":{"a":null}})", R"({"spec":{"a":5}})", ""},
    {"number and text", R"({"spec":{"a":"5"}})", R"({"spec":{"a":5}})", ""},
    {"text and number in labels", R"({"metadata":{"labels":{"v":"5"}}})",
     R"({"metadata":{"labels":{"v":"5"}}})", ""},
    {"quantities by amount", R"({"resources":{"limits":{"cpu":0.5,"memory":"1024Mi"}}})",
     R"({"resources":{"limits":{"cpu":"500m","memory":"1Gi"}}})", ""},
    {"different quantities", R"({"resources":{"limits":{"memory":"2Gi"}}})",
     R"({"resources":{"limits":{"memory":"1Gi"}}})", "resources.limits.memory"},
    {"amounts only where amounts are", R"({"data":{"a":"1k"}})", R"({"data":{"a":"1000"}})",
     "data.a"},
    {"containers by name, others' left aside", R"({"containers":[{"name":"b","image":"y"}]})",
     R"({"containers":[{"name":"side"},{"name":"b","image":"y","ports":[]}]})", ""},
    {"a container's image", R"({"containers":[{"name":"b","image":"z"}]})",
     R"({"containers":[{"name":"a"},{"name":"b","image":"y"}]})", "containers[0].image"},
    {"ports with a defaulted protocol", R"({"ports":[{"port":9443,"targetPort":9443}]})",
     R"({"ports":[{"port":9443,"targetPort":9443,"protocol":"TCP","nodePort":31921}]})", ""},
    {"a port's target", R"({"ports":[{"port":9300,"targetPort":9300}]})",
     R"({"ports":[{"port":9300,"targetPort":9301,"protocol":"TCP"}]})", "ports[0].targetPort"},
    {"UDP is another port", R"({"ports":[{"port":53,"protocol":"UDP"}]})",
     R"({"ports":[{"port":53,"protocol":"TCP"}]})", "ports[0]"},
    {"lists that are one value", R"({"args":["a","b"]})", R"({"args":["a"]})", "args"},
    {"an element of such a list", R"({"args":["a","b"]})", R"({"args":["a","c"]})", "args[1]"},
    {"a selector with a member too much", R"({"selector":{"app":"x"}})",
     R"({"selector":{"app":"x","more":"y"}})", "selector"},
    {"finalizers are a set", R"({"finalizers":["a"]})", R"({"finalizers":["b","a"]})", ""},
    {"another kind of value", R"({"a":{"b":1}})", R"({"a":"text"})", "a"},
};

TEST(CompareManifest, follows_the_table) {
  for (const Row& row : kRows)
    EXPECT_EQ(paths_of(compare_manifest(json(row.desired), json(row.live))), row.paths)
        << row.reason;
}

TEST(CompareManifest, unknown_counts_as_a_change) {
  Value desired(Value::Object{{"a", Value::unknown("resource.x")}});
  EXPECT_EQ(paths_of(compare_manifest(desired, json(R"({"a":1})"))), "a");
}

/// JSON of the shape that `bytes` say; names that the comparison treats in a way of their own are
/// among its members.
nlohmann::json json_from(const std::vector<std::uint8_t>& bytes, std::size_t& at, int depth) {
  const auto next = [&]() -> unsigned { return at < bytes.size() ? bytes[at++] : 0u; };
  const unsigned kind = next() % (depth > 0 ? 7 : 5);
  static const char* kNames[] = {"a", "limits", "env", "name", "selector", "ports", "finalizers"};
  static const char* kTexts[] = {"x", "1Gi", "5", ""};
  if (kind == 0) return nullptr;
  if (kind == 1) return static_cast<int>(next() % 9);
  if (kind == 2) return kTexts[next() % 4];
  if (kind == 3) return true;
  if (kind == 4) return nlohmann::json::object();
  const unsigned size = next() % 4;
  nlohmann::json made = kind == 5 ? nlohmann::json::array() : nlohmann::json::object();
  for (unsigned i = 0; i < size; ++i) {
    if (kind == 5) {
      made.push_back(json_from(bytes, at, depth - 1));
    } else {
      const char* name = kNames[next() % 7];
      made[name] = json_from(bytes, at, depth - 1);
    }
  }
  return made;
}

nlohmann::json json_from(const std::vector<std::uint8_t>& bytes) {
  std::size_t at = 0;
  nlohmann::json made = nlohmann::json::object();
  for (const char* name : {"spec", "env", "selector"}) made[name] = json_from(bytes, at, 4);
  return made;
}

TEST(CompareManifest, an_object_never_differs_from_itself) {
  EXPECT_TRUE(rc::check([](const std::vector<std::uint8_t>& bytes) {
    const nlohmann::json made = json_from(bytes);
    const Value value = from_json(made);
    const auto changes = compare_manifest(value, value);
    if (!changes.empty()) RC_FAIL(made.dump() + " at " + paths_of(changes));
  }));
}

TEST(CompareManifest, projecting_on_the_wish_keeps_all_that_is_compared) {
  EXPECT_TRUE(rc::check(
      [](const std::vector<std::uint8_t>& wished, const std::vector<std::uint8_t>& stored) {
        const Value wish = from_json(json_from(wished));
        const Value live = from_json(json_from(stored));
        RC_ASSERT(paths_of(compare_manifest(wish, live)) ==
                  paths_of(compare_manifest(wish, project(live, wish))));
      }));
}

TEST(DroppedFields, names_what_was_ours_and_is_not_wanted_any_more) {
  const Value before =
      json(R"({"spec":{"a":1,"b":{"c":2,"d":3}},"metadata":{"labels":{"x":"y"}}})");
  const Value desired = json(R"({"spec":{"b":{"c":2}}})");
  const Value live =
      json(R"({"spec":{"a":1,"b":{"c":2,"d":3,"e":4}},"metadata":{"labels":{"other":"z"}}})");
  EXPECT_EQ(paths_of(dropped_fields(before, desired, live)), "spec.a spec.b.d");
}

TEST(NormaliseManifest, moves_string_data_and_makes_strings) {
  const Value secret = normalise_manifest(json(
      R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","labels":{"n":5,"f":true}},"data":{"a":"eA=="},"stringData":{"b":"y","a":"z"},"x":null})"));
  EXPECT_EQ(
      to_json(secret).dump(),
      R"({"apiVersion":"v1","data":{"a":"eg==","b":"eQ=="},"kind":"Secret","metadata":{"labels":{"f":"true","n":"5"},"name":"s"}})");
  EXPECT_TRUE(secret.at({"data", "b"})->sensitive());
  EXPECT_EQ(to_shown_json(secret).dump().find("eQ=="), std::string::npos);
}

TEST(CheckManifest, names_each_fault) {
  EXPECT_TRUE(
      check_manifest(json(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}})"))
          .empty());
  EXPECT_EQ(
      check_manifest(
          json(R"({"kind":"ConfigMap","metadata":{"generateName":"a-","uid":"1"},"status":{}})"))
          .size(),
      4u);
  EXPECT_EQ(check_manifest(json(R"([1])")).size(), 1u);
  EXPECT_EQ(check_manifest(
                json(R"({"apiVersion":"v1","kind":"List","metadata":{"name":"x"},"items":[]})"))
                .size(),
            1u);
}

TEST(Quantity, is_read_as_kubernetes_reads_it) {
  struct Case {
    const char* text;
    double amount;
  };
  for (const Case& c : {Case{"1", 1},
                        {"100m", 0.1},
                        {"1.5Gi", 1610612736},
                        {"1k", 1000},
                        {"1e3", 1000},
                        {"2Ki", 2048}}) {
    double amount = 0;
    ASSERT_TRUE(parse_quantity(c.text, amount)) << c.text;
    EXPECT_DOUBLE_EQ(amount, c.amount) << c.text;
  }
  double ignored = 0;
  for (const char* bad : {"", "Gi", "1Zi", "0x10", "nan", "1 Gi"})
    EXPECT_FALSE(parse_quantity(bad, ignored)) << bad;
}

Path path(std::initializer_list<const char*> names) {
  Path made;
  for (const char* name : names) made.push_back({std::string(name)});
  return made;
}

TEST(ManagedFields, tell_the_conflicts_that_the_server_answered) {
  CROSSTIE_NEEDS_FIXTURES();
  const Value cluster = fixture_object("es-4-pods-faked-ready.json");
  const Value* managed = cluster.at({"metadata", "managedFields"});
  ASSERT_NE(managed, nullptr);
  const auto managers = [&](const Path& at, const Value& manifest) {
    std::string text;
    for (const FieldOwner& owner : owners_of(*managed, at, manifest)) text += owner.manager + " ";
    return text;
  };
  // Fixture http-409-ssa-conflict-elastic-operator: nodeSets conflict; enabled and
  // service.spec.type do not (facts, section 1).
  EXPECT_EQ(managers(path({"spec", "nodeSets"}), Value()), "elastic-operator ");
  EXPECT_EQ(managers(path({"spec", "remoteClusterServer", "enabled"}), Value()), "crosstie ");
  EXPECT_EQ(managers(path({"spec", "transport", "service", "spec", "type"}), Value()),
            "kubectl-patch ");
  const Value first = fixture_object("es-1-created-no-nodes.json");
  EXPECT_TRUE(owners_of(*first.at({"metadata", "managedFields"}),
                        path({"spec", "remoteClusterServer", "service", "spec", "type"}), Value())
                  .empty());
  EXPECT_TRUE(applies(*managed, "crosstie"));
  EXPECT_FALSE(applies(*managed, "elastic-operator"));
}

TEST(ManagedFields, find_a_list_element_by_its_key) {
  CROSSTIE_NEEDS_FIXTURES();
  const Value service = fixture_object("service-remote-cluster-lb-ip.json");
  const Value manifest = json(R"({"spec":{"ports":[{"port":9443,"targetPort":9444}]}})");
  Path at = path({"spec", "ports"});
  at.push_back({std::size_t{0}});
  at.push_back({std::string("targetPort")});
  const auto owners = owners_of(*service.at({"metadata", "managedFields"}), at, manifest);
  ASSERT_EQ(owners.size(), 1u);
  EXPECT_EQ(owners[0].manager, "elastic-operator");
}

TEST(Claim, tells_ours_unowned_and_foreign_apart) {
  struct Case {
    const char* reason;
    const char* object;
    const char* uid;
    Ownership ownership;
    const char* owner;
  };
  const Case cases[] = {
      {"our mark",
       R"({"metadata":{"uid":"1","labels":{"crosstie.dev/lineage":"L"},"annotations":{"crosstie.dev/address":"resource.a"}}})",
       "", Ownership::ours, ""},
      {"recorded uid", R"({"metadata":{"uid":"1"}})", "1", Ownership::ours, ""},
      {"another object of this name", R"({"metadata":{"uid":"2"}})", "1", Ownership::unowned, ""},
      {"another resource of ours",
       R"({"metadata":{"labels":{"crosstie.dev/lineage":"L"},"annotations":{"crosstie.dev/address":"resource.b"}}})",
       "", Ownership::foreign, "resource.b"},
      {"another state", R"({"metadata":{"labels":{"crosstie.dev/lineage":"M"}}})", "",
       Ownership::foreign, "lineage M"},
      {"a controller's",
       R"({"metadata":{"ownerReferences":[{"kind":"Elasticsearch","name":"es","controller":true}]}})",
       "", Ownership::foreign, "Elasticsearch es"},
      {"Helm's", R"({"metadata":{"annotations":{"meta.helm.sh/release-name":"web"}}})", "",
       Ownership::foreign, "Helm release web"},
      {"applied by a tool",
       R"({"metadata":{"managedFields":[{"manager":"argocd-controller","operation":"Apply","fieldsV1":{}}]}})",
       "", Ownership::foreign, "argocd-controller"},
      {"made by hand",
       R"({"metadata":{"managedFields":[{"manager":"kubectl-create","operation":"Update","fieldsV1":{}}]}})",
       "", Ownership::unowned, "kubectl-create"},
  };
  for (const Case& c : cases) {
    const Claim claim = claim_of(json(c.object), {"L", "resource.a"}, c.uid);
    EXPECT_EQ(claim.ownership, c.ownership) << c.reason;
    EXPECT_NE(claim.owner.find(c.owner), std::string::npos) << c.reason << ": " << claim.owner;
  }
}

TEST(GiveBack, restores_what_was_and_takes_out_what_was_not) {
  const Value manifest = json(
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"n","labels":{"crosstie.dev/lineage":"L","team":"b"}},"data":{"a":"new","x":"y"}})");
  const Value before = json(
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"n","labels":{"team":"a"}},"data":{"a":"old"}})");
  const Value live = json(
      R"({"metadata":{"name":"c","resourceVersion":"7","labels":{"crosstie.dev/lineage":"L","team":"b"},"managedFields":[{"manager":"crosstie"},{"manager":"kubectl"}]},"data":{"a":"new","x":"y"}})");
  EXPECT_EQ(
      to_json(give_back_patch(manifest, before, live)).dump(),
      R"({"data":{"a":"old","x":null},"metadata":{"labels":{"crosstie.dev/lineage":null,"team":"a"},"managedFields":[{"manager":"kubectl"}],"resourceVersion":"7"}})");
}

TEST(GiveBack, restores_a_selector_whole) {
  const Value manifest = json(
      R"({"spec":{"selector":{"app":"ours","new":"x"},"podSelector":{"matchLabels":{"a":"1"}}}})");
  const Value before = json(
      R"({"spec":{"selector":{"app":"theirs","tier":"x"},"podSelector":{"matchLabels":{"b":"2"}}}})");
  const Value patch = give_back_patch(manifest, before, manifest);
  EXPECT_EQ(*patch.at({"spec", "selector"}), json(R"({"app":"theirs","tier":"x","new":null})"));
  EXPECT_EQ(*patch.at({"spec", "podSelector"}), json(R"({"matchLabels":{"b":"2","a":null}})"));
}

}  // namespace
}  // namespace crosstie::kubernetes
