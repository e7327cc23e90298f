#pragma once
// The local side of remote clusters. A link counts as connected only after a real TLS connection to
// the remote interface was answered: with this cluster's trust, server name and cross-cluster key,
// or without a key with the certificate and the trust of its own transport interface. Nothing
// reconnects by itself.
#include <memory>
#include <string>
#include <vector>

#include "sandbox/elasticsearch/state.hpp"

namespace crosstie::sandbox::elasticsearch {

/// Brings the links in line with the settings and names those that must be opened. `before` are the
/// effective settings that the links were last made from.
std::vector<std::string> rebuild_links(ClusterState& cluster, const Settings& before);

/// Closes the links named and opens them with the present trust and credential.
Task<void> open_links(std::shared_ptr<ClusterState> cluster, std::vector<std::string> aliases);
/// The same without waiting for the outcome.
void start_open_links(const std::shared_ptr<ClusterState>& cluster,
                      std::vector<std::string> aliases);

/// Looks whether the connections still stand: one that the other side closed, or whose address is
/// gone, is marked so.
Task<void> notice_lost_links(std::shared_ptr<ClusterState> cluster);

/// Opens the link when it is not connected.
Task<void> ensure_open(std::shared_ptr<ClusterState> cluster, std::string alias);

/// Sends one request over a connected link. A connection that is gone is marked so; the answer then
/// has status 0.
Task<RemoteHello> ask_remote(std::shared_ptr<ClusterState> cluster, std::string alias,
                             std::string path, std::string body);

bool has_credential(const ClusterState& cluster, const std::string& alias);

/// The object that GET _remote/info shows.
Json link_info(const ClusterState& cluster, const std::string& alias, const Link& link);

/// The error of a search over a required link that is not connected.
Refusal link_refusal(const ClusterState& cluster, const std::string& alias, const Link& link);

}  // namespace crosstie::sandbox::elasticsearch
