#!/bin/sh
# What `winmem run --stats` says at the end: the parts add up to the budget, and what a program maps past the library is
# told. test traits: timeout=60 no-asan no-tsan
set -eu
tool=$2/winmem
[ -e "$2/libwinmem-run.so" ] || { echo "skipped: no libwinmem-run.so"; exit 77; }
command -v cc >/dev/null || { echo "skipped: no compiler"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/touch.c" <<'C'
#include <stdlib.h>
#include <string.h>
int main(void)
{
    char *p = malloc(24 << 20);
    for (int i = 0; i < 3; i++)
        memset(p, i, 24 << 20);
    return p[5] != 2;
}
C
cat >"$work/past.c" <<'C'
#include <string.h>
int main(void)
{
    register long r10 __asm__("r10") = 0x22, r8 __asm__("r8") = -1, r9 __asm__("r9") = 0;
    long at; /* mmap of 64 MiB, by the instruction */
    __asm__ volatile("syscall" : "=a"(at) : "a"(9), "D"(0), "S"(64 << 20), "d"(3), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    memset((void *)at, 1, 64 << 20);
    return 0;
}
C
cc -O1 -o "$work/touch" "$work/touch.c"
cc -O1 -o "$work/past" "$work/past.c"
for mode in signal thread; do
    said=$("$tool" run --ram 8M --faults $mode --stats -- "$work/touch" 2>&1)
    case $said in
    *"winmem: touch ("*"): commit "*) ;;
    *) echo "who speaks is not told: $said"; exit 1 ;;
    esac
    case $said in *"not under the budget"*) echo "all was served: $said"; exit 1 ;; esac
    echo "$said" | awk '/winmem: budget/ { sum = $7 + $10 + $13 + $16; found = $3 == 8 && sum >= 4 && sum <= 8 } END { exit !found }' ||
        { echo "the parts do not add up: $said"; exit 1; }
    said=$("$tool" run --ram 8M --faults $mode --stats -- "$work/past" 2>&1)
    case $said in
    *" MiB of private memory are not under the budget"*) ;;
    *) echo "64 MiB past the library are not told: $said"; exit 1 ;;
    esac
done
echo ok
