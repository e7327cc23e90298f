#!/usr/bin/env bash
# fuzz.sh MINUTES [TARGET]: runs the libFuzzer programs of build/fuzz, as many at a time as there are cores, MINUTES each. What they
# learn is kept in build/fuzz/corpus, so that the next run goes on from there; an input that breaks something is put into fuzz/crashes.
set -euo pipefail
cd "$(dirname "$0")/.."
minutes=${1:?"how many minutes? ./dev fuzz MINUTES [TARGET]"}
case "$minutes" in *[!0-9]* | 0 | '') echo "MINUTES must be a whole number above 0, not $minutes." >&2 && exit 2 ;; esac
export FUZZ_SECONDS=$((minutes * 60))
programs=build/fuzz/fuzz
if [ -n "${2:-}" ] && [ ! -x "$programs/fuzz_$2" ]; then
  echo "There is no target $2. There are: $(ls fuzz/corpus | tr '\n' ' ')" >&2
  exit 2
fi
mkdir -p fuzz/crashes

run_target() {
  local target=$1 learned=build/fuzz/corpus/$1 log=build/fuzz/$1.log status=0
  mkdir -p "$learned"
  "build/fuzz/fuzz/fuzz_$target" "$learned" "fuzz/corpus/$target" -max_total_time="$FUZZ_SECONDS" -max_len=32768 -timeout=20 \
    -rss_limit_mb=3072 -dict=fuzz/tokens.dict -print_final_stats=1 -artifact_prefix="fuzz/crashes/$target-" >"$log" 2>&1 || status=$?
  local runs coverage
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)
  coverage=$(sed -n 's/.* cov: \([0-9]*\) ft: \([0-9]*\) .*/\1 edges, \2 features/p' "$log" | tail -1)
  echo "$target: ${runs:-0} runs, ${coverage:-no coverage}, $([ "$status" -eq 0 ] && echo nothing found || echo "FOUND something, see $log")"
  [ "$status" -eq 0 ] || sed -n "s|.*Test unit written to \(.*\)|  again: build/fuzz/fuzz/fuzz_$target \1|p" "$log"
  return "$status"
}
export -f run_target

{ [ -n "${2:-}" ] && echo "$2" || ls fuzz/corpus; } | xargs -P "$(nproc)" -I{} bash -c 'run_target {}' || exit 1
