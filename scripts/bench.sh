#!/usr/bin/env bash
# Measures the release binary as users meet it: whole processes, wall time and peak memory, on configurations made here.
# `bench.sh engine` runs the Google Benchmark cases of the engine alone instead; further words go to them.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
crosstie=$top/build/release/crosstie
cmake --preset release -S "$top" -DCROSSTIE_BENCH=ON >/dev/null
if [ "${1:-}" = engine ]; then
  shift
  cmake --build "$top/build/release" --target crosstie_bench >&2
  exec "$top/build/release/bench/crosstie_bench" "$@"
fi
cmake --build "$top/build/release" --target crosstie crosstie_measure >&2
measure=$top/build/release/bench/crosstie_measure

work=$(mktemp -d)
sandbox_pid=
finish() {
  [ -n "$sandbox_pid" ] && kill "$sandbox_pid" 2>/dev/null && wait "$sandbox_pid" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
export CROSSTIE_KEY_DIR=$work/keys

# each_project FOLDER COUNT: one null.resource with a for_each of COUNT keys.
each_project() {
  mkdir -p "$1"
  awk -v count="$2" 'BEGIN {
    print "crosstie: 1\nresources:\n  item:\n    type: null.resource"
    print "    value: {name: \"${each.key}\", size: 3}\n    for_each:"
    for (i = 0; i < count; ++i) printf "      - item-%06d\n", i
  }' >"$1/crosstie.yaml"
}

# large_project FOLDER COUNT: the same with a value of 120 fields, the size of an object that a service answers with.
large_project() {
  mkdir -p "$1"
  awk -v count="$2" 'BEGIN {
    print "crosstie: 1\nresources:\n  item:\n    type: null.resource\n    value:\n      name: \"${each.key}\""
    for (i = 0; i < 40; ++i) printf "      field%02d: {text: \"a value of some length %d\", number: %d}\n", i, i, i
    print "    for_each:"
    for (i = 0; i < count; ++i) printf "      - item-%06d\n", i
  }' >"$1/crosstie.yaml"
}

# written_project FOLDER COUNT: COUNT resources written out, in chains of ten that refer to each other.
written_project() {
  mkdir -p "$1"
  awk -v count="$2" 'BEGIN {
    print "crosstie: 1\nresources:"
    for (i = 0; i < count; ++i) {
      printf "  item-%06d:\n    type: null.resource\n    value: {name: item-%06d", i, i
      if (i % 10) printf ", after: \"${resource.item-%06d.value.name}\"", i - 1
      print "}"
    }
  }' >"$1/crosstie.yaml"
}

# The example, as `crosstie sandbox -example` writes it.
example_project() {
  mkfifo "$work/ready"
  "$crosstie" sandbox -dir "$work/sandbox" -example api_key -time-scale 0 >"$work/ready" &
  sandbox_pid=$!
  read -r _ <"$work/ready"
  # shellcheck disable=SC1091
  . "$work/sandbox/env"
}

base_time=
# row LABEL RUNS COUNT PROJECT COMMAND...: measures and prints one line; COUNT 0: a command without resources to count.
# The ratio is the time of a resource beside that of the first row of its group.
row() {
  local label=$1 runs=$2 count=$3 project=$4 figures
  shift 4
  figures=$("$measure" "$runs" "$crosstie" "-chdir=$project" "$@")
  [ "$count" -gt 0 ] && [ -z "$base_time" ] && base_time=$(awk -v f="$figures" -v n="$count" 'BEGIN { split(f, a); print a[1] / n }')
  awk -v label="$label" -v runs="$runs" -v count="$count" -v f="$figures" -v base="${base_time:-0}" 'BEGIN {
    split(f, a)
    each = count ? sprintf("%.1f", 1000 * a[1] / count) : "-"
    ratio = count ? sprintf("%.2f", a[1] / count / base) : "-"
    printf "%-46s %5d %11.1f %9.1f %12s %7s\n", label, runs, a[1], a[3], each, ratio
  }'
}
group() { base_time=; }

# apply_row LABEL COUNT PROJECT: one apply from nothing; the next rows plan what it made.
apply_row() {
  rm -rf "$3/.crosstie"
  row "$1" 1 "$2" "$3" apply -auto-approve
}

for count in 1000 10000 100000; do
  each_project "$work/each-$count" "$count"
  written_project "$work/written-$count" "$count"
done
for count in 1000 5000; do large_project "$work/large-$count" "$count"; done
example_project

printf '%-46s %5s %11s %9s %12s %7s\n' what runs "median ms" "peak MiB" "us/resource" ratio
row "version" 101 0 "$work" version
row "validate, the example" 101 0 "$work/sandbox/project" validate
row "plan, the example in the sandbox" 21 0 "$work/sandbox/project" plan
group
row "first plan, 1,000 by for_each" 11 1000 "$work/each-1000" plan
row "first plan, 10,000 by for_each" 5 10000 "$work/each-10000" plan
row "first plan, 100,000 by for_each" 3 100000 "$work/each-100000" plan
group
row "first plan, 1,000 written out, chains of ten" 11 1000 "$work/written-1000" plan
row "first plan, 10,000 written out, chains of ten" 5 10000 "$work/written-10000" plan
row "first plan, 100,000 written out, chains of ten" 3 100000 "$work/written-100000" plan
group
apply_row "apply, 1,000" 1000 "$work/each-1000"
apply_row "apply, 10,000" 10000 "$work/each-10000"
group
row "second plan (no changes), 1,000" 11 1000 "$work/each-1000" plan
row "second plan (no changes), 10,000" 5 10000 "$work/each-10000" plan
group
apply_row "apply, 1,000 of 120 fields" 1000 "$work/large-1000"
apply_row "apply, 5,000 of 120 fields" 5000 "$work/large-5000"
group
row "second plan, 1,000 of 120 fields" 5 1000 "$work/large-1000" plan
row "second plan, 5,000 of 120 fields" 3 5000 "$work/large-5000" plan
