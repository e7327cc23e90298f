#!/usr/bin/env bash
# One request to the Elasticsearch of the sandbox's deployment, with curl, as somebody at a keyboard would send it:
#   scripts/demo_request.sh METHOD PATH [BODY]
# Needs the variables of the sandbox's env file. Secrets go through curl's configuration on standard input, never on an argument list.
set -euo pipefail
method=$1 path=$2 body=${3:-}

ech() { printf 'header = "Authorization: ApiKey %s"\n' "$EC_API_KEY" | curl -sf --cacert "$SSL_CERT_FILE" -K - "$EC_ENDPOINT/api/v1/deployments$1"; }
id=$(ech "" | grep -o '"id":"[0-9a-f]*"' | head -n 1 | cut -d'"' -f4)
url=$(ech "/$id" | grep -o '"service_url":"[^"]*"' | head -n 1 | cut -d'"' -f4)

words=(-X "$method" "$url$path")
[ -n "$body" ] && words+=(-H 'Content-Type: application/json' -d "$body")
printf "\n"
echo "\$ curl -X $method \$LOCAL$path${body:+ -d '$body'}"
printf 'user = "%s:%s"\n' "$ELASTICSEARCH_USERNAME" "$ELASTICSEARCH_PASSWORD" | curl -sf --cacert "$SSL_CERT_FILE" -K - "${words[@]}"
echo
