#include "sandbox/elasticsearch/links.hpp"

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/elasticsearch/reply.hpp"
#include "sandbox/elasticsearch/settings.hpp"
#include "sandbox/elasticsearch/state.hpp"
#include "sandbox/elasticsearch/text.hpp"
#include "sandbox/elasticsearch/version.hpp"
#include "sandbox/http.hpp"
#include "sandbox/listener.hpp"
#include "sandbox/peer_trust.hpp"

namespace crosstie::sandbox::elasticsearch {
namespace {

constexpr std::chrono::milliseconds kDialTimeout{5000};
constexpr const char* kCredentialHeader = "x-cross-cluster-access-credentials";
constexpr const char* kVersionHeader = "x-transport-version";

std::string credential_name(const std::string& alias) {
  return "cluster.remote." + alias + ".credentials";
}

std::string host_of(const std::string& address) {
  std::string host = address.substr(0, address.rfind(':'));
  if (host.size() > 1 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  return host;
}

bool is_numeric_address(const std::string& host) {
  return host.find_first_not_of("0123456789.") == std::string::npos ||
         host.find(':') != std::string::npos;
}

Link read_link(const Settings& settings, const std::string& alias) {
  const std::string prefix = "cluster.remote." + alias + ".";
  Link link;
  link.proxy = is_proxy_mode(settings, alias);
  if (const auto seeds = settings.find(prefix + "seeds"); seeds != settings.end()) {
    link.seeds = seeds->second.is_array() ? seeds->second
                                          : Json(split_list(seeds->second.get<std::string>()));
  }
  link.address = link.proxy
                     ? setting_text(settings, prefix + "proxy_address")
                     : (link.seeds.empty() ? std::string{} : link.seeds.front().get<std::string>());
  link.server_name = setting_text(settings, prefix + "server_name");
  const std::string count = setting_text(
      settings, prefix + (link.proxy ? "proxy_socket_connections" : "node_connections"));
  link.connections_max = count.empty() ? (link.proxy ? 18 : 3) : std::stoi(count);
  link.profile = {link.proxy,
                  link.address,
                  link.server_name,
                  link.seeds,
                  count,
                  setting_text(settings, prefix + "transport.compress"),
                  setting_text(settings, prefix + "transport.compression_scheme"),
                  setting_text(settings, prefix + "transport.ping_schedule")};
  return link;
}

bool stored_skip(const ClusterState& cluster, const Settings& settings, const std::string& alias) {
  const std::string text = setting_text(settings, "cluster.remote." + alias + ".skip_unavailable");
  return text.empty() ? cluster.version.skip_unavailable_default() : text == "true";
}

/// A link that the change of settings rebuilt loses its skip_unavailable on the versions that have
/// that defect, unless the same change also changed the stored value.
bool skip_after(const ClusterState& cluster, const Settings& before, const Settings& after,
                const std::string& alias, const Link& old_link, bool rebuilt) {
  const std::string key = "cluster.remote." + alias + ".skip_unavailable";
  if (setting_text(before, key) != setting_text(after, key))
    return stored_skip(cluster, after, alias);
  if (!rebuilt) return old_link.skip_unavailable;
  if (cluster.version.loses_skip_unavailable()) return cluster.version.skip_unavailable_default();
  return stored_skip(cluster, after, alias);
}

Json connect_failure(const std::string& address, const std::string& words, Json reason) {
  Json failure = cause("connect_transport_exception", "[][" + address + "] " + words);
  if (!reason.is_null()) failure["caused_by"] = std::move(reason);
  return failure;
}

/// Source: es8.19.21-06-wrong.txt and es9.5.3-06-wrong.txt, a port where nothing listens.
Json refused(const ClusterState& cluster, const std::string& address) {
  const std::string words = "Connection refused: /" + address;
  Json annotated = cause("annotated_connect_exception", words);
  annotated["caused_by"] = cause("connect_exception", "Connection refused");
  if (cluster.version.at_least(9, 0))
    return connect_failure(address, "connect_exception", annotated);
  Json execution = cause("execution_exception",
                         "io.netty.channel.AbstractChannel$AnnotatedConnectException: " + words);
  execution["caused_by"] = annotated;
  Json outer = cause("uncategorized_execution_exception", "Failed execution");
  outer["caused_by"] = execution;
  return connect_failure(address, "connect_exception", outer);
}

/// What keeps this side from taking the server's certificate, in the words of Java and
/// Elasticsearch. `words` are those of dial().
std::string trust_problem(const Link& link, const std::string& words) {
  if (words.find("does not match the trusted names") != std::string::npos)
    return words.substr(words.find("Certificate for "));
  if (lower(words).find("mismatch") != std::string::npos) {
    const std::string name = link.server_name.empty() ? host_of(link.address) : link.server_name;
    return is_numeric_address(name)
               ? "No subject alternative names matching IP address " + name + " found"
               : "No subject alternative DNS name matching " + name + " found.";
  }
  return "PKIX path building failed: " + words;
}

Json reset(const std::string& address) {
  return connect_failure(address, "general node connection failure",
                         cause("transport_exception", "handshake failed because connection reset"));
}

/// What was wrong with an attempt, as the error that a search would show.
Json attempt_failure(const ClusterState& cluster, const Link& link, const RemoteHello& hello) {
  const std::string words = lower(hello.error);
  if (words.find("alert") != std::string::npos) {
    // The other side ended the handshake: it was shown no certificate (the API-key model shows
    // none), or one that it does not take.
    const std::string alert = link.credential.empty() ? "certificate_unknown" : "bad_certificate";
    return connect_failure(
        link.address, "general node connection failure",
        cause("s_s_l_handshake_exception", "(" + alert + ") Received fatal alert: " + alert));
  }
  if (!hello.tls_established) {
    if (words.find("refused") != std::string::npos) return refused(cluster, link.address);
    const std::string context_name = link.credential.empty()
                                         ? "xpack.security.transport.ssl"
                                         : "xpack.security.remote_cluster_client.ssl";
    return connect_failure(
        link.address, "general node connection failure",
        cause("s_s_l_handshake_exception", "failed to establish trust with server at [" +
                                               link.address + "] in SSL context [" + context_name +
                                               "]: " + trust_problem(link, hello.error)));
  }
  const Json body = Json::parse(hello.body, nullptr, false);
  if (hello.status == 0 || !body.is_object()) return reset(link.address);
  if (!can_connect(cluster.version, StackVersion::parse(body.value("version", "0"))))
    return reset(link.address);
  return connect_failure(link.address, "general node connection failure",
                         cause("security_exception", body.value("reason", "no answer")));
}

DialRequest dial_request(const ClusterState& cluster, const Link& link, std::uint16_t port) {
  DialRequest request;
  request.port = port;
  if (link.transport) {
    request.trusted_pem = link.transport->trust.authorities_pem;
    request.client = link.transport->identity;
    request.refuses_server = [trust = link.transport->trust](const std::string& certificate_pem) {
      return restriction_refusal(trust, certificate_pem);
    };
  } else if (!link.credential.empty()) {
    request.trusted_pem = link.trust_pem;
  }
  request.server_name = link.server_name.empty() ? host_of(link.address) : link.server_name;
  request.timeout = kDialTimeout;
  request.headers.emplace_back(kVersionHeader, cluster.version.text);
  if (!link.credential.empty())
    request.headers.emplace_back(kCredentialHeader, "ApiKey " + link.credential);
  return request;
}

void record_attempt(ClusterState& cluster, Link& link, const RemoteHello& hello) {
  const Json body = Json::parse(hello.body, nullptr, false);
  const bool answered = hello.tls_established && hello.status == 200 && body.is_object();
  if (answered) link.remote_version = StackVersion::parse(body.value("version", "0"));
  if (!answered || !can_connect(cluster.version, link.remote_version)) {
    link.failure = attempt_failure(cluster, link, hello);
    return;
  }
  link.connected = true;
  link.session = body.value("session", "");
  link.failure = nullptr;
}

Task<void> open_link(std::shared_ptr<ClusterState> cluster, std::string alias) {
  const auto found = cluster->links.find(alias);
  if (found == cluster->links.end()) co_return;
  Link& link = found->second;
  link.connected = false;
  link.generation = ++cluster->generations;
  link.trust_pem = cluster->trust_pem;
  const auto secret = cluster->keystore.find(credential_name(alias));
  link.credential = secret == cluster->keystore.end() ? std::string{} : secret->second;
  link.transport = link.credential.empty() ? cluster->transport : std::nullopt;
  link.unknown_host.clear();
  const auto port = cluster->context.network.port_of(link.address);
  if (!port) {
    const std::string host = host_of(link.address);
    if (!is_numeric_address(host)) link.unknown_host = host;
    link.failure = refused(*cluster, link.address);
    co_return;
  }
  const std::uint64_t generation = link.generation;
  DialRequest request = dial_request(*cluster, link, *port);
  request.path = "/handshake";
  const RemoteHello hello = co_await dial(std::move(request));
  const auto again = cluster->links.find(alias);
  if (again == cluster->links.end() || again->second.generation != generation) co_return;
  record_attempt(*cluster, again->second, hello);
}

/// The session of the remote interface now, "" when it cannot be reached.
Task<std::string> session_of(std::shared_ptr<ClusterState> cluster, std::string alias) {
  const auto found = cluster->links.find(alias);
  if (found == cluster->links.end()) co_return std::string{};
  const auto port = cluster->context.network.port_of(found->second.address);
  if (!port) co_return std::string{};
  DialRequest request = dial_request(*cluster, found->second, *port);
  request.path = "/session";
  const RemoteHello hello = co_await dial(std::move(request));
  const Json body = Json::parse(hello.body, nullptr, false);
  if (!body.is_object()) co_return std::string{};
  co_return body.value("session", "");
}

}  // namespace

std::vector<std::string> rebuild_links(ClusterState& cluster, const Settings& before) {
  const Settings after = cluster.effective();
  std::vector<std::string> to_open;
  for (const std::string& alias : remote_aliases(after)) {
    if (!remote_enabled(after, alias)) continue;
    Link link = read_link(after, alias);
    const auto old_link = cluster.links.find(alias);
    if (old_link == cluster.links.end()) {
      link.skip_unavailable = stored_skip(cluster, after, alias);
    } else {
      const bool rebuilt = old_link->second.profile != link.profile;
      const bool skip = skip_after(cluster, before, after, alias, old_link->second, rebuilt);
      if (!rebuilt) {
        old_link->second.skip_unavailable = skip;
        continue;
      }
      link.skip_unavailable = skip;
    }
    link.generation = ++cluster.generations;
    cluster.links[alias] = std::move(link);
    to_open.push_back(alias);
  }
  std::erase_if(cluster.links,
                [&](const auto& item) { return !remote_enabled(after, item.first); });
  return to_open;
}

Task<void> open_links(std::shared_ptr<ClusterState> cluster, std::vector<std::string> aliases) {
  for (const std::string& alias : aliases) co_await open_link(cluster, alias);
}

void start_open_links(const std::shared_ptr<ClusterState>& cluster,
                      std::vector<std::string> aliases) {
  if (aliases.empty()) return;
  for (const std::string& alias : aliases) {
    const auto found = cluster->links.find(alias);
    if (found != cluster->links.end()) found->second.connected = false;
  }
  // A failed attempt is recorded in its link, where _remote/info and a search show it; nothing else
  // is to be reported.
  boost::asio::co_spawn(cluster->context.executor, open_links(cluster, std::move(aliases)),
                        [](std::exception_ptr) {});
}

Task<void> notice_lost_links(std::shared_ptr<ClusterState> cluster) {
  std::vector<std::string> aliases;
  for (const auto& [alias, link] : cluster->links) {
    if (link.connected) aliases.push_back(alias);
  }
  for (const std::string& alias : aliases) {
    const std::string session = co_await session_of(cluster, alias);
    const auto found = cluster->links.find(alias);
    if (found == cluster->links.end() || found->second.session == session) continue;
    found->second.connected = false;
  }
}

Task<void> ensure_open(std::shared_ptr<ClusterState> cluster, std::string alias) {
  const auto found = cluster->links.find(alias);
  if (found == cluster->links.end() || found->second.connected) co_return;
  co_await open_link(cluster, alias);
}

Task<RemoteHello> ask_remote(std::shared_ptr<ClusterState> cluster, std::string alias,
                             std::string path, std::string body) {
  const auto found = cluster->links.find(alias);
  const auto port = found == cluster->links.end()
                        ? std::nullopt
                        : cluster->context.network.port_of(found->second.address);
  if (!port) {
    if (found != cluster->links.end()) found->second.connected = false;
    co_return RemoteHello{};
  }
  DialRequest request = dial_request(*cluster, found->second, *port);
  request.method = "POST";
  request.path = std::move(path);
  request.body = std::move(body);
  RemoteHello hello = co_await dial(std::move(request));
  const auto again = cluster->links.find(alias);
  if (!hello.tls_established) hello.status = 0;
  if (again == cluster->links.end()) co_return hello;
  if (hello.status == 0) again->second.connected = false;
  // A request reopens a connection that the other side closed meanwhile, so the link now belongs to
  // the session that answered.
  const Json answer = hello.status == 200 ? Json::parse(hello.body, nullptr, false) : Json();
  if (answer.is_object()) again->second.session = answer.value("session", again->second.session);
  co_return hello;
}

bool has_credential(const ClusterState& cluster, const std::string& alias) {
  return cluster.keystore.count(credential_name(alias)) != 0;
}

Json link_info(const ClusterState& cluster, const std::string& alias, const Link& link) {
  Json info{{"connected", link.connected},
            {"mode", link.proxy ? "proxy" : "sniff"},
            {"initial_connect_timeout", "30s"},
            {"skip_unavailable", link.skip_unavailable}};
  if (link.proxy) {
    info["proxy_address"] = link.address;
    info["server_name"] = link.server_name;
    info["num_proxy_sockets_connected"] = link.connected ? link.connections_max : 0;
    info["max_proxy_socket_connections"] = link.connections_max;
  } else {
    info["seeds"] = link.seeds;
    info["num_nodes_connected"] = link.connected ? 1 : 0;
    info["max_connections_per_cluster"] = link.connections_max;
  }
  if (has_credential(cluster, alias)) info["cluster_credentials"] = "::es_redacted::";
  return info;
}

Refusal link_refusal(const ClusterState& cluster, const std::string& alias, const Link& link) {
  if (!link.unknown_host.empty()) {
    Refusal refusal = illegal_argument("unknown host [" + link.unknown_host + "]");
    refusal.error["caused_by"] =
        cause("unknown_host_exception", link.unknown_host + ": Name or service not known");
    return refusal;
  }
  std::string reason = "Unable to open any proxy connections to cluster [" + alias +
                       "] at address [" + link.address + "]";
  if (cluster.version.at_least(9, 3)) {
    reason += ", configuredAddress=[" + link.address + "], configuredServerName=[" +
              link.server_name + "]";
  }
  Refusal refusal = refuse(500, "no_seed_node_left_exception", reason);
  refusal.root_cause = refusal.error;
  if (!link.failure.is_null()) {
    refusal.error["suppressed"] = Json::array({link.failure});
    Json short_failure = link.failure;
    short_failure.erase("caused_by");
    refusal.root_cause["suppressed"] = Json::array({short_failure});
  }
  // Seen on 9.2.2 and 9.5.3, not on 9.0.8 and before.
  if (cluster.version.at_least(9, 2))
    refusal.headers.emplace_back("X-Elastic-App-Exception", "NoSeedNodeLeftException");
  return refusal;
}

}  // namespace crosstie::sandbox::elasticsearch
