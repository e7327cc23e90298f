#include "providers/kubernetes/node_sets.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/value.hpp"
#include "providers/kubernetes/node_set_edit.hpp"
#include "providers/kubernetes/node_sets_settings.hpp"

namespace crosstie::kubernetes {
namespace {

/// What all owners want together.
NodeSetEntries wanted_together(const NodeSetLedger& ledger) {
  NodeSetEntries all;
  for (const auto& [owner, wants] : ledger.owners) {
    for (const auto& [key, value] : wants.config) {
      Value& there = all.config[key];
      if (there.is_list() && value.is_list()) {
        for (const Value& item : value.as_list())
          if (!has_item(there.as_list(), item)) there.as_list().push_back(item);
      } else {
        there = value;
      }
    }
    all.volumes.insert(all.volumes.end(), wants.volumes.begin(), wants.volumes.end());
    all.mounts.insert(all.mounts.end(), wants.mounts.begin(), wants.mounts.end());
  }
  return all;
}

/// Two that want different things at one place.
Result<void> check_agreement(const NodeSetLedger& ledger, const std::string& owner,
                             const NodeSetEntries& entries) {
  const auto differ = [&](const std::string& other, const std::string& what) {
    return make_error("two owners want different things in the nodeSets",
                      owner + " and " + other + " both set " + what + ", to different values.",
                      "To fix it, give them the same value, or different names.");
  };
  for (const auto& [other, wants] : ledger.owners) {
    if (other == owner) continue;
    for (const auto& [key, value] : entries.config) {
      const auto theirs = wants.config.find(key);
      if (theirs == wants.config.end() || (value.is_list() && theirs->second.is_list())) continue;
      if (!(theirs->second == value)) return differ(other, "config." + key);
    }
    for (const Value& volume : entries.volumes)
      for (const Value& theirs : wants.volumes)
        if (theirs.text("name") == volume.text("name") && !same_but_hollow(theirs, volume))
          return differ(other, "volume " + volume.text("name"));
    for (const Value& mount : entries.mounts)
      for (const Value& theirs : wants.mounts)
        if (theirs.text("mountPath") == mount.text("mountPath") && !same_but_hollow(theirs, mount))
          return differ(other, "the mount at " + mount.text("mountPath"));
  }
  return {};
}

Result<void> check_list(const Value& node_sets) {
  if (!node_sets.is_list()) return wrong_shape("spec.nodeSets", "a list");
  std::set<std::string> names;
  for (const Value& set : node_sets.as_list()) {
    const std::string name = set.text("name");
    if (name.empty()) return wrong_shape("an element of spec.nodeSets", "a mapping with a name");
    if (!names.insert(name).second)
      return wrong_shape("the name of each nodeSet (" + name + ")", "its own");
  }
  return {};
}

std::vector<std::string> missing_in(const Value& set, const NodeSetEntries& entries) {
  std::vector<std::string> missing;
  const std::string where = "nodeSets[" + set.text("name") + "]";
  const Value* config = set.find("config");
  for (const auto& [key, wanted] : entries.config) {
    const Value::List present = config == nullptr ? Value::List{} : items_at(*config, key);
    if (!setting_holds(wanted, present)) missing.push_back(where + ".config[\"" + key + "\"]");
  }
  const Value* volumes = set.at({"podTemplate", "spec", "volumes"});
  for (const Value& volume : entries.volumes) {
    const Value* there =
        volumes == nullptr ? nullptr : element_named(*volumes, volume.text("name"));
    if (there == nullptr || !same_but_hollow(*there, volume))
      missing.push_back(where + ".volumes[" + volume.text("name") + "]");
  }
  const Value* containers = set.at({"podTemplate", "spec", "containers"});
  const Value* main =
      containers == nullptr ? nullptr : element_named(*containers, kElasticsearchContainer);
  const Value* mounts = main == nullptr ? nullptr : main->find("volumeMounts");
  for (const Value& mount : entries.mounts) {
    const bool there = mounts != nullptr && mounts->is_list() &&
                       std::any_of(mounts->as_list().begin(), mounts->as_list().end(),
                                   [&](const Value& one) { return same_but_hollow(one, mount); });
    if (!there) missing.push_back(where + ".volumeMounts[" + mount.text("mountPath") + "]");
  }
  return missing;
}

constexpr std::size_t kPrintsMax = 48;
constexpr std::size_t kPrintCharacters = 4;

void print_leaves(const Value& value, const std::string& path, std::set<std::string>& prints) {
  if (value.is_object() && !value.as_object().empty()) {
    for (const auto& [name, member] : value.as_object())
      print_leaves(member, path + "." + name, prints);
    return;
  }
  const std::string text =
      path + "=" + to_json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::uint64_t hash = 1469598103934665603u;  // FNV-1a, 64 bits
  for (const unsigned char c : text) hash = (hash ^ c) * 1099511628211u;
  std::array<char, kPrintCharacters + 1> hex{};
  std::snprintf(hex.data(), hex.size(), "%04x", static_cast<unsigned>(hash & 0xFFFFu));
  if (prints.size() < kPrintsMax) prints.insert(hex.data());
}

/// A short digest of each field that is the user's in a nodeSet, its name aside; the same whatever
/// ECK writes back.
std::set<std::string> prints_of(Value set, const PlacedEntries& placed) {
  std::set<std::string> prints;
  NodeSetEdit edit(set, placed);
  if (!edit.keep_only({})) return prints;
  set.erase("name");
  if (const Value* config = set.find("config")) print_leaves(*config, "config", prints);
  set.erase("config");
  print_leaves(without_hollow(set), "", prints);
  return prints;
}

std::string joined(const std::set<std::string>& prints) {
  std::string all;
  for (const std::string& one : prints) all += one;
  return all;
}

/// In how many fields what a record tells differs from what there is.
std::size_t distance(const std::string& recorded, const std::set<std::string>& now) {
  std::size_t common = 0;
  for (std::size_t at = 0; at + kPrintCharacters <= recorded.size(); at += kPrintCharacters)
    common += now.contains(recorded.substr(at, kPrintCharacters)) ? 1 : 0;
  return recorded.size() / kPrintCharacters + now.size() - 2 * common;
}

/// Finds under which new names the ledger's nodeSets are now.
class Renames {
 public:
  Renames(Value& node_sets, NodeSetLedger& ledger) : ledger_(ledger) {
    for (const auto& [name, placed] : ledger.placed)
      if (element_named(node_sets, name) == nullptr) vanished_.push_back(name);
    std::sort(vanished_.begin(), vanished_.end(), [&](const auto& a, const auto& b) {
      return ledger.placed.at(a).position < ledger.placed.at(b).position;
    });
    std::int64_t position = 0;
    for (Value& set : node_sets.as_list()) {
      if (!ledger.placed.contains(set.text("name"))) unknown_.push_back(&set);
      positions_[&set] = position++;
    }
  }

