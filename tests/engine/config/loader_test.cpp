#include "tests/engine/config/support.hpp"

namespace crosstie {
namespace {

using Names = std::vector<std::string>;

TEST(Loader, a_small_configuration_gives_resources_with_dependencies_and_outputs) {
  const LoadedFolder f = load(R"(
crosstie: 1
variables:
  name: {type: string, default: world}
locals:
  greeting: "hello ${var.name}"
providers:
  "null": {region: "${var.name}"}
  kubernetes.west:
resources:
  b:
    type: null.thing
    text: "${resource.a.id}"
    number: 5
    depends_on: [resource.c]
  a: {type: null.thing, text: "${local.greeting}", map: {x: [1, ~, "t"]}}
  c: {type: null.thing, adopt: if_unowned}
outputs:
  plain: "${resource.b.id}"
  full: {value: "${local.greeting}", description: said, sensitive: true}
)");
  ASSERT_EQ(f.errors, "");
  EXPECT_EQ(f.addresses(), (Names{"resource.a", "resource.b", "resource.c"}));
  EXPECT_EQ(f.dependencies("resource.b"), (Names{"resource.a", "resource.c"}));
  const ResourceConfig& b = f.resource("resource.b");
  EXPECT_EQ(b.type, "null.thing");
  EXPECT_EQ(b.connection, "null");
  EXPECT_EQ(b.where->line, 11);
  ASSERT_EQ(b.references.size(), 2U);
  EXPECT_EQ(b.references[0].line, 13);
  EXPECT_EQ(b.references[0].column, 14);
  EXPECT_EQ(b.references[0].length, 13);
  EXPECT_EQ(b.references[1].line, 15);
  EXPECT_EQ(f.resource("resource.c").adoption, Adoption::if_unowned);
  EXPECT_EQ(shown(*f.configuration->evaluate_arguments(b, attributes({}))),
            R"({"number":5,"text":"<unknown>"})");
  EXPECT_EQ(shown(*f.configuration->evaluate_arguments(
                b, attributes({{"resource.a", Value(Value::Object{{"id", "i1"}})}}))),
            R"({"number":5,"text":"i1"})");
  EXPECT_EQ(shown(*f.configuration->evaluate_arguments(f.resource("resource.a"), attributes({}))),
            R"({"map":{"x":[1,null,"t"]},"text":"hello world"})");
  EXPECT_EQ(f.configuration->connections().size(), 2U);
  EXPECT_EQ(shown(f.configuration->connections().at("null")), R"({"region":"world"})");
  EXPECT_EQ(shown(f.configuration->connections().at("kubernetes.west")), "{}");
  const auto& outputs = f.configuration->outputs();
  ASSERT_EQ(outputs.size(), 2U);
  EXPECT_EQ(outputs[0].name, "full");
  EXPECT_EQ(outputs[0].description, "said");
  EXPECT_TRUE(outputs[0].sensitive);
  EXPECT_EQ(shown(*f.configuration->evaluate_output(outputs[0], attributes({}))),
            R"("<sensitive>")");
  ASSERT_EQ(outputs[1].depends_on.size(), 1U);
  EXPECT_EQ(outputs[1].depends_on[0].print(), "resource.b");
}

TEST(Loader, for_each_makes_one_instance_for_each_key_and_depends_on_the_same_key_only) {
  const LoadedFolder f = load(R"(
crosstie: 1
variables: {names: {type: list, default: [eu, us]}}
resources:
  one: {type: null.thing, for_each: "${var.names}", text: "${each.key}-${each.value}"}
  two: {type: null.thing, for_each: {eu: 1, us: 2}, number: "${each.value}", text: "${resource.one[each.key].id}"}
  all: {type: null.thing, any: "${resource.one}"}
  first: {type: null.thing, text: "${resource.one[\"eu\"].id}", depends_on: ['resource.two["us"]']}
)");
  ASSERT_EQ(f.errors, "");
  EXPECT_EQ(f.addresses(),
            (Names{"resource.all", "resource.first", R"(resource.one["eu"])",
                   R"(resource.one["us"])", R"(resource.two["eu"])", R"(resource.two["us"])"}));
  EXPECT_EQ(f.dependencies(R"(resource.two["us"])"), (Names{R"(resource.one["us"])"}));
  EXPECT_EQ(f.dependencies("resource.all"),
            (Names{R"(resource.one["eu"])", R"(resource.one["us"])"}));
  EXPECT_EQ(f.dependencies("resource.first"),
            (Names{R"(resource.one["eu"])", R"(resource.two["us"])"}));
  const AttributeLookup lookup =
      attributes({{R"(resource.one["eu"])", Value(Value::Object{{"id", "e"}})}});
  EXPECT_EQ(
      shown(*f.configuration->evaluate_arguments(f.resource(R"(resource.one["us"])"), lookup)),
      R"({"text":"us-us"})");
  EXPECT_EQ(
      shown(*f.configuration->evaluate_arguments(f.resource(R"(resource.two["eu"])"), lookup)),
      R"({"number":1,"text":"e"})");
  EXPECT_EQ(shown(*f.configuration->evaluate_arguments(f.resource("resource.all"), lookup)),
            R"({"any":{"eu":{"id":"e"},"us":"<unknown>"}})");
}

TEST(Loader, when_is_true_false_or_unknown) {
  const LoadedFolder f = load(R"(
crosstie: 1
resources:
  a: {type: null.thing}
  b: {type: null.thing, when: "${resource.a.out.on == 1}"}
  c: {type: null.thing, when: false}
)");
  ASSERT_EQ(f.errors, "");
  const auto when = [&](const char* address, const AttributeLookup& lookup) {
    return shown(*f.configuration->evaluate_when(f.resource(address), lookup));
  };
  EXPECT_EQ(when("resource.a", attributes({})), "true");
  EXPECT_EQ(when("resource.c", attributes({})), "false");
  EXPECT_EQ(when("resource.b", attributes({})), R"("<unknown>")");
  const Value on(Value::Object{{"out", Value(Value::Object{{"on", 1}})}});
  EXPECT_EQ(when("resource.b", attributes({{"resource.a", on}})), "true");
}

TEST(Loader, arguments_of_a_resource_that_is_not_wanted_need_not_make_sense) {
  const LoadedFolder f = load(
      "crosstie: 1\nlocals: {none: null}\nresources:\n"
      "  a: {type: null.thing, when: \"${local.none != null}\", text: \"${local.none.name}\"}\n");
  ASSERT_EQ(f.errors, "");
  EXPECT_EQ(shown(*f.configuration->evaluate_when(f.resource("resource.a"), attributes({}))),
            "false");
}

TEST(Loader, an_attribute_of_a_resource_that_is_not_wanted_says_so) {
  const LoadedFolder f = load(
      "crosstie: 1\nresources:\n  a: {type: null.thing, when: false}\n  b: {type: null.thing, "
      "text: \"${resource.a.id}\"}\n");
  ASSERT_EQ(f.errors, "");
  const auto result = f.configuration->evaluate_arguments(f.resource("resource.b"),
                                                          attributes({{"resource.a", Value()}}));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.failure()[0].detail,
            "The resource does not exist, because its `when` is false; so it has no `id`.");
  EXPECT_EQ(result.failure()[0].address, "resource.b");
}

TEST(Loader, a_wrong_type_that_shows_only_at_run_time_is_an_error_of_the_resource) {
  const LoadedFolder f = load(
      "crosstie: 1\nresources:\n  a: {type: null.thing}\n  b: {type: null.thing, number: "
      "\"${resource.a.out}\"}\n");
  ASSERT_EQ(f.errors, "");
  const auto result = f.configuration->evaluate_arguments(
      f.resource("resource.b"), attributes({{"resource.a", Value(Value::Object{{"out", "x"}})}}));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.failure()[0].detail, "`number` must be a number, not a string.");
}

