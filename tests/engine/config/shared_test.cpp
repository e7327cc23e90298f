// Resources that links share, as the loader sees them.
#include "tests/engine/config/support.hpp"

namespace crosstie {
namespace {

using Names = std::vector<std::string>;

constexpr const char* kBlueprint = R"(
blueprint: 1
name: test-link
model: one
inputs:
  alias: {type: string}
  end: {type: any}
  cluster: {type: string, default: east}
  number: {type: number, default: null}
  trusting: {type: bool, default: true}
  guard: {type: bool, default: false}
resources:
  own: {type: null.thing, text: "${var.alias}"}
  trust:
    type: null.thing
    share: "${var.cluster}"
    when: "${var.trusting}"
    text: trust
    number: "${var.number}"
    list: [common, "${var.alias}"]
    map: "${var.alias == \"a\" ? {a: resource.own.id} : {b: resource.own.id}}"
    depends_on: [resource.own]
    lifecycle: {ignore_changes: [text]}
  user: {type: null.thing, text: "${resource.trust.id}"}
outputs:
  trust: "${resource.trust}"
  id: "${resource.trust.id}"
)";

LoadedFolder load_links(const std::string& links, const std::string& more = "",
                        const std::string& other_blueprint = "") {
  const Folder folder;
  folder.write("a.yaml", "crosstie: 1\nproviders: {\"null\": {}, null.west: {}}\nlinks:\n" + links +
                             "\n" + more);
  folder.write("link.yaml", kBlueprint);
  if (!other_blueprint.empty()) folder.write("other.yaml", other_blueprint);
  return load_with(folder, options_for(folder));
}

constexpr const char* kTwo = R"(
  b: {blueprint: ./link.yaml, end: {}}
  a: {blueprint: ./link.yaml, end: {}}
)";

std::string arguments(const LoadedFolder& f, const std::string& address,
                      const AttributeLookup& lookup) {
  const auto result = f.configuration->evaluate_arguments(f.resource(address), lookup);
  return result ? shown(*result) : format_diagnostics(result.failure());
}

AttributeLookup ids() {
  const auto id = [](const char* text) { return Value(Value::Object{{"id", text}}); };
  return attributes({{"link.a.own", id("id-a")},
                     {"link.b.own", id("id-b")},
                     {R"(shared.trust["east"])", id("id-t")}});
}

TEST(Shared, links_of_one_key_have_one_resource) {
  const LoadedFolder f = load_links(kTwo);
  ASSERT_EQ(f.errors, "");
  EXPECT_EQ(f.addresses(), (Names{"link.a.own", "link.a.user", "link.b.own", "link.b.user",
                                  R"(shared.trust["east"])"}));
  const ResourceConfig& trust = f.resource(R"(shared.trust["east"])");
  EXPECT_EQ(trust.connection, "null");
  EXPECT_EQ(trust.links,
            (std::map<std::string, std::string>{{"link.a", "one"}, {"link.b", "one"}}));
  EXPECT_EQ(trust.lifecycle.ignore_changes.size(), 1U) << "equal ones are one";
  EXPECT_EQ(f.resource("link.a.own").links,
            (std::map<std::string, std::string>{{"link.a", "one"}}));
}

TEST(Shared, arguments_are_those_of_every_link_in_the_order_of_the_links) {
  const LoadedFolder f = load_links(kTwo);
  ASSERT_EQ(f.errors, "");
  EXPECT_EQ(arguments(f, R"(shared.trust["east"])", ids()),
            R"({"list":["common","a","b"],"map":{"a":"id-a","b":"id-b"},"text":"trust"})");
  EXPECT_EQ(arguments(f, "link.b.user", ids()), R"({"text":"id-t"})");
}

TEST(Shared, an_unknown_member_of_one_link_is_unknown_in_the_whole) {
  const LoadedFolder f = load_links(kTwo);
  ASSERT_EQ(f.errors, "");
  EXPECT_EQ(arguments(f, R"(shared.trust["east"])",
                      attributes({{"link.a.own", Value(Value::Object{{"id", "id-a"}})}})),
            R"({"list":["common","a","b"],"map":{"a":"id-a","b":"<unknown>"},"text":"trust"})");
}

