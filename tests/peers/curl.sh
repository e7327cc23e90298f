#!/usr/bin/env bash
# curl against all three services.
set -euo pipefail
. "$(dirname "$0")/check.sh"
command -v curl >/dev/null || skip "curl is not installed"
c() { curl -sS --max-time 60 --cacert "$SSL_CERT_FILE" "$@"; }
ech() { c -H "Authorization: ApiKey $EC_API_KEY" "$@"; }
es() { c -u "$ELASTICSEARCH_USERNAME:$ELASTICSEARCH_PASSWORD" "$@"; }

expect '"name":"my-deployment"' ech "$EC_ENDPOINT/api/v1/deployments"
expect '401' c -o /dev/null -w '%{http_code}' "$EC_ENDPOINT/api/v1/deployments"
expect 'the world file names them' ech -X POST "$EC_ENDPOINT/api/v1/deployments" -H 'Content-Type: application/json' -d '{}'
id=$(ech "$EC_ENDPOINT/api/v1/deployments" | grep -o '"id":"[0-9a-f]\{32\}","name":"my-deployment"' | cut -d'"' -f4)
url=$(ech "$EC_ENDPOINT/api/v1/deployments/$id" | grep -o '"service_url":"[^"]*"' | head -1 | cut -d'"' -f4)
expect '"tagline" *: *"You Know, for Search"' es "$url/"
expect '401' c -o /dev/null -w '%{http_code}' "$url/"
expect '^X-elastic-product: Elasticsearch' es -I "$url/"
expect '"acknowledged":true' es -X PUT "$url/_cluster/settings" -H 'Content-Type: application/json' \
  -d '{"persistent":{"indices.recovery.max_bytes_per_sec":"50mb"}}'
expect '"created":true' es -X PUT "$url/_security/role/small" -H 'Content-Type: application/json' -d '{"cluster":["monitor"]}'
gzip -c <<<'{"query":{"match_all":{}}}' >"$WORK/body.gz"
expect '"hits"' es "$url/_search" -H 'Content-Type: application/json' -H 'Content-Encoding: gzip' --data-binary "@$WORK/body.gz"
printf '{"index":{"_index":"bulk","_id":"1"}}\n{"a":1}\n{"delete":{"_index":"bulk","_id":"9"}}\n' >"$WORK/bulk"
expect '"errors":false' es "$url/_bulk?refresh=true" -H 'Content-Type: application/x-ndjson' --data-binary "@$WORK/bulk"
expect '"value":1' es "$url/bulk/_search"

server=$(grep -o 'https://127.0.0.1:[0-9]*' "$KUBECONFIG" | head -1)
expect '"gitVersion": "v1.33.13"' curl -sk --max-time 60 "$server/version"
expect 'User \\"system:anonymous\\"' curl -sk --max-time 60 "$server/api/v1/secrets"
echo "$checks checks passed"
