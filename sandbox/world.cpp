#include "sandbox/world.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <ios>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "sandbox/text.hpp"
#include "sandbox/world_parse.hpp"
#include "sandbox/world_yaml.hpp"

namespace crosstie::sandbox {
namespace {

constexpr std::size_t kEckNameMax = 36;      // ECK pkg/controller/common/name/name.go
constexpr std::size_t kLabelMax = 63;        // RFC 1123, as Kubernetes checks namespaces
constexpr std::size_t kNodeSetNameMax = 23;  // CRD, nodeSets[].name maxLength
constexpr std::size_t kDeploymentNameMax = 200;
constexpr std::size_t kDeploymentIdLength = 32;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_dns_label(const std::string& text) {
  return !text.empty() && is_lower_or_digit(text.front()) && is_lower_or_digit(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

/// "9.1.0", also with a suffix as in "9.1.0-SNAPSHOT".
bool is_version(const std::string& text) {
  std::size_t at = 0;
  for (int part = 0; part < 3; ++part) {
    const std::size_t start = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    if (at == start || at - start > 4) return false;
    if (part == 2) break;
    if (at >= text.size() || text[at] != '.') return false;
    ++at;
  }
  return at == text.size() || (text[at] == '-' && at + 1 < text.size());
}

/// Builds one World; the reader collects the errors.
class WorldBuilder {
 public:
  explicit WorldBuilder(WorldReader& reader) : reader_(reader) {}

  World build(const YAML::Node& root) {
    bool deployments_given = false;
    bool eck_given = false;
    if (!root.IsNull()) {
      reader_.read_mapping(root, "a world file",
                           {{"deployments",
                             [&](const YAML::Node& node) {
                               deployments_given = true;
                               reader_.read_list(
                                   node, "deployments", kDeploymentsMax,
                                   [&](const YAML::Node& item) { add_deployment(item); });
                             }},
                            {"eck", [&](const YAML::Node& node) {
                               eck_given = true;
                               reader_.read_list(node, "eck", kEckClustersMax,
                                                 [&](const YAML::Node& item) { add_eck(item); });
                             }}});
    }
    if (!deployments_given) {
      WorldDeployment deployment;
      deployment.name = "my-deployment";
      world_.deployments.push_back(deployment);
    }
    if (!eck_given) {
      WorldEck eck;
      eck.node_sets.emplace_back();
      world_.eck.push_back(eck);
    }
    // One operator runs them all: what one cluster says goes for those that say nothing.
    for (WorldEck& eck : world_.eck) {
      if (!operator_version_.empty()) eck.operator_version = operator_version_;
    }
    return std::move(world_);
  }

 private:
  void read_version(const YAML::Node& node, const std::string& key, std::string& version) {
    const std::string text = reader_.read_text(node, key);
    if (text.empty() && !node.IsScalar()) return;
    if (!is_version(text)) {
      reader_.fail(node.Mark(), "not a version",
                   "\"" + key + "\" has three numbers, such as \"" + version + "\".");
      return;
    }
    version = text;
  }

  void read_label(const YAML::Node& node, const std::string& key, std::size_t length_max,
                  std::string& name) {
    name = reader_.read_text(node, key);
    if (!node.IsScalar()) return;
    if (name.size() > length_max) {
      reader_.fail(node.Mark(), "name is too long",
                   "\"" + key + "\" has " + std::to_string(name.size()) + " characters; " +
                       std::to_string(length_max) + " are allowed" +
                       (length_max == kEckNameMax ? " by ECK." : "."));
    } else if (!is_dns_label(name)) {
      reader_.fail(node.Mark(), "not a Kubernetes name",
                   "\"" + key +
                       "\" is made of lower-case letters, digits and dashes, and begins and ends "
                       "with a letter or digit (DNS-1123).");
    }
  }

  void require_unique(std::set<std::string>& seen, const YAML::Mark& mark, const std::string& what,
                      const std::string& name) {
    if (name.empty() || seen.insert(name).second) return;
    reader_.fail(mark, "name is taken",
                 "There is another " + what + " \"" + name + "\" in this world.");
  }

  void add_deployment(const YAML::Node& item) {
    WorldDeployment deployment;
    const std::size_t number = world_.deployments.size() + 1;
    deployment.name = number == 1 ? "my-deployment" : "my-deployment-" + std::to_string(number);
    YAML::Mark name_mark = item.Mark();
    if (!item.IsNull()) {
      reader_.read_mapping(
          item, "a deployment",
          {{"name",
            [&](const YAML::Node& node) {
              name_mark = node.Mark();
              read_deployment_name(node, deployment.name);
            }},
           {"id", [&](const YAML::Node& node) { read_deployment_id(node, deployment.id); }},
           {"version",
            [&](const YAML::Node& node) { read_version(node, "version", deployment.version); }},
           {"zones", [&](const YAML::Node& node) {
              deployment.zones = reader_.read_integer(node, "zones", 1, kZonesMax);
            }}});
    }
    require_unique(deployment_names_, name_mark, "deployment", deployment.name);
    world_.deployments.push_back(std::move(deployment));
  }

  void read_deployment_name(const YAML::Node& node, std::string& name) {
    name = reader_.read_text(node, "name");
    if (!node.IsScalar() || (!name.empty() && name.size() <= kDeploymentNameMax)) return;
    reader_.fail(
        node.Mark(), "not a deployment name",
        "A deployment's name has 1 to " + std::to_string(kDeploymentNameMax) + " characters.");
  }

  void read_deployment_id(const YAML::Node& node, std::string& id) {
    id = reader_.read_text(node, "id");
    if (!node.IsScalar()) return;
    const bool hex = std::all_of(id.begin(), id.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    });
    if (!hex || id.size() != kDeploymentIdLength) {
      reader_.fail(node.Mark(), "not a deployment id",
                   "A deployment's id has 32 lower-case hexadecimal digits.\n"
                   "Leave it out to have one made; quote it when it has no letter.");
      return;
    }
    require_unique(deployment_ids_, node.Mark(), "deployment with the id", id);
  }

  void add_eck(const YAML::Node& item) {
    WorldEck eck;
    const std::size_t number = world_.eck.size() + 1;
    if (number > 1) eck.name += "-" + std::to_string(number);
    YAML::Mark name_mark = item.Mark();
    if (!item.IsNull()) {
      reader_.read_mapping(
          item, "an ECK cluster",
          {{"name",
            [&](const YAML::Node& node) {
              name_mark = node.Mark();
              read_label(node, "name", kEckNameMax, eck.name);
            }},
           {"namespace",
            [&](const YAML::Node& node) {
              read_label(node, "namespace", kLabelMax, eck.namespace_name);
            }},
           {"version", [&](const YAML::Node& node) { read_version(node, "version", eck.version); }},
           {"operator", [&](const YAML::Node& node) { read_operator(node, eck.operator_version); }},
           {"node_sets",
            [&](const YAML::Node& node) {
              node_set_names_.clear();
              reader_.read_list(node, "node_sets", kNodeSetsMax,
                                [&](const YAML::Node& set) { add_node_set(set, eck); });
              if (node.IsSequence() && node.size() == 0) {
                reader_.fail(node.Mark(), "no node sets",
                             "An ECK cluster has at least one node set.\n"
                             "Leave the key out for one of three nodes.");
              }
            }},
           {"load_balancer", [&](const YAML::Node& node) { read_load_balancer(node, eck); }}});
    }
    if (eck.node_sets.empty()) eck.node_sets.emplace_back();
    const std::string full_name = eck.namespace_name + "/" + eck.name;
    require_unique(eck_names_, name_mark, "ECK cluster", full_name);
    world_.eck.push_back(std::move(eck));
  }

  /// One operator serves the whole Kubernetes cluster, so its version is one for the world.
  void read_operator(const YAML::Node& node, std::string& version) {
    read_version(node, "operator", version);
    if (operator_version_.empty()) operator_version_ = version;
    if (operator_version_ == version) return;
    reader_.fail(node.Mark(), "two versions of the operator",
                 "One operator runs all ECK clusters of a world, and another one has operator " +
                     operator_version_ + ".");
  }

  void add_node_set(const YAML::Node& item, WorldEck& eck) {
    WorldNodeSet set;
    const std::size_t number = eck.node_sets.size() + 1;
    if (number > 1) set.name += "-" + std::to_string(number);
    YAML::Mark name_mark = item.Mark();
    if (!item.IsNull()) {
      reader_.read_mapping(item, "a node set",
                           {{"name",
                             [&](const YAML::Node& node) {
                               name_mark = node.Mark();
                               read_label(node, "name", kNodeSetNameMax, set.name);
                             }},
                            {"count",
                             [&](const YAML::Node& node) {
                               set.count = reader_.read_integer(node, "count", 1, kNodesMax);
                             }},
                            {"config",
                             [&](const YAML::Node& node) {
                               set.config_json = reader_.read_json_object(node, "config");
                             }},
                            {"pod_template", [&](const YAML::Node& node) {
                               set.pod_template_json =
                                   reader_.read_json_object(node, "pod_template");
                             }}});
    }
    require_unique(node_set_names_, name_mark, "node set of this cluster", set.name);
    eck.node_sets.push_back(std::move(set));
  }

  void read_load_balancer(const YAML::Node& node, WorldEck& eck) {
    reader_.read_mapping(
        node, "a load balancer",
        {{"kind",
          [&](const YAML::Node& value) {
            static const std::map<std::string, WorldEck::LoadBalancer> kKinds = {
                {"ip", WorldEck::LoadBalancer::ip},
                {"ipv6", WorldEck::LoadBalancer::ipv6},
                {"hostname", WorldEck::LoadBalancer::hostname}};
            const auto found = kKinds.find(reader_.read_text(value, "kind"));
            if (found != kKinds.end()) {
              eck.load_balancer = found->second;
            } else if (value.IsScalar()) {
              reader_.fail(value.Mark(), "not a kind of load balancer",
                           "\"kind\" is ip, ipv6 or hostname.");
            }
          }},
         {"delay", [&](const YAML::Node& value) {
            const auto delay = parse_duration(reader_.read_text(value, "delay"));
            if (delay) {
              eck.load_balancer_delay = *delay;
            } else if (value.IsScalar()) {
              reader_.fail(value.Mark(), "not a duration",
                           "\"delay\" is a number with ms, s, m or h, 24h at most, such as 20s.");
            }
          }}});
  }

  WorldReader& reader_;
  World world_;
  std::set<std::string> deployment_names_;
  std::set<std::string> deployment_ids_;
  std::set<std::string> eck_names_;
  std::set<std::string> node_set_names_;
  std::string operator_version_;
};

}  // namespace

std::string format_world_error(const WorldError& error) {
  std::string text = error.file + ":" + std::to_string(error.line) + ":" +
                     std::to_string(error.column) + ": error: " + error.summary + "\n  ";
  for (const char c : error.explanation) {
    text.push_back(c);
    if (c == '\n') text += "  ";
  }
  return text + "\n";
}

ParsedWorld parse_world(std::string_view text, const std::string& file) {
  WorldReader reader(file);
  ParsedWorld parsed;
  if (const auto root = reader.load(text)) parsed.world = WorldBuilder(reader).build(*root);
  parsed.errors = reader.take_errors();
  return parsed;
}

ParsedWorld load_world(const std::filesystem::path& file) {
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::string text(kWorldBytesMax + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream.is_open() || stream.bad()) {
    const std::string reason = std::generic_category().message(errno);
    ParsedWorld parsed;
    parsed.errors.push_back({file.string(), 1, 1, "world file cannot be read",
                             reason + ".\nCheck that it exists and that you may read it."});
    return parsed;
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return parse_world(text, file.string());
}

}  // namespace crosstie::sandbox
