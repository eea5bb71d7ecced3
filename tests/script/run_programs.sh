#!/bin/sh
# Real programs under `winmem run` with less memory than they want, in both fault modes: each must say what it says without
# it. A short part of the matrix; programs that are not installed are left out. test traits: timeout=120 no-asan no-tsan
exec bash "$1/tests/script/programs/matrix" "$2" quick
