#!/usr/bin/env bash
# kubectl against the sandbox. The argument says which: "system" (the one in PATH) or "newest" (the one that ./dev peers installs).
set -euo pipefail
. "$(dirname "$0")/check.sh"
case "$1" in
  system) kubectl=$(command -v kubectl || true) ;;
  newest) kubectl=$PEERS/venv/bin/kubectl ;;
esac
[ -n "$kubectl" ] && [ -x "$kubectl" ] || skip "this kubectl is not installed; ./dev peers installs it"
k() { timeout 60 "$kubectl" "$@"; }
minor=$(k version --client -o json | grep -o '"minor": *"[0-9]*' | grep -o '[0-9]*$')
[ "$minor" -ge 28 ] || skip "kubectl before 1.28 reads OpenAPI v2, which the sandbox does not serve"
echo "kubectl 1.$minor"
cd "$WORK"
es=elasticsearch/quickstart

# What is there.
expect 'v1.33.13' k version
expect 'elasticsearches *es *elasticsearch.k8s.elastic.co/v1 *true *Elasticsearch' k api-resources
expect '^configmaps *cm *v1 *true *ConfigMap$' k api-resources
expect '^elasticsearch.k8s.elastic.co/v1$' k api-versions
expect 'FIELD: nodeSets <\[\]Object>' k explain elasticsearch.spec.nodeSets
expect 'FIELD: ports <\[\]Object>' k explain service.spec.ports
expect 'is running at' k cluster-info
expect '^NAME *HEALTH *NODES *VERSION *PHASE *AGE$' k get es
expect '^quickstart *green *3 *9.1.0 *Ready ' k get es
expect '^NAMESPACE *NAME *READY *STATUS *RESTARTS *AGE *IP *NODE ' k get pods -A -o wide
expect '^elastic-system *elastic-operator-0 *1/1 *Running ' k get pods -A
expect '^quickstart-es-default *3/3 ' k get statefulsets
expect '^quickstart-es-http *ClusterIP ' k get services
expect '^Ready$' k get es quickstart -o 'jsonpath={.status.phase}{"\n"}'
expect '^kind: Elasticsearch$' k get es quickstart -o yaml
expect '"kind": "List"' k get secrets,services -o json
expect '^secret/quickstart-es-elastic-user$' k get secrets -l elasticsearch.k8s.elastic.co/cluster-name=quickstart -o name
expect '^pod/quickstart-es-default-0$' k get pods --field-selector status.phase=Running -o name
expect '^quickstart-es-default-1 ' k get pods --no-headers --chunk-size=1
expect 'Phase: *Ready' k describe es quickstart
expect 'elastic: *24 bytes' k describe secret quickstart-es-elastic-user
expect 'Endpoints:' k describe service quickstart-es-http
expect '^ok$' k get --raw /readyz
refuse 'NotFound' k get configmap nothing
refuse 'the server doesn.t have a resource type "nothings"' k get nothings

# Who may what (these bodies are protobuf).
expect '^yes$' k auth can-i create secrets
refuse '^no$' k auth can-i create secrets --context sandbox-reader
expect '\[get list watch\]' k auth can-i --list --context sandbox-reader
expect 'kubernetes-admin' k auth whoami
refuse 'Forbidden' k delete secret quickstart-es-elastic-user --context sandbox-reader

# Creating by words: protobuf, too.
expect 'created' k create namespace peers
expect 'created' k create configmap words --from-literal=a=b -n peers
expect 'created' k create secret generic words --from-literal=a=b -n peers
expect '^b$' k get configmap words -n peers -o 'jsonpath={.data.a}{"\n"}'
expect '^Yg==$' k get secret words -n peers -o 'jsonpath={.data.a}{"\n"}'
expect 'created' k create serviceaccount words -n peers
expect 'created' k create service clusterip words --tcp=80:8080 -n peers
expect '^8080 TCP$' k get service words -n peers -o 'jsonpath={.spec.ports[0].targetPort} {.spec.ports[0].protocol}{"\n"}'
expect 'created' k create role words --verb=get,list --resource=pods -n peers
expect 'created' k create rolebinding words --role=words --serviceaccount=peers:words -n peers
expect 'created' k create clusterrole words --verb=get --resource=pods
expect 'created' k create clusterrolebinding words --clusterrole=words --user=somebody
expect 'created' k create quota words --hard=pods=3 -n peers
expect 'created' k create poddisruptionbudget words --selector=a=b --min-available=50% -n peers
expect '^50%$' k get poddisruptionbudget words -n peers -o 'jsonpath={.spec.minAvailable}{"\n"}'
refuse 'already exists' k create namespace peers

