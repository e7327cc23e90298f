#pragma once
// Random nodeSets, what a user may do to them while our entries are in, and what ECK writes back.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace crosstie::testing {

class RandomNodeSets {
 public:
  using json = nlohmann::json;

  explicit RandomNodeSets(std::uint64_t seed) : random_(seed) {}

  bool coin() { return random_() % 2 == 0; }
  int up_to(int most) { return static_cast<int>(random_() % static_cast<unsigned>(most + 1)); }

  static inline const std::string kAuthorities =
      "xpack.security.transport.ssl.certificate_authorities";
  static inline const std::string kRestrictions =
      "xpack.security.transport.ssl.trust_restrictions.path";

  static json entries(const std::string& suffix = "") {
    const std::string root = "/usr/share/elasticsearch/config/";
    return {{"config",
             {{kAuthorities, {root + "ech-ca" + suffix + "/ca.crt"}},
              {kRestrictions, root + "trust-filter/trust.yml"}}},
            {"volumes",
             {{{"name", "remote-ech-ca" + suffix},
               {"secret", {{"secretName", "remote-ech-ca" + suffix}}}},
              {{"name", "trust"}, {"configMap", {{"name", "quickstart-trust-ech"}}}}}},
            {"volume_mounts",
             {{{"name", "remote-ech-ca" + suffix}, {"mountPath", root + "ech-ca" + suffix}},
              {{"name", "trust"}, {"mountPath", root + "trust-filter"}}}}};
  }

  json node_sets() {
    json sets = json::array();
    const int count = 1 + up_to(5);
    for (int i = 0; i < count; ++i) sets.push_back(node_set("set-" + std::to_string(i)));
    return sets;
  }

  /// ECK 3.5's full update (fixture es-1-created-no-nodes; Go writes the nil slice).
  static void write_back(json& sets) {
    for (json& set : sets) {
      json& pod = set["podTemplate"];
      if (pod.is_null()) pod = json::object();
      if (!pod.contains("metadata")) pod["metadata"] = json::object();
      if (!pod.contains("spec") || pod["spec"].is_null()) pod["spec"] = json::object();
      if (!pod["spec"].contains("containers")) pod["spec"]["containers"] = nullptr;
      for (const char* kind : {"containers", "initContainers"}) {
        if (!pod["spec"].contains(kind) || !pod["spec"][kind].is_array()) continue;
        for (json& container : pod["spec"][kind])
          if (!container.contains("resources")) container["resources"] = json::object();
      }
    }
  }

  /// Several nodeSets were renamed, removed or moved: which is which can be told by what the user
  /// has in them, but not whether a place that we filled was absent or empty before.
  bool lost_track() const { return lost_track_ > 1; }

  /// One edit, made to the nodeSets with our entries and to those without them.
  void edit(json& users, json& live) {
    const auto at = random_() % users.size();
    const int kind = up_to(12);
    const auto seed = random_();
    ++edits_;
    lost_track_ = lost_track_ + (kind >= 5 && kind <= 7 ? 1 : 0);
    if (kind == 10 || kind == 11) {
      if (!both_have_main(users[at], live[at])) return;
    }
    for (json* sets : {&users, &live}) change(*sets, at, kind, seed);
  }

 private:
  static json& object(json& parent, const char* key) {
    if (!parent.contains(key) || !parent[key].is_object()) parent[key] = json::object();
    return parent[key];
  }
  static json& list(json& parent, const char* key) {
    if (!parent.contains(key) || !parent[key].is_array()) parent[key] = json::array();
    return parent[key];
  }
  static json* main_of(json& set) {
    json& containers = list(object(object(set, "podTemplate"), "spec"), "containers");
    for (json& one : containers)
      if (one.value("name", "") == "elasticsearch") return &one;
    return nullptr;
  }
  static bool both_have_main(json users, json live) {
    return main_of(users) != nullptr && main_of(live) != nullptr;
  }

  void change(json& sets, std::size_t at, int kind, std::uint64_t seed) {
    json& set = sets[at];
    const std::string number = std::to_string(edits_);
    switch (kind) {
      case 0:
        set["count"] = 7;
        return;
      case 1:
        object(set, "config")["node.attr.rack" + number] = "r1";
        return;
      case 2:
        object(object(set, "podTemplate"), "metadata")["annotations"] = {{"a", number}};
        return;
      case 3:
        object(object(set, "podTemplate"), "spec")["nodeSelector"] = {{"disk", "ssd"}};
        return;
      case 4:
        sets.push_back({{"name", "late-" + number}, {"count", 1}});
        return;
      case 5:
        if (sets.size() > 1) sets.erase(static_cast<json::size_type>(at));
        return;
      case 6:
        set["name"] = "renamed-" + number;
        return;
      case 7: {
        std::mt19937_64 same(seed);
        std::shuffle(sets.begin(), sets.end(), same);
        return;
      }
      case 8:
        list(object(object(set, "podTemplate"), "spec"), "containers")
            .push_back({{"name", "late-" + number}, {"image", "late"}});
        return;
      case 9:
        list(object(object(set, "podTemplate"), "spec"), "volumes")
            .push_back({{"name", "late-" + number}, {"emptyDir", json::object()}});
        return;
      case 10:
        list(*main_of(set), "env").push_back({{"name", "LATE"}, {"value", number}});
        return;
      case 11:
        list(*main_of(set), "volumeMounts")
            .push_back({{"name", "late"}, {"mountPath", "/late" + number}});
        return;
      default:
        append_own_authority(set, "/late" + number + ".crt");
    }
  }

