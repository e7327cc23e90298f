#include "sandbox/kubernetes/store.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox {

using nlohmann::json;

namespace {

/// Events kept for watches; older ones are compacted away.
constexpr std::size_t kHistoryEventsMax = 4096;

/// Groups whose kinds carry metadata.generation. Core kinds (Secret, ConfigMap, Service ...) have
/// none (seen on 1.33).
bool has_generation(const ObjectKey& key) {
  static const std::set<std::string> kWithout = {"", "events.k8s.io", "rbac.authorization.k8s.io",
                                                 "coordination.k8s.io"};
  return !kWithout.contains(key.group);
}

/// What counts for the generation: everything but metadata and status.
json desired_part(const json& object) {
  json part = object;
  part.erase("metadata");
  part.erase("status");
  return part;
}

json labels_of(const json& object) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end()) return json::object();
  return metadata->value("labels", json::object());
}

void keep(const json& from, json& to, const char* field) {
  if (const auto found = from.find(field); found != from.end()) to[field] = *found;
}

}  // namespace

struct ObjectStore::Waiters {
  std::vector<std::shared_ptr<boost::asio::steady_timer>> timers;
};

/// One suspended wait_newer(); leaves the list however its coroutine ends.
struct ObjectStore::Waiting {
  std::shared_ptr<Waiters> waiters;
  std::shared_ptr<boost::asio::steady_timer> timer;

  Waiting(std::shared_ptr<Waiters> list, const boost::asio::any_io_executor& executor,
          std::chrono::milliseconds timeout)
      : waiters(std::move(list)),
        timer(std::make_shared<boost::asio::steady_timer>(executor, timeout)) {
    waiters->timers.push_back(timer);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() { std::erase(waiters->timers, timer); }
};

ObjectStore::ObjectStore(Context& context)
    : context_(context), waiters_(std::make_shared<Waiters>()) {}

ObjectStore::~ObjectStore() = default;

std::uint64_t ObjectStore::resource_version() const { return resource_version_; }

const json* ObjectStore::find(const ObjectKey& key) const {
  const auto found = objects_.find(key);
  return found == objects_.end() ? nullptr : &found->second;
}

std::vector<const json*> ObjectStore::list(const std::string& group, const std::string& resource,
                                           const std::string& namespace_name) const {
  std::vector<const json*> found;
  for (auto at = objects_.lower_bound({group, resource, namespace_name, ""}); at != objects_.end();
       ++at) {
    const ObjectKey& key = at->first;
    if (key.group != group || key.resource != resource) break;
    if (!namespace_name.empty() && key.namespace_name != namespace_name) break;
    found.push_back(&at->second);
  }
  return found;
}

std::vector<std::pair<ObjectKey, const json*>> ObjectStore::all() const {
  std::vector<std::pair<ObjectKey, const json*>> found;
  found.reserve(objects_.size());
  for (const auto& [key, object] : objects_) found.emplace_back(key, &object);
  return found;
}

json ObjectStore::preview_create(const ObjectKey& key, json object) const {
  json& metadata = object["metadata"];
  metadata["name"] = key.name;
  if (!key.namespace_name.empty()) metadata["namespace"] = key.namespace_name;
  metadata["uid"] = context_.ids.uuid();
  metadata["creationTimestamp"] = Clock::now_seconds();
  metadata.erase("generation");
  if (has_generation(key)) metadata["generation"] = 1;
  metadata.erase("resourceVersion");
  return object;
}

json ObjectStore::preview_replace(const ObjectKey& key, json object) const {
  const json& current = objects_.at(key);
  json& metadata = object["metadata"];
  const json& before = current.at("metadata");
  for (const char* field : {"name", "namespace", "uid", "creationTimestamp", "resourceVersion"})
    keep(before, metadata, field);
  metadata.erase("generation");
  keep(before, metadata, "generation");
  if (!has_generation(key)) return object;
  const bool deleting =
      metadata.contains("deletionTimestamp") && !before.contains("deletionTimestamp");
  if (deleting || desired_part(object) != desired_part(current))
    metadata["generation"] = before.value("generation", 0) + 1;
  return object;
}

const json& ObjectStore::create(const ObjectKey& key, json object) {
  assert(!objects_.contains(key));
  object = preview_create(key, std::move(object));
  object["metadata"]["resourceVersion"] = std::to_string(++resource_version_);
  const json& stored = objects_[key] = std::move(object);
  publish({"ADDED", key, stored, resource_version_, json::object()});
  return objects_.at(key);
}

const json& ObjectStore::replace(const ObjectKey& key, json object) {
  object = preview_replace(key, std::move(object));
  json& current = objects_.at(key);
  if (object == current) return current;
  object["metadata"]["resourceVersion"] = std::to_string(++resource_version_);
  json previous_labels = labels_of(current);
  current = std::move(object);
  publish({"MODIFIED", key, current, resource_version_, std::move(previous_labels)});
  return objects_.at(key);
}

void ObjectStore::erase(const ObjectKey& key) {
  const auto found = objects_.find(key);
  if (found == objects_.end()) return;
  json object = std::move(found->second);
  objects_.erase(found);
  object["metadata"]["resourceVersion"] = std::to_string(++resource_version_);
  json previous_labels = labels_of(object);
  publish({"DELETED", key, std::move(object), resource_version_, std::move(previous_labels)});
}

std::optional<std::vector<WatchEvent>> ObjectStore::events_since(
    std::uint64_t resource_version) const {
  if (resource_version < compacted_version_) return std::nullopt;
  const auto first = std::upper_bound(history_.begin(), history_.end(), resource_version,
                                      [](std::uint64_t version, const WatchEvent& event) {
                                        return version < event.resource_version;
                                      });
  return std::vector<WatchEvent>(first, history_.end());
}

Task<void> ObjectStore::wait_newer(std::uint64_t resource_version,
                                   std::chrono::milliseconds timeout) {
  if (resource_version_ > resource_version || timeout.count() <= 0) co_return;
  const Waiting waiting(waiters_, context_.executor, timeout);
  co_await waiting.timer->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
}

void ObjectStore::on_change(std::function<void(const WatchEvent&)> callback) {
  callbacks_.push_back(std::move(callback));
}

void ObjectStore::compact() {
  history_.clear();
  compacted_version_ = resource_version_;
}

void ObjectStore::publish(WatchEvent event) {
  // A callback may change the store again, so it gets its own copy and an index instead of an
  // iterator.
  const WatchEvent published = event;
  history_.push_back(std::move(event));
  if (history_.size() > kHistoryEventsMax) {
    compacted_version_ = history_.front().resource_version;
    history_.pop_front();
  }
  for (const auto& timer : waiters_->timers) timer->cancel();
  for (std::size_t index = 0; index < callbacks_.size(); ++index) {
    const auto callback = callbacks_[index];
    callback(published);
  }
}

}  // namespace crosstie::sandbox
