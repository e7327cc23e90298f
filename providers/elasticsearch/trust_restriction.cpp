#include "providers/elasticsearch/trust_restriction.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/elasticsearch/resource_type.hpp"
#include "providers/provider.hpp"

namespace crosstie::elasticsearch {
namespace {

constexpr std::size_t kNamesShown = 5;

ResourceSchema make_schema() {
  using Type = AttributeType;
  ResourceSchema schema;
  schema.type = "elasticsearch.trust_restriction";
  schema.kind = ResourceKind::read;
  schema.summary =
      "Makes the trust file of a cluster, and refuses one that would keep its own nodes or a peer "
      "of today out. Asks no service.";
  schema.attributes = {
      required(
          attribute("subject_names", Type::list,
                    "Patterns of the node names to take: `*` is any text, `?` one character.")),
      required(attribute("own_nodes", Type::list,
                         "Names that the certificates of the cluster's own nodes carry; each must "
                         "be taken, or nodes could not join after a restart.")),
      attribute("peers", Type::list,
                "Patterns of the peers that the cluster trusts now; each must be taken too."),
      computed("file", Type::string, "Text of trust.yml."),
  };
  return schema;
}

std::vector<std::string> texts(const Value& arguments, std::string_view name) {
  std::vector<std::string> items;
  const Value* list = arguments.find(name);
  if (list == nullptr || !list->is_list()) return items;
  for (const Value& item : list->as_list())
    if (item.is_string()) items.push_back(item.as_string());
  return items;
}

std::string in_words(const std::vector<std::string>& names) {
  std::string words;
  for (std::size_t i = 0; i < std::min(names.size(), kNamesShown); ++i)
    words += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kNamesShown)
    words += " and " + std::to_string(names.size() - kNamesShown) + " more";
  return words;
}

Observation refused(std::string summary, std::string detail, std::string fix) {
  Observation observation;
  observation.presence = Presence::unreadable;
  observation.diagnostics = {make_error(std::move(summary), std::move(detail), std::move(fix))};
  return observation;
}

class TrustRestrictionType : public ResourceType {
 public:
  const ResourceSchema& schema() const override { return trust_restriction_schema(); }
  Difference diff(const ResourceRequest& /*request*/,
                  const Observation& /*observed*/) const override {
    return {};
  }
  std::optional<Observation> observe_without_cluster(const ResourceRequest& request) const override;
};

std::optional<Observation> TrustRestrictionType::observe_without_cluster(
    const ResourceRequest& request) const {
  const Value& desired = request.desired;
  Observation observation;
  if (desired.contains_unknown()) {
    observation.presence = Presence::unchecked;
    observation.reason = "a name is known after " + desired.first_unknown();
    return observation;
  }
  const std::vector<std::string> patterns = texts(desired, "subject_names");
  const std::vector<std::string> own = texts(desired, "own_nodes");
  for (const std::string& pattern : patterns)
    if (pattern.empty() || pattern.starts_with("/"))
      return refused("subject name cannot be used",
                     pattern.empty() ? "A pattern of `subject_names` is empty."
                                     : "\"" + pattern + "\" is a regular expression.",
                     "To fix it, write names with * and ? only.");
  if (own.empty())
    return refused("trust restriction cannot be checked",
                   "The cluster has no node with a transport certificate, so nothing tells whether "
                   "its nodes could join under this restriction.",
                   "To fix it, wait until the cluster runs.");
  if (const std::vector<std::string> out = shut_out(patterns, own); !out.empty())
    return refused("trust restriction would shut out the cluster's own nodes",
                   "No pattern of " + in_words(patterns) + " takes " + in_words(out) +
                       "; restarted with it, these nodes could not join the cluster.",
                   "To fix it, add a pattern that takes the name after the first dot, such as *" +
                       out.front().substr(std::min(out.front().find('.'), out.front().size())) +
                       ".");
  if (const std::vector<std::string> out = shut_out(patterns, texts(desired, "peers"));
      !out.empty())
    return refused("trust restriction would shut out a peer",
                   "The cluster trusts " + in_words(out) +
                       " now; no pattern of the restriction takes it, so that link would break.",
                   "To fix it, add it to `trusted_peers` of the link, if it is to stay.");
  observation.presence = Presence::present;
  observation.attributes = desired;
  observation.attributes.set("file", trust_file(patterns));
  return observation;
}

}  // namespace

bool takes(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;  // the last `*`, and what it has taken so far
  std::size_t taken = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = n;
    } else if (p < pattern.size() &&
               (pattern[p] == name[n] || (pattern[p] == '?' && name[n] != '*'))) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<std::string> shut_out(const std::vector<std::string>& patterns,
                                  const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names)
    if (std::none_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return takes(pattern, name); }))
      out.push_back(name);
  return out;
}

std::string trust_file(const std::vector<std::string>& patterns) {
  std::string text = "trust.subject_name:\n";
  // A JSON string is a YAML string too.
  for (const std::string& pattern : patterns)
    text += "  - " +
            nlohmann::json(pattern).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) +
            "\n";
  return text;
}

const ResourceSchema& trust_restriction_schema() {
  static const ResourceSchema kSchema = make_schema();
  return kSchema;
}

std::unique_ptr<ResourceType> make_trust_restriction_type() {
  return std::make_unique<TrustRestrictionType>();
}

}  // namespace crosstie::elasticsearch
