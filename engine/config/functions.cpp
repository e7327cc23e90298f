#include "engine/config/functions.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/config/source.hpp"
#include "engine/config/text.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/value.hpp"

namespace crosstie::config {
namespace {

using Arguments = std::vector<Value>;

Outcome wrong(std::size_t index, std::string_view wanted, const Value& given) {
  return Outcome::fail("Argument " + std::to_string(index + 1) + " must be " + std::string(wanted) +
                       ", not " + describe(given) + ".");
}

/// The text of a string, number or bool; nullopt for everything else.
std::optional<std::string> as_text(const Value& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_number()) return print_number(value);
  if (value.is_bool()) return std::string(value.as_bool() ? "true" : "false");
  return std::nullopt;
}

Outcome file(const Arguments& a, const FileReader& files) {
  if (!a[0].is_string()) return wrong(0, "a path", a[0]);
  return files ? files(a[0].as_string()) : Outcome::fail("No file can be read here.");
}

Outcome yaml_decode(const Arguments& a, const FileReader&) {
  if (!a[0].is_string()) return wrong(0, "a string", a[0]);
  Diagnostics errors;
  const auto document = parse_yaml("text", a[0].as_string(), errors);
  if (!errors.empty()) {
    const Diagnostic& first = errors.front();
    std::string at =
        first.where ? " (line " + std::to_string(first.where->line) + " of the text)" : "";
    // The detail may quote the text, which may be sensitive: only the fixed summary is told.
    return Outcome::fail("The text is no YAML: " + first.summary + at + ".");
  }
  return document->root == nullptr ? Value() : to_value(*document->root);
}

Outcome json_encode(const Arguments& a, const FileReader&) { return Value(encode_json(a[0])); }

Outcome base64_encode(const Arguments& a, const FileReader&) {
  const auto text = as_text(a[0]);
  return text ? encode_base64(*text) : wrong(0, "a string", a[0]);
}

Outcome base64_decode(const Arguments& a, const FileReader&) {
  return a[0].is_string() ? decode_base64(a[0].as_string()) : wrong(0, "a string", a[0]);
}

Outcome format(const Arguments& a, const FileReader&) { return format_values(a); }

Outcome join(const Arguments& a, const FileReader&) {
  if (!a[0].is_string()) return wrong(0, "a string", a[0]);
  std::string out;
  bool first = true;
  for (std::size_t i = 1; i < a.size(); ++i) {
    if (!a[i].is_list()) return wrong(i, "a list of strings", a[i]);
    for (const Value& item : a[i].as_list()) {
      const auto text = as_text(item);
      if (!text)
        return Outcome::fail("The list holds " + describe(item) + ", which cannot be joined.");
      if (!first) out += a[0].as_string();
      first = false;
      out += *text;
      if (out.size() > kFunctionTextBytesMax) return Outcome::fail("The joined text is too long.");
    }
  }
  return Value(std::move(out));
}

Outcome split(const Arguments& a, const FileReader&) {
  if (!a[0].is_string()) return wrong(0, "a string", a[0]);
  if (!a[1].is_string()) return wrong(1, "a string", a[1]);
  const std::string& separator = a[0].as_string();
  const std::string& text = a[1].as_string();
  Value::List out;
  if (separator.empty()) {
    for (const std::uint32_t code : code_points(text)) {
      std::string character;
      append_utf8(character, code);
      out.emplace_back(std::move(character));
    }
    return Value(std::move(out));
  }
  std::size_t begin = 0;
  for (std::size_t at = text.find(separator); at != std::string::npos;
       at = text.find(separator, begin)) {
    out.emplace_back(text.substr(begin, at - begin));
    begin = at + separator.size();
  }
  out.emplace_back(text.substr(begin));
  return Value(std::move(out));
}

Outcome replace(const Arguments& a, const FileReader&) {
  std::string parts[3];
  for (std::size_t i = 0; i < 3; ++i) {
    const auto text = as_text(a[i]);
    if (!text) return wrong(i, "a string", a[i]);
    parts[i] = *text;
  }
  const auto& [text, what, with] = parts;
  if (what.size() > 1 && what.front() == '/' && what.back() == '/')
    return Outcome::fail(
        "Between slashes Terraform takes a regular expression, which this function does not know.");
  if (what.empty()) return Outcome::fail("The text to replace is empty.");
  std::string out;
  std::size_t begin = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, begin)) {
    out.append(text, begin, at - begin).append(with);
    begin = at + what.size();
    if (out.size() > kFunctionTextBytesMax) return Outcome::fail("The text gets too long.");
  }
  return Value(out.append(text, begin));
}

Outcome lower(const Arguments& a, const FileReader&) {
  const auto text = as_text(a[0]);
  return text ? Outcome(Value(lower_case(*text))) : wrong(0, "a string", a[0]);
}

Outcome length(const Arguments& a, const FileReader&) {
  const auto size = [](std::size_t n) { return Value(static_cast<std::int64_t>(n)); };
  if (a[0].is_string()) return size(count_characters(a[0].as_string()));
  if (a[0].is_list()) return size(a[0].as_list().size());
  if (a[0].is_object()) return size(a[0].as_object().size());
  return wrong(0, "a string, list or object", a[0]);
}

