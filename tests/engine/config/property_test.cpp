#include <rapidcheck.h>

#include "engine/config/evaluator.hpp"
#include "engine/config/template.hpp"
#include "engine/config/text.hpp"
#include "tests/engine/config/support.hpp"

namespace crosstie::config {
namespace {

std::string quote(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else if (text.substr(i).starts_with("${")) {
      out += "$$";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

/// The value as it is written in an expression.
std::string print_literal(const Value& value) {
  if (value.is_null() || value.is_unknown()) return "null";
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_string()) return quote(value.as_string());
  if (value.is_number()) return print_number(value);
  std::string out;
  if (value.is_list()) {
    for (const Value& item : value.as_list())
      out += (out.empty() ? "" : ", ") + print_literal(item);
    return "[" + out + "]";
  }
  for (const auto& [key, member] : value.as_object())
    out += (out.empty() ? "" : ", ") + quote(key) + ": " + print_literal(member);
  return "{" + out + "}";
}

rc::Gen<std::string> pieces(std::vector<std::string> words) {
  return rc::gen::map(
      rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::move(words))),
      [](const std::vector<std::string>& parts) {
        std::string out;
        for (const std::string& part : parts) out += part;
        return out;
      });
}

Value literal(int depth) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 7 : 5);
  if (kind == 0) return {};
  if (kind == 1) return Value(*rc::gen::arbitrary<bool>());
  if (kind == 2) return Value(*rc::gen::arbitrary<std::int64_t>());
  if (kind == 3) return Value(static_cast<double>(*rc::gen::inRange(-1000000, 1000000)) / 64);
  if (kind == 4)
    return Value(*pieces({"a", "\"", "'", "\\", "${", "}", "$", "\n", "\t", "é", "漢", " "}));
  const int size = *rc::gen::inRange(0, 4);
  Value::List list;
  Value::Object object;
  for (int i = 0; i < size; ++i) {
    if (kind == 5)
      list.push_back(literal(depth - 1));
    else
      object.insert_or_assign("k" + std::to_string(i) + *pieces({"a", "\"", "${", "."}),
                              literal(depth - 1));
  }
  return kind == 5 ? Value(std::move(list)) : Value(std::move(object));
}

struct NoScope final : Scope {
  Result<Operand> get(const Expression&, const Value*, const Node&) const override {
    return Operand(Value::unknown("x"));
  }
  Outcome read_file(const std::string&) const override { return Outcome::fail("none"); }
};

TEST(Property, a_printed_literal_reads_back_to_the_same_value) {
  EXPECT_TRUE(rc::check([] {
    const Value value = literal(3);
    const std::string text = print_literal(value);
    const ParsedExpression parsed = parse_expression(text, 0, false);
    RC_ASSERT(parsed.expression != nullptr);
    const Node node;
    const Result<Operand> result = evaluate_expression(*parsed.expression, node, NoScope());
    RC_ASSERT(result.ok());
    RC_ASSERT(result->get() == value);
  }));
}

TEST(Property, no_text_breaks_the_parser_of_expressions) {
  EXPECT_TRUE(rc::check([] {
    const std::string text =
        *pieces({"var.", "a",          ".",  "[",   "]",  "(",    ")",  "{",       "}", "\"",
                 "'",    "\\",         "1",  "-",   "==", "!",    "&&", "?",       ":", ",",
                 "try(", "resource.x", "${", "$${", " ",  "\xC3", "é",  "link.a.b"});
    const ParsedExpression parsed = parse_expression(text, 0, *rc::gen::arbitrary<bool>());
    const bool one_of_both = (parsed.expression != nullptr) == parsed.error.detail.empty();
    RC_ASSERT(one_of_both);
    const bool inside = parsed.expression != nullptr || parsed.error.begin <= text.size();
    RC_ASSERT(inside);
  }));
}

TEST(Property, no_text_breaks_the_reader_of_yaml) {
  EXPECT_TRUE(rc::check([] {
    const std::string text =
        *pieces({"a",        ": ", "- ", "\n",  "  ", "\t",     "[",   "]",  "{", "}",     "\"",
                 "'",        "|",  ">",  "&x ", "*x", "!!str ", "!t ", "? ", "#", "---\n", "...",
                 "${var.x}", "${", "1",  "0x",  "é",  "\xFF",   "%",   "@",  "`", ",",     "<<: "});
    Diagnostics errors;
    const auto document = parse_yaml("t", text, errors);
    compile_templates(*document, errors);
    if (document->root != nullptr) RC_ASSERT(!kind_name(to_value(*document->root)).empty());
    for (const Node& node : document->nodes) RC_ASSERT(place_in(node, 0, 1).line >= 0);
  }));
}

TEST(Property, no_configuration_breaks_the_loader) {
  EXPECT_TRUE(rc::check([] {
    const std::string text = "crosstie: 1\n" + *pieces({"variables:\n",
                                                        "locals:\n",
                                                        "resources:\n",
                                                        "links:\n",
                                                        "outputs:\n",
                                                        "providers:\n",
                                                        "  a: ",
                                                        "  b: ",
                                                        "    type: null.thing\n",
                                                        "    text: ",
                                                        "    for_each: ",
                                                        "{type: null.thing}\n",
                                                        "{model: api_key}\n",
                                                        "\"${resource.a}\"\n",
                                                        "\"${local.b}\"\n",
                                                        "\"${link.a.alias}\"\n",
                                                        "\"${each.key}\"\n",
                                                        "[a, b]\n",
                                                        "{default: 1}\n",
                                                        "    depends_on: [link.a]\n",
                                                        "\n",
                                                        "1\n"});
    const Folder folder;
    folder.write("a.yaml", text);
    const auto result = load_configuration(options_for(folder), catalog());
    const bool answered = result.ok() || !result.failure().empty();
    RC_ASSERT(answered);
  }));
}

}  // namespace
}  // namespace crosstie::config
