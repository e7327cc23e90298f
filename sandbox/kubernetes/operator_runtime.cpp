#include "sandbox/kubernetes/operator_runtime.hpp"

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "sandbox/elasticsearch/cluster.hpp"
#include "sandbox/http.hpp"
#include "sandbox/listener.hpp"

namespace crosstie::sandbox::eck {

ClusterRuntime::~ClusterRuntime() {
  for (const std::string& address : bound_) context_.network.unbind(address);
}

std::string ClusterRuntime::health() const {
  if (cluster_ == nullptr) return "unknown";
  return nodes_up_ == 0 && !started_ ? "unknown" : cluster_->health();
}

void ClusterRuntime::follow(const Wish& wish) {
  if (cluster_ == nullptr) {
    if (wish.nodes_up.empty()) return;
    ClusterOptions options;
    options.name = wish.names.name;
    options.version = wish.version;
    options.cluster_uuid = wish.cluster_uuid;
    options.nodes = wish.nodes;
    options.elastic_password = wish.elastic_password;
    options.http_tls = wish.http;
    cluster_ = ElasticsearchCluster::make(context_, std::move(options));
  }
  started_ = !wish.nodes_up.empty() || !wish.nodes_started.empty();
  cluster_->set_elastic_password(wish.elastic_password);
  if (wish.nodes_up.size() != nodes_up_ || wish.nodes.size() != nodes_total_) {
    nodes_up_ = wish.nodes_up.size();
    nodes_total_ = wish.nodes.size();
    cluster_->set_nodes_up(static_cast<int>(nodes_up_), static_cast<int>(nodes_total_));
  }
  if (wish.trust_pem != trust_pem_) cluster_->set_remote_trust(trust_pem_ = wish.trust_pem);
  if (wish.keystore != keystore_) cluster_->set_keystore(keystore_ = wish.keystore);
  if (wish.transport) cluster_->set_transport(wish.transport);
  transport_port_ = cluster_->serve_transport(wish.transport.has_value());
  follow_listener(wish);
  follow_addresses(wish);
  follow_remote(wish);
}

void ClusterRuntime::follow_listener(const Wish& wish) {
  if (!started_) {
    if (listener_ != nullptr) listener_->close();
    listener_.reset();
    return;
  }
  if (listener_ != nullptr && listener_certificate_ == wish.http.certificate_pem) return;
  if (listener_ != nullptr) listener_->close();
  ListenerOptions options;
  options.api = "elasticsearch";
  options.tls = wish.http;
  Handler handler = cluster_->handler();
  if (wrap_) handler = wrap_(std::move(handler));
  listener_ = listen(context_, std::move(options), std::move(handler));
  listener_certificate_ = wish.http.certificate_pem;
}

void ClusterRuntime::follow_addresses(const Wish& wish) {
  std::set<std::string> wanted;
  if (listener_ != nullptr) {
    // A node without a master answers too, but no Service leads to it.
    if (!wish.nodes_up.empty())
      wanted.insert(wish.names.namespace_name + "/" + wish.names.es("http") + ":9200");
    for (const std::string& node : wish.nodes_up.empty() ? wish.nodes_started : wish.nodes_up)
      wanted.insert(wish.names.namespace_name + "/" + node + ":9200");
  }
  for (const std::string& address : bound_) {
    if (!wanted.contains(address)) context_.network.unbind(address);
  }
  for (const std::string& address : wanted) context_.network.bind(address, http_port());
  bound_ = std::move(wanted);
}

void ClusterRuntime::follow_remote(const Wish& wish) {
  if (!wish.remote) {
    if (remote_port_ != 0) cluster_->serve_remote(std::nullopt);
    remote_port_ = 0;
    remote_certificate_.clear();
    return;
  }
  if (remote_port_ != 0 && remote_certificate_ == wish.remote->certificate_pem) return;
  remote_port_ = cluster_->serve_remote(wish.remote);
  remote_certificate_ = wish.remote->certificate_pem;
}

}  // namespace crosstie::sandbox::eck
