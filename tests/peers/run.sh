#!/usr/bin/env bash
# run.sh CROSSTIE SCRIPT [ARGUMENT...]: starts a sandbox with world.yaml and runs one script against it.
# Exit code 77 says that the client is not installed (./dev peers installs all of them).
set -euo pipefail
crosstie=$1 script=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
peers=${CROSSTIE_PEERS:-$here/../../build/peers}
work=$(mktemp -d "${TMPDIR:-/tmp}/crosstie-peers.XXXXXX")
sandbox_pid=

finish() {
  [ -n "$sandbox_pid" ] && kill "$sandbox_pid" 2>/dev/null && wait "$sandbox_pid" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
skip() {
  echo "skipped: $1"
  exit 77
}

case "$script" in
  *.py)
    interpreter=("$peers/venv/bin/python")
    [ -x "${interpreter[0]}" ] || skip "the Python clients are not installed; ./dev peers installs them"
    ;;
  *.mjs)
    interpreter=(node)
    [ -d "$peers/node/node_modules" ] || skip "the JavaScript clients are not installed; ./dev peers installs them"
    command -v node >/dev/null || skip "node is not installed; ./dev peers installs it"
    ;;
  *) interpreter=(bash) ;;
esac

mkfifo "$work/ready"
"$crosstie" sandbox -dir "$work/sandbox" -world "$here/world.yaml" -example api_key -time-scale 0 >"$work/ready" &
sandbox_pid=$!
read -r ready <"$work/ready"
case "$ready" in ready*) ;; *) echo "the sandbox did not start: $ready" >&2 && exit 1 ;; esac
# shellcheck disable=SC1091
. "$work/sandbox/env"
export PYTHONDONTWRITEBYTECODE=1 CROSSTIE=$crosstie CROSSTIE_KEY_DIR=$work/keys PEERS=$peers SANDBOX=$work/sandbox WORK=$work HOME=$work
"${interpreter[@]}" "$here/$script" "$@"
