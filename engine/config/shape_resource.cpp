// One resource as it is written: meta keys apart from arguments.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "engine/config/configuration.hpp"
#include "engine/config/expression.hpp"
#include "engine/config/shape.hpp"
#include "engine/config/shape_read.hpp"
#include "engine/config/template.hpp"
#include "engine/config/text.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/adoption.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"

namespace crosstie::config {
namespace {

constexpr std::string_view kMetaKeys[] = {"adopt",     "depends_on", "for_each",
                                          "lifecycle", "provider",   "share",
                                          "take_over", "type",       "when"};

ResourceExtras& extras_of(ResourceShape& resource) {
  if (!resource.extras) resource.extras = std::make_unique<ResourceExtras>();
  return *resource.extras;
}

void read_type(const Node& body, const TypeTable& types, ResourceShape& resource,
               Diagnostics& errors) {
  const Entry* entry = body.find("type");
  if (entry == nullptr) {
    errors.push_back(make_error("resource has no type", "The key `type` is missing.",
                                suggest("", types.names()), resource.where.range()));
    return;
  }
  const auto type = read_text(*entry, "`type`", errors);
  if (!type) return;
  resource.type = *type;
  resource.type_where = entry->value->where;
  resource.schema = types.find(*type);
  if (resource.schema == nullptr)
    errors.push_back(make_error("unknown type of a resource",
                                "There is no resource type `" + std::string(*type) + "`.",
                                suggest(*type, types.names()), resource.type_where.range()));
}

void read_adoption(const Entry& entry, ResourceShape& resource, Diagnostics& errors) {
  if (entry.key == "take_over") {
    if (read_bool(entry, "`take_over`", errors).value_or(false))
      resource.adoption = Adoption::take_over;
    return;
  }
  const auto word = read_text(entry, "`adopt`", errors);
  if (!word || *word == "never") return;
  if (*word == "if_unowned")
    resource.adoption = Adoption::if_unowned;
  else if (*word == "take_over")
    resource.adoption = Adoption::take_over;
  else
    errors.push_back(make_error(
        "unknown word for adoption", "`adopt` cannot be `" + std::string(*word) + "`.",
        suggest(*word, {"if_unowned", "never", "take_over"}), entry.value->where.range()));
}

void read_share(const Entry& entry, ResourceShape& resource) {
  resource.share = entry.value;
  resource.share_where = entry.where;
}

void refuse_dependency(const Node& node, Diagnostics& errors) {
  errors.push_back(make_error(
      "dependency is no reference", "An entry of `depends_on` must name a resource or a link.",
      "To fix it, write it like `resource.name` or `link.name.resource`.", node.where.range()));
}

bool names_dependency(const Expression& e) {
  return e.operation == Operation::reference && (e.root == Root::resource || e.root == Root::link);
}

void read_depends_on(const Entry& entry, ResourceShape& resource, Diagnostics& errors) {
  if (!entry.value->is_sequence()) {
    errors.push_back(make_error("wrong kind of value",
                                "`depends_on` must be a list of references, not " +
                                    std::string(describe(*entry.value)) + ".",
                                "To fix it, write it like [resource.name].",
                                entry.value->where.range()));
    return;
  }
  for (const Entry& item : entry.value->entries) {
    const Node& node = *item.value;
    DependsOnShape out;
    out.node = &node;
    if (node.templated) {
      if (node.is_scalar() && node.parsed == nullptr) continue;
      if (node.is_scalar() && node.parsed->whole())
        out.reference = node.parsed->parts.front().expression.get();
    } else if (node.kind == NodeKind::string) {
      ParsedExpression parsed = parse_expression(node.text, 0, false);
      out.owned = std::move(parsed.expression);
      out.reference = out.owned.get();
    }
    if (out.reference == nullptr || !names_dependency(*out.reference))
      refuse_dependency(node, errors);
    else
      extras_of(resource).depends_on.push_back(std::move(out));
  }
}

/// `spec.nodeSets[0].name`, odd names as `["a.b"]`.
std::optional<Path> parse_path(std::string_view text) {
  Path path;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] == '[') {
      const std::size_t close =
          text.find(text.substr(at + 1).starts_with("\"") ? "\"]" : "]", at + 1);
      if (close == std::string_view::npos) return std::nullopt;
      const bool quoted = text[at + 1] == '"';
      const std::string_view inside =
          text.substr(at + 1 + (quoted ? 1 : 0), close - at - 1 - (quoted ? 1 : 0));
      std::size_t index = 0;
      const auto parsed = std::from_chars(inside.data(), inside.data() + inside.size(), index);
      if (!quoted && (parsed.ec != std::errc() || parsed.ptr != inside.data() + inside.size()))
        return std::nullopt;
      path.push_back(quoted ? PathStep{std::string(inside)} : PathStep{index});
      at = close + (quoted ? 2 : 1);
    } else {
      if (text[at] == '.') {
        if (at == 0) return std::nullopt;
        ++at;
      }
      const std::size_t end = std::min(text.find_first_of(".[", at), text.size());
      if (end == at) return std::nullopt;
      path.push_back({std::string(text.substr(at, end - at))});
      at = end;
    }
  }
  if (path.empty()) return std::nullopt;
  return path;
}

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const auto number = [&](std::size_t begin, std::size_t length) {
    int out = -1;
    const auto parsed = std::from_chars(text.data() + begin, text.data() + begin + length, out);
    return parsed.ptr == text.data() + begin + length ? out : -1;
  };
  const std::chrono::year_month_day date{std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  return number(0, 4) > 0 && date.ok();
}