TEST(Loader, lifecycle_is_read_with_paths_and_preconditions_are_asked) {
  const LoadedFolder f = load(R"(
crosstie: 1
resources:
  a:
    type: null.thing
    map: {x: 1}
    lifecycle:
      prevent_destroy: true
      ignore_changes: [{path: 'map.a[0]["b.c"]', reason: set by hand, until: 2027-01-31}, text]
      precondition: [{condition: "${resource.z.out == 1}", error_message: "z is ${resource.z.out}"}]
  z: {type: null.thing}
)");
  ASSERT_EQ(f.errors, "");
  const ResourceConfig& a = f.resource("resource.a");
  EXPECT_TRUE(a.lifecycle.prevent_destroy);
  ASSERT_EQ(a.lifecycle.ignore_changes.size(), 2U);
  EXPECT_EQ(print_path(a.lifecycle.ignore_changes[0].path), R"(map.a[0]["b.c"])");
  EXPECT_EQ(a.lifecycle.ignore_changes[0].reason, "set by hand");
  EXPECT_EQ(a.lifecycle.ignore_changes[0].until, "2027-01-31");
  EXPECT_EQ(f.dependencies("resource.a"), (Names{"resource.z"}));
  EXPECT_TRUE(f.configuration->evaluate_arguments(a, attributes({})).ok());
  const auto result = f.configuration->evaluate_arguments(
      a, attributes({{"resource.z", Value(Value::Object{{"out", 2}})}}));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.failure()[0].summary, "precondition does not hold");
  EXPECT_EQ(result.failure()[0].detail, "z is 2");
}

