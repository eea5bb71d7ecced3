# Heap blocks under the tools that watch memory: a program compiled with the address sanitizer, linked to the ordinary
# library, and Valgrind's memcheck. Each mistake is found where it is made; a program without one passes. test traits: long no-asan no-tsan
set -eu
root=$1
build=$2
[ -e "$build/libwinmem.so" ] || { echo "skipped: no shared library"; exit 77; }
command -v cc >/dev/null || { echo "skipped: no compiler"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/a.c" <<'C'
#include <windows.h>
#include <string.h>
static volatile char sink;
static DWORD WINAPI work(void *heap)
{
    for (int i = 0; i < 100; i++) {
        char *p = HeapAlloc(heap, 0, 50 + i * 30);
        p[0] = 1;
        p = HeapReAlloc(heap, HEAP_ZERO_MEMORY, p, 100 + i * 90);
        sink += p[100 + i * 90 - 1];
        HeapFree(heap, 0, p);
    }
    return 0;
}
static void good(HANDLE heap)
{
    HANDLE threads[3];
    char *blocks[300];
    for (int i = 0; i < 3; i++)
        threads[i] = CreateThread(NULL, 0, work, heap, 0, NULL);
    WaitForMultipleObjects(3, threads, TRUE, INFINITE);
    for (int i = 0; i < 3; i++)
        CloseHandle(threads[i]);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 300; i++)
            memset(blocks[i] = HeapAlloc(heap, 0, i * 13), 2, i * 13);
        for (int i = 0; i < 300; i++)
            blocks[i] = HeapReAlloc(heap, HEAP_ZERO_MEMORY, blocks[i], i * 17 % 4000);
        for (int i = 0; i < 300; i++) {
            for (int j = 0; j < i * 17 % 4000; j++)
                sink += blocks[i][j];
            HeapFree(heap, 0, blocks[i]);
        }
    }
    char *large = HeapAlloc(heap, HEAP_ZERO_MEMORY, 20 << 20);
    large = HeapReAlloc(heap, HEAP_ZERO_MEMORY, large, 30 << 20);
    sink += large[(30 << 20) - 1];
    HeapFree(heap, 0, large);
    HeapValidate(heap, 0, NULL);
}
int main(int argc, char **argv)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    char *p = HeapAlloc(GetProcessHeap(), 0, 100);
    (void)argc;
    memset(p, 1, 100);
    HeapAlloc(heap, 0, 77); /* goes with its heap: no leak */
    switch (argv[1][0]) {
    case 'g': good(heap); break;
    case 'o': p[100] = 1; break;
    case 'u': p[-1] = 1; break;
    case 'f': HeapFree(GetProcessHeap(), 0, p); sink = p[50]; return 0;
    case 'd': HeapFree(GetProcessHeap(), 0, p); break;
    case 'l': p = HeapAlloc(GetProcessHeap(), 0, 12345); p = NULL; break;
    }
    HeapFree(GetProcessHeap(), 0, p);
    HeapDestroy(heap);
    return 0;
}
C
compile() { cc -w -O0 -g "$@" "$work/a.c" -I"$root/include/win32" -I"$root/include" -L"$build" -lwinmem -lwinmem-base -pthread -Wl,-rpath,"$build"; }
expect() { # what, pattern, command...
    what=$1 pattern=$2
    shift 2
    "$@" >"$work/said" 2>&1 || true
    grep -q "$pattern" "$work/said" || { echo "$what: not found"; head -20 "$work/said"; exit 1; }
}
if compile -fsanitize=address -o "$work/asan" 2>/dev/null; then
    "$work/asan" g || { echo "the sanitizer complains about a good program"; exit 1; }
    expect overrun use-after-poison "$work/asan" o
    expect underrun use-after-poison "$work/asan" u
    expect "use after free" use-after-poison "$work/asan" f
    expect "double free" "freed twice" "$work/asan" d
    echo "address sanitizer ok"
fi
if command -v valgrind >/dev/null && compile -o "$work/plain" && [ -e /usr/include/valgrind/memcheck.h ]; then
    v() { valgrind -q --leak-check=full --error-exitcode=9 "$work/plain" "$1"; }
    v g || { echo "valgrind complains about a good program"; exit 1; }
    expect overrun "Invalid write" v o
    expect underrun "Invalid write" v u
    expect "use after free" "Invalid read" v f
    expect "double free" "Invalid free" v d
    expect leak "definitely lost" v l
    echo "valgrind ok"
fi