void read_ignored(const Node& node, const ResourceSchema* schema, ResourceExtras& extras,
                  Diagnostics& errors) {
  static constexpr std::string_view kKeys[] = {"path", "reason", "until"};
  IgnoredField field;
  const Node* written = &node;
  if (node.is_mapping()) {
    check_keys(node, kKeys, "`ignore_changes`", errors);
    const Entry* path = node.find("path");
    if (path == nullptr) {
      errors.push_back(
          make_error("key is missing", "An item of `ignore_changes` needs `path`.",
                     "To fix it, write it like {path: spec.replicas, until: 2027-01-31}.",
                     node.where.range()));
      return;
    }
    written = path->value;
    if (const Entry* reason = node.find("reason"))
      field.reason = read_text(*reason, "`reason`", errors).value_or("");
    if (const Entry* until = node.find("until")) {
      field.until = read_text(*until, "`until`", errors).value_or("");
      if (!field.until.empty() && !is_date(field.until))
        errors.push_back(make_error("date is not valid", "`" + field.until + "` is no date.",
                                    "To fix it, write it like 2027-01-31.",
                                    until->value->where.range()));
    }
  }
  const auto path = written->kind == NodeKind::string && !written->templated
                        ? parse_path(written->text)
                        : std::nullopt;
  if (!path) {
    errors.push_back(make_error("path is not valid", "A path names a field of the resource.",
                                "To fix it, write it like spec.nodeSets[0].name, odd names like "
                                "metadata.annotations[\"a.b\"].",
                                written->where.range()));
    return;
  }
  const auto* first = std::get_if<std::string>(&path->front().step);
  if (schema != nullptr && (first == nullptr || schema->find(*first) == nullptr)) {
    std::vector<std::string> names;
    for (const AttributeSchema& attribute : schema->attributes) names.push_back(attribute.name);
    errors.push_back(
        make_error("unknown attribute",
                   "A path begins with an attribute; `" + schema->type + "` has none of that name.",
                   suggest(first == nullptr ? "" : *first, names), written->where.range()));
    return;
  }
  field.path = *path;
  extras.lifecycle.ignore_changes.push_back(std::move(field));
}

}  // namespace

void read_lifecycle(const Entry& entry, const ResourceSchema* schema, ResourceExtras& extras,
                    Diagnostics& errors) {
  static constexpr std::string_view kKeys[] = {"ignore_changes", "precondition", "prevent_destroy"};
  if (!expect_mapping(*entry.value, entry.where, "`lifecycle`", errors)) return;
  check_keys(*entry.value, kKeys, "`lifecycle`", errors);
  for (const Entry& key : entry.value->entries) {
    if (key.key == "prevent_destroy") {
      extras.lifecycle.prevent_destroy = read_bool(key, "`prevent_destroy`", errors).value_or(true);
    } else if (key.key == "precondition") {
      extras.preconditions = read_conditions(key, "precondition", errors);
    } else if (key.key == "ignore_changes") {
      if (!key.value->is_sequence())
        read_ignored(*key.value, schema, extras, errors);
      else
        for (const Entry& item : key.value->entries)
          read_ignored(*item.value, schema, extras, errors);
    }
  }
}

void check_share(ResourceShape& resource, bool in_blueprint, Diagnostics& errors) {
  if (resource.share == nullptr) return;
  const auto refuse = [&](std::string summary, std::string detail, std::string fix) {
    errors.push_back(make_error(std::move(summary), std::move(detail), std::move(fix),
                                resource.share_where.range()));
    resource.share = nullptr;  // no second error
  };
  if (!in_blueprint)
    return refuse("share outside a blueprint",
                  "`share` is for the resources of links; one of the configuration itself is there "
                  "once for all of them.",
                  "To fix it, take `share` away.");
  if (resource.for_each != nullptr)
    refuse("share together with for_each",
           "A shared resource is one for all links of the same key, but for_each makes several of "
           "each link's.",
           "To fix it, take one of the two away.");
}

void read_resource(const Entry& entry, const TypeTable& types, ResourceShape& resource,
                   Diagnostics& errors) {
  const Node& body = *entry.value;
  if (!body.is_mapping()) {
    errors.push_back(make_error(
        "wrong kind of value",
        "A resource must be a mapping with a `type`, not " + std::string(describe(body)) + ".",
        "To fix it, write its keys below the name, `type:` first.", entry.where.range()));
    return;
  }
  read_type(body, types, resource, errors);
  resource.arguments.reserve(body.entries.size());
  for (const Entry& key : body.entries) {
    if (std::find(std::begin(kMetaKeys), std::end(kMetaKeys), key.key) == std::end(kMetaKeys))
      resource.arguments.push_back(&key);
    else if (key.key == "for_each")
      resource.for_each = key.value;
    else if (key.key == "when")
      resource.when = key.value;
    else if (key.key == "share")
      read_share(key, resource);
    else if (key.key == "depends_on")
      read_depends_on(key, resource, errors);
    else if (key.key == "lifecycle")
      read_lifecycle(key, resource.schema, extras_of(resource), errors);
    else if (key.key == "adopt" || key.key == "take_over")
      read_adoption(key, resource, errors);
    else if (key.key == "provider") {
      resource.connection = read_text(key, "`provider`", errors).value_or("");
      resource.connection_where = key.value->where;
    }
  }
  std::sort(resource.arguments.begin(), resource.arguments.end(),
            [](const Entry* a, const Entry* b) { return a->key < b->key; });
}

}  // namespace crosstie::config