  void follow() {
    while (match_nearest()) {
    }
    for (Value* set : unknown_) claim_copy(*set);
  }

 private:
  struct Pair {
    std::size_t distance;
    std::int64_t moved;
    std::size_t vanished;
    std::size_t unknown;
    friend auto operator<=>(const Pair&, const Pair&) = default;
  };

  bool match_nearest() {
    std::optional<Pair> nearest;
    for (std::size_t v = 0; v < vanished_.size(); ++v) {
      const PlacedEntries& placed = ledger_.placed.at(vanished_[v]);
      for (std::size_t u = 0; u < unknown_.size(); ++u) {
        if (!placed.holds_nothing() && !NodeSetEdit(*unknown_[u], {}).has_all_of(placed)) continue;
        const std::int64_t moved = std::abs(placed.position - positions_.at(unknown_[u]));
        const Pair pair{distance(placed.print, prints_of(*unknown_[u], placed)), moved, v, u};
        if (!nearest || pair < *nearest) nearest = pair;
      }
    }
    if (!nearest) return false;
    auto record = ledger_.placed.extract(vanished_[nearest->vanished]);
    record.key() = unknown_[nearest->unknown]->text("name");
    ledger_.placed.insert(std::move(record));
    vanished_.erase(vanished_.begin() + static_cast<std::ptrdiff_t>(nearest->vanished));
    unknown_.erase(unknown_.begin() + static_cast<std::ptrdiff_t>(nearest->unknown));
    return true;
  }