TEST(Loader, files_of_a_folder_are_one_configuration_and_others_are_left_aside) {
  const Folder folder;
  folder.write("a.yaml",
               "crosstie: 1\nresources:\n  a: {type: null.thing, text: \"${local.x}\"}\n");
  folder.write("b.yml", "locals: {x: from b}\n");
  folder.write("mine.yaml", "blueprint: 1\nresources: {broken: 1}\n");
  folder.write("manifest.yaml", "apiVersion: v1\nkind: Pod\n");
  folder.write("two.yaml", "a: 1\n---\nb: 2\n");
  folder.write("prod.vars.yaml", "region: eu\n");
  folder.write("notes.txt", "locals: {x: 1}\n");
  folder.write("sub/c.yaml", "locals: {x: 1}\n");
  const LoadedFolder f = load_with(folder, options_for(folder));
  ASSERT_EQ(f.errors, "");
  EXPECT_EQ(f.addresses(), (Names{"resource.a"}));
}

TEST(Loader, a_secret_is_taken_by_reference_or_from_a_sensitive_variable) {
  const Folder folder;
  folder.write("a.yaml", R"(
crosstie: 1
variables: {token: {type: string, sensitive: true}}
resources:
  a: {type: null.thing, password: {env: NAME}}
  b: {type: null.thing, password: {kubernetes_secret: {namespace: n, name: '${format("x-%s", "y")}', key: k}}}
  c: {type: null.thing, password: "${var.token}", hidden: clear}
  d: {type: null.thing, password: {command: [pass, show]}}
)");
  LoadOptions options = options_for(folder);
  options.environment = {{"token", "very-secret"}};
  const LoadedFolder f = load_with(folder, options);
  ASSERT_EQ(f.errors, "");
  EXPECT_EQ(shown(*f.configuration->evaluate_arguments(f.resource("resource.c"), attributes({}))),
            R"({"hidden":"<sensitive>","password":"<sensitive>"})");
  EXPECT_EQ(shown(*f.configuration->evaluate_arguments(f.resource("resource.b"), attributes({}))),
            R"({"password":{"kubernetes_secret":{"key":"k","name":"x-y","namespace":"n"}}})");
}

TEST(Loader, a_later_source_of_a_variable_wins_and_text_becomes_the_declared_type) {
  const Folder folder;
  folder.write("a.yaml", R"(
crosstie: 1
variables:
  a: {type: number, default: 1}
  b: {type: list, default: []}
  c: {type: bool, default: false}
  d: {type: string, default: d}
  e: {type: object, default: {}}
  f: {default: plain}
outputs: {all: ["${var.a}", "${var.b}", "${var.c}", "${var.d}", "${var.e}", "${var.f}"]}
)");
  folder.write("one.vars", "a: 3\nb: [x]\nd: one\n");
  folder.write("two.vars", "d: two\n");
  LoadOptions options = options_for(folder);
  options.environment = {{"a", "2"}, {"c", "true"}, {"d", "env"}, {"other", "ignored"}};
  options.variable_files = {folder.path() / "one.vars", folder.path() / "two.vars"};
  options.variables = {"e={k: 1}", "f=true", "a=4", "a=5"};
  const LoadedFolder f = load_with(folder, options);
  ASSERT_EQ(f.errors, "");
  EXPECT_EQ(shown(*f.configuration->evaluate_output(f.configuration->outputs()[0], attributes({}))),
            R"([5,["x"],true,"two",{"k":1},"true"])");
}

