#include "sandbox/kubernetes/lifecycle.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/kubernetes/kinds.hpp"
#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

constexpr const char* kForeground = "foregroundDeletion";
constexpr const char* kOrphan = "orphan";

json finalizers_of(const json& object) {
  return object.at("metadata").value("finalizers", json::array());
}

bool has_finalizer(const json& object, const char* name) {
  const json finalizers = finalizers_of(object);
  return std::find(finalizers.begin(), finalizers.end(), name) != finalizers.end();
}

void drop_finalizer(json& object, const char* name) {
  json kept = json::array();
  for (const json& finalizer : finalizers_of(object)) {
    if (finalizer != name) kept.push_back(finalizer);
  }
  object["metadata"].erase("finalizers");
  if (!kept.empty()) object["metadata"]["finalizers"] = std::move(kept);
}

bool terminating(const json& object) { return object.at("metadata").contains("deletionTimestamp"); }

}  // namespace

Lifecycle::Lifecycle(boost::asio::any_io_executor executor, ObjectStore& store, KindTable& kinds,
                     std::string ca_pem)
    : executor_(std::move(executor)), store_(store), kinds_(kinds), ca_pem_(std::move(ca_pem)) {}

void Lifecycle::start() {
  store_.on_change([weak = weak_from_this()](const WatchEvent& event) {
    if (const auto self = weak.lock()) self->on_event(event);
  });
}

void Lifecycle::on_event(const WatchEvent& event) {
  const json& metadata = event.object.at("metadata");
  const bool deleted = event.type == "DELETED";
  if (event.key.resource == "customresourcedefinitions" &&
      event.key.group == "apiextensions.k8s.io")
    follow_definition(event);
  if (!deleted) {
    for (const json& owner : metadata.value("ownerReferences", json::array()))
      dependents_[owner.value("uid", "")].insert(event.key);
  } else if (auto orphans = dependents_.extract(metadata.value("uid", ""))) {
    pending_.insert(orphans.mapped().begin(), orphans.mapped().end());
  }
  const bool is_namespace = event.key.group.empty() && event.key.resource == "namespaces";
  if (is_namespace && event.type == "ADDED") fill_namespace(event.key.name);
  if (is_namespace && deleted) terminating_namespaces_.erase(event.key.name);
  if (is_namespace && !deleted && terminating(event.object))
    terminating_namespaces_.insert(event.key.name);
  if (deleted && terminating_namespaces_.contains(event.key.namespace_name))
    pending_.insert({"", "namespaces", "", event.key.namespace_name});
  if (!deleted && terminating(event.object)) pending_.insert(event.key);
  if (deleted) {
    for (const json& owner : metadata.value("ownerReferences", json::array())) {
      if (const auto waiting = foreground_.extract(owner.value("uid", "")))
        pending_.insert(waiting.mapped());
    }
  }
  if (pending_.empty() || posted_) return;
  posted_ = true;
  boost::asio::post(executor_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->run();
  });
}

void Lifecycle::follow_definition(const WatchEvent& event) {
  if (event.type != "DELETED") return kinds_.define(event.object);
  kinds_.forget(event.object);
  const json& spec = event.object.at("spec");
  const std::string group = spec.at("group");
  const std::string resource = spec.at("names").at("plural");
  for (const json* object : store_.list(group, resource, "")) {
    const json& metadata = object->at("metadata");
    pending_.insert({group, resource, metadata.value("namespace", ""), metadata.at("name")});
  }
}

void Lifecycle::run() {
  posted_ = false;
  const std::set<ObjectKey> keys = std::exchange(pending_, {});
  for (const ObjectKey& key : keys) check(key);
}

void Lifecycle::check(const ObjectKey& key) {
  const json* object = store_.find(key);
  if (!object) return;
  if (key.group.empty() && key.resource == "namespaces" && terminating(*object)) {
    check_namespace(key.name);
  } else if (terminating(*object)) {
    check_terminating(key, *object);
  } else if (!kinds_.find_resource(key.group, key.resource)) {
    store_.erase(key);  // its definition is gone
  } else {
    check_dependent(key, *object);
  }
}

