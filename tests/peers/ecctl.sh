#!/usr/bin/env bash
# ecctl against the simulated Elastic Cloud. No package registry has it as a program: it is used when it is in PATH or in build/peers/bin.
set -euo pipefail
. "$(dirname "$0")/check.sh"
ecctl=$(PATH="$PATH:$PEERS/bin" command -v ecctl || true)
[ -n "$ecctl" ] || skip "ecctl is not installed; go install github.com/elastic/ecctl@latest, where the Go proxy gives it"
e() { timeout 60 "$ecctl" --host "$EC_ENDPOINT" --api-key "$EC_API_KEY" --region gcp-us-central1 --insecure "$@"; }
cd "$WORK"
expect 'my-deployment' e deployment list
id=$(e deployment list --output json | grep -o '"id": *"[0-9a-f]\{32\}"' | head -1 | cut -d'"' -f4)
expect "$id" e deployment show "$id"
expect '{' e deployment elasticsearch keystore show "$id"
printf '{"secrets":{"cluster.remote.peer.credentials":{"value":"made-up"}}}' >keystore.json
expect 'cluster.remote.peer.credentials' e deployment elasticsearch keystore update "$id" -f keystore.json
echo "$checks checks passed"
