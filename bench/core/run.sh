#!/bin/sh
# run.sh BUILD [PART OF A NAME...]: the table of the core's speed, or the rows with any of the parts; with mingw-w64 and
# wine installed, Wine's times beside it.
set -eu
build=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$build/bench" && pwd)/core
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo "machine: $(nproc) processors, $(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -1), Linux $(uname -r)"
echo "medians of alternating rounds in one process; ratio: winmem to the raw Linux calls, lower is better"
if command -v x86_64-w64-mingw32-gcc >/dev/null && command -v wine >/dev/null; then
    # The same source as a Windows program, in a prefix of its own.
    export WINEPREFIX="$work/prefix" WINEDEBUG=-all
    x86_64-w64-mingw32-gcc -O2 -w "$here/core.c" -o core.exe -lpsapi
    wine wineboot -i >/dev/null 2>&1 || :
    wine core.exe --plain "$@" 2>/dev/null | tr -d '\r' >wine.txt || :
    wineserver -k 2>/dev/null || :
    echo "wine: $(wine --version), the same source built with mingw-w64"
    echo
    "$program" --wine wine.txt "$@"
else
    echo "(mingw-w64 and wine are not both installed: no comparison with Wine)"
    echo
    "$program" "$@"
fi
