#pragma once
// A cluster of two nodeSets, and a configuration that puts entries into both and switches the
// remote cluster server on: one restart.
namespace crosstie::testing {

inline constexpr const char* kTwoNodeSets = R"(
eck:
  - node_sets:
      - {name: masters, count: 2}
      - {name: data, count: 1}
)";

inline constexpr const char* kPatchedNodeSets = R"(
crosstie: 1
resources:
  entries:
    type: kubernetes.elasticsearch_patch
    name: quickstart
    namespace: default
    spec: {remoteClusterServer: {enabled: true}}
    node_sets:
      config: {node.attr.link: logs}
      volumes: [{name: link, emptyDir: {}}]
      volume_mounts: [{name: link, mountPath: /usr/share/elasticsearch/config/link}]
  needs_it: {type: null.resource, value: "${resource.entries.uid}"}
)";

}  // namespace crosstie::testing
