#!/usr/bin/env bash
# Installs the clients that tests/peers runs, of pinned versions, into build/peers. What cannot be had is left out, and its tests are skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
peers=$PWD/build/peers
mkdir -p "$peers"
left_out() { echo "left out: $1" >&2; }

{ [ -x "$peers/venv/bin/python" ] || python3 -m venv "$peers/venv"; } &&
  "$peers/venv/bin/pip" install -q -r tests/peers/requirements.txt ||
  left_out "the Python clients and the newest kubectl"
"$peers/venv/bin/pip" install -q --upgrade --target "$peers/python8" -r tests/peers/requirements-8.txt || left_out "elasticsearch-py 8"
mkdir -p "$peers/node"
cp tests/peers/package.json tests/peers/package-lock.json "$peers/node/"
(cd "$peers/node" && npm ci --silent --no-audit --no-fund) || left_out "the JavaScript clients"
