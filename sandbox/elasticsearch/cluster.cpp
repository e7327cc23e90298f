#include "sandbox/elasticsearch/cluster.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/elasticsearch/links.hpp"
#include "sandbox/elasticsearch/state.hpp"
#include "sandbox/elasticsearch/version.hpp"
#include "sandbox/http.hpp"
#include "sandbox/listener.hpp"
#include "sandbox/peer_trust.hpp"

namespace crosstie::sandbox {
namespace elasticsearch {

constexpr std::size_t kNodeIdCharacters = 22;
constexpr std::size_t kSessionCharacters = 32;
constexpr std::string_view kCredentialPrefix = "cluster.remote.";
constexpr std::string_view kCredentialSuffix = ".credentials";

ClusterState::ClusterState(Context& shared_context, ClusterOptions cluster_options)
    : context(shared_context),
      options(std::move(cluster_options)),
      version(StackVersion::parse(options.version)) {
  if (options.cluster_uuid.empty()) options.cluster_uuid = context.ids.base62(kNodeIdCharacters);
  for (std::size_t k = 0; k < options.nodes.size(); ++k)
    node_ids.push_back(context.ids.base62(kNodeIdCharacters));
  nodes_up = nodes_total = static_cast<int>(options.nodes.size());
  indices = first_indices(*this);
}

std::string ClusterState::health() const {
  if (nodes_up == 0) return "red";
  return nodes_up < nodes_total ? "yellow" : "green";
}

namespace {

/// The public face of a ClusterState. The state is shared with requests under way, which may
/// outlive the object.
class Cluster final : public ElasticsearchCluster {
 public:
  Cluster(Context& context, ClusterOptions options)
      : state_(std::make_shared<ClusterState>(context, std::move(options))) {}

  ~Cluster() override {
    stop_remote();
    stop_transport();
  }

  Handler handler() override {
    return [state = state_](Request request) { return serve_request(state, std::move(request)); };
  }

  void set_nodes_up(int up, int total) override {
    state_->nodes_up = up;
    state_->nodes_total = total;
    if (state_->nodes_up > 0) grow_nodes(static_cast<std::size_t>(total));
  }

  std::string health() const override { return state_->health(); }

  std::uint16_t serve_remote(std::optional<Identity> identity) override {
    stop_remote();
    if (!identity) return 0;
    state_->remote_session = state_->context.ids.hex(kSessionCharacters);
    ListenerOptions options;
    options.api = "remote_cluster_server";
    options.tls = std::move(identity);
    // A weak pointer, because the state owns the listener.
    state_->remote_listener = listen(state_->context, std::move(options),
                                     [weak = std::weak_ptr(state_)](Request request) {
                                       return answer_remote(weak.lock(), std::move(request));
                                     });
    return state_->remote_listener->port();
  }

  void set_transport(std::optional<Transport> transport) override {
    if (state_->transport == transport) return;
    state_->transport = std::move(transport);
    if (state_->transport_listener) {
      if (state_->transport) {
        state_->transport_listener->replace_tls(transport_options());
      } else {
        stop_transport();
      }
    }
    std::vector<std::string> aliases;
    for (const auto& [alias, link] : state_->links) {
      if (!has_credential(*state_, alias)) aliases.push_back(alias);
    }
    start_open_links(state_, std::move(aliases));
  }

  std::uint16_t serve_transport(bool on) override {
    if (!on || !state_->transport) {
      stop_transport();
      return 0;
    }
    if (!state_->transport_listener) {
      state_->transport_session = state_->context.ids.hex(kSessionCharacters);
      state_->transport_listener = listen(
          state_->context, transport_options(), [weak = std::weak_ptr(state_)](Request request) {
            return answer_transport(weak.lock(), std::move(request));
          });
    }
    return state_->transport_listener->port();
  }

  void set_remote_trust(std::string certificates_pem) override {
    if (state_->trust_pem == certificates_pem) return;
    state_->trust_pem = std::move(certificates_pem);
    reopen_links();
  }

  void set_keystore(std::map<std::string, std::string> secrets) override {
    std::vector<std::string> changed;
    for (const auto& [alias, link] : state_->links) {
      const std::string name =
          std::string(kCredentialPrefix) + alias + std::string(kCredentialSuffix);
      const auto before = state_->keystore.find(name);
      const auto after = secrets.find(name);
      const std::string old_value =
          before == state_->keystore.end() ? std::string{} : before->second;
      const std::string new_value = after == secrets.end() ? std::string{} : after->second;
      if (old_value != new_value) changed.push_back(alias);
    }
    state_->keystore = std::move(secrets);
    start_open_links(state_, std::move(changed));
  }

  void set_elastic_password(std::string password) override {
    state_->options.elastic_password = std::move(password);
  }

  void reopen_links() override {
    std::vector<std::string> aliases;
    for (const auto& [alias, link] : state_->links) aliases.push_back(alias);
    start_open_links(state_, std::move(aliases));
  }

  nlohmann::json dump() const override { return dump_cluster(*state_); }

 private:
  static Task<Response> answer_remote(std::shared_ptr<ClusterState> state, Request request) {
    if (!state) co_return Response::json(503, "{}");
    co_return serve_remote_request(*state, request);
  }

  static Task<Response> answer_transport(std::shared_ptr<ClusterState> state, Request request) {
    if (!state) co_return Response::json(503, "{}");
    co_return serve_transport_request(*state, request);
  }

  ListenerOptions transport_options() const {
    ListenerOptions options;
    options.api = "transport";
    options.tls = state_->transport->identity;
    options.client_authority_pem = state_->transport->trust.authorities_pem;
    options.client_certificate_required = true;
    options.takes_client = [trust = state_->transport->trust](const std::string& certificate_pem) {
      return !restriction_refusal(trust, certificate_pem).has_value();
    };
    return options;
  }

  void stop_transport() {
    if (!state_->transport_listener) return;
    state_->transport_listener->close();
    state_->transport_listener.reset();
    state_->transport_session.clear();
  }

  void stop_remote() {
    if (!state_->remote_listener) return;
    state_->remote_listener->close();
    state_->remote_listener.reset();
    state_->remote_session.clear();
  }

  void grow_nodes(std::size_t total) {
    while (state_->options.nodes.size() < total) {
      state_->options.nodes.push_back("instance-" + std::to_string(state_->options.nodes.size()));
    }
    while (state_->node_ids.size() < state_->options.nodes.size()) {
      state_->node_ids.push_back(state_->context.ids.base62(kNodeIdCharacters));
    }
  }

  std::shared_ptr<ClusterState> state_;
};

}  // namespace
}  // namespace elasticsearch

std::unique_ptr<ElasticsearchCluster> ElasticsearchCluster::make(Context& context,
                                                                 ClusterOptions options) {
  return std::make_unique<elasticsearch::Cluster>(context, std::move(options));
}

}  // namespace crosstie::sandbox