# Applying files, from the client's side and from the server's.
cat >objects.yaml <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: first, labels: {team: search}}
data: {k: v}
---
apiVersion: v1
kind: Service
metadata: {name: first}
spec: {type: LoadBalancer, ports: [{port: 9443}], selector: {a: b}}
YAML
sed 's/k: v/k: w/' objects.yaml >changed.yaml
expect 'configmap/first created' k apply -f objects.yaml
expect 'configmap/first unchanged' k apply -f objects.yaml
expect 'service/first unchanged' k apply -f objects.yaml
expect '^$' k diff -f objects.yaml
refuse '^+  k: w$' k diff -f changed.yaml
expect 'configmap/first configured (server dry run)' k apply --dry-run=server -f changed.yaml
expect '^v$' k get configmap first -o 'jsonpath={.data.k}{"\n"}'
output=$(k apply --server-side -f objects.yaml 2>&1)
# Ownership moves from the client-side apply without a word of warning, by a JSON patch of managedFields.
refuse '^$' grep Warning <<<"$output"
expect '^kubectl kubectl-last-applied$' k get configmap first --show-managed-fields -o 'jsonpath={.metadata.managedFields[?(@.operation=="Apply")].manager}{"\n"}'
refuse 'conflict with "kubectl"' k apply --server-side --field-manager=other -f changed.yaml
expect 'serverside-applied' k apply --server-side --field-manager=other --force-conflicts -f changed.yaml
refuse '^+  k: v$' k diff --server-side --force-conflicts -f objects.yaml
refuse 'already exists' k create -f objects.yaml
expect 'configmap/first replaced' k replace -f objects.yaml
refuse 'unknown field "bogus"\|strict decoding error' k apply --validate=strict -f - <<<'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"bogus":1}'

# Patching, labels, editing.
expect 'patched' k patch configmap first -p '{"data":{"z":"1"}}'
expect 'patched' k patch configmap first --type merge -p '{"data":{"z":null}}'
expect 'patched' k patch configmap first --type json -p '[{"op":"test","path":"/data/k","value":"v"},{"op":"add","path":"/data/q","value":"1"}]'
refuse 'the server rejected our request due to an error in our request\|testing value' \
  k patch configmap first --type json -p '[{"op":"test","path":"/data/k","value":"no"}]'
refuse 'is not supported by elasticsearch.k8s.elastic.co/v1' k patch es quickstart --type strategic -p '{"spec":{"version":"9.1.0"}}'
expect 'labeled' k label configmap first color=red
expect 'labeled' k label configmap first color=blue --overwrite
expect 'unlabeled' k label configmap first color-
expect 'annotated' k annotate configmap first note=a
printf '#!/bin/sh\nsed -i "s/^  q:.*/  q: \\"2\\"/" "$1"\n' >editor.sh && chmod +x editor.sh
export KUBE_EDITOR=$WORK/editor.sh
expect 'edited' k edit configmap first
expect '^2$' k get configmap first -o 'jsonpath={.data.q}{"\n"}'

# Watching and waiting.
expect 'condition met' k wait --for=jsonpath='{.status.phase}'=Ready "$es" --timeout=30s
expect 'condition met' k wait --for=condition=Ready pod/quickstart-es-default-0 --timeout=30s
k get configmaps -w -o name >watched &
watching=$!
for _ in $(seq 200); do
  grep -q first watched && break
  read -rt 0.1 _ <> <(:) || true
done
k label configmap first seen=yes >/dev/null
for _ in $(seq 200); do
  [ "$(grep -c configmap/first watched)" -ge 2 ] && break
  read -rt 0.1 _ <> <(:) || true
done
kill "$watching" && wait "$watching" 2>/dev/null || true
expect '^configmap/first$' cat watched
[ "$(grep -c configmap/first watched)" -ge 2 ] || { echo "the watch missed the label" >&2; exit 1; }

# The Elasticsearch resource: the operator answers.
expect 'patched' k patch es quickstart --type merge -p '{"spec":{"remoteClusterServer":{"enabled":true}}}'
expect 'condition met' k wait --for=jsonpath='{.status.phase}'=Ready "$es" --timeout=60s
expect '^quickstart-es-remote-cluster ' k get services
refuse 'conflict with "elastic-operator"' k apply --server-side -f - <<'YAML'
apiVersion: elasticsearch.k8s.elastic.co/v1
kind: Elasticsearch
metadata: {name: quickstart}
spec: {version: 9.1.0, nodeSets: [{name: default, count: 5}]}
YAML
refuse 'only available for RollingUpdate strategy type' k rollout status statefulset/quickstart-es-default

# What the sandbox does not simulate says so.
refuse 'the sandbox does not simulate pods/log' k logs quickstart-es-default-0
refuse 'the sandbox does not simulate pods/exec' k exec quickstart-es-default-0 -c elasticsearch -- ls
refuse 'the sandbox forwards ports over WebSocket messages (v4.channel.k8s.io)' k port-forward pod/quickstart-es-default-0 :9200
refuse 'the sandbox does not simulate serviceaccounts/token' k create token words -n peers

expect 'deleted' k delete configmap first
expect 'deleted' k delete -f objects.yaml --ignore-not-found
expect 'deleted' k delete namespace peers
refuse 'NotFound' k get namespace peers
echo "$checks checks passed"
