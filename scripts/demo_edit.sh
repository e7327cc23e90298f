#!/usr/bin/env bash
# The hand edit of the demo: turns skip_unavailable off on the deployment's Elasticsearch, with curl, as somebody would in a hurry.
# Secrets go through curl's configuration on standard input, never on an argument list.
set -euo pipefail
deployment=$(printf 'header = "Authorization: ApiKey %s"\n' "$EC_API_KEY" | curl -sf --cacert "$SSL_CERT_FILE" -K - "$EC_ENDPOINT/api/v1/deployments")
id=$(grep -o '"id":"[0-9a-f]*"' <<<"$deployment" | head -n 1 | cut -d'"' -f4)
url=$(printf 'header = "Authorization: ApiKey %s"\n' "$EC_API_KEY" | curl -sf --cacert "$SSL_CERT_FILE" -K - "$EC_ENDPOINT/api/v1/deployments/$id" |
  grep -o '"service_url":"[^"]*"' | head -n 1 | cut -d'"' -f4)
body='{"persistent":{"cluster.remote.logs.skip_unavailable":false}}'
echo "\$ curl -X PUT $url/_cluster/settings -d '$body'"
printf 'user = "%s:%s"\n' "$ELASTICSEARCH_USERNAME" "$ELASTICSEARCH_PASSWORD" |
  curl -sf --cacert "$SSL_CERT_FILE" -K - -X PUT "$url/_cluster/settings" -H 'Content-Type: application/json' -d "$body"
echo