TEST(Loader, a_variable_of_the_wrong_kind_says_where_it_came_from_and_never_its_value) {
  const Folder folder;
  folder.write("a.yaml", R"(
crosstie: 1
variables:
  count: {type: number}
  token: {type: list, sensitive: true}
  size: {type: string, allowed: [s, m]}
  port: {type: number, default: 1, validation: [{condition: "${contains([1, 2], var.port)}", error_message: "Port ${var.port} is taken."}]}
  gone: {type: string, description: who it is for}
)");
  folder.write("x.vars", "token: hunter2\nsise: s\n");
  LoadOptions options = options_for(folder);
  options.environment = {{"count", "many"}};
  options.variable_files = {folder.path() / "x.vars"};
  options.variables = {"size=l", "port=3", "por=1", "nonsense"};
  const LoadedFolder f = load_with(folder, options);
  EXPECT_EQ(
      f.errors,
      "unknown variable | There is no variable `por`, which -var sets. | Did you mean `port`?\n"
      "-var is not well-formed | An option -var has no name before `=`. | To fix it, write it "
      "like\n  -var name=value\n"
      "a.yaml:4:3+5 value does not fit the variable | `count` must be a number, not a string. It "
      "comes from CROSSTIE_VAR_count. | To fix it, give a number, like 3.\n"
      "a.yaml:6:3+4 value does not fit the variable | `size` must be one of `s` and `m`. It comes "
      "from -var. | \n"
      "a.yaml:7:61+31 validation does not hold | Port 3 is taken. | \n"
      "a.yaml:8:3+4 variable has no value | `gone` (who it is for) has no default, and no value "
      "was given. | To fix it, give one by -var, by a file with -var-file, or by the "
      "environment:\n  -var gone=VALUE\n  export CROSSTIE_VAR_gone=VALUE\n"
      "x.vars:1:1+11 value does not fit the variable | `token` must be a list, not a string. It "
      "comes from the file x.vars. | To fix it, give a list, like [a, b].\n"
      "x.vars:2:1+11 unknown variable | There is no variable `sise`, which the file x.vars sets. | "
      "Did you mean `size`?\n");
  for (const Diagnostic& one : f.diagnostics)
    EXPECT_EQ(format_diagnostic(one).find("hunter2"), std::string::npos);
}

TEST(Loader, a_file_is_read_by_its_path_from_the_folder) {
  const Folder folder;
  folder.write("a.yaml",
               "crosstie: 1\nlocals: {t: '${file(\"sub/t.txt\")}', m: "
               "'${yamldecode(file(\"sub/m.yaml\")).k}'}\noutputs: {t: \"${local.t}\", m: "
               "\"${local.m}\"}\n");
  folder.write("sub/t.txt", "content");
  folder.write("sub/m.yaml", "k: [1]\n");
  const LoadedFolder f = load_with(folder, options_for(folder));
  ASSERT_EQ(f.errors, "");
  EXPECT_EQ(shown(*f.configuration->evaluate_output(f.configuration->outputs()[0], attributes({}))),
            "[1]");
  EXPECT_EQ(shown(*f.configuration->evaluate_output(f.configuration->outputs()[1], attributes({}))),
            R"("content")");
  folder.write("sub/t.txt", "bad \xff");
  EXPECT_EQ(load_with(folder, options_for(folder)).errors,
            "a.yaml:2:16+17 function cannot be computed | In file(): The file sub/t.txt is no "
            "UTF-8 text. | \n");
}

TEST(Loader, more_resources_than_allowed_are_an_error) {
  const Folder folder;
  folder.write("a.yaml",
               "crosstie: 1\nresources:\n  a: {type: null.thing}\n  b: {type: null.thing}\n  c: "
               "{type: null.thing}\n");
  LoadOptions options = options_for(folder);
  options.resources_max = 2;
  EXPECT_EQ(load_with(folder, options).errors,
            "configuration has too many resources | There are more than 2 resources. | To fix it, "
            "split the configuration.\n");
}

TEST(Loader, more_dependencies_than_allowed_are_an_error) {
  const Folder folder;
  folder.write("a.yaml",
               "crosstie: 1\nresources:\n  a: {type: null.thing, for_each: [x, y, z]}\n"
               "  b: {type: null.thing, for_each: [x, y, z], depends_on: [resource.a]}\n");
  LoadOptions options = options_for(folder);
  options.dependencies_max = 9;
  EXPECT_EQ(load_with(folder, options).errors, "");
  options.dependencies_max = 8;
  EXPECT_EQ(
      load_with(folder, options).errors,
      "a.yaml:4:3+1 configuration has too many dependencies | There are more than 8 dependencies "
      "between instances. | To fix it, let each instance depend on the one it needs, such as "
      "resource.NAME[each.key], instead of on all of them.\n");
}

}  // namespace
}  // namespace crosstie
