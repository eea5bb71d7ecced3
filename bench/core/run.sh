#!/bin/sh
# run.sh BUILD [FILTER]: the table of the core's speed; with mingw-w64 and wine installed, Wine's times below it.
set -eu
build=$1
filter=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$build/bench" && pwd)/core
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo "machine: $(nproc) processors, $(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -1), Linux $(uname -r)"
echo "medians of alternating rounds in one process; ratio: winmem to the raw Linux calls, lower is better"
echo
"$program" "$filter"
if command -v x86_64-w64-mingw32-gcc >/dev/null && command -v wine >/dev/null; then
    x86_64-w64-mingw32-gcc -O2 -w "$here/core.c" -o core.exe -lpsapi
    echo
    echo "$(wine --version), the same source built with mingw-w64, ns:"
    WINEDEBUG=-all wine core.exe --plain "$filter" 2>/dev/null || echo "(wine failed)"
else
    echo
    echo "(mingw-w64 and wine are not both installed: no comparison with Wine)"
fi
