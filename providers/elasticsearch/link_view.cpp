#include "providers/elasticsearch/link_view.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "providers/ech/json_read.hpp"
#include "providers/elasticsearch/api.hpp"

namespace crosstie::elasticsearch {
namespace {

using nlohmann::json;

struct Symptom {
  std::string_view words;  // in the error text
  std::string_view cause;
  std::string_view cure;
  bool definite;
};

constexpr std::string_view kUsePort9443 =
    "To fix it, let the address lead to port 9443, the remote cluster server; 9300 and 9400 carry "
    "the certificate model.";

constexpr std::string_view kNoConnection =
    "the local cluster opened no connection to the address, and does not tell whether address, "
    "port "
    "or firewall, CA, server_name or key is wrong";
constexpr std::string_view kLookAtAll =
    "To fix it, check in this order: that the address is reachable from the local cluster and "
    "spec.remoteClusterServer is enabled, that the port is 9443 for the API-key model, that the "
    "trust has the remote's CA, that `server_name` stands in its certificate, and that the "
    "keystore "
    "has the key's `encoded` value. The local cluster's log names the reason.";

// Most telling words first; the last ones say only that there is no connection.
constexpr Symptom kSymptoms[] = {
    {"authentication expected API key type of [cross_cluster]",
     "the credential is an ordinary API key, not a cross-cluster one",
     "To fix it, put the `encoded` value of a cross-cluster API key into the keystore.", true},
    {"requires channel profile to be [_remote_cluster]",
     "the address leads to the transport port, but an API key is in use", kUsePort9443, true},
    {"missing authentication credentials for action [cluster:internal/remote_cluster/handshake]",
     "the address leads to the transport port, but an API key is in use", kUsePort9443, true},
    {"bad_certificate", "the address leads to a port that wants a client certificate", kUsePort9443,
     true},
    {"Empty client certificate chain",
     "the address leads to a port that wants a client certificate", kUsePort9443, true},
    {"[_cross_cluster_access_credentials] but none found",
     "the remote cluster server was reached without a credential",
     "To fix it, put the key into the keystore under cluster.remote.<alias>.credentials.", false},
    {"unable to authenticate user", "the key is wrong, invalidated or expired",
     "To fix it, make a new key and put it into the keystore under the same alias.", true},
    {"Authentication using apikey failed", "the key is wrong, invalidated or expired",
     "To fix it, make a new key and put it into the keystore under the same alias.", true},
    {"advanced-remote-cluster-security", "the licence does not allow cross-cluster API keys",
     "To fix it, install an appropriate licence on both clusters.", true},
    {"no remote indices privileges apply for the target cluster",
     "the local user has no remote_indices privileges for this alias",
     "To fix it, give the user a role with remote_indices for the alias (elasticsearch.role).",
     true},
    {"unexpected remote cluster name", "the address now leads to another cluster",
     "To fix it, check the load balancer, or remove the remote cluster and create it again.", true},
    {"xpack.security.transport.ssl",
     "no credential for the alias is in use, so the certificate model was tried",
     "To fix it, put the key into the keystore under exactly this alias.", false},
    {"PKIX path building failed",
     "the local cluster does not trust the CA of the remote, or the port is wrong for the model",
     "To fix it, check `ech.trust` and the CA, and that the port is 9443 for the API-key model.",
     false},
    {"failed to establish trust with server",
     "the local cluster does not trust the remote's certificate: CA, name or port",
     "To fix it, check the CA, `server_name`, and that the port is 9443 for the API-key model.",
     false},
    {"No subject alternative", "the remote's certificate is for another name",
     "To fix it, correct `server_name`.", true},
    {"unauthorized for", "the key's access or the local user's role is too narrow",
     "To fix it, widen `access` of the key or the role; what counts is what both allow.", true},
    {"handshake failed because connection reset",
     "the remote cut the handshake: the versions cannot connect, or the port is not a transport "
     "port",
     "To fix it, compare the versions of both clusters, then the port.", false},
    {"UnknownHost", "the host name of the address is not known to the local cluster",
     "To fix it, check the name; the local cluster must be able to resolve it.", false},
    {"unknown_host", "the host name of the address is not known to the local cluster",
     "To fix it, check the name; the local cluster must be able to resolve it.", false},
    {"connect_exception", "host, port or firewall, or the remote cluster server is not enabled",
     "To fix it, check that the address is reachable from the local cluster and that "
     "spec.remoteClusterServer is enabled.",
     false},
    // Elasticsearch says no more than this for a dead address, a CA that is not trusted, another
    // name in the certificate and an unknown key alike.
    {"Unable to open any proxy connections", kNoConnection, kLookAtAll, false},
    {"Unable to connect to", kNoConnection, kLookAtAll, false},
};

const Symptom* find_symptom(const std::string& text) {
  for (const Symptom& symptom : kSymptoms)
    if (text.find(symptom.words) != std::string::npos) return &symptom;
  return nullptr;
}

void set_cause(Finding& finding, std::string cause, std::string cure, bool definite = false) {
  finding.cause = std::move(cause);
  finding.cure = std::move(cure);
  finding.definite = definite;
}

std::vector<std::string> checks_of(const LinkView& view) {
  std::vector<std::string> checks;
  const auto add = [&](const std::string& name, const std::string& value) {
    checks.push_back(name + ": " + value);
  };
  add("registered", view.listed ? "true" : "false");
  add("connected", view.connected ? "true" : "false");
  add("credentials in use", view.credentials ? "true" : "false");
  if (!view.address.empty()) add("address", view.address);
  if (!view.server_name.empty()) add("server_name", view.server_name);
  if (!view.remote_version.empty()) add("remote version", view.remote_version);
  if (view.search_asked) add("search", view.search_status);
  return checks;
}

/// True when every failure of the remote's part is only a missing index.
bool only_missing_index(const json& details) {
  const json& failures = json_read::list(details, {"failures"});
  return !failures.empty() &&
         std::all_of(failures.begin(), failures.end(), [](const json& failure) {
           return json_read::text(failure, {"reason", "type"}) == "index_not_found_exception";
         });
}

}  // namespace

LinkView read_link(const std::string& alias, const json& resolved, const json& remote_info) {
  LinkView view;
  view.alias = alias;
  if (const json* info = json_read::find(remote_info, {alias})) {
    view.listed = true;
    view.connected = json_read::flag(*info, {"connected"});
    view.credentials = json_read::find(*info, {"cluster_credentials"}) != nullptr;
    view.address = json_read::text(*info, {"proxy_address"});
    for (const json& seed : json_read::list(*info, {"seeds"}))
      if (seed.is_string())
        view.address += (view.address.empty() ? "" : ", ") + seed.get<std::string>();
    view.server_name = json_read::text(*info, {"server_name"});
  }
  if (const json* cluster = json_read::find(resolved, {alias})) {
    view.connected = view.connected && json_read::flag(*cluster, {"connected"});
    view.remote_version = json_read::text(*cluster, {"version", "number"});
    view.error_text += elasticsearch::error_text(*cluster);
    const std::string error = json_read::text(*cluster, {"error"});
    if (!error.empty()) view.error_text += error + "\n";
  }
  return view;
}

void read_search(LinkView& view, int status, const json& body) {
  view.search_asked = true;
  view.error_text += elasticsearch::error_text(body);
  if (status < 200 || status >= 300) {
    view.search_status = status == 0 ? "no answer" : "HTTP " + std::to_string(status);
    return;
  }
  const json* details = json_read::find(body, {"_clusters", "details", view.alias});
  // Before 8.10 and for a search without remote parts there are no details: then the counts tell.
  const json* skipped = json_read::find(body, {"_clusters", "skipped"});
  const bool skipped_none =
      skipped == nullptr || (skipped->is_number_integer() && skipped->get<int>() == 0);
  view.search_status = details != nullptr ? json_read::text(*details, {"status"})
                       : skipped_none     ? "successful"
                                          : "skipped";
  view.search_answered = view.search_status == "successful" || view.search_status == "partial" ||
                         (details != nullptr && only_missing_index(*details));
}

Finding judge_link(const LinkView& view, std::string_view model) {
  Finding finding;
  finding.checks = checks_of(view);
  const bool api_key = model == "api_key";
  if (!view.listed) {
    set_cause(
        finding, "the alias " + view.alias + " is not registered on the local cluster",
        "To fix it, look whether cluster.remote." + view.alias + ".* is set and has an address.");
  } else if (api_key && !view.credentials) {
    set_cause(finding,
              "no credential for alias " + view.alias +
                  " is loaded, so the link uses the certificate model",
              "To fix it, put the key into the keystore as cluster.remote." + view.alias +
                  ".credentials; versions before 8.15.1 may need a restart to load it.");
  } else if (!api_key && view.credentials) {
    set_cause(
        finding,
        "a credential for alias " + view.alias + " is loaded, so the link uses the API-key model",
        "To fix it, remove cluster.remote." + view.alias + ".credentials from the keystore.", true);
  } else if (view.connected && (!view.search_asked || view.search_answered)) {
    finding.proven = true;
  } else if (const Symptom* symptom = find_symptom(view.error_text)) {
    set_cause(finding, std::string(symptom->cause), std::string(symptom->cure), symptom->definite);
  } else if (!view.connected) {
    set_cause(finding, "no connection to " + view.address + ", and the cluster does not say why",
              "To fix it, check address, port and firewall, the CA and server_name, and the local "
              "cluster's log.");
  } else {
    set_cause(finding, "the link is connected, but a search through it was not answered",
              "To fix it, check what the key and the local user may search.");
  }
  return finding;
}

}  // namespace crosstie::elasticsearch
