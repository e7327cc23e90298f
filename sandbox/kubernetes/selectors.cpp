#include "sandbox/kubernetes/selectors.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/kubernetes/kinds.hpp"
#include "sandbox/kubernetes/status.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

/// Cuts a selector into words and the signs `( ) , ! = == != < >`
/// (k8s.io/apimachinery/pkg/labels/selector.go, Lexer).
std::vector<std::string> tokens_of(const std::string& text) {
  const std::string signs = "(),!=<>";
  std::vector<std::string> tokens;
  for (std::size_t at = 0; at < text.size();) {
    if (std::isspace(static_cast<unsigned char>(text[at]))) {
      ++at;
    } else if (signs.find(text[at]) != std::string::npos) {
      const bool pair =
          (text[at] == '=' || text[at] == '!') && at + 1 < text.size() && text[at + 1] == '=';
      tokens.push_back(text.substr(at, pair ? 2 : 1));
      at += tokens.back().size();
    } else {
      const std::size_t from = at;
      while (at < text.size() && !std::isspace(static_cast<unsigned char>(text[at])) &&
             signs.find(text[at]) == std::string::npos)
        ++at;
      tokens.push_back(text.substr(from, at - from));
    }
  }
  return tokens;
}

bool is_word(const std::string& token) {
  return !token.empty() && std::string("(),!=<>").find(token[0]) == std::string::npos;
}

class LabelParser {
 public:
  explicit LabelParser(const std::string& text) : tokens_(tokens_of(text)) {}

  std::vector<LabelRequirement> parse() {
    std::vector<LabelRequirement> found;
    while (at_ < tokens_.size()) {
      found.push_back(requirement());
      if (at_ == tokens_.size()) break;
      if (peek() != ",") fail("',' or 'end of string'");
      ++at_;
      if (at_ == tokens_.size()) fail("identifier after ','");
    }
    return found;
  }

 private:
  using Operator = LabelRequirement::Operator;

  std::string peek() const { return at_ < tokens_.size() ? tokens_[at_] : ""; }

  [[noreturn]] void fail(const std::string& expected) const {
    throw bad_request("unable to parse requirement: found '" + peek() + "', expected: " + expected);
  }

  std::string word() {
    if (!is_word(peek())) fail("identifier");
    return tokens_[at_++];
  }

  LabelRequirement requirement() {
    if (peek() == "!") {
      ++at_;
      return {word(), Operator::absent, {}};
    }
    const std::string key = word();
    const std::string sign = peek();
    if (sign.empty() || sign == ",") return {key, Operator::exists, {}};
    ++at_;
    if (sign == "=" || sign == "==") return {key, Operator::in, {value()}};
    if (sign == "!=") return {key, Operator::not_in, {value()}};
    if (sign == ">" || sign == "gt") return {key, Operator::greater, {value()}};
    if (sign == "<" || sign == "lt") return {key, Operator::less, {value()}};
    if (sign == "in" || sign == "notin")
      return {key, sign == "in" ? Operator::in : Operator::not_in, values()};
    --at_;
    fail("in, notin, =, ==, !=, gt, lt");
  }

  std::string value() { return is_word(peek()) ? tokens_[at_++] : ""; }

  std::vector<std::string> values() {
    if (peek() != "(") fail("'('");
    ++at_;
    std::vector<std::string> found;
    while (true) {
      found.push_back(value());
      if (peek() == ")") break;
      if (peek() != ",") fail("',', or ')'");
      ++at_;
    }
    ++at_;
    return found;
  }

  std::vector<std::string> tokens_;
  std::size_t at_ = 0;
};

bool selectable(const Kind& kind, const std::string& field) {
  if (field == "metadata.name" || (field == "metadata.namespace" && kind.namespaced)) return true;
  if (kind.custom || !kind.group.empty()) return false;
  if (kind.kind == "Secret") return field == "type";
  if (kind.kind == "Namespace") return field == "status.phase";
  if (kind.kind == "Service") return field == "spec.clusterIP" || field == "spec.type";
  if (kind.kind == "Pod")
    return field == "spec.nodeName" || field == "status.phase" || field == "status.podIP" ||
           field == "spec.restartPolicy";
  if (kind.kind != "Event") return false;
  return field.starts_with("involvedObject.") || field == "reason" || field == "type" ||
         field == "reportingComponent" || field == "source";
}

}  // namespace

bool LabelRequirement::matches(const json& labels) const {
  const auto found = labels.is_object() ? labels.find(key) : labels.end();
  const bool present = labels.is_object() && found != labels.end();
  const std::string value = present && found->is_string() ? found->get<std::string>() : "";
  const bool listed = present && std::find(values.begin(), values.end(), value) != values.end();
  switch (op) {
    case Operator::exists:
      return present;
    case Operator::absent:
      return !present;
    case Operator::in:
      return listed;
    case Operator::not_in:
      return !listed;
    case Operator::greater:
      return present && std::atoll(value.c_str()) > std::atoll(values[0].c_str());
    case Operator::less:
      return present && std::atoll(value.c_str()) < std::atoll(values[0].c_str());
  }
  return false;
}

LabelSelector::LabelSelector(const std::string& text) : requirements_(LabelParser(text).parse()) {}

bool LabelSelector::matches(const json& labels) const {
  return std::all_of(requirements_.begin(), requirements_.end(),
                     [&](const auto& one) { return one.matches(labels); });
}

FieldSelector::FieldSelector(const std::string& text, const Kind& kind) {
  std::istringstream stream(text);
  for (std::string term; std::getline(stream, term, ',');) {
    if (term.empty()) continue;
    const std::size_t sign = term.find_first_of("!=");
    if (sign == std::string::npos)
      throw bad_request("invalid selector: '" + text + "'; can't understand '" + term + "'");
    const bool equal = term[sign] == '=';
    const std::size_t value = term.find_first_not_of("!=", sign);
    Term made{term.substr(0, sign), value == std::string::npos ? "" : term.substr(value), equal};
    if (!selectable(kind, made.field))
      throw bad_request("field label not supported: " + made.field);
    terms_.push_back(std::move(made));
  }
}

bool FieldSelector::matches(const json& object) const {
  return std::all_of(terms_.begin(), terms_.end(), [&](const Term& term) {
    return (field_text(object, term.field) == term.value) == term.equal;
  });
}

std::string field_text(const json& object, const std::string& path) {
  const json* at = &object;
  std::istringstream stream(path);
  for (std::string name; std::getline(stream, name, '.');) {
    if (!at->is_object() || !at->contains(name)) return "";
    at = &at->at(name);
  }
  if (at->is_null()) return "";
  return at->is_string() ? at->get<std::string>() : at->dump();
}

}  // namespace crosstie::sandbox::kubernetes