  /// Where the user's list stands, whatever its spelling.
  static json* authorities(json& config, const std::string& dotted) {
    for (auto& [key, value] : config.items()) {
      if (key == dotted) return &value;
      if (dotted.starts_with(key + ".") && value.is_object())
        if (json* found = authorities(value, dotted.substr(key.size() + 1))) return found;
    }
    return nullptr;
  }
  static void append_own_authority(json& set, const std::string& item) {
    json& config = object(set, "config");
    json* found = authorities(config, kAuthorities);
    if (found == nullptr) found = &(config[kAuthorities] = json::array());
    if (found->is_null()) *found = json::array();
    if (!found->is_array()) *found = json::array({*found});
    found->push_back(item);
  }

  json some_of(std::vector<json> all) {
    json chosen = json::array();
    for (json& one : all)
      if (coin()) chosen.push_back(std::move(one));
    return chosen;
  }

  static bool has_volume(const json& spec, const std::string& name) {
    if (!spec.contains("volumes")) return false;
    return std::any_of(spec["volumes"].begin(), spec["volumes"].end(),
                       [&](const json& one) { return one["name"] == name; });
  }

  json config() {
    json config = json::object();
    if (coin()) config["node.roles"] = json::array({"data_hot", "master"});
    if (coin()) config["node"] = {{"attr", {{"zone", "a"}}}};
    const json own = some_of({"/own/ca.crt", entries()["config"][kAuthorities][0], "/other.crt"});
    switch (up_to(7)) {
      case 0:
        config[kAuthorities] = own;
        break;
      case 1:
        config["xpack"]["security"]["transport"]["ssl"]["certificate_authorities"] = own;
        break;
      case 2:
        config["xpack.security"]["transport.ssl"] = {{"certificate_authorities", own},
                                                     {"verification_mode", "certificate"}};
        break;
      case 3:
        config[kAuthorities] = "/own/ca.crt";
        break;
      case 4:
        config[kAuthorities] = nullptr;
        break;
      case 5:
        config["xpack.security.transport.ssl"] = {{"verification_mode", "certificate"}};
        break;
      case 6:
        config["xpack.security"]["transport"]["ssl"]["trust_restrictions.path"] =
            entries()["config"][kRestrictions];
        break;
      default:
        config[kRestrictions] = nullptr;
        break;
    }
    return config;
  }

  json pod_template() {
    json pod = json::object();
    const json ours = entries();
    if (coin()) pod["metadata"] = {{"labels", {{"team", "search"}}}};
    switch (up_to(4)) {
      case 0:
        return pod;
      case 1:
        pod["spec"] = nullptr;
        return pod;
      case 2:
        pod["spec"] = json::object();
        return pod;
      default:
        break;
    }
    json& spec = pod["spec"];
    spec = json::object();
    if (coin())
      spec["volumes"] = some_of({{{"name", "certs"}, {"secret", {{"secretName", "mine"}}}},
                                 ours["volumes"][0],
                                 {{"name", "scratch"}, {"emptyDir", json::object()}}});
    if (coin()) spec["initContainers"] = json::array({{{"name", "sysctl"}, {"command", {"sh"}}}});
    if (coin()) {
      json containers = some_of({{{"name", "sidecar"}, {"image", "busybox"}}});
      if (coin()) {
        json main = {{"name", "elasticsearch"}};
        if (coin()) main["resources"] = {{"limits", {{"memory", "4Gi"}}}};
        // A mount without its volume would be an invalid resource.
        std::vector<json> mounts;
        if (has_volume(spec, "scratch"))
          mounts.push_back({{"name", "scratch"}, {"mountPath", "/scratch"}});
        if (has_volume(spec, "remote-ech-ca")) mounts.push_back(ours["volume_mounts"][0]);
        if (coin()) main["volumeMounts"] = some_of(std::move(mounts));
        containers.push_back(std::move(main));
      }
      spec["containers"] = std::move(containers);
    }
    return pod;
  }

  json node_set(const std::string& name) {
    json set = {{"name", name}, {"count", 1 + up_to(2)}};
    switch (up_to(3)) {
      case 0:
        break;
      case 1:
        set["config"] = nullptr;
        break;
      default:
        set["config"] = config();
    }
    if (coin()) set["podTemplate"] = pod_template();
    return set;
  }

  std::mt19937_64 random_;
  int edits_ = 0;
  int lost_track_ = 0;
};

/// From CROSSTIE_SEED, or new each time; printed, so that a failure can be had again.
inline std::uint64_t printed_seed() {
  const char* given = std::getenv("CROSSTIE_SEED");
  const std::uint64_t seed = given != nullptr ? std::stoull(given) : std::random_device{}();
  std::printf("CROSSTIE_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

}  // namespace crosstie::testing
