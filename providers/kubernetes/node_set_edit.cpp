#include "providers/kubernetes/node_set_edit.hpp"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/value.hpp"
#include "providers/kubernetes/node_sets.hpp"
#include "providers/kubernetes/node_sets_settings.hpp"
#include "providers/kubernetes/server_shape.hpp"

namespace crosstie::kubernetes {
namespace {

constexpr std::string_view kWasNull = " (null)";
constexpr const char* kPod = "podTemplate";
constexpr const char* kPodSpec = "podTemplate.spec";
constexpr const char* kVolumes = "podTemplate.spec.volumes";
constexpr const char* kContainers = "podTemplate.spec.containers";
constexpr const char* kMain = "podTemplate.spec.containers[elasticsearch]";
constexpr const char* kMounts = "podTemplate.spec.containers[elasticsearch].volumeMounts";

Diagnostic clash(const std::string& where, std::string detail, std::string fix) {
  return make_error("nodeSet says otherwise", where + " " + std::move(detail), std::move(fix));
}

bool same_mount(const Value& a, const Value& b) {
  return a.text("name") == b.text("name") && a.text("mountPath") == b.text("mountPath");
}

bool names_volume(const Value::List& list, const std::string& name) {
  return std::any_of(list.begin(), list.end(),
                     [&](const Value& one) { return one.text("name") == name; });
}

Value list_of(const Value& entry, std::string_view key) {
  const Value* found = entry.find(key);
  return found != nullptr && found->is_list() ? *found : Value(Value::List{});
}

}  // namespace

std::string node_set_words(const Value& set) { return "spec.nodeSets[" + set.text("name") + "]"; }

Diagnostic wrong_shape(const std::string& where, const char* wanted) {
  return make_error(
      "nodeSet is of a wrong shape",
      where + " is not " + wanted +
          ". The API server takes such a thing, and then the operator stops for every cluster.",
      "To fix it, mend it in the Elasticsearch resource first.");
}

Value* NodeSetEdit::at(std::initializer_list<std::string_view> keys) {
  Value* here = &set_;
  for (const std::string_view key : keys) {
    here = member_of(*here, key);
    if (here == nullptr) return nullptr;
  }
  return here;
}

Value* NodeSetEdit::container() {
  Value* containers = at({kPod, "spec", "containers"});
  return containers == nullptr ? nullptr : element_named(*containers, kElasticsearchContainer);
}

Result<Value*> NodeSetEdit::descend(Value& object, const std::string& key, Value kind,
                                    const std::string& place) {
  Value* found = member_of(object, key);
  if (found == nullptr || found->is_null()) {
    forget_made(place);
    placed_.made.emplace_back(found == nullptr ? place : place + std::string(kWasNull));
    object.set(key, std::move(kind));
    return member_of(object, key);
  }
  if (kind.is_object() ? !found->is_object() : !found->is_list())
    return wrong_shape(where_ + "." + place, kind.is_object() ? "a mapping" : "a list");
  if (found->is_list())
    for (const Value& element : found->as_list())
      if (!element.is_object())
        return wrong_shape("an element of " + where_ + "." + place, "a mapping");
  return found;
}

Result<void> NodeSetEdit::place(const NodeSetEntries& entries) {
  if (!entries.config.empty()) {
    Result<Value*> config = descend(set_, "config", Value(Value::Object{}), "config");
    if (!config) return config.failure();
    for (const auto& [key, wanted] : entries.config)
      if (Result<void> done = place_setting(**config, key, wanted); !done) return done;
  }
  if (Result<void> done = place_volumes(entries.volumes); !done) return done;
  return place_mounts(entries.mounts);
}

Result<void> NodeSetEdit::place_scalar(Value& config, const std::string& key, const Value& wanted) {
  const std::vector<Spelling> spellings = find_spellings(config, key);
  const auto record = placed_.config.find(key);
  const bool ours = record != placed_.config.end();
  if (spellings.empty()) {
    config.set(key, wanted);
    placed_.config[key] = Value(Value::Object{{"value", wanted}});
    return {};
  }
  const Value::List present = items_of(spellings);
  if (present.empty()) {
    spellings.back().value() = wanted;
    placed_.config[key] = Value(Value::Object{{"value", wanted}, {"was", Value()}});
    return {};
  }
  const bool holds = setting_holds(wanted, present);
  if (ours && present.size() == 1) {
    for (const Spelling& spelling : spellings)
      if (!holds && !spelling.value().is_null()) spelling.value() = wanted;
    record->second.set("value", wanted);
    return {};
  }
  if (holds) return {};
  return clash(where_ + ".config." + key, "has another value already.",
               "To fix it, take that setting out of the nodeSet, or leave it out here.");
}

Result<void> NodeSetEdit::place_setting(Value& config, const std::string& key,
                                        const Value& wanted) {
  if (!wanted.is_list()) return place_scalar(config, key, wanted);
  std::vector<Spelling> spellings = find_spellings(config, key);
  const Value::List present = items_of(spellings);
  Value::List missing;
  for (const Value& item : wanted.as_list())
    if (!has_item(present, item) && !has_item(missing, item)) missing.push_back(item);
  if (missing.empty()) return {};
  Value& entry = placed_.config[key];
  if (spellings.empty()) {
    config.set(key, Value(Value::List{}));
    spellings.push_back({&config, key});
    entry.set("made", true);
    entry.erase("was");
  }
  // The last spelling is the one that ECK appends last: the user's order stays in front.
  Value& value = spellings.back().value();
  if (value.is_object()) return wrong_shape(where_ + ".config." + key, "a list");
  if (!value.is_list()) {
    entry.set("was", value);
    value = value.is_null() ? Value(Value::List{}) : Value(Value::List{value});
  }
  Value items = list_of(entry, "items");
  for (Value& item : missing) {
    if (!has_item(items.as_list(), item)) items.as_list().push_back(item);
    value.as_list().push_back(std::move(item));
  }
  entry.set("items", std::move(items));
  return {};
}

Result<Value*> NodeSetEdit::volumes() {
  Result<Value*> pod = descend(set_, kPod, Value(Value::Object{}), kPod);
  if (!pod) return pod;
  Result<Value*> spec = descend(**pod, "spec", Value(Value::Object{}), kPodSpec);
  if (!spec) return spec;
  return descend(**spec, "volumes", Value(Value::List{}), kVolumes);
}

Result<Value*> NodeSetEdit::mounts() {
  Result<Value*> pod = descend(set_, kPod, Value(Value::Object{}), kPod);
  if (!pod) return pod;
  Result<Value*> spec = descend(**pod, "spec", Value(Value::Object{}), kPodSpec);
  if (!spec) return spec;
  Result<Value*> containers = descend(**spec, "containers", Value(Value::List{}), kContainers);
  if (!containers) return containers;
  Value* target = element_named(**containers, kElasticsearchContainer);
  if (target == nullptr) {
    forget_made(kMain);
    placed_.made.emplace_back(kMain);
    (*containers)->as_list().emplace_back(Value::Object{{"name", Value(kElasticsearchContainer)}});
    target = &(*containers)->as_list().back();
  }
  return descend(*target, "volumeMounts", Value(Value::List{}), kMounts);
}

Result<void> NodeSetEdit::place_volumes(const Value::List& wanted) {
  if (wanted.empty()) return {};
  Result<Value*> list = volumes();
  if (!list) return list.failure();
  for (const Value& volume : wanted) {
    const std::string name = volume.text("name");
    Value* there = element_named(**list, name);
    if (there == nullptr) {
      (*list)->as_list().push_back(volume);
      if (!has_item(placed_.volumes, Value(name))) placed_.volumes.emplace_back(name);
    } else if (!same_but_hollow(*there, volume)) {
      if (!has_item(placed_.volumes, Value(name)))
        return clash(where_ + "." + kVolumes, "has another volume named " + name + ".",
                     "To fix it, give the volume here another name.");
      *there = volume;
    }
  }
  return {};
}

bool NodeSetEdit::has_volume(const std::string& name) const {
  const Value* list = set_.at({kPod, "spec", "volumes"});
  if (list != nullptr && element_named(*list, name) != nullptr) return true;
  const Value* claims = set_.find("volumeClaimTemplates");
  if (claims != nullptr && claims->is_list())
    for (const Value& claim : claims->as_list())
      if (const Value* given = claim.at({"metadata", "name"});
          given != nullptr && *given == Value(name))
        return true;
  return is_volume_of_eck(name);
}

Result<void> NodeSetEdit::place_mounts(const Value::List& wanted) {
  if (wanted.empty()) return {};
  Result<Value*> list = mounts();
  if (!list) return list.failure();
  Value::List& items = (*list)->as_list();
  for (const Value& mount : wanted) {
    const std::string path = mount.text("mountPath");
    if (!has_volume(mount.text("name")))
      return make_error("mount has no volume",
                        where_ + " has no volume named " + mount.text("name") +
                            ", and the operator would call the whole resource invalid.",
                        "To fix it, add the volume to `node_sets.volumes`.");
    const auto there = std::find_if(items.begin(), items.end(), [&](const Value& one) {
      return one.text("mountPath") == path;
    });
    const Value mark(
        Value::Object{{"name", Value(mount.text("name"))}, {"mountPath", Value(path)}});
    const bool ours = std::any_of(placed_.mounts.begin(), placed_.mounts.end(),
                                  [&](const Value& one) { return same_mount(one, mark); });
    if (there == items.end()) {
      items.push_back(mount);
      if (!ours) placed_.mounts.push_back(mark);
    } else if (!same_but_hollow(*there, mount)) {
      if (!ours || !same_mount(*there, mark))
        return clash(where_ + "." + kMounts, "mounts something else at " + path + ".",
                     "To fix it, mount it here at another path.");
      *there = mount;
    }
  }
  return {};
}

Result<void> NodeSetEdit::keep_only(const NodeSetEntries& wanted) {
  drop_mounts(wanted);
  if (Result<void> done = drop_volumes(wanted); !done) return done;
  std::vector<std::string> keys;
  for (const auto& [key, entry] : placed_.config) keys.push_back(key);
  for (const std::string& key : keys) {
    const auto still = wanted.config.find(key);
    drop_setting(key, still == wanted.config.end() ? nullptr : &still->second);
  }
  drop_made();
  return {};
}

void NodeSetEdit::drop_setting(const std::string& key, const Value* wanted) {
  Value& entry = placed_.config[key];
  Value* config = member_of(set_, "config");
  const std::vector<Spelling> spellings =
      config == nullptr ? std::vector<Spelling>{} : find_spellings(*config, key);
  const Value* was = entry.find("was");
  if (const Value* ours = entry.find("value")) {
    if (wanted != nullptr && !wanted->is_list()) return;
    for (const Spelling& spelling : spellings) {
      if (!same_text(spelling.value(), *ours)) continue;
      if (was != nullptr) {
        spelling.value() = *was;
      } else {
        spelling.holder->erase(spelling.key);
      }
    }
    placed_.config.erase(key);
    return;
  }
  Value::List kept;
  const Value items = list_of(entry, "items");
  for (const Value& item : items.as_list()) {
    if (wanted != nullptr && wanted->is_list() && has_item(wanted->as_list(), item)) {
      kept.push_back(item);
      continue;
    }
    for (const Spelling& spelling : spellings) {
      if (!spelling.value().is_list()) continue;
      Value::List& list = spelling.value().as_list();
      const auto last = std::find(list.rbegin(), list.rend(), item);
      if (last == list.rend()) continue;
      list.erase(std::next(last).base());
      break;
    }
  }
  if (!kept.empty()) {
    entry.set("items", Value(std::move(kept)));
    return;
  }
  for (const Spelling& spelling : spellings) {
    if (!spelling.value().is_list()) continue;
    const Value::List& list = spelling.value().as_list();
    if (was != nullptr && (was->is_null() ? list.empty() : list == Value::List{*was})) {
      spelling.value() = Value(*was);
    } else if (list.empty() && entry.flag("made")) {
      spelling.holder->erase(spelling.key);
    } else {
      continue;
    }
    break;
  }
  placed_.config.erase(key);
}

void NodeSetEdit::drop_mounts(const NodeSetEntries& wanted) {
  Value* target = container();
  Value* list = target == nullptr ? nullptr : member_of(*target, "volumeMounts");
  Value::List kept;
  for (const Value& ours : placed_.mounts) {
    const bool needed = std::any_of(wanted.mounts.begin(), wanted.mounts.end(),
                                    [&](const Value& one) { return same_mount(one, ours); });
    if (needed) {
      kept.push_back(ours);
    } else if (list != nullptr && list->is_list()) {
      std::erase_if(list->as_list(), [&](const Value& one) { return same_mount(one, ours); });
    }
  }
  placed_.mounts = std::move(kept);
}

Result<void> NodeSetEdit::check_unused(const Value& volume) const {
  for (const char* kind : {"containers", "initContainers"}) {
    const Value* list = set_.at({kPod, "spec", kind});
    if (list == nullptr || !list->is_list()) continue;
    for (const Value& one : list->as_list()) {
      const Value* mounted = one.find("volumeMounts");
      if (mounted == nullptr || !mounted->is_list() ||
          !names_volume(mounted->as_list(), volume.as_string()))
        continue;
      return make_error("volume is in use",
                        where_ + ": container " + one.text("name") + " mounts volume " +
                            volume.as_string() +
                            ", which is about to go; without it the operator would call the whole "
                            "resource invalid.",
                        "To fix it, take that mount out of the nodeSet first.");
    }
  }
  return {};
}

Result<void> NodeSetEdit::drop_volumes(const NodeSetEntries& wanted) {
  Value* list = at({kPod, "spec", "volumes"});
  Value::List kept;
  for (const Value& name : placed_.volumes) {
    if (names_volume(wanted.volumes, name.as_string())) {
      kept.push_back(name);
      continue;
    }
    if (Result<void> unused = check_unused(name); !unused) return unused;
    if (list != nullptr && list->is_list())
      std::erase_if(list->as_list(),
                    [&](const Value& one) { return one.text("name") == name.as_string(); });
  }
  placed_.volumes = std::move(kept);
  return {};
}

bool NodeSetEdit::was_made(const std::string& place) const {
  return std::find(placed_.made.begin(), placed_.made.end(), Value(place)) != placed_.made.end();
}

void NodeSetEdit::forget_made(const std::string& place) {
  std::erase_if(placed_.made, [&](const Value& one) {
    return one == Value(place) || one == Value(place + std::string(kWasNull));
  });
}

void NodeSetEdit::drop_if_made(Value* holder, std::string_view key, const std::string& place) {
  const Value* there = holder == nullptr ? nullptr : holder->find(key);
  if (there == nullptr || !is_hollow(*there)) return;
  if (was_made(place)) holder->erase(key);
  if (was_made(place + std::string(kWasNull))) holder->set(key, Value());
  forget_made(place);
}

/// What was made to hold our entries goes, unless the user has put something there since.
void NodeSetEdit::drop_made() {
  if (Value* target = container()) {
    drop_if_made(target, "volumeMounts", kMounts);
    Value rest = *target;
    rest.erase("name");
    if (was_made(kMain) && is_hollow(rest)) {
      Value::List& list = at({kPod, "spec", "containers"})->as_list();
      std::erase_if(list,
                    [](const Value& one) { return one.text("name") == kElasticsearchContainer; });
      forget_made(kMain);
    }
  }
  drop_if_made(at({kPod, "spec"}), "containers", kContainers);
  drop_if_made(at({kPod, "spec"}), "volumes", kVolumes);
  drop_if_made(at({kPod}), "spec", kPodSpec);
  drop_if_made(&set_, kPod, kPod);
  drop_if_made(&set_, "config", "config");
}

bool NodeSetEdit::has_all_of(const PlacedEntries& placed) const {
  if (placed.holds_nothing()) return false;
  const Value* config = set_.find("config");
  for (const auto& [key, entry] : placed.config) {
    const Value::List present = config == nullptr ? Value::List{} : items_at(*config, key);
    const Value* scalar = entry.find("value");
    if (!setting_holds(scalar != nullptr ? *scalar : list_of(entry, "items"), present))
      return false;
  }
  const Value* list = set_.at({kPod, "spec", "volumes"});
  for (const Value& name : placed.volumes)
    if (list == nullptr || element_named(*list, name.as_string()) == nullptr) return false;
  const Value* containers = set_.at({kPod, "spec", "containers"});
  const Value* main =
      containers == nullptr ? nullptr : element_named(*containers, kElasticsearchContainer);
  const Value* mounted = main == nullptr ? nullptr : main->find("volumeMounts");
  return std::all_of(placed.mounts.begin(), placed.mounts.end(), [&](const Value& ours) {
    return mounted != nullptr && mounted->is_list() &&
           std::any_of(mounted->as_list().begin(), mounted->as_list().end(),
                       [&](const Value& one) { return same_mount(one, ours); });
  });
}

void NodeSetEdit::claim(const NodeSetEntries& entries) {
  for (const auto& [key, wanted] : entries.config) {
    if (!wanted.is_list()) {
      placed_.config[key] = Value(Value::Object{{"value", wanted}});
      continue;
    }
    Value entry(Value::Object{{"items", wanted}});
    const Value* config = set_.find("config");
    const Value::List present = config == nullptr ? Value::List{} : items_at(*config, key);
    if (present.size() == wanted.as_list().size()) entry.set("made", true);
    placed_.config[key] = std::move(entry);
  }
  for (const Value& volume : entries.volumes)
    if (!has_item(placed_.volumes, Value(volume.text("name"))))
      placed_.volumes.emplace_back(volume.text("name"));
  for (const Value& mount : entries.mounts)
    placed_.mounts.emplace_back(Value::Object{{"name", Value(mount.text("name"))},
                                              {"mountPath", Value(mount.text("mountPath"))}});
  for (const char* place : {"config", kPod, kPodSpec, kVolumes, kContainers, kMain, kMounts})
    if (!was_made(place)) placed_.made.emplace_back(place);
}

}  // namespace crosstie::kubernetes
