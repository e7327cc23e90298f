#include "sandbox/ech/trust.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "sandbox/context.hpp"
#include "sandbox/ech/decode.hpp"
#include "sandbox/ech/errors.hpp"
#include "sandbox/ech/world_state.hpp"
#include "sandbox/elasticsearch/certificate_info.hpp"
#include "sandbox/peer_trust.hpp"

namespace crosstie::sandbox::ech {
namespace {

constexpr std::size_t kEntriesMax = 200;
constexpr std::size_t kUidCharacters = 32;
constexpr std::array<const char*, 4> kTypes{"ECE", "ESS", "generic", "proxy"};

/// Collects broken rules, so that one answer tells all.
class Problems {
 public:
  void add(const Cursor& at, const std::string& name, const std::string& message) {
    error_.elements.push_back({"root.invalid_data", message, {at.field() + "." + name}});
  }
  void throw_if_any() const {
    if (!error_.elements.empty()) throw error_;
  }

 private:
  ApiError error_;
};

Json read_account(const Cursor& entry) {
  return {{"account_id", entry.need("account_id").text()},
          {"name", entry.text_or("name", "")},
          {"trust_all", entry.need("trust_all").boolean()},
          {"trust_allowlist", entry.texts("trust_allowlist")}};
}

Json read_external(const Cursor& entry) {
  return {{"trust_relationship_id", entry.need("trust_relationship_id").text()},
          {"name", ""},
          {"trust_all", entry.need("trust_all").boolean()},
          {"trust_allowlist", entry.texts("trust_allowlist")}};
}

/// Source: the descriptions of DirectTrustRelationship in the API definition.
void check_direct(const Cursor& at, const Json& entry, Problems& problems) {
  const bool all = entry["trust_all"];
  const std::string type = entry["type"];
  const std::string scope = entry.value("scope_id", "");
  const bool allowlist = !entry["trust_allowlist"].empty();
  const bool nodes = !entry["additional_node_names"].empty();
  if (std::find(kTypes.begin(), kTypes.end(), type) == kTypes.end()) {
    problems.add(at, "type", "The type [" + type + "] is not one of ECE, ESS, generic, proxy");
  }
  if (type == "proxy") {
    if (all) problems.add(at, "trust_all", "trust_all must be false for a trust of type proxy");
    if (allowlist)
      problems.add(at, "trust_allowlist",
                   "trust_allowlist must be omitted for a trust of type proxy");
    if (!scope.empty())
      problems.add(at, "scope_id", "scope_id must be omitted for a trust of type proxy");
    if (nodes)
      problems.add(at, "additional_node_names",
                   "additional_node_names must be omitted for a trust of type proxy");
    return;
  }
  if (scope.empty() && (all || allowlist)) {
    problems.add(at, "scope_id",
                 "scope_id is required when trust_all is true or trust_allowlist is given");
  } else if (scope.empty() && !nodes) {
    problems.add(at, "additional_node_names",
                 "additional_node_names is required when scope_id is not given");
  }
  for (const Json& name : entry["additional_node_names"]) {
    if (name.get<std::string>().find('*') != std::string::npos) {
      problems.add(at, "additional_node_names",
                   "Wildcards are not allowed in additional_node_names");
    }
  }
}

Json read_certificates(const WorldState& world, const Cursor& entry, Problems& problems) {
  Json list = Json::array();
  for (const Cursor& certificate : entry.need_list("certificates")) {
    const std::string pem = certificate.need("pem").text();
    Json read{{"pem", pem}};
    Json metadata = certificate_metadata(pem);
    if (metadata.is_null() && world.options.strict_pem) {
      problems.add(certificate, "pem", "The certificate could not be parsed");
    }
    if (!metadata.is_null()) read["metadata"] = std::move(metadata);
    list.push_back(std::move(read));
  }
  if (list.empty()) problems.add(entry, "certificates", "At least one certificate is required");
  return list;
}

std::string certificates_pem(const Json& entry) {
  std::string pem;
  for (const Json& certificate : entry["certificates"]) {
    pem += certificate["pem"].get<std::string>();
    if (!pem.empty() && pem.back() != '\n') pem += '\n';
  }
  return pem;
}

using Allow = std::function<void(std::string)>;

/// Names NODE.node.CLUSTER and then `scope`: of every cluster, or of those listed.
void allow_clusters(const Json& entry, const std::string& scope, const Allow& allow) {
  if (entry.value("trust_all", false)) {
    allow("*.node.*" + scope);
    return;
  }
  for (const Json& cluster : entry.value("trust_allowlist", Json::array()))
    allow("*.node." + cluster.get<std::string>() + scope);
}

/// A scope is the end of the names of what it covers: `<namespace>.es.local` for ECK, whose nodes
/// are POD.node.CLUSTER.<namespace>.es.local, and the organization's id for the service's own
/// (facts/ech-api.md, section 4).
void allow_direct(const Json& entry, const Allow& allow) {
  const std::string scope = entry.value("scope_id", "");
  if (!scope.empty()) {
    if (entry.value("trust_all", false)) allow("*." + scope);
    allow_clusters(entry, "." + scope, allow);
    allow_clusters(entry, ".cluster." + scope + ".account", allow);
  }
  for (const Json& name : entry.value("additional_node_names", Json::array()))
    allow(name.get<std::string>());
}

bool has_uid(const Json& stored, const std::string& uid) {
  const Json direct = stored.value("direct", Json::array());
  return std::any_of(direct.begin(), direct.end(),
                     [&](const Json& entry) { return entry.value("uid", "") == uid; });
}

Json read_direct(WorldState& world, const Json& stored, const Cursor& entry, Problems& problems) {
  Json read{{"name", entry.need("name").text()},
            {"type", entry.text_or("type", "generic")},
            {"trust_all", entry.need("trust_all").boolean()},
            {"trust_allowlist", entry.texts("trust_allowlist")},
            {"additional_node_names", entry.texts("additional_node_names")},
            {"certificates", read_certificates(world, entry, problems)}};
  const std::string scope = entry.text_or("scope_id", "");
  if (!scope.empty()) read["scope_id"] = scope;
  const std::string uid = entry.text_or("uid", "");
  read["uid"] = !uid.empty() && has_uid(stored, uid) ? uid : world.context.ids.hex(kUidCharacters);
  check_direct(entry, read, problems);
  return read;
}

}  // namespace

Json default_trust(const WorldState& world) {
  return {{"accounts", Json::array({{{"account_id", world.options.organization_id},
                                     {"name", world.organization_trust_name},
                                     {"trust_all", true},
                                     {"trust_allowlist", Json::array()}}})},
          {"external", Json::array()},
          {"direct", Json::array()}};
}

Json read_trust(WorldState& world, const Json& stored, const Cursor& trust) {
  Problems problems;
  Json read{{"accounts", Json::array()}, {"external", Json::array()}, {"direct", Json::array()}};
  for (const Cursor& entry : trust.list("accounts"))
    read["accounts"].push_back(read_account(entry));
  for (const Cursor& entry : trust.list("external"))
    read["external"].push_back(read_external(entry));
  for (const Cursor& entry : trust.list("direct"))
    read["direct"].push_back(read_direct(world, stored, entry, problems));
  if (read["direct"].size() > kEntriesMax)
    problems.add(trust, "direct", "Too many direct trust relationships");
  problems.throw_if_any();
  return read;
}

std::string proxy_trust_pem(const Json& trust) {
  std::string pem;
  for (const Json& entry : trust.value("direct", Json::array())) {
    if (entry.value("type", "") == "proxy") pem += certificates_pem(entry);
  }
  return pem;
}

PeerTrust transport_trust(const WorldState& world, const Deployment& deployment) {
  const Json& trust = deployment.settings["trust"];
  PeerTrust made;
  made.authorities_pem = world.node_authority.certificate_pem + world.old_node_authority_pem;
  TrustRestriction restriction;
  const auto allow = [&restriction](std::string pattern) {
    restriction.names.push_back(std::move(pattern));
  };
  allow("*.node." + deployment.cluster_id + ".cluster." + world.options.organization_id +
        ".account");
  for (const Json& entry : trust.value("accounts", Json::array()))
    allow_clusters(entry, ".cluster." + entry.value("account_id", "") + ".account", allow);
  for (const Json& entry : trust.value("external", Json::array()))
    allow_clusters(entry, ".cluster." + entry.value("trust_relationship_id", "") + ".account",
                   allow);
  for (const Json& entry : trust.value("direct", Json::array())) {
    if (entry.value("type", "") == "proxy") continue;
    made.authorities_pem += certificates_pem(entry);
    allow_direct(entry, allow);
  }
  made.restriction = std::move(restriction);
  return made;
}

void apply_transport(const WorldState& world, Deployment& deployment) {
  deployment.cluster->set_transport(
      Transport{deployment.node_identity, transport_trust(world, deployment)});
}

Json certificate_metadata(const std::string& pem) {
  const auto info = elasticsearch::certificate_info(pem);
  if (!info) return nullptr;
  return {{"fingerprint", certificate_fingerprint_sha256(pem)},
          {"valid_from", info->valid_from},
          {"valid_to", info->valid_to},
          {"also_trusted_by", Json::array()}};
}

}  // namespace crosstie::sandbox::ech
