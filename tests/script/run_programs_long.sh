#!/bin/sh
# The whole matrix of real programs under `winmem run` (programs/matrix). test traits: long timeout=1200 no-asan no-tsan
exec bash "$1/tests/script/programs/matrix" "$2" long