void Lifecycle::check_terminating(const ObjectKey& key, json object) {
  const std::string uid = object.at("metadata").value("uid", "");
  if (has_finalizer(object, kOrphan)) {
    orphan_dependents(uid);
    drop_finalizer(object, kOrphan);
  } else if (has_finalizer(object, kForeground)) {
    bool left = false;
    const std::set<ObjectKey> dependents = dependents_[uid];
    for (const ObjectKey& dependent : dependents) {
      if (store_.find(dependent)) remove(dependent, Propagation::foreground);
      left = left || store_.find(dependent);
    }
    if (left) {
      foreground_[uid] = key;
      return;
    }
    drop_finalizer(object, kForeground);
  }
  if (finalizers_of(object).empty()) {
    store_.erase(key);
  } else {
    store_.replace(key, std::move(object));
  }
}

void Lifecycle::orphan_dependents(const std::string& uid) {
  const auto orphans = dependents_.extract(uid);
  if (!orphans) return;
  for (const ObjectKey& key : orphans.mapped()) {
    const json* stored = store_.find(key);
    if (!stored) continue;
    json object = *stored;
    json kept = json::array();
    for (const json& owner : object["metadata"].value("ownerReferences", json::array())) {
      if (owner.value("uid", "") != uid) kept.push_back(owner);
    }
    object["metadata"].erase("ownerReferences");
    if (!kept.empty()) object["metadata"]["ownerReferences"] = std::move(kept);
    store_.replace(key, std::move(object));
  }
}

bool Lifecycle::owner_exists(const json& reference, const std::string& namespace_name) const {
  const std::string version = reference.value("apiVersion", "");
  const std::size_t slash = version.find('/');
  const KindPtr kind = kinds_.find_kind(slash == std::string::npos ? "" : version.substr(0, slash),
                                        reference.value("kind", ""));
  if (!kind) return false;
  const json* owner =
      store_.find({kind->group, kind->resource, kind->namespaced ? namespace_name : "",
                   reference.value("name", "")});
  return owner && owner->at("metadata").value("uid", "") == reference.value("uid", "");
}

void Lifecycle::check_dependent(const ObjectKey& key, const json& object) {
  const json owners = object.at("metadata").value("ownerReferences", json::array());
  if (owners.empty()) return;
  for (const json& owner : owners) {
    if (owner_exists(owner, key.namespace_name)) return;
  }
  remove(key, Propagation::background);
}

void Lifecycle::check_namespace(const std::string& name) {
  const auto content = [&] {
    std::vector<ObjectKey> keys;
    for (const auto& [key, object] : store_.all()) {
      if (key.namespace_name == name) keys.push_back(key);
    }
    return keys;
  };
  for (const ObjectKey& key : content()) {
    const json* object = store_.find(key);
    if (object && !terminating(*object)) remove(key, Propagation::background);
  }
  if (content().empty()) store_.erase({"", "namespaces", "", name});
}

json Lifecycle::preview_remove(const ObjectKey& key, Propagation propagation, bool& gone) const {
  json object = *store_.find(key);
  json& metadata = object["metadata"];
  const bool is_namespace = key.group.empty() && key.resource == "namespaces";
  if (propagation != Propagation::background) {
    const char* finalizer = propagation == Propagation::foreground ? kForeground : kOrphan;
    if (!has_finalizer(object, finalizer)) metadata["finalizers"].push_back(finalizer);
  }
  gone = finalizers_of(object).empty() && !is_namespace;
  if (gone || terminating(object)) return object;
  metadata["deletionTimestamp"] = Clock::now_seconds();
  if (is_namespace) {
    object["status"]["phase"] = "Terminating";
  } else {
    metadata["deletionGracePeriodSeconds"] = 0;
  }
  return object;
}

json Lifecycle::remove(const ObjectKey& key, Propagation propagation) {
  bool gone = false;
  json object = preview_remove(key, propagation, gone);
  if (!gone) return store_.replace(key, std::move(object));
  store_.erase(key);
  return object;
}

void Lifecycle::fill_namespace(const std::string& name) {
  const ObjectKey account{"", "serviceaccounts", name, "default"};
  if (!store_.find(account))
    store_.create(account,
                  {{"apiVersion", "v1"}, {"kind", "ServiceAccount"}, {"metadata", json::object()}});
  const ObjectKey authority{"", "configmaps", name, "kube-root-ca.crt"};
  if (ca_pem_.empty() || store_.find(authority)) return;
  store_.create(authority, {{"apiVersion", "v1"},
                            {"kind", "ConfigMap"},
                            {"metadata", json::object()},
                            {"data", {{"ca.crt", ca_pem_}}}});
}

}  // namespace crosstie::sandbox::kubernetes
