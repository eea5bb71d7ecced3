#!/bin/sh
# test traits: serial timeout=300
# Installs into an empty prefix and builds a C and a C++ Windows program against it in every documented way.
set -eu
build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
cmake --install "$build" --prefix "$prefix" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
pc=$(find "$prefix" -name winmem.pc)
libdir=$(dirname "$(dirname "$pc")")
export PKG_CONFIG_PATH="$libdir/pkgconfig"

cat >"$work/program.c" <<'C'
#include <windows.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
/* A store by a null pointer that the compiler can see happens all the same. */
static int null_store(void)
{
    int *nowhere = 0;
    int seen = 0;
    __try {
        *nowhere = 13;
    }
    __except (GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION) {
        seen = 1;
    }
    return seen;
}
static DWORD check(void)
{
    SYSTEM_INFO information;
    const WCHAR *wide = L"ab";
    char *page = (char *)VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    DWORD caught = 0;
    if (!page || sizeof *wide != 2)
        return 1;
    __try {
        *(volatile char *)page = 1;
    }
    __except (EXCEPTION_EXECUTE_HANDLER) {
        caught = GetExceptionCode();
    }
    GetSystemInfo(&information);
    if (caught != EXCEPTION_ACCESS_VIOLATION || information.dwPageSize != 4096)
        return 2;
    if (hypot(information.dwPageSize, 0) != 4096) /* needs no library of its own on Windows */
        return 4;
    if (!null_store())
        _exit(5);
    return VirtualFree(page, 0, MEM_RELEASE) ? 0 : 3;
}
int main(void)
{
    LARGE_INTEGER now;
    if (!QueryPerformanceCounter(&now))
        return 9;
    return (int)check();
}
C
cp "$work/program.c" "$work/program.cpp"
cat >"$work/own.c" <<'C'
#include <winmem.h>
int main(void)
{
    return 0;
}
C

cat >"$work/wide.cpp" <<'C'
#include <windows.h>
#include <stdio.h>
int __cdecl wmain()
{
    if (GetCurrentProcessId() == 0)
        return 1;
    wprintf(L"%s\n", L"whole");
}
C

try()
{
    what=$1
    shift
    if ! "$@" >"$work/log" 2>&1; then
        echo "failed: $what: $*"
        cat "$work/log"
        exit 1
    fi
}

cflags=$(pkg-config --cflags winmem)
libs=$(pkg-config --libs winmem)
private=$(pkg-config --static --libs winmem | sed 's/-lwinmem-base//; s/-lwinmem//')
for pair in gcc:g++ clang:clang++; do
    cc=${pair%%:*}
    cxx=${pair##*:}
    command -v "$cc" >/dev/null || continue
    # shellcheck disable=SC2086
    for standard in "c11" "c17 -O2"; do
        try "$cc shared" "$cc" -std=$standard -Wall -Wextra -Wpedantic -Werror $cflags "$work/program.c" -o "$work/run" $libs
        try "$cc shared, run" env LD_LIBRARY_PATH="$libdir" "$work/run"
    done
    # shellcheck disable=SC2086
    try "$cc static" "$cc" $cflags "$work/program.c" -o "$work/run" "$libdir/libwinmem-base.a" "$libdir/libwinmem.a" $private
    try "$cc static, run" "$work/run"
    # shellcheck disable=SC2086
    try "$cxx shared" "$cxx" -std=c++17 -O2 -Wall -Wextra -Wpedantic -Werror $cflags "$work/program.cpp" -o "$work/run" $libs
    try "$cxx shared, run" env LD_LIBRARY_PATH="$libdir" "$work/run"
    # shellcheck disable=SC2086
    try "$cxx static" "$cxx" $cflags "$work/program.cpp" -o "$work/run" "$libdir/libwinmem-base.a" "$libdir/libwinmem.a" $private
    try "$cxx static, run" "$work/run"
    # An entry that ends without a return, in every language as in C.
    for level in -O0 -O2; do
        # shellcheck disable=SC2086
        try "$cxx wmain $level" "$cxx" -std=c++17 $level -Wall -Wextra -Wpedantic -Werror $cflags "$work/wide.cpp" -o "$work/run" $libs
        try "$cxx wmain $level, run" env LD_LIBRARY_PATH="$libdir" "$work/run"
        grep -q whole "$work/log" || { echo "failed: wmain said nothing"; exit 1; }
    done
done

mkdir "$work/package"
cat >"$work/package/CMakeLists.txt" <<'C'
cmake_minimum_required(VERSION 3.22)
project(user C CXX)
find_package(winmem 0.1 REQUIRED)
add_executable(shared_c ../program.c)
add_executable(shared_cxx ../program.cpp)
add_executable(static_c ../program.c)
target_link_libraries(shared_c winmem::winmem)
target_link_libraries(shared_cxx winmem::winmem)
target_link_libraries(static_c winmem::static)
C
try "find_package" cmake -G Ninja -S "$work/package" -B "$work/package/build" -DCMAKE_PREFIX_PATH="$prefix"
try "find_package, build" cmake --build "$work/package/build"
for program in shared_c shared_cxx static_c; do
    try "find_package, $program" "$work/package/build/$program"
done

# Who asks only for winmem.h does not get a windows.h.
if [ -f "$prefix/include/winmem.h" ]; then
    try "winmem.h alone" gcc -std=c17 -Wall -Wextra -Wpedantic -Werror -I"$prefix/include" -c "$work/own.c" -o "$work/own.o"
fi
if echo '#include <windows.h>' | gcc -I"$prefix/include" -E - >/dev/null 2>&1; then
    echo "failed: windows.h is found without asking for it"
    exit 1
fi
"$prefix/bin/winmem" --version

# What README.md and the tool send a reader to is there.
for document in docs/differences.md $(sed -n 's/.*](\([^)]*\)).*/\1/p' "$(dirname "$0")/../../README.md"); do
    [ -s "$prefix/share/doc/winmem/$document" ] || { echo "failed: no $document is installed"; exit 1; }
done

# What the doctor says is the machine's; that it says a mode, and what the pager then does, must agree.
"$prefix/bin/winmem" doctor >"$work/doctor"
grep -q '^Kernel features' "$work/doctor"
mode=$(sed -n '/^Pager mode/{n;p}' "$work/doctor")
size=$("$prefix/bin/winmem" run --stats --ram 8M -- dd if=/dev/zero bs=30M count=1 2>"$work/said" | wc -c)
[ "$size" -eq 31457280 ]
case $mode in
*"handler thread"*) grep -q 'faults by a thread' "$work/said" ;;
*"signal mode"*) grep -q 'faults by signal' "$work/said" ;;
*"by protection"*) grep -q 'by protection' "$work/said" ;;
*none*) ;;
*) echo "failed: the doctor names no mode: $mode"; exit 1 ;;
esac
if "$prefix/bin/winmem" doctor what 2>/dev/null; then
    echo "failed: the doctor takes an argument"
    exit 1
fi
