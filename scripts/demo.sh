#!/usr/bin/env bash
# The whole job in the sandbox, told as a story: plan, apply, proof, an empty second plan, drift, destroy.
# Everything happens on loopback, in a folder of its own that is removed at the end.
#   CROSSTIE=PROGRAM        another binary than build/release/crosstie
#   DEMO_TIME_SCALE=X       how long waits take: 1 as in reality, 0 none (0.2 on a terminal, else 0.05)
set -euo pipefail
model=${1:-api_key}
top=$(cd "$(dirname "$0")/.." && pwd)
crosstie=${CROSSTIE:-$top/build/release/crosstie}
crosstie=$(realpath "$crosstie")
[ -t 1 ] && scale=${DEMO_TIME_SCALE:-0.2} || scale=${DEMO_TIME_SCALE:-0.05}
work=$(mktemp -d "${TMPDIR:-/tmp}/crosstie-demo.XXXXXX")
sandbox_pid=

finish() {
  [ -n "$sandbox_pid" ] && kill "$sandbox_pid" 2>/dev/null && wait "$sandbox_pid" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' blue=$'\e[1;34m' dim=$'\e[2m' plain=$'\e[0m'; else bold='' blue='' dim='' plain=''; fi
step=0
chapter() {
  step=$((step + 1))
  printf '\n%s━━ %d. %s%s\n' "$blue" "$step" "$1" "$plain"
}
say() { printf '%s%s%s\n' "$dim" "$1" "$plain"; }
prompt() { printf '\n%s$ %s%s\n' "$bold" "$*" "$plain"; }
run() {
  prompt crosstie "$@"
  "$crosstie" "$@"
}
# The exit code is part of the story: it must be the expected one.
run_for() {
  local wanted=$1 code=0
  shift
  run "$@" || code=$?
  say "exit code $code"
  [ "$code" -eq "$wanted" ] && return
  echo "the demo expected exit code $wanted" >&2
  exit 1
}
requests() { curl -sf "$CROSSTIE_SANDBOX/requests" | grep -o '"method": *"[A-Z]*"' | cut -d'"' -f4; }
writes() { requests | grep -cvx 'GET\|HEAD' || true; }

chapter "A world to work in"
say "Simulators of Kubernetes with the ECK operator, of Elastic Cloud Hosted, and of the Elasticsearch clusters of both:"
say "real HTTP, real TLS, real certificates, nodes that restart. Waits take $scale of their real time."
mkfifo "$work/ready"
export CROSSTIE_KEY_DIR=$work/keys
prompt crosstie sandbox -dir "$work/sandbox" -example "$model" -time-scale "$scale" '&'
"$crosstie" sandbox -dir "$work/sandbox" -example "$model" -time-scale "$scale" >"$work/ready" &
sandbox_pid=$!
read -r ready <"$work/ready"
echo "$ready"
# shellcheck disable=SC1091
. "$work/sandbox/env"
cd "$work/sandbox/project"

chapter "The whole configuration: one link"
prompt cat crosstie.yaml
cat crosstie.yaml

chapter "Plan: what would happen, why, and what it disturbs"
run plan -out link.plan

chapter "Apply exactly that plan"
say "Independent steps run side by side; the address and the key become known on the way; the last step proves the link."
run apply link.plan

chapter "Is it true? Ask the local cluster itself"
"$top/scripts/demo_request.sh" GET /_remote/info

chapter "Once more: nothing is left to do, and nothing is written"
before=$(writes)
[ "$before" -gt 0 ] || { echo "the apply must have been counted" >&2; exit 1; }
run_for 0 plan -detailed-exitcode
after=$(writes)
say "write requests that the three services saw during this plan: $((after - before))"
[ "$before" -eq "$after" ] || { echo "a plan must not write" >&2; exit 1; }

chapter "Somebody edits the remote cluster by hand"
"$top/scripts/demo_request.sh" PUT /_cluster/settings '{"persistent":{"cluster.remote.logs.skip_unavailable":false}}'

chapter "Drift names the object and the field"
run_for 3 drift -detailed-exitcode

chapter "Apply puts it right: one object is touched"
run apply -auto-approve

chapter "Destroy: everything goes, in reverse order"
run destroy -auto-approve

printf '\n%sThat was the whole life of a link. To go on by hand:%s\n' "$bold" "$plain"
echo "  $crosstie sandbox -dir /tmp/sandbox -example $model &"
echo "  . /tmp/sandbox/env && cd /tmp/sandbox/project"
