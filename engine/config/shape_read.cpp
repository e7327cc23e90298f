#include "engine/config/shape_read.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/config/shape.hpp"
#include "engine/config/source.hpp"
#include "engine/config/text.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/address.hpp"
#include "engine/model/diagnostic.hpp"

namespace crosstie::config {

bool expect_mapping(const Node& node, const Place& where, std::string_view what,
                    Diagnostics& errors) {
  if (node.is_mapping() || node.kind == NodeKind::null) return true;
  errors.push_back(
      make_error("wrong kind of value",
                 std::string(what) + " must be a mapping, not " + std::string(describe(node)) + ".",
                 "To fix it, write lines like `name: value` below it.", where.range()));
  return false;
}

void check_keys(const Node& node, std::span<const std::string_view> known, std::string_view what,
                Diagnostics& errors) {
  for (const Entry& entry : node.entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    const std::vector<std::string> names(known.begin(), known.end());
    errors.push_back(make_error(
        "unknown key", "`" + std::string(entry.key) + "` is no key of " + std::string(what) + ".",
        entry.value->kind == NodeKind::null && entry.key.find(' ') != std::string_view::npos
            ? "To fix it, put text that holds a comma into quotes."
            : suggest(entry.key, names),
        entry.where.range()));
  }
}

std::optional<std::string_view> read_text(const Entry& entry, std::string_view what,
                                          Diagnostics& errors) {
  const Node& node = *entry.value;
  if (node.kind == NodeKind::string && !node.templated) return node.text;
  const std::string given = node.templated ? "an expression" : std::string(describe(node));
  errors.push_back(make_error("wrong kind of value",
                              std::string(what) + " must be a plain string, not " + given + ".", {},
                              (node.kind == NodeKind::null ? entry.where : node.where).range()));
  return std::nullopt;
}

std::optional<bool> read_bool(const Entry& entry, std::string_view what, Diagnostics& errors) {
  const Node& node = *entry.value;
  if (node.kind == NodeKind::boolean) return to_value(node).as_bool();
  const std::string given = node.templated ? "an expression" : std::string(describe(node));
  errors.push_back(make_error("wrong kind of value",
                              std::string(what) + " must be true or false, not " + given + ".", {},
                              (node.kind == NodeKind::null ? entry.where : node.where).range()));
  return std::nullopt;
}

bool check_name(std::string_view name, const Place& where, std::string_view what,
                Diagnostics& errors) {
  if (is_valid_name(name)) return true;
  errors.push_back(
      make_error("name is not valid",
                 (name.empty() ? "An empty text" : "`" + std::string(name) + "`") +
                     " cannot be the name of " + std::string(what) + ".",
                 "To fix it, begin with a letter or underscore, go on with letters, digits, `_` or "
                 "`-`, and use at most 64 characters.",
                 where.range()));
  return false;
}

std::vector<ConditionShape> read_conditions(const Entry& entry, std::string_view what,
                                            Diagnostics& errors) {
  static constexpr std::string_view kKeys[] = {"condition", "error_message"};
  std::vector<ConditionShape> out;
  if (!entry.value->is_sequence()) {
    errors.push_back(make_error("wrong kind of value",
                                "`" + std::string(what) +
                                    "` must be a list of {condition, error_message}, not " +
                                    std::string(describe(*entry.value)) + ".",
                                "To fix it, begin the line below with `- `.", entry.where.range()));
    return out;
  }
  for (const Entry& item : entry.value->entries) {
    if (!expect_mapping(*item.value, item.where, "An item of `" + std::string(what) + "`", errors))
      continue;
    check_keys(*item.value, kKeys, "`" + std::string(what) + "`", errors);
    const Entry* condition = item.value->find("condition");
    const Entry* message = item.value->find("error_message");
    if (condition == nullptr || message == nullptr)
      errors.push_back(make_error(
          "key is missing",
          "This item of `" + std::string(what) + "` has no `" +
              (condition == nullptr ? "condition" : "error_message") + "`.",
          "To fix it, write {condition: \"${...}\", error_message: \"...\"}.", item.where.range()));
    else
      out.push_back({condition->value, message->value, condition->value->where});
  }
  return out;
}

}  // namespace crosstie::config
