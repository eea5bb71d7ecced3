# The debug modes of the heap: a guard page at every block, use after free, the report of what was not freed.
set -eu
build=$2
lib=$build/libwinmem-malloc.so
[ -e "$lib" ] || { echo "skipped: no $lib"; exit 77; }
command -v cc >/dev/null || { echo "skipped: no compiler"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/a.c" <<'C'
#include <stdlib.h>
#include <string.h>
int main(int argc, char **argv)
{
    volatile char *block = malloc(160);
    block[0] = block[159] = 1;
    (void)argc;
    if (!strcmp(argv[1], "behind"))
        block[160] = 1;
    if (!strcmp(argv[1], "before"))
        block[-1] = 1;
    if (!strcmp(argv[1], "after")) {
        free((void *)block);
        block[0] = 1;
    }
    if (!strcmp(argv[1], "twice")) {
        free((void *)block);
        free((void *)block);
    }
    if (!strcmp(argv[1], "good"))
        free((void *)block);
    return 0;
}
C
cc -O0 -w -o "$work/a" "$work/a.c"
run() { env "WINMEM_HEAP_PAGES=$1" "LD_PRELOAD=$lib" "$work/a" "$2"; }
run behind good
run before good
for how in behind before; do
    if (run "$how" "$how") 2>/dev/null; then echo "overrun $how the block was not found"; exit 1; fi
    if (run "$how" after) 2>/dev/null; then echo "use after free was not found"; exit 1; fi
done
if (run off twice) 2>"$work/out"; then echo "double free was not found"; exit 1; fi
grep -q "heap corruption" "$work/out"
env WINMEM_HEAP_TRACE=1 "LD_PRELOAD=$lib" "$work/a" leak 2>"$work/leak"
grep -q "160 bytes in 1 blocks still allocated" "$work/leak"
grep -A2 "160 bytes in 1 blocks still allocated, from" "$work/leak" | grep -q "$work/a+0x" # the site, behind malloc
if grep -q 'libwinmem\.so' "$work/leak"; then echo "the heap's own calls are in the report"; exit 1; fi
# Every site with all its blocks, the most bytes first.
cat >"$work/sites.c" <<'C'
#include <stdlib.h>
void *volatile kept;
int main(void)
{
    for (volatile int i = 0; i < 3000; i++)
        kept = malloc(40);
    for (volatile int i = 0; i < 500; i++)
        kept = calloc(2, 1000);
    for (volatile int i = 0; i < 7000; i++)
        free(malloc(30));
    return 0;
}
C
cc -O0 -w -fno-builtin -o "$work/sites" "$work/sites.c"
env WINMEM_HEAP_TRACE=1 "LD_PRELOAD=$lib" "$work/sites" 2>&1 | grep 'blocks still allocated' |
    sed -n '1s/.*: \(.*\) still.*/\1/p;2s/.*: \(.*\) still.*/\1/p;$s/.*: \(.*\) still.*/\1/p' >"$work/sums"
printf '1000000 bytes in 500 blocks\n120000 bytes in 3000 blocks\n1120000 bytes in 3500 blocks\n' | diff - "$work/sums"
env WINMEM_HEAP_TRACE=1 "LD_PRELOAD=$lib" "$work/a" good 2>"$work/leak"
if grep -q "160 bytes in 1 blocks still allocated, from" "$work/leak"; then echo "a freed block was reported"; exit 1; fi
echo ok
