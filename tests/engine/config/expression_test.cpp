#include "engine/config/expression.hpp"

#include "engine/config/evaluator.hpp"
#include "engine/config/template.hpp"
#include "tests/engine/config/support.hpp"

namespace crosstie::config {
namespace {

/// Variables only: `var.unknown`, `var.secret` and a few plain ones.
class TestScope final : public Scope {
 public:
  TestScope() {
    values_["unknown"] = Value::unknown("resource.later");
    values_["secret"] = std::move(Value("hidden").mark_sensitive());
    values_["map"] = Value(Value::Object{{"a", 1},
                                         {"b.c", "two"},
                                         {"s", std::move(Value("x").mark_sensitive())},
                                         {"u", Value::unknown("resource.later")}});
    values_["list"] = Value(Value::List{"x", "y", 3});
    values_["sealed"] = std::move(Value(Value::Object{{"k", "v"}}).mark_sensitive());
    values_["text"] = "text";
    values_["nothing"] = Value();
  }
  Result<Operand> get(const Expression& e, const Value*, const Node&) const override {
    const auto found = values_.find(e.name);
    return found == values_.end() ? Operand(Value::unknown("")) : Operand::borrow(found->second);
  }
  Outcome read_file(const std::string& path) const override {
    return path == "a.txt" ? Outcome(Value("content")) : Outcome::fail("No such file.");
  }

