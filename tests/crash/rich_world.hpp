#pragma once
// A link with a Service of its own, a role and a ConfigMap beside it, and the same changed in every
// object.
#include <string>

namespace crosstie::testing {

inline const std::string kRichWorld =
    "deployments: [{name: east}]\neck: [{operator: 3.1.0, node_sets: [{name: default, count: "
    "1}]}]\n";

inline const std::string kRichConfiguration = R"(crosstie: 1
links:
  logs:
    model: api_key
    local: {ech: {deployment: "@east@"}}
    remote: {eck: {name: quickstart, namespace: default}}
    access: {search: [{names: ["logs-*"]}]}
    skip_unavailable: true
resources:
  reader:
    type: elasticsearch.role
    cluster: "${link.logs.local}"
    name: logs_reader
    remote_indices: [{clusters: ["${link.logs.alias}"], names: ["logs-*"], privileges: [read]}]
  settings:
    type: kubernetes.object
    manifest:
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: settings, namespace: default}
      data: {color: green}
)";

/// Another access rule, skip_unavailable, Service, key (a new one), trust entry, role and
/// ConfigMap.
inline const std::string kRichUpdated = R"(crosstie: 1
links:
  logs:
    model: api_key
    local: {ech: {deployment: "@east@"}}
    remote: {eck: {name: quickstart, namespace: default}}
    access: {search: [{names: ["logs-*", "metrics-*"]}]}
    skip_unavailable: false
    names: {service: other-lb, key: other-key, trust: other-trust}
resources:
  reader:
    type: elasticsearch.role
    cluster: "${link.logs.local}"
    name: logs_reader
    remote_indices: [{clusters: ["${link.logs.alias}"], names: ["logs-*"], privileges: [read, read_cross_cluster]}]
  settings:
    type: kubernetes.object
    manifest:
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: settings, namespace: default}
      data: {color: red}
)";

}  // namespace crosstie::testing