TEST(Shared, it_waits_for_what_any_link_needs_and_all_wait_for_it) {
  const LoadedFolder f = load_links(kTwo, R"(
resources:
  after_a: {type: null.thing, depends_on: [link.a]}
  after_its_trust: {type: null.thing, depends_on: [link.a.trust]}
  reads: {type: null.thing, text: "${link.b.id}"}
)");
  ASSERT_EQ(f.errors, "");
  EXPECT_EQ(f.dependencies(R"(shared.trust["east"])"), (Names{"link.a.own", "link.b.own"}));
  EXPECT_EQ(f.dependencies("link.a.user"), (Names{R"(shared.trust["east"])"}));
  EXPECT_EQ(f.dependencies("resource.after_a"),
            (Names{"link.a.own", "link.a.user", R"(shared.trust["east"])"}));
  EXPECT_EQ(f.dependencies("resource.after_its_trust"), (Names{R"(shared.trust["east"])"}));
  EXPECT_EQ(f.dependencies("resource.reads"), (Names{R"(shared.trust["east"])"}));
}

TEST(Shared, a_link_whose_when_is_false_takes_no_part_and_has_no_such_resource) {
  const LoadedFolder f = load_links(R"(
  a: {blueprint: ./link.yaml, end: {}}
  b: {blueprint: ./link.yaml, end: {}, trusting: false}
)",
                                    "outputs: {a: \"${link.a.trust}\", b: \"${link.b.trust}\"}");
  ASSERT_EQ(f.errors, "");
  const ResourceConfig& trust = f.resource(R"(shared.trust["east"])");
  EXPECT_EQ(*f.configuration->evaluate_when(trust, ids()), Value(true));
  EXPECT_EQ(arguments(f, R"(shared.trust["east"])", ids()),
            R"({"list":["common","a"],"map":{"a":"id-a"},"text":"trust"})");
  const auto output = [&](std::size_t i) {
    return *f.configuration->evaluate_output(f.configuration->outputs()[i], ids());
  };
  EXPECT_EQ(output(0).text("id"), "id-t");
  EXPECT_TRUE(output(1).is_null());
}

TEST(Shared, when_is_false_if_it_is_for_all_and_unknown_if_it_is_for_one) {
  const LoadedFolder none = load_links(R"(
  a: {blueprint: ./link.yaml, end: {}, trusting: false}
  b: {blueprint: ./link.yaml, end: {}, trusting: false}
)");
  ASSERT_EQ(none.errors, "");
  EXPECT_EQ(*none.configuration->evaluate_when(none.resource(R"(shared.trust["east"])"), ids()),
            Value(false));
  const LoadedFolder unknown = load_links(R"(
  a: {blueprint: ./link.yaml, end: {}}
  b: {blueprint: ./link.yaml, end: {}, trusting: "${resource.r.flag}"}
)",
                                          "resources: {r: {type: null.thing}}");
  ASSERT_EQ(unknown.errors, "");
  const Value when = *unknown.configuration->evaluate_when(
      unknown.resource(R"(shared.trust["east"])"), attributes({}));
  EXPECT_TRUE(when.is_unknown()) << "what b adds is not known, so nothing is";
  EXPECT_EQ(when.unknown_source(), "resource.r");
}