  /// A new nodeSet that holds all of an owner's entries was copied from one of ours.
  void claim_copy(Value& set) {
    NodeSetEdit copied(set, {});
    for (const auto& [owner, entries] : ledger_.owners)
      if (!entries.empty() && missing_in(set, entries).empty()) copied.claim(entries);
    if (!copied.placed().holds_nothing()) ledger_.placed.emplace(set.text("name"), copied.placed());
  }

  NodeSetLedger& ledger_;
  std::vector<std::string> vanished_;
  std::vector<Value*> unknown_;
  std::map<const Value*, std::int64_t> positions_;
};

/// Takes out what none of the ledger's owners wants.
Result<NodeSetsChange> keep_wanted(Value node_sets, NodeSetLedger ledger) {
  const NodeSetEntries wanted = wanted_together(ledger);
  NodeSetsChange change{std::move(node_sets), {std::move(ledger.owners), {}}};
  for (Value& set : change.node_sets.as_list()) {
    const std::string name = set.text("name");
    const auto ours = ledger.placed.find(name);
    if (ours == ledger.placed.end()) continue;
    NodeSetEdit edit(set, std::move(ours->second));
    if (Result<void> done = edit.keep_only(wanted); !done) return done.failure();
    if (!change.ledger.owners.empty()) change.ledger.placed.emplace(name, edit.placed());
  }
  return change;
}

}  // namespace

Result<NodeSetsChange> place_entries(const Value& node_sets, const NodeSetLedger& ledger,
                                     const std::string& owner, const NodeSetEntries& entries) {
  if (Result<void> list = check_list(node_sets); !list) return list.failure();
  if (Result<void> agreed = check_agreement(ledger, owner, entries); !agreed)
    return agreed.failure();
  Value sets = node_sets;
  NodeSetLedger wished = ledger;
  Renames(sets, wished).follow();
  wished.owners.insert_or_assign(owner, entries);
  // What this owner wanted before and wants no more goes first.
  Result<NodeSetsChange> change = keep_wanted(std::move(sets), std::move(wished));
  if (!change) return change;
  std::int64_t position = 0;
  for (Value& set : change->node_sets.as_list()) {
    PlacedEntries& placed = change->ledger.placed[set.text("name")];
    NodeSetEdit edit(set, placed);
    if (Result<void> done = edit.place(entries); !done) return done.failure();
    placed = edit.placed();
    placed.position = position++;
    placed.print = joined(prints_of(set, placed));
  }
  return change;
}

Result<NodeSetsChange> remove_entries(const Value& node_sets, const NodeSetLedger& ledger,
                                      const std::string& owner) {
  if (Result<void> list = check_list(node_sets); !list) return list.failure();
  Value sets = node_sets;
  NodeSetLedger wished = ledger;
  Renames(sets, wished).follow();
  wished.owners.erase(owner);
  return keep_wanted(std::move(sets), std::move(wished));
}

std::vector<std::string> missing_entries(const Value& node_sets, const NodeSetEntries& entries) {
  std::vector<std::string> missing;
  if (!node_sets.is_list()) return missing;
  for (const Value& set : node_sets.as_list())
    for (std::string& one : missing_in(set, entries)) missing.push_back(std::move(one));
  return missing;
}

}  // namespace crosstie::kubernetes
