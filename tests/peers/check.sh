# Sourced by the shell scripts: each expectation is counted, a failed one ends the script.
checks=0

# expect TEXT COMMAND...: succeeds, and its output holds TEXT (a grep pattern).
expect() {
  local pattern=$1 output code=0
  shift
  output=$("$@" 2>&1) || code=$?
  if [ "$code" -ne 0 ] || ! grep -qe "$pattern" <<<"$output"; then
    printf 'FAILED (exit code %s): %s\nwanted: %s\ngot:\n%s\n' "$code" "$*" "$pattern" "$output" >&2
    exit 1
  fi
  checks=$((checks + 1))
}

# refuse TEXT COMMAND...: fails, and its output holds TEXT.
refuse() {
  local pattern=$1 output code=0
  shift
  output=$("$@" 2>&1) || code=$?
  if [ "$code" -eq 0 ] || ! grep -qe "$pattern" <<<"$output"; then
    printf 'FAILED (exit code %s, wanted another than 0): %s\nwanted: %s\ngot:\n%s\n' "$code" "$*" "$pattern" "$output" >&2
    exit 1
  fi
  checks=$((checks + 1))
}

skip() {
  echo "skipped: $1"
  exit 77
}
