#include "providers/ech/trust_entry.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/value.hpp"
#include "providers/ech/certificates.hpp"
#include "providers/ech/json_read.hpp"

namespace crosstie::ech {
namespace {

using nlohmann::json;

Diagnostic bad_trust(const std::string& why, const std::string& fix) {
  return make_error("trust cannot be set like this", why, fix);
}

std::vector<std::string> fingerprints(const TrustEntry& entry) {
  std::vector<std::string> all;
  for (const Certificate& certificate : entry.certificates)
    all.push_back(certificate.fingerprint_sha256);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::vector<std::string> sorted(std::vector<std::string> list) {
  std::sort(list.begin(), list.end());
  return list;
}

std::vector<std::string> strings(const Value& desired, std::string_view name) {
  std::vector<std::string> all;
  const Value* list = desired.find(name);
  if (list == nullptr || !list->is_list()) return all;
  for (const Value& item : list->as_list())
    if (item.is_string()) all.push_back(item.as_string());
  return all;
}

Result<std::vector<Certificate>> wanted_certificates(const Value& desired) {
  Result<std::vector<Certificate>> all = parse_certificates(desired.text("certificates"));
  const std::string subject = desired.text("certificate_subject");
  if (!all || subject.empty()) return all;
  std::vector<Certificate> chosen;
  std::string names;
  for (const Certificate& certificate : *all) {
    if (certificate.common_name == subject) chosen.push_back(certificate);
    names += (names.empty() ? "" : ", ") + certificate.common_name;
  }
  if (chosen.empty())
    return bad_trust(
        "No certificate of the bundle has the common name " + subject + "; it holds: " + names +
            ".",
        "To fix it, name one of those in `certificate_subject`, or leave it out to take "
        "them all.");
  return chosen;
}

// Rules by case: facts/ech-api.md, section 4, table "rule for `direct`".
Result<void> check_rules(const TrustEntry& entry) {
  if (entry.name.empty() || entry.name.size() > kTrustNameMax)
    return bad_trust("The name must have 1 to " + std::to_string(kTrustNameMax) + " characters.",
                     "To fix it, set `name`.");
  if (entry.type == "proxy") {
    if (entry.trust_all || !entry.scope_id.empty() || !entry.additional_node_names.empty())
      return bad_trust("Type proxy takes no trust_all, scope_id or additional_node_names.",
                       "To fix it, leave them out, or set `trust_type: generic`.");
    return {};
  }
  if (entry.trust_all && entry.scope_id.empty())
    return bad_trust("trust_all needs a scope_id.", "To fix it, set `scope_id`.");
  if (entry.scope_id.empty() && entry.additional_node_names.empty())
    return bad_trust("Without a scope_id the trusted node names must be listed.",
                     "To fix it, set `scope_id` or `additional_node_names`.");
  for (const std::string& name : entry.additional_node_names)
    if (entry.scope_id.empty() && name.find('*') != std::string::npos)
      return bad_trust("Without a scope_id a node name may hold no wildcard: " + name + ".",
                       "To fix it, set `scope_id`, or write the whole name.");
  return {};
}

std::string foreign_key(const std::string& kind, const json& entry) {
  for (const char* id : {"uid", "account_id", "trust_relationship_id"}) {
    const std::string value = json_read::text(entry, {id});
    if (!value.empty()) return kind + " " + value;
  }
  return kind + " " + json_read::text(entry, {"name"});
}

}  // namespace

Result<TrustEntry> wanted_trust(const Value& desired) {
  TrustEntry entry;
  entry.name = desired.text("name");
  entry.type = desired.text("trust_type", "generic");
  entry.scope_id = desired.text("scope_id");
  entry.trust_all = desired.flag("trust_all");
  entry.additional_node_names = strings(desired, "additional_node_names");
  if (Result<void> rules = check_rules(entry); !rules) return rules.failure();
  Result<std::vector<Certificate>> certificates = wanted_certificates(desired);
  if (!certificates) return certificates.failure();
  entry.certificates = std::move(*certificates);
  return entry;
}

TrustEntry read_entry(const json& entry) {
  TrustEntry read;
  read.uid = json_read::text(entry, {"uid"});
  read.name = json_read::text(entry, {"name"});
  read.type = json_read::text(entry, {"type"}, "generic");
  read.scope_id = json_read::text(entry, {"scope_id"});
  read.trust_all = json_read::flag(entry, {"trust_all"});
  for (const json& name : json_read::list(entry, {"additional_node_names"}))
    if (name.is_string()) read.additional_node_names.push_back(name.get<std::string>());
  for (const json& certificate : json_read::list(entry, {"certificates"})) {
    const std::string pem = json_read::text(certificate, {"pem"});
    Result<std::vector<Certificate>> parsed = parse_certificates(pem);
    if (parsed)
      read.certificates.insert(read.certificates.end(), parsed->begin(), parsed->end());
    else
      read.certificates.push_back({pem, "", "unreadable: " + pem, ""});
  }
  return read;
}

json entry_body(const TrustEntry& entry) {
  json body = {{"name", entry.name}, {"type", entry.type}, {"trust_all", entry.trust_all}};
  if (!entry.uid.empty()) body["uid"] = entry.uid;
  body["certificates"] = json::array();
  for (const Certificate& certificate : entry.certificates)
    body["certificates"].push_back({{"pem", certificate.pem}});
  if (entry.type == "proxy") return body;
  if (!entry.scope_id.empty()) body["scope_id"] = entry.scope_id;
  if (!entry.additional_node_names.empty())
    body["additional_node_names"] = entry.additional_node_names;
  return body;
}

bool same_entry(const TrustEntry& a, const TrustEntry& b) {
  return a.name == b.name && a.type == b.type && a.scope_id == b.scope_id &&
         a.trust_all == b.trust_all &&
         sorted(a.additional_node_names) == sorted(b.additional_node_names) &&
         fingerprints(a) == fingerprints(b);
}

const json* find_entry(const json& resource, const std::string& uid, const std::string& name) {
  const json& direct = json_read::list(resource, {"info", "settings", "trust", "direct"});
  if (!uid.empty())
    for (const json& entry : direct)
      if (json_read::text(entry, {"uid"}) == uid) return &entry;
  for (const json& entry : direct)
    if (json_read::text(entry, {"name"}) == name) return &entry;
  return nullptr;
}

json foreign_trust(const json& resource, const std::string& uid, const std::string& name) {
  const json* own = find_entry(resource, uid, name);
  json foreign = json::object();
  for (const char* kind : {"accounts", "external", "direct"}) {
    foreign[kind] = json::array();
    for (const json& entry : json_read::list(resource, {"info", "settings", "trust", kind}))
      if (&entry != own) foreign[kind].push_back(entry);
  }
  return foreign;
}

std::vector<std::string> lost_foreign(const json& before, const json& after) {
  std::vector<std::string> lost;
  for (const char* kind : {"accounts", "external", "direct"}) {
    std::vector<std::string> there;
    for (const json& entry : json_read::list(after, {kind}))
      there.push_back(foreign_key(kind, entry));
    for (const json& entry : json_read::list(before, {kind})) {
      const std::string key = foreign_key(kind, entry);
      if (std::find(there.begin(), there.end(), key) == there.end())
        lost.push_back(key + " (" + json_read::text(entry, {"name"}) + ")");
    }
  }
  return lost;
}

Result<json> trust_update(const json& resource, const std::string& uid, const std::string& name,
                          const std::optional<TrustEntry>& entry) {
  const json* plan = json_read::find(resource, {"info", "plan_info", "current", "plan"});
  if (plan == nullptr)
    return make_error(
        "deployment is not ready",
        "No plan of the deployment has succeeded yet, and a change of its settings must "
        "send one back.",
        "To fix it, wait until the deployment has started.");
  json trust = foreign_trust(resource, uid, name);
  if (entry) {
    const json* own = find_entry(resource, uid, name);
    TrustEntry complete = *entry;
    if (own != nullptr) complete.uid = json_read::text(*own, {"uid"});
    trust["direct"].push_back(entry_body(complete));
  }
  json own_plan = *plan;
  own_plan.erase("transient");
  json payload = {{"ref_id", json_read::text(resource, {"ref_id"})},
                  {"region", json_read::text(resource, {"region"})},
                  {"plan", std::move(own_plan)},
                  {"settings", {{"trust", std::move(trust)}}}};
  return json{{"prune_orphans", false}, {"resources", {{"elasticsearch", json::array({payload})}}}};
}

}  // namespace crosstie::ech