Outcome keys(const Arguments& a, const FileReader&) {
  if (!a[0].is_object()) return wrong(0, "an object", a[0]);
  Value::List out;
  for (const auto& [key, value] : a[0].as_object()) out.emplace_back(key);
  return Value(std::move(out));
}

Outcome values(const Arguments& a, const FileReader&) {
  if (!a[0].is_object()) return wrong(0, "an object", a[0]);
  Value::List out;
  for (const auto& [key, value] : a[0].as_object()) out.push_back(value);
  return Value(std::move(out));
}

Outcome merge(const Arguments& a, const FileReader&) {
  Value::Object out;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].is_null()) continue;
    if (!a[i].is_object()) return wrong(i, "an object", a[i]);
    for (const auto& [key, value] : a[i].as_object()) out.insert_or_assign(key, value);
  }
  return Value(std::move(out));
}

Outcome concat(const Arguments& a, const FileReader&) {
  Value::List out;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!a[i].is_list()) return wrong(i, "a list", a[i]);
    out.insert(out.end(), a[i].as_list().begin(), a[i].as_list().end());
  }
  return Value(std::move(out));
}

Outcome contains(const Arguments& a, const FileReader&) {
  if (!a[0].is_list()) return wrong(0, "a list", a[0]);
  const Value::List& list = a[0].as_list();
  return Value(std::find(list.begin(), list.end(), a[1]) != list.end());
}

Outcome range(const Arguments& a, const FileReader&) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!a[i].is_number()) return wrong(i, "a number", a[i]);
  const double start = a.size() > 1 ? a[0].as_double() : 0;
  const double limit = a.size() > 1 ? a[1].as_double() : a[0].as_double();
  const double step = a.size() > 2 ? a[2].as_double() : start <= limit ? 1 : -1;
  if (step == 0) return Outcome::fail("The step is 0, so the range would never end.");
  if ((step > 0 && start > limit) || (step < 0 && start < limit))
    return Outcome::fail("The step leads away from the limit.");
  const double count = std::ceil((limit - start) / step);
  if (count > static_cast<double>(kRangeItemsMax))
    return Outcome::fail("The range has more than " + std::to_string(kRangeItemsMax) + " numbers.");
  const bool whole = std::all_of(a.begin(), a.end(), [](const Value& v) { return v.is_integer(); });
  Value::List out;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(count); ++i) {
    const double number = start + static_cast<double>(i) * step;
    out.push_back(whole ? Value(static_cast<std::int64_t>(number)) : Value(number));
  }
  return Value(std::move(out));
}

Outcome lookup(const Arguments& a, const FileReader&) {
  if (!a[0].is_object()) return wrong(0, "an object", a[0]);
  const auto key = as_text(a[1]);
  if (!key) return wrong(1, "a string", a[1]);
  if (const Value* found = a[0].find(*key)) return *found;
  if (a.size() > 2) return a[2];
  return Outcome::fail("The object has no member of that name, and no default is given.");
}

constexpr std::size_t kMany = 1000;

// Sorted by name.
constexpr Function kFunctions[] = {
    {"base64decode", 1, 1, "one string", Marks::whole, kMany, base64_decode},
    {"base64encode", 1, 1, "one string", Marks::whole, kMany, base64_encode},
    {"coalesce", 1, kMany, "one or more values", Marks::chooses, kMany, nullptr},
    {"concat", 0, kMany, "lists", Marks::top, kMany, concat},
    {"contains", 2, 2, "a list and a value", Marks::whole, kMany, contains},
    {"file", 1, 1, "one path", Marks::whole, kMany, file},
    {"format", 1, kMany, "a format and its values", Marks::whole, kMany, format},
    {"join", 2, kMany, "a separator and lists", Marks::whole, kMany, join},
    {"jsonencode", 1, 1, "one value", Marks::whole, kMany, json_encode},
    {"keys", 1, 1, "one object", Marks::top, kMany, keys},
    {"length", 1, 1, "one string, list or object", Marks::top, kMany, length},
    {"lookup", 2, 3, "an object, a key and a default", Marks::top, 2, lookup},
    {"lower", 1, 1, "one string", Marks::whole, kMany, lower},
    {"merge", 0, kMany, "objects", Marks::top, kMany, merge},
    {"range", 1, 3, "a limit, or start, limit and step", Marks::whole, kMany, range},
    {"replace", 3, 3, "a text, what to replace, and by what", Marks::whole, kMany, replace},
    {"split", 2, 2, "a separator and a text", Marks::whole, kMany, split},
    {"try", 1, kMany, "one or more expressions", Marks::chooses, kMany, nullptr},
    {"values", 1, 1, "one object", Marks::top, kMany, values},
    {"yamldecode", 1, 1, "one string", Marks::whole, kMany, yaml_decode},
};

}  // namespace

const Function* find_function(std::string_view name) {
  for (const Function& function : kFunctions)
    if (function.name == name) return &function;
  return nullptr;
}

std::vector<std::string> function_names() {
  std::vector<std::string> names;
  for (const Function& function : kFunctions) names.emplace_back(function.name);
  return names;
}

}  // namespace crosstie::config
