#pragma once
// Certificates, passwords and the Secrets and ConfigMaps that carry them.
#include <map>
#include <string>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/kubernetes/operator_view.hpp"

namespace crosstie::sandbox::eck {

/// One pod that has an address.
struct NodeAddress {
  std::string pod;
  std::string stateful_set;
  std::string ip;
};

/// Everything secret of one cluster, made once and kept, so that a damaged Secret is restored to
/// the same content.
class Credentials {
 public:
  explicit Credentials(Context& context) : context_(context) {}

  /// Reads or makes the passwords and both authorities. An authority whose internal Secret is gone
  /// is made anew.
  void prepare(const ObjectStore& store, const ClusterView& view);
  /// Issues what is missing or was issued by another authority or for other names.
  void issue_certificates(const ClusterView& view, const std::vector<NodeAddress>& nodes);

  /// Secrets, the two authority Secrets included. `additional_authorities` is PEM of
  /// spec.transport.tls.certificateAuthorities.
  void write_secrets(ObjectStore& store, const ClusterView& view,
                     const std::string& additional_authorities,
                     const std::vector<NodeAddress>& nodes);

  const std::string& elastic_password() const { return elastic_password_; }
  const Identity& http() const { return http_; }
  const Identity& transport_authority() const { return transport_authority_; }
  const Identity* node(const std::string& pod) const;

 private:
  const Identity& certificate(const Identity& authority, CertificateRequest request);
  void write_certificate_secrets(ObjectStore& store, const ClusterView& view,
                                 const std::string& transport_chain);
  void write_user_secrets(ObjectStore& store, const ClusterView& view);
  void write_node_secrets(ObjectStore& store, const ClusterView& view,
                          const std::string& transport_chain,
                          const std::vector<NodeAddress>& nodes);

  Context& context_;
  Identity transport_authority_;
  Identity http_authority_;
  Identity http_;
  std::map<std::string, Identity> nodes_;
  /// Every certificate by what it was issued for (authority and names). The same wish gets the same
  /// certificate, so that a world that was changed and changed back is equal to the one before.
  std::map<std::string, Identity> issued_;
  std::string elastic_password_;
  std::map<std::string, std::string> internal_passwords_;
  std::string file_settings_version_;
};

/// elasticsearch.yml of each nodeSet. `initial_masters` until the cluster has formed.
void write_config_secrets(ObjectStore& store, const ClusterView& view,
                          const std::vector<std::string>& initial_masters);
/// ConfigMaps C-es-scripts and C-es-unicast-hosts.
void write_config_maps(ObjectStore& store, const ClusterView& view,
                       const std::vector<NodeAddress>& masters);
/// What C-es-remote-ca holds: labelled Secrets of the namespace by name, or `own_authority` when
/// there is none.
std::string remote_authorities(const ObjectStore& store, const ClusterView& view,
                               const std::string& own_authority);

}  // namespace crosstie::sandbox::eck
