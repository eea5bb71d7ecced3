#!/bin/sh
# What `winmem run --stats` says at the end: the parts add up to the budget, what a program maps past the library is told,
# of its children only those speak that paged, and a thread makes room ahead of the
# faults beside the one that resolves them. test traits: timeout=60 no-asan no-tsan
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
cat >"$work/jump.c" <<'C'
#include <stdlib.h>
#include <string.h>
int main(void)
{
    enum { PAGES = 6144 };
    char *p = malloc(PAGES << 12);
    unsigned x = 1;
    for (int i = 0; i < PAGES; i++)
        memset(p + (i << 12), i, 100);
    for (int i = 0; i < 20000; i++) {
        x = x * 1103515245 + 12345;
        unsigned page = (x >> 8) % PAGES;
        if (p[page << 12] != (char)page)
            return 1;
    }
    return 0;
}
C
cat >"$work/parent.c" <<'C'
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    if (system("/bin/true") != 0 || argc < 2)
        return 1;
    if (fork() == 0)
        exit(0);
    wait(NULL);
    return system(argv[1]);
}
C
cc -O1 -o "$work/parent" "$work/parent.c"
cc -O1 -o "$work/touch" "$work/touch.c"
cc -O1 -o "$work/jump" "$work/jump.c"
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
# Of a program's children those speak that paged; the program itself always does.
said=$("$tool" run --ram 8M --stats -- "$work/parent" "$work/touch" 2>&1)
who=$(echo "$said" | sed -n 's/^winmem: \([^ ]*\) ([0-9]*): commit .*/\1/p' | tr '\n' ' ')
[ "$who" = "touch parent " ] || { echo "those that paged and the program speak, not: $who"; exit 1; }
said=$("$tool" run --ram 8M --faults thread --stats -- "$work/jump" 2>&1)
ahead=$(echo "$said" | sed -n 's/.*(\([0-9]*\) ahead of faults).*/\1/p')
expected=no
case $said in *"faults by a thread"*) [ "$(nproc)" -gt 1 ] && expected=yes ;; esac
case $expected:$ahead in
no:0 | yes:[1-9]*) ;;
*) echo "nobody worked ahead, or who should not: $said"; exit 1 ;;
esac
echo ok
