#!/bin/sh
# Every C and C++ source of the project, one a line: what git tracks, or what is there when it is no clone.
cd "$(dirname "$0")/.." || exit 1
if git rev-parse --git-dir >/dev/null 2>&1; then
    git ls-files -- '*.c' '*.h' '*.cpp' '*.hpp'
else
    find . -path ./build -prune -o \( -name '*.c' -o -name '*.h' -o -name '*.cpp' -o -name '*.hpp' \) -print | sed 's|^\./||'
fi
