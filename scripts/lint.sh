#!/usr/bin/env bash
# clang-tidy over every source of the product, in parallel; the compile commands come from the dev build.
set -euo pipefail
cd "$(dirname "$0")/.."
# GCC's precompiled headers and coroutine flag mean nothing to clang, which in turn calls parts of GCC's own library
# deprecated.
commands=build/tidy
mkdir -p "$commands"
sed -e 's/-fcoroutines//g' -e 's/-Winvalid-pch//g' -e 's/-include [^ ]*cmake_pch.hxx//g' -e 's/-Wno-[a-z-]*//g' \
  -e 's/-Werror/-Wno-deprecated-declarations/' \
  build/dev/compile_commands.json >"$commands/compile_commands.json"
git ls-files 'engine/*.cpp' 'providers/*.cpp' 'state/*.cpp' 'sandbox/*.cpp' 'cmd/*.cpp' |
  xargs -P "$(nproc)" -n 4 clang-tidy-19 -p "$commands" --quiet
