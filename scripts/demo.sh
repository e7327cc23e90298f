#!/usr/bin/env bash
# The whole job in the sandbox, told as a story: plan, apply, proof, an empty second plan, drift, destroy.
# Everything happens on loopback, in a folder of its own that is removed at the end.
set -euo pipefail
model=${1:-api_key}
top=$(cd "$(dirname "$0")/.." && pwd)
crosstie=${CROSSTIE:-$top/build/release/crosstie}
scale=${DEMO_TIME_SCALE:-0.05}
work=$(mktemp -d)
sandbox_pid=

finish() {
  [ -n "$sandbox_pid" ] && kill "$sandbox_pid" 2>/dev/null && wait "$sandbox_pid" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; else bold='' dim='' plain=''; fi
chapter() { printf '\n%s== %s%s\n' "$bold" "$1" "$plain"; }
say() { printf '%s%s%s\n' "$dim" "$1" "$plain"; }
run() {
  printf '%s$ crosstie %s%s\n' "$bold" "$*" "$plain"
  "$crosstie" -chdir="$work/sandbox/project" "$@"
}

chapter "A world to work in"
say "Simulators of Kubernetes with the ECK operator, of Elastic Cloud Hosted, and of the Elasticsearch clusters of both:"
say "real HTTP, real TLS, real certificates. Waits run at $scale of their real length."
mkfifo "$work/ready"
export CROSSTIE_KEY_DIR=$work/keys
"$crosstie" sandbox -dir "$work/sandbox" -example "$model" -time-scale "$scale" >"$work/ready" &
sandbox_pid=$!
read -r ready <"$work/ready"
echo "$ready"
# shellcheck disable=SC1091
. "$work/sandbox/env"

chapter "The whole configuration"
cat "$work/sandbox/project/crosstie.yaml"

chapter "Plan: what would happen, and why"
run plan -out "$work/link.plan"

chapter "Apply exactly that plan, and prove the link"
run apply "$work/link.plan"

chapter "Once more: there is nothing left to do"
code=0
run plan -detailed-exitcode || code=$?
[ "$code" -eq 0 ] || { echo "the second plan should be empty" >&2; exit 1; }

chapter "Somebody edits the remote cluster by hand"
"$top/scripts/demo_edit.sh"

chapter "Drift names the object and the field"
code=0
run drift -detailed-exitcode || code=$?
[ "$code" -eq 3 ] || { echo "drift should have been found" >&2; exit 1; }

chapter "Apply puts it right"
run apply -auto-approve

chapter "Destroy: everything goes, in reverse order"
run destroy -auto-approve

chapter "That was all. To go on by hand:"
echo "  $crosstie sandbox -dir /tmp/sandbox -example $model"
