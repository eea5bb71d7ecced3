# Real programs on libwinmem-malloc.so.
set -eu
build=$2
lib=$build/libwinmem-malloc.so
[ -e "$lib" ] || { echo "skipped: no $lib"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
with() { LD_PRELOAD=$lib "$@"; }
with ls / >"$work/ls"
if command -v python3 >/dev/null; then
    with python3 -c 'import json,threading
def f(): [json.loads(json.dumps(list(range(200)))) for _ in range(200)]
t=[threading.Thread(target=f) for _ in range(4)]
[x.start() for x in t]; [x.join() for x in t]; print("python ok")'
fi
if command -v perl >/dev/null; then
    with perl -e 'my %h; $h{$_} = "x" x ($_ % 300) for 1..50000; print scalar(keys %h), "\n"' | grep -q 50000
fi
if command -v cc >/dev/null; then
    printf '#include <stdio.h>\nint main(void){puts("cc ok");return 0;}\n' >"$work/a.c"
    with cc -O2 -o "$work/a" "$work/a.c"
    with "$work/a"
fi
if command -v git >/dev/null; then
    with git init -q "$work/repo"
    with git -C "$work/repo" status >/dev/null
fi
if command -v sort >/dev/null; then
    seq 200000 | with sort -R | with sort -n | tail -1 | grep -q 200000
fi
# A program may have little data: the tables are reserved as they are needed.
# shellcheck disable=SC3045  # dash knows it
(ulimit -d 16384 && with ls / >"$work/ls")
# Wrong pointers end the program with a message, as the C library's malloc does.
if command -v cc >/dev/null; then
    cat >"$work/b.c" <<'C'
#include <stdlib.h>
#include <string.h>
int main(int argc, char **argv)
{
    (void)argc;
    char *volatile p = malloc(100), *volatile large = malloc(4700), *volatile huge = malloc(30000000);
    switch (argv[1][0]) {
    case 'a': free(p); free(p); break;
    case 'b': free(p + 16); break;
    case 'c': free(&p); break;
    case 'd': free((void *)0x1000); break;
    case 'e': free(huge); free(huge); break;
    case 'f': free(p); p = realloc(p, 200); break;
    case 'g': free(p); memset(p, 65, 100); for (int i = 0; i < 5000; i++) p = malloc(100); break;
    case 'h': memset(large, 65, 5120); free(large); break;
    case 'z': free(p); free(large); free(huge); break;
    }
    return 0;
}
C
    cc -w -O0 -fno-builtin -o "$work/b" "$work/b.c"
    with "$work/b" z
    with "$work/b" g # a freed block holds nothing of the heap
    with "$work/b" h # nor does a place behind its block
    for case in a b c d e f; do
        status=0
        # shellcheck disable=SC3045  # dash knows it
        (ulimit -c 0; with "$work/b" "$case") 2>"$work/said" || status=$?
        [ "$status" = 134 ] && grep -q "heap corruption" "$work/said" || { echo "case $case: $status"; exit 1; }
    done
fi
echo ok
