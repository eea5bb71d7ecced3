# bench-heap.sh BUILD: the heap against glibc, mimalloc, jemalloc and tcmalloc; then walking and validating.
set -eu
build=$1
"$build/bench/heap_walk"
exec python3 bench/heap/run "$build"
