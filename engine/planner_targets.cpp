// Which resources a plan is about: what the command line names, and that no link becomes another
// one under the same name.
#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/config/configuration.hpp"
#include "engine/model/address.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/planner.hpp"
#include "providers/provider.hpp"
#include "state/store.hpp"

namespace crosstie {
namespace {

/// Whether `target` is the link (as it is printed), or names it for all keys of its for_each.
bool names_link(const ResourceAddress& target, const std::string& link) {
  if (target.link.empty()) return false;
  const std::string named = target.print_link();
  return link == named || (!target.link_key && link.starts_with(named + "["));
}

std::string list_links(const std::vector<std::string>& links) {
  std::string out;
  for (const std::string& link : links) out += (out.empty() ? "" : ", ") + link;
  return out;
}

}  // namespace

/// A link whose blueprint is of another model than the one it was made with would be torn down and
/// made anew under the same name, between two proofs that both say "connected".
Diagnostics Planner::changed_models() const {
  Diagnostics errors;
  if (!configuration_ || options_.destroy) return errors;
  std::map<std::string, const LinkSummary*> open;
  for (const LinkSummary& link : configuration_->links())
    if (!link.model.empty()) open.emplace("link." + link.name, &link);
  for (const Node& node : nodes_) {
    for (const auto& [name, model] : node.change.recorded_links) {
      const auto found = open.find(name);
      if (found == open.end() || model.empty() || model == found->second->model) continue;
      errors.push_back(make_error(
          "model of a link cannot be changed",
          name + " was made with the model `" + model + "`, and its blueprint is of the model `" +
              found->second->model + "`. Nothing was planned; the link stays as it is.",
          "To go on, put the model `" + model +
              "` back, and give a link of the other model a name "
              "and an alias of its own; or take " +
              name +
              " out of the configuration, apply, and "
              "write it again with the other model.",
          found->second->where));
      open.erase(found);
    }
  }
  return errors;
}

/// The error for an address on the command line that nothing has.
Diagnostic Planner::no_such_address(const std::string& summary, const std::string& named) const {
  std::vector<std::string> addresses;
  for (const Node& node : nodes_) addresses.push_back(node.change.address.print());
  const std::string near = did_you_mean(named, addresses);
  return make_error(summary, "Nothing in the configuration or the state is named " + named + ".",
                    near.empty()
                        ? "To see the addresses, run\n  crosstie graph\n  crosstie state list"
                        : "Did you mean " + near + "?");
}

bool Planner::is_meant(const Change& change, const ResourceAddress& target) const {
  const ResourceAddress& address = change.address;
  const bool same_link = address.shared == target.shared && address.link == target.link;
  if (address == target) return true;
  if (same_link && !target.key && address.link_key == target.link_key &&
      address.name == target.name)
    return true;
  if (target.name.empty() && same_link && (!target.link_key || address.link_key == target.link_key))
    return true;
  // A shared resource is also meant by a link that has it, and by its name there. It goes with a
  // link only when no other one has it.
  if (!address.shared || target.shared || target.key) return false;
  const bool named = target.name.empty() || target.name == address.name;
  const auto has_part = [&](const auto& one) { return named && names_link(target, one.first); };
  if (std::none_of(change.links.begin(), change.links.end(), has_part)) return false;
  return !options_.destroy ||
         std::all_of(change.links.begin(), change.links.end(),
                     [&](const auto& one) { return goes_by_target(change, one.first); });
}

/// Whether the command line says that the link's part in a shared resource is to be destroyed.
bool Planner::goes_by_target(const Change& change, const std::string& link) const {
  return std::any_of(options_.targets.begin(), options_.targets.end(),
                     [&](const ResourceAddress& target) {
                       return names_link(target, link) &&
                              (target.name.empty() || target.name == change.address.name);
                     });
}

/// What is destroyed takes what needs it along. A shared resource that other links need too must
/// not go that way.
Result<void> Planner::check_still_shared() const {
  Diagnostics errors;
  for (const Node& node : nodes_) {
    const Change& change = node.change;
    if (!node.included || !change.address.shared) continue;
    const bool meant =
        std::any_of(options_.targets.begin(), options_.targets.end(),
                    [&](const ResourceAddress& target) { return is_meant(change, target); });
    std::vector<std::string> others;
    for (const auto& [link, model] : change.links)
      if (!goes_by_target(change, link)) others.push_back(link);
    if (meant || others.empty()) continue;
    Diagnostic error = make_error(
        "shared resource is still needed",
        "It needs something that would be destroyed, and it belongs to " + list_links(others) +
            " too.",
        "To take one of several links away, take it out of the configuration and apply; what the "
        "others need stays.");
    error.address = change.address.print();
    errors.push_back(std::move(error));
  }
  if (errors.empty()) return {};
  return errors;
}

/// Links that are destroyed do not belong any more to the shared resources that stay.
void Planner::leave_targeted_links(Node& node) const {
  Change& change = node.change;
  const ResourceRecord& record = *node.record;
  if (!options_.destroy || !change.address.shared || record.status != RecordStatus::ready) return;
  std::erase_if(change.links, [&](const auto& one) { return goes_by_target(change, one.first); });
  change.prevent_destroy = record.prevent_destroy;
  change.prior = Recorded{record.desired, record.attributes, record.before};
}

Result<void> Planner::apply_targets() {
  for (const ResourceAddress& address : options_.replace)
    if (graph_.find(address) == graph_.size())
      return no_such_address("resource to replace does not exist", address.print());
  if (options_.targets.empty()) return {};
  for (Node& node : nodes_) node.included = false;
  std::vector<std::size_t> open;
  for (const ResourceAddress& target : options_.targets) {
    const std::size_t before = open.size();
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      if (is_meant(nodes_[i].change, target)) open.push_back(i);
    if (open.size() == before) {
      std::string named = target.print();
      if (target.name.empty()) named.pop_back();  // a whole link: "link.logs."
      return no_such_address("target does not exist", named);
    }
  }
  while (!open.empty()) {
    const std::size_t here = open.back();
    open.pop_back();
    if (nodes_[here].included) continue;
    nodes_[here].included = true;
    const auto next = options_.destroy ? graph_.needed_by(here) : graph_.needs(here);
    open.insert(open.end(), next.begin(), next.end());
  }
  return options_.destroy ? check_still_shared() : Result<void>();
}

}  // namespace crosstie