 private:
  std::map<std::string, Value> values_;
};

/// JSON of the value; "error: detail" when there is none; marks as people see them.
std::string evaluate(const std::string& scalar) {
  Diagnostics errors;
  std::string quoted = "'";
  for (char c : scalar) quoted += c == '\'' ? "''" : std::string(1, c);
  const auto document = parse_yaml("t", quoted + "'\n", errors);
  compile_templates(*document, errors);
  if (!errors.empty()) return "syntax: " + errors.front().detail;
  const TestScope scope;
  const Result<Value> value = evaluate_node(*document->root, scope);
  return value ? shown(*value) : "error: " + value.failure().front().detail;
}

struct Case {
  const char* text;
  const char* expected;
};

constexpr Case kLanguage[] = {
    {"plain", "\"plain\""},
    {"${1}", "1"},
    {"${-3}", "-3"},
    {"${2.5}", "2.5"},
    {"${1e3}", "1000.0"},
    {"${true}", "true"},
    {"${null}", "null"},
    {"${\"a\\n\\u00e9\"}", "\"a\\né\""},
    {"${'it\\'s'}", "\"it's\""},
    {"a${1}b${true}", "\"a1btrue\""},
    {"$${x}", "\"${x}\""},
    {"$$${x}", "\"$${x}\""},
    {"${\"$${x}\"}", "\"${x}\""},
    {"${[1, 'a', [true]]}", "[1,\"a\",[true]]"},
    {"${[1,]}", "[1]"},
    {"${{a: 1, \"b c\": {d = 2}}}", "{\"a\":1,\"b c\":{\"d\":2}}"},
    {"${{}}", "{}"},
    {"${1 == 1.0}", "true"},
    {"${1 == \"1\"}", "false"},
    {"${\"a\" != \"b\"}", "true"},
    {"${!true || true && false}", "false"},
    {"${true || false && false}", "true"},
    {"${(true || false) && false}", "false"},
    {"${true ? 1 : 2}", "1"},
    {"${false ? 1 : true ? 2 : 3}", "2"},
    {"${!(1 == 2)}", "true"},
    {"${var.map.a}", "1"},
    {"${var.map[\"b.c\"]}", "\"two\""},
    {"${var.list[2]}", "3"},
    {"${var.text}/${var.map.a}", "\"text/1\""},
    {"${[1, 2][1]}", "2"},
    {"${{a: {b: 5}}.a.b}", "5"},
    {"x ${var.list[0]} y", "\"x x y\""},
};

constexpr Case kMarks[] = {
    {"${var.unknown}", "\"<unknown>\""},
    {"${var.unknown.a.b[3]}", "\"<unknown>\""},
    {"a-${var.unknown}", "\"<unknown>\""},
    {"${var.unknown == 1}", "\"<unknown>\""},
    {"${false && var.unknown}", "false"},
    {"${true || var.unknown}", "true"},
    {"${true && var.unknown}", "\"<unknown>\""},
    {"${true ? 1 : var.unknown}", "1"},
    {"${var.unknown ? 1 : 1}", "\"<unknown>\""},
    {"${[var.unknown, 1]}", "[\"<unknown>\",1]"},
    {"${length([var.unknown, 1])}", "2"},
    {"${jsonencode([var.unknown])}", "\"<unknown>\""},
    {"${coalesce(1, var.unknown)}", "1"},
    {"${coalesce(null, var.unknown)}", "\"<unknown>\""},
    {"${try(var.unknown.x, 1)}", "\"<unknown>\""},
    {"${merge({a: 1}, {b: var.unknown})}", "{\"a\":1,\"b\":\"<unknown>\"}"},
    {"${keys(var.map)}", "[\"a\",\"b.c\",\"s\",\"u\"]"},
    {"${lookup({a: 1}, \"a\", var.unknown)}", "1"},
    {"${var.secret}", "\"<sensitive>\""},
    {"x${var.secret}", "\"<sensitive>\""},
    {"${var.secret == \"a\"}", "\"<sensitive>\""},
    {"${lower(var.secret)}", "\"<sensitive>\""},
    {"${var.map.s}", "\"<sensitive>\""},
    {"${jsonencode(var.map.s)}", "\"<sensitive>\""},
    {"${[var.secret, 1]}", "[\"<sensitive>\",1]"},
    {"${length([var.secret])}", "1"},
    {"${var.sealed.k}", "\"<sensitive>\""},
    {"${keys(var.sealed)}", "\"<sensitive>\""},
    {"${length(var.secret)}", "\"<sensitive>\""},
    {"${var.secret == \"hidden\" ? 1 : 2}", "\"<sensitive>\""},
    {"${!(var.secret == 1)}", "\"<sensitive>\""},
    {"${contains([var.secret], 1)}", "\"<sensitive>\""},
    {"${concat([var.secret], [1])}", "[\"<sensitive>\",1]"},
    {"${{hidden: 1}[var.secret]}", "\"<sensitive>\""},
};

constexpr Case kFunctions[] = {
    {"${file(\"a.txt\")}", "\"content\""},
    {"${file(\"b\")}", "error: In file(): No such file."},
    {"${yamldecode(\"a: [1, yes]\")}", "{\"a\":[1,\"yes\"]}"},
    {"${yamldecode(\"a: [\")}",
     "error: In yamldecode(): The text is no YAML: YAML is not well-formed (line 1 of the text)."},
    {"${jsonencode({a: [1, 2.0, \"<&>\"], b: null})}",
     "\"{\\\"a\\\":[1,2,\\\"\\\\u003c\\\\u0026\\\\u003e\\\"],\\\"b\\\":null}\""},
    {"${base64encode(\"hello\")}", "\"aGVsbG8=\""},
    {"${base64encode(\"\")}", "\"\""},
    {"${base64decode(\"aGVsbG8=\")}", "\"hello\""},
    {"${base64decode(\"a\")}", "error: In base64decode(): The text is no standard base64."},
    {"${base64decode(\"/w==\")}", "error: In base64decode(): The decoded bytes are no UTF-8 text."},
    {"${format(\"%s-%d%%\", \"a\", 5)}", "\"a-5%\""},
    {"${format(\"%05.1f|%-4s|%4s|%x|%q|%v|%t\", 3.14159, \"ab\", \"cd\", 255, \"q\", [1], true)}",
     "\"003.1|ab  |  cd|ff|\\\"q\\\"|[1]|true\""},
    {"${format(\"%[2]s%[1]s\", \"a\", \"b\")}", "\"ba\""},
    {"${format(\"%s\")}", "error: In format(): The format asks for 1 values, but 0 are given."},
    {"${format(\"a\", 1)}", "error: In format(): The format uses only 0 of 1 values."},
    {"${format(\"%s\", null)}", "error: In format(): Value 1, null, cannot be written as %s."},
    {"${format(\"%y\", 1)}",
     "error: In format(): The format has a `%` that is no directive; a percent sign itself is "
     "`%%`."},
    {"${join(\", \", [\"a\", 1], [true])}", "\"a, 1, true\""},
    {"${split(\",\", \"a,,b\")}", "[\"a\",\"\",\"b\"]"},
    {"${split(\",\", \"\")}", "[\"\"]"},
    {"${replace(\"a.b.c\", \".\", \"-\")}", "\"a-b-c\""},
    {"${lower(\"ÀBC-Σ\")}", "\"àbc-σ\""},
    {"${length(\"äb\")}", "2"},
    {"${length({a: 1})}", "1"},
    {"${values({b: 2, a: 1})}", "[1,2]"},
    {"${merge({a: 1, b: 1}, null, {b: 2})}", "{\"a\":1,\"b\":2}"},
    {"${contains([1, 2], 2)}", "true"},
    {"${range(3)}", "[0,1,2]"},
    {"${range(1, 4)}", "[1,2,3]"},
    {"${range(4, 0, -2)}", "[4,2]"},
    {"${range(3, 1)}", "[3,2]"},
    {"${range(0, 1, 0.5)}", "[0.0,0.5]"},
    {"${range(1, 2, 0)}", "error: In range(): The step is 0, so the range would never end."},
    {"${range(300000)}", "error: In range(): The range has more than 200000 numbers."},
    {"${lookup({a: 1}, \"b\", 7)}", "7"},
    {"${lookup({a: 1}, \"b\")}",
     "error: In lookup(): The object has no member of that name, and no default is given."},
    {"${coalesce(null, \"\", 3)}", "3"},
    {"${coalesce(null)}", "error: In coalesce(): every argument is null or an empty string."},
    {"${try(var.map.zzz, \"d\")}", "\"d\""},
    {"${try(var.list[9])}",
     "error: In try(): no argument could be computed. The last one: The list has 3 items, counted "
     "from 0."},
    {"${length(1)}",
     "error: In length(): Argument 1 must be a string, list or object, not a number."},
};

constexpr Case kErrors[] = {
    {"${", "syntax: The expression ends where a value is expected."},
    {"${var.a", "syntax: The `${` is never closed."},
    {"${1 + 2}",
     "syntax: The operator `+` is not part of the language; ==, !=, &&, ||, ! and ?: are."},
    {"${foo(1)}", "syntax: There is no function `foo`."},
    {"${split(1)}", "syntax: `split` takes a separator and a text."},
    {"${HOME}",
     "syntax: `HOME` is no value; references begin with var., local., link., resource. or each."},
    {"${\"a}", "syntax: The quote is never closed."},
    {"${var.list.0}", "syntax: An item of a list is taken with brackets."},
    {"${\"${1}\"}", "syntax: An expression cannot stand inside a string of an expression."},
    {"${var}", "syntax: `var` alone has no value; a name follows it, as in var.name."},
    {"${{a: 1, a: 2}}", "syntax: The key `a` is written twice."},
    {"${1 2}", "syntax: `2` stands where `}` or an operator is expected."},
    {"${99999999999999999999}", "syntax: The number does not fit into 64 bits."},
    {"${\"a\" ? 1 : 2}", "error: The value is a string."},
    {"${var.nothing.a}", "error: The value is null; it has no `a`."},
    {"${var.text.a}", "error: The value is a string; only an object has attributes."},
    {"${var.map.aa}", "error: The object has no attribute `aa`."},
    {"${var.list[5]}", "error: The list has 3 items, counted from 0."},
    {"${var.list[\"a\"]}", "error: An item of a list is taken by a whole number, not by a string."},
    {"a${var.list}", "error: The expression gives a list, which has no form as text."},
    {"a${null}", "error: The expression gives null, which has no form as text."},
};

class ExpressionTable : public testing::TestWithParam<Case> {};

TEST_P(ExpressionTable, gives_the_value_or_the_error) {
  EXPECT_EQ(evaluate(GetParam().text), GetParam().expected) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(Language, ExpressionTable, testing::ValuesIn(kLanguage));
INSTANTIATE_TEST_SUITE_P(Marks, ExpressionTable, testing::ValuesIn(kMarks));
INSTANTIATE_TEST_SUITE_P(Functions, ExpressionTable, testing::ValuesIn(kFunctions));
INSTANTIATE_TEST_SUITE_P(Errors, ExpressionTable, testing::ValuesIn(kErrors));

TEST(Expression, nesting_and_length_have_limits) {
  EXPECT_EQ(evaluate("${" + std::string(100, '(') + "1" + std::string(100, ')') + "}"),
            "syntax: The expression is nested more than 64 levels deep.");
  EXPECT_EQ(evaluate("${" + std::string(100, '!') + "true}"),
            "syntax: Too many `!` stand in a row.");
  EXPECT_EQ(evaluate("${\"" + std::string(20000, 'a') + "\"}"),
            "syntax: The expression is longer than 16384 bytes.");
  std::string chain = "${true";
  for (int i = 0; i < 100; ++i) chain += " && true";
  EXPECT_EQ(evaluate(chain + "}"), "syntax: More than 64 operators stand in a row.");
}

TEST(Expression, an_error_is_found_behind_escapes_in_the_source) {
  Diagnostics errors;
  const auto document =
      parse_yaml("t", "a: \"é \\u00e9 ${lookup(var.map, \\\"x\\\") }${nope}\"\n", errors);
  compile_templates(*document, errors);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].where->column, 42);
  EXPECT_EQ(errors[0].where->length, 4);
}

TEST(Expression, an_error_in_a_block_text_is_found_in_its_line) {
  Diagnostics errors;
  const auto document = parse_yaml(
      "t", "a: |\n  first\n    second ${nope}\nb: >-\n  folded\n  text ${zero}\n", errors);
  compile_templates(*document, errors);
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0].where->line, 3);
  EXPECT_EQ(errors[0].where->column, 14);
  EXPECT_EQ(errors[1].where->line, 6);
  EXPECT_EQ(errors[1].where->column, 10);
}

}  // namespace
}  // namespace crosstie::config
