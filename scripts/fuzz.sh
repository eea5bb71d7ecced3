#!/bin/sh
# fuzz.sh BUILD SECONDS: every fuzz target for that long; what breaks one is left in fuzz/found.
set -eu
build=$1
seconds=$2
mkdir -p fuzz/found
status=0
for program in "$build"/fuzz/*; do
    [ -x "$program" ] && [ -f "$program" ] || continue
    name=$(basename "$program")
    printf '\n== fuzz %s: %s seconds\n' "$name" "$seconds"
    mkdir -p "$build/corpus/$name" "fuzz/corpus/$name"
    ASAN_OPTIONS=allow_user_segv_handler=1:handle_segv=0:handle_sigbus=0:detect_leaks=0 \
        "$program" -max_total_time="$seconds" -handle_segv=0 -handle_bus=0 -print_final_stats=1 \
        -artifact_prefix="fuzz/found/$name-" "$build/corpus/$name" "fuzz/corpus/$name" >"$build/$name.log" 2>&1 || {
        tail -40 "$build/$name.log"
        status=1
    }
    grep -E 'stat::(number_of_executed_units|average_exec_per_sec)' "$build/$name.log" || true
done
exit "$status"
