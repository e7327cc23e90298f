#pragma once
// The one object store under the Kubernetes API server simulator and the operator simulator:
// objects by group, resource, namespace and name, with resourceVersion, generation and watches. It
// knows nothing of HTTP and nothing of Elasticsearch.
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"

namespace crosstie::sandbox {

struct ObjectKey {
  std::string group;     // "" for core
  std::string resource;  // plural, "secrets"
  std::string namespace_name;
  std::string name;
  auto operator<=>(const ObjectKey&) const = default;
};

struct WatchEvent {
  std::string type;  // ADDED, MODIFIED, DELETED
  ObjectKey key;
  nlohmann::json object;
  std::uint64_t resource_version = 0;
  nlohmann::json
      previous_labels;  // before the change; a selector turns MODIFIED into ADDED or DELETED by it
};

class ObjectStore {
 public:
  explicit ObjectStore(Context& context);
  ~ObjectStore();
  ObjectStore(const ObjectStore&) = delete;
  ObjectStore& operator=(const ObjectStore&) = delete;

  std::uint64_t resource_version() const;
  const nlohmann::json* find(const ObjectKey& key) const;
  /// Objects of a resource in key order; namespace "" = all.
  std::vector<const nlohmann::json*> list(const std::string& group, const std::string& resource,
                                          const std::string& namespace_name) const;

  /// Sets uid, creationTimestamp, generation 1 and resourceVersion. The key must be free.
  const nlohmann::json& create(const ObjectKey& key, nlohmann::json object);
  /// Stores `object`; raises resourceVersion when anything changed, generation when spec (or for
  /// kinds without status, anything but metadata) changed. Equal content is a no-op. Returns the
  /// stored object.
  const nlohmann::json& replace(const ObjectKey& key, nlohmann::json object);
  void erase(const ObjectKey& key);
  /// What create() or replace() would store, with nothing stored: a dry run. The first has no
  /// resourceVersion, the second the stored one.
  nlohmann::json preview_create(const ObjectKey& key, nlohmann::json object) const;
  nlohmann::json preview_replace(const ObjectKey& key, nlohmann::json object) const;

  /// Events after `resource_version`; nullopt when that is compacted away.
  std::optional<std::vector<WatchEvent>> events_since(std::uint64_t resource_version) const;
  /// Returns when something newer than `resource_version` exists or after `timeout` (real time).
  Task<void> wait_newer(std::uint64_t resource_version, std::chrono::milliseconds timeout);
  /// Called synchronously after each change; for operator loops.
  void on_change(std::function<void(const WatchEvent&)> callback);

  /// Every object in key order; pointers hold until the next change.
  std::vector<std::pair<ObjectKey, const nlohmann::json*>> all() const;
  /// The newest version whose events are forgotten (0: none).
  std::uint64_t compacted_version() const { return compacted_version_; }
  /// Forgets all events, as etcd's compaction does.
  void compact();

 private:
  struct Waiters;
  struct Waiting;
  void publish(WatchEvent event);
  Context& context_;
  std::uint64_t resource_version_ = 1;
  std::uint64_t compacted_version_ = 0;
  std::map<ObjectKey, nlohmann::json> objects_;
  std::deque<WatchEvent> history_;
  std::vector<std::function<void(const WatchEvent&)>> callbacks_;
  std::shared_ptr<Waiters>
      waiters_;  // shared with suspended wait_newer() coroutines, which may outlive the store
};

}  // namespace crosstie::sandbox