TEST(Shared, keys_and_connections_keep_resources_apart) {
  const Folder folder;
  std::string text = kBlueprint;
  text.replace(text.find("  end:"), 6, "  local:");
  folder.write("link.yaml", text);
  folder.write("a.yaml", R"(
crosstie: 1
providers: {"null": {}, null.west: {}}
links:
  a: {blueprint: ./link.yaml, local: {}}
  b: {blueprint: ./link.yaml, local: {"null": {provider: null.west}}}
  c: {blueprint: ./link.yaml, local: {other: 1}, cluster: north}
  d: {blueprint: ./link.yaml, local: {other: 2}}
)");
  const LoadedFolder f = load_with(folder, options_for(folder));
  ASSERT_EQ(f.errors, "");
  Names shared;
  for (const std::string& address : f.addresses())
    if (address.starts_with("shared.")) shared.push_back(address);
  EXPECT_EQ(shared, (Names{R"(shared.trust["east"])", R"(shared.trust["north"])",
                           R"(shared.trust["null.west:east"])"}));
  EXPECT_EQ(f.resource(R"(shared.trust["null.west:east"])").connection, "null.west");
  EXPECT_EQ(f.resource(R"(shared.trust["east"])").links.size(), 2U);
}

TEST(Shared, links_of_one_for_each_share_by_key) {
  const LoadedFolder f = load_links(R"(
  l:
    blueprint: ./link.yaml
    for_each: {x: east, y: west, z: east}
    alias: "${each.key}"
    end: {}
    cluster: "${each.value}"
)");
  ASSERT_EQ(f.errors, "");
  EXPECT_EQ(
      f.resource(R"(shared.trust["east"])").links,
      (std::map<std::string, std::string>{{R"(link.l["x"])", "one"}, {R"(link.l["z"])", "one"}}));
  EXPECT_EQ(f.resource(R"(shared.trust["west"])").links.size(), 1U);
  EXPECT_EQ(f.dependencies(R"(link.l["x"].user)"), (Names{R"(shared.trust["east"])"}));
}

TEST(Shared, two_blueprints_may_share_one) {
  const LoadedFolder f = load_links(R"(
  a: {blueprint: ./link.yaml, end: {}}
  b: {blueprint: ./other.yaml}
)",
                                    "", R"(
blueprint: 1
model: two
inputs: {alias: {type: string}}
resources:
  trust:
    type: null.thing
    share: east
    adopt: if_unowned
    list: [other]
    lifecycle: {prevent_destroy: true, ignore_changes: [list]}
)");
  ASSERT_EQ(f.errors, "");
  const ResourceConfig& trust = f.resource(R"(shared.trust["east"])");
  EXPECT_EQ(trust.links,
            (std::map<std::string, std::string>{{"link.a", "one"}, {"link.b", "two"}}));
  EXPECT_EQ(trust.adoption, Adoption::if_unowned) << "the widest";
  EXPECT_TRUE(trust.lifecycle.prevent_destroy) << "of any";
  EXPECT_EQ(trust.lifecycle.ignore_changes.size(), 2U);
  EXPECT_EQ(arguments(f, R"(shared.trust["east"])", ids()),
            R"({"list":["common","a","other"],"map":{"a":"id-a"},"text":"trust"})");
}

TEST(Shared, links_that_disagree_are_told_when_the_values_are_known) {
  const LoadedFolder f = load_links(R"(
  a: {blueprint: ./link.yaml, end: {}, number: 1}
  b: {blueprint: ./link.yaml, end: {}, number: "${resource.r.number}"}
)",
                                    "resources: {r: {type: null.thing}}");
  ASSERT_EQ(f.errors, "") << "one of the two is not known while loading";
  const auto with = [&](int number) {
    return arguments(f, R"(shared.trust["east"])",
                     attributes({{"resource.r", Value(Value::Object{{"number", number}})}}));
  };
  EXPECT_NE(with(1).find(R"("number":1)"), std::string::npos) << with(1);
  EXPECT_NE(
      with(2).find("`number` is `1` for link.a and `2` for link.b, and there can be only one."),
      std::string::npos)
      << with(2);
}

TEST(Shared, a_link_tells_its_own_model_and_place) {
  const LoadedFolder f = load_links(kTwo);
  ASSERT_EQ(f.errors, "");
  ASSERT_EQ(f.configuration->links().size(), 2U);
  EXPECT_EQ(f.configuration->links()[1].name, "b");
  EXPECT_EQ(f.configuration->links()[1].model, "one");
  EXPECT_EQ(f.configuration->links()[1].where->line, 5);
}

}  // namespace
}  // namespace crosstie
