#include "providers/kubernetes/batch.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/value.hpp"
#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/parallel.hpp"
#include "providers/kubernetes/status.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {
namespace {

/// From how many objects on a LIST is cheaper than GETs (a page of 500 costs about as much as 20
/// GETs, but one round trip).
constexpr std::size_t kListFrom = 6;
constexpr std::size_t kGroupsAtOnce = 8;
constexpr std::size_t kGetsAtOnce = 16;

struct Group {
  KindPath kind;
  std::string namespace_name;
  std::string api_version;
  std::string kind_name;
  std::vector<std::size_t> members;
};

void saw(Sight& sight, Value object) {
  sight.observation.presence = Presence::present;
  sight.object = std::move(object);
}

void saw_reply(Sight& sight, Reply reply) {
  if (reply.ok()) {
    saw(sight, std::move(reply.body));
  } else if (reply.absent()) {
    sight.observation.presence = Presence::absent;
  } else if (!reply.missing_namespace.empty()) {
    sight.observation.presence = Presence::absent;
    sight.not_yet = "namespace " + reply.missing_namespace + " does not exist yet";
  } else if (reply.not_served()) {
    sight.observation.presence = Presence::absent;
    sight.not_yet = "its kind is not served by the cluster yet";
  } else {
    sight.observation.presence = Presence::unreadable;
    sight.observation.diagnostics = std::move(reply.diagnostics);
  }
}

Task<std::vector<Sight>> get_each(std::shared_ptr<Api> api, Group group,
                                  std::vector<Sight> sights) {
  std::vector<Task<Reply>> gets;
  for (const Sight& sight : sights)
    gets.push_back(api->get(group.kind, sight.name.namespace_name, sight.name.name));
  std::vector<Reply> replies = co_await run_all(std::move(gets), kGetsAtOnce);
  for (std::size_t i = 0; i < sights.size(); ++i) saw_reply(sights[i], std::move(replies[i]));
  co_return sights;
}

/// Items of core lists carry neither apiVersion nor kind (fixture http-list-limit).
void name_item(Value& item, const Group& group) {
  if (item.find("apiVersion") == nullptr) item.set("apiVersion", Value(group.api_version));
  if (item.find("kind") == nullptr) item.set("kind", Value(group.kind_name));
}

Task<std::vector<Sight>> look_at_group(std::shared_ptr<Api> api, Group group,
                                       std::vector<Sight> sights) {
  if (sights.size() >= kListFrom) {
    std::string no_query;
    ListReply list = co_await api->list(group.kind, group.namespace_name, std::move(no_query));
    if (list.last.ok()) {
      std::map<std::string, Value, std::less<>> by_name;
      for (Value& item : list.items) {
        const Value* metadata = item.find("metadata");
        if (metadata == nullptr) continue;
        std::string name = metadata->text("name");
        name_item(item, group);
        by_name.insert_or_assign(std::move(name), std::move(item));
      }
      for (Sight& sight : sights) {
        const auto found = by_name.find(sight.name.name);
        if (found != by_name.end()) saw(sight, std::move(found->second));
      }
    } else if (list.last.status == 403) {
      sights = co_await get_each(api, group, std::move(sights));
    } else {
      for (Sight& sight : sights) saw_reply(sight, list.last);
    }
  } else {
    sights = co_await get_each(api, group, std::move(sights));
  }
  co_return sights;
}

/// Neither GET nor LIST tells a missing namespace from a missing object (fixture
/// http-404-namespace-list): asks once for each namespace that something is missing in.
Task<void> look_for_namespaces(std::shared_ptr<Api> api, std::vector<Sight>* sights) {
  std::map<std::string, std::vector<Sight*>> missing;
  for (Sight& sight : *sights) {
    if (sight.observation.presence == Presence::absent && sight.not_yet.empty() &&
        !sight.name.namespace_name.empty())
      missing[sight.name.namespace_name].push_back(&sight);
  }
  const KindPath namespaces{"/api/v1", "namespaces", false};
  std::vector<Task<Reply>> gets;
  for (const auto& [name, members] : missing) {
    std::string no_namespace;
    gets.push_back(api->get(namespaces, std::move(no_namespace), name));
  }
  const std::vector<Reply> spaces = co_await run_all(std::move(gets), kGetsAtOnce);
  std::size_t next = 0;
  for (const auto& [name, members] : missing) {
    const bool absent = spaces[next++].absent();
    for (Sight* sight : members)
      if (absent) sight->not_yet = "namespace " + name + " does not exist yet";
  }
}

}  // namespace

Task<std::vector<Sight>> look_at(std::shared_ptr<Api> api, std::vector<Look> looks) {
  std::vector<Sight> sights(looks.size());
  std::map<std::pair<std::string, std::string>, KindLookup> kinds;
  std::map<std::string, Group> groups;
  for (std::size_t i = 0; i < looks.size(); ++i) {
    Look& look = looks[i];
    Sight& sight = sights[i];
    sight.name = look.name;
    if (!look.problems.empty() || !look.reason.empty()) {
      sight.observation.presence =
          look.problems.empty() ? Presence::unchecked : Presence::unreadable;
      sight.observation.diagnostics = std::move(look.problems);
      sight.observation.reason = std::move(look.reason);
      continue;
    }
    const auto key = std::make_pair(look.name.api_version, look.name.kind);
    if (!kinds.contains(key)) {
      KindLookup lookup = co_await api->find_kind(look.name.api_version, look.name.kind);
      kinds.emplace(key, std::move(lookup));
    }
    const KindLookup& lookup = kinds.at(key);
    if (!lookup.path) {
      sight.observation.presence =
          lookup.diagnostics.empty() ? Presence::absent : Presence::unreadable;
      sight.observation.diagnostics = lookup.diagnostics;
      sight.not_yet = "kind " + look.name.kind + " (" + look.name.api_version +
                      ") is not served by the cluster: its CustomResourceDefinition is not "
                      "installed";
      continue;
    }
    if (!lookup.path->namespaced) sight.name.namespace_name.clear();
    Group& group =
        groups[lookup.path->prefix + "/" + lookup.path->plural + "/" + sight.name.namespace_name];
    group.kind = *lookup.path;
    group.namespace_name = sight.name.namespace_name;
    group.api_version = look.name.api_version;
    group.kind_name = look.name.kind;
    group.members.push_back(i);
  }
  std::vector<Task<std::vector<Sight>>> tasks;
  std::vector<const Group*> order;
  for (const auto& [key, group] : groups) {
    std::vector<Sight> members;
    members.reserve(group.members.size());
    for (const std::size_t index : group.members) members.push_back(std::move(sights[index]));
    tasks.push_back(look_at_group(api, group, std::move(members)));
    order.push_back(&group);
  }
  std::vector<std::vector<Sight>> seen = co_await run_all(std::move(tasks), kGroupsAtOnce);
  for (std::size_t g = 0; g < order.size(); ++g) {
    for (std::size_t m = 0; m < order[g]->members.size(); ++m)
      sights[order[g]->members[m]] = std::move(seen[g][m]);
  }
  co_await look_for_namespaces(api, &sights);
  co_return sights;
}

}  // namespace crosstie::kubernetes
