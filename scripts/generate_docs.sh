#!/usr/bin/env bash
# Writes docs/resources and docs/commands from the schemas, the command table and cmd/*.md. A test compares them with the program.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build/dev}
cmake --build "$build" --target docs_tests
CROSSTIE_WRITE_DOCS=1 "$build/tests/docs_tests" --gtest_brief=1 --gtest_filter=Reference.generated_pages_are_those_that_the_program_gives
