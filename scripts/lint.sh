#!/bin/sh
# lint.sh BUILD [STEP...]: what a compiler does not check. BUILD is a built release tree.
# Each step prints what is wrong, with the file and why; the last line says how many steps failed.
set -u
build=$1
shift
steps="includes calls malloc exports heads words differences shell format tidy"
if [ "${1:-}" = --list ]; then
    cat <<'TEXT'
includes     an include goes downwards only; src/host alone includes <sys/mman.h>, <linux/*>, <sys/syscall.h>
             (and src/preload, which stands in for those calls)
calls        the same for calls, from the objects' symbols
malloc       nothing from the heap downwards calls malloc, stdio or what allocates; the rest takes its own memory
             from host/own.h
exports      the libraries export what the headers declare, and libwinmem-base needs only what is marked as shared
heads        every source starts with a comment that says what it is for, and has at most 900 lines
words        no machine's paths
differences  every row of docs/differences.md points at a test that exists
shell        shellcheck, where it is installed
format       clang-format
tidy         clang-tidy
TEXT
    exit 0
fi
[ $# -gt 0 ] || set -- $steps
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C
jobs=$(nproc 2>/dev/null || echo 2)

# The layers: a folder, then the folders that it may include and call.
cat >"$work/layers" <<'TEXT'
host host
pager pager host
mm mm pager host
exception exception mm pager host
heap heap mm exception pager host
ob ob pager host
ps ps ob mm exception pager host
nt nt heap mm exception ob ps pager host
win32 win32 nt heap mm exception ob ps pager host
base base win32 nt ob ps mm heap exception pager host
preload preload base win32 nt ob ps mm heap exception pager host
TEXT
# The same inside src/base, for includes only: Win32 calls go everywhere.
cat >"$work/rooms" <<'TEXT'
text
security
net
module
system text
thread module
sync thread
file text thread
crt text
process module
TEXT

sources()
{
    sh scripts/sources.sh
}

step_includes()
{
    sources | grep '^src/' | xargs grep -nE '^[[:space:]]*#[[:space:]]*include' |
        awk -v layers="$work/layers" -v rooms="$work/rooms" '
        BEGIN {
            while ((getline line < layers) > 0) {
                n = split(line, w, " ")
                known[w[1]] = 1
                for (i = 2; i <= n; i++) may[w[1], w[i]] = 1
            }
            while ((getline line < rooms) > 0) {
                n = split(line, w, " ")
                for (i = 1; i <= n; i++) enter[w[1], w[i]] = 1
            }
        }
        {
            split($0, part, ":")
            split(part[1], path, "/")
            folder = path[2]
            if (match($0, /"[a-z0-9]+\//)) {
                target = substr($0, RSTART + 1, RLENGTH - 2)
                if (target in known && !((folder, target) in may))
                    print part[1] ":" part[2] ": " folder " must not include " target
            }
            if (folder == "base" && match($0, /"base\/[a-z]+\//)) {
                room = substr($0, RSTART + 6, RLENGTH - 7)
                if (!((path[3], room) in enter))
                    print part[1] ":" part[2] ": base/" path[3] " must not include base/" room
            }
            if (folder != "host" && folder != "preload" && $0 ~ /<(sys\/mman\.h|linux\/|sys\/syscall\.h)/)
                print part[1] ":" part[2] ": only src/host talks to Linux: " part[3]
            if ((folder == "host" || folder == "pager") && $0 ~ /<(windows|winnt|windef|minwindef|basetsd|ntstatus|winbase|winerror|memoryapi|winternl)\.h>/)
                print part[1] ":" part[2] ": " folder " knows nothing of Windows: " part[3]
        }' >"$work/out"
    cat "$work/out"
    [ ! -s "$work/out" ]
}

# folder-of-object symbol lines: $work/defined (global, defined) and $work/wanted (undefined)
symbols()
{
    [ -f "$work/defined" ] && return
    : >"$work/defined"
    : >"$work/wanted"
    find "$build/CMakeFiles" -path '*/src/*' -name '*.o' | sort >"$work/objects"
    xargs nm -A <"$work/objects" 2>/dev/null | awk -v defined="$work/defined" -v wanted="$work/wanted" '
        {
            at = index($0, ".o:")
            source = substr($0, 1, at - 1)
            sub(/.*\.dir\//, "", source)
            if (!(source in there))
                there[source] = (getline line < source) >= 0
            n = split(substr($0, at + 3), w, " ")
            if (!there[source]) next # of a file that is gone
            if (n == 2 && w[1] == "U") print source, w[2] >> wanted
            if (n == 3 && w[2] ~ /^[TDBRVWC]$/) print source, w[3] >> defined
        }'
}

step_calls()
{
    symbols
    awk -v layers="$work/layers" '
        function folder(file, part) { split(file, part, "/"); return part[2] }
        BEGIN {
            while ((getline line < layers) > 0) {
                n = split(line, w, " ")
                for (i = 2; i <= n; i++) may[w[1], w[i]] = 1
            }
        }
        FNR == NR { if ($1 !~ /^src\/preload/) where[$2] = $1; next } # preload stands in for libc
        $2 in where {
            from = folder($1); to = folder(where[$2])
            if (!((from, to) in may)) print $1 ": " from " must not call " $2 " of " where[$2]
        }' "$work/defined" "$work/wanted" | sort -u >"$work/out"
    cat "$work/out"
    [ ! -s "$work/out" ]
}

step_malloc()
{
    symbols
    awk '{ split($1, p, "/") }
        $1 == "src/pager/cipher.c" && $2 ~ /^dlopen/ { next } # before main
        $1 == "src/exception/jump.c" && $2 ~ /^dlopen/ { next } # what is loaded already, at a first jump
        $1 == "src/host/process.c" { next } # other processes, for ps only
        p[2] ~ /^(host|pager|mm|heap|exception)$/ && $1 != "src/host/runtime.c" && # lists a directory, for ob only
        $2 ~ /^(malloc|calloc|realloc|reallocarray|free|posix_memalign|aligned_alloc|memalign|valloc|strdup|strndup|asprintf|vasprintf|getline|getdelim|fopen|fdopen|fclose|fgets|fputs|fprintf|printf|vfprintf|puts|putchar|fwrite|fread|sprintf|__fprintf_chk|opendir|readdir|qsort|dlopen|syslog|perror|setlocale|getaddrinfo|regcomp|scandir|glob)(@.*)?$/ {
            print $1 ": must not call " $2 " (it allocates, or may)"
        }
        $1 == "src/base/crt/crtfile.c" && $2 ~ /^strdup/ { next } # _dupenv_s: the program frees it
        $1 == "src/base/crt/crtold.c" && $2 ~ /^strdup/ { next } # _fullpath: likewise
        $1 == "src/base/text/wide.c" && $2 ~ /^malloc/ { next } # _wcsdup
        p[2] ~ /^(ob|ps|nt|win32|base)$/ &&
        $2 ~ /^(malloc|calloc|realloc|reallocarray|free|posix_memalign|aligned_alloc|strdup|strndup|asprintf|vasprintf|getline|getdelim|fdopen|open_memstream|opendir|fdopendir|readdir|scandir|glob)(@.*)?$/ {
            print $1 ": must not call " $2 " (own.h)"
        }' "$work/wanted" | sort -u >"$work/out"
    cat "$work/out"
    [ ! -s "$work/out" ]
}

# What the public headers declare, from gcc itself. (That each compiles alone is a test.)
declared()
{
    echo '#include <windows.h>' >"$work/one.c"
    for header in include/win32/*.h include/winmem.h; do
        case $header in
        *winmem_seh.h | *winmem_compiler.h | *winmem_crt_*.h | *winmem_wide_*.h | *winmem_unwind.h) continue ;;
        esac
        echo "#include <$(basename "$header")>" >>"$work/one.c"
    done
    gcc -std=gnu17 -w -Iinclude -Iinclude/win32 -fsyntax-only -aux-info "$work/aux" "$work/one.c" || return 1
    grep -E '^/\* (\./)?include/' "$work/aux" | grep -v ' static ' |
        sed -E 's|^/\*[^*]*\*/ *||; s/^extern //; s/ \(.*//; s/.*[ *]//' | sort -u
}

step_exports()
{
    declared >"$work/declared" || { echo "a public header does not compile alone"; return 1; }
    bad=0
    : >"$work/exported"
    for library in libwinmem libwinmem-base; do
        [ -f "$build/$library.so" ] || continue
        nm -D --defined-only "$build/$library.so" | awk '$2 != "A" { print $3 }' >"$work/symbols"
        grep '@@WINMEM_0\.1$' "$work/symbols" | sed 's/@.*//' >>"$work/exported"
        if grep -vE '@@WINMEM_|^fopen64@@GLIBC_' "$work/symbols"; then
            echo "$library.so: the symbols above carry no version"
            bad=1
        fi
    done
    sort -o "$work/exported" -u "$work/exported"
    # sigaction and its kin are wrapped: the signals of faults stay the library's. longjmp is wrapped: on Windows it unwinds, so it runs the __finally blocks that it leaves. The C library's wide side
    # is reached under its own names through the headers (winmem_wcslen for wcslen); main calls a program's wmain.
    # So are Windows Sockets (winsock2.h declares socket for winmem_socket).
    sockets='(winmem_)?(socket|bind|listen|connect|accept|shutdown|send|sendto|recv|recvfrom|getpeername|getsockname|getsockopt|setsockopt|inet_addr|inet_ntoa|inet_pton|inet_ntop|gethostby(name|addr)|getservby(name|port)|getprotoby(name|number)|getaddrinfo|freeaddrinfo|getnameinfo)'
    comm -13 "$work/declared" "$work/exported" | grep -vxE '__arg[cv]|_fmode|FOLDERID_[A-Za-z]+|sigaction|sigaltstack|signal|sigprocmask|pthread_sigmask|_longjmp|longjmp|siglongjmp|__longjmp_chk|winmem_longjmp|main|winmem_[a-z]*(printf|scanf|scanf_s|wc[a-z]*|wmem[a-z]*|wfopen|mbto.*|mbstowcs|btowc|put.*|get.*|fput.*|fget.*)|winmem_(open|freopen|system)|winmem_wide_[a-z_]+|winmem_(fopen|remove|rename|creat|access|unlink|stat|chmod|mkdir|rmdir|chdir|utime)|'"$sockets" >"$work/out"
    if [ -s "$work/out" ]; then
        echo "exported, but no public header declares it:"
        sed 's/^/    /' "$work/out"
        bad=1
    fi
    # A declared call that is not there yet stands in the ledger; the entries of a program are its own;
    # winmem_posix_ names are the system's functions.
    comm -23 "$work/declared" "$work/exported" | grep -vxE 'w?WinMain|_exit|winmem_posix_.*|'"$sockets" | while read -r name; do
        grep -qw "$name" docs/differences.md 2>/dev/null || echo "$name"
    done >"$work/out"
    if [ -s "$work/out" ]; then
        echo "declared, but neither exported nor in docs/differences.md ($(wc -l <"$work/out")):"
        tr '\n' ' ' <"$work/out" | fold -s -w 110 | sed 's/^/    /'
        echo
        bad=1
    fi
    return $bad
}

step_heads()
{
    sources | grep -E '^(src|tools|include|bench|fuzz|examples|tests)/' | xargs awk '
        FNR == 1 && !/^(\/\*|\/\/)/ { print FILENAME ":1: does not start with a comment that says what it is for" }
        FNR == 901 && FILENAME ~ /^(src|tools)\// { print FILENAME ": more than 900 lines" }' >"$work/out"
    cat "$work/out"
    [ ! -s "$work/out" ]
}

step_words()
{
    # Written in pieces, so that this file does not find itself.
    pattern="/(wo""rk|fa""rm)/|\\.libr""ary/"
    if git rev-parse --git-dir >/dev/null 2>&1; then
        ! git grep -nIE "$pattern" -- .
    else
        ! grep -rnIE "$pattern" --exclude-dir=build .
    fi
}

step_differences()
{
    [ -f docs/differences.md ] || { echo "docs/differences.md is missing"; return 1; }
    awk '/^\|/ && !/^\| *-/ && !/^\|[- |:]*$/' docs/differences.md | grep -vE '^\|[^|]*(difference|Difference|what|What|call|Call) *\|' >"$work/rows"
    while read -r row; do
        tests=$(printf '%s\n' "$row" | grep -oE 'tests/[A-Za-z0-9_./-]+' || true)
        [ -n "$tests" ] || echo "(no test yet: $(printf '%s' "$row" | cut -c1-80))" >&2
        for name in $tests; do
            [ -e "$name" ] || echo "docs/differences.md: $name does not exist"
        done
    done <"$work/rows" >"$work/out"
    cat "$work/out"
    [ ! -s "$work/out" ]
}

step_shell()
{
    if ! command -v shellcheck >/dev/null 2>&1; then
        echo "(no shellcheck here: skipped)"
        return 0
    fi
    { echo dev; echo .ci/run; find scripts tests bench tools -name '*.sh'; } | xargs shellcheck -s sh -S warning
}

step_format()
{
    # The Windows headers are tables: they are laid out by hand.
    sources | grep -v '^include/win32/' | xargs -P "$jobs" -n 20 clang-format --dry-run -Werror 2>"$work/out"
    grep -E 'error:|warning:' "$work/out" | sed 's/:.*//' | sort | uniq -c |
        awk '{ print $2 ": " $1 " places; ./dev format mends it" }' >"$work/files"
    cat "$work/files"
    [ ! -s "$work/files" ]
}

step_tidy()
{
    sources | grep -E '^(src|tools)/.*\.c$' | while read -r file; do
        grep -q "\"file\": \".*/$file\"" "$build/compile_commands.json" && echo "$file"
    done >"$work/tidied"
    xargs -P "$jobs" -n 4 clang-tidy --quiet -p "$build" --extra-arg=-Wno-unknown-warning-option \
        --extra-arg=-Wno-error <"$work/tidied" >"$work/out" 2>"$work/err"
    grep -vE '^$|warnings generated|Suppressed|Use -header-filter' "$work/out" | grep -E 'error:|warning:' | sort -u >"$work/found"
    cat "$work/found"
    [ ! -s "$work/found" ]
}

failed=
for step in "$@"; do
    start=$(date +%s)
    printf '== lint: %s\n' "$step"
    "step_$step" || failed="$failed $step"
    seconds=$(($(date +%s) - start))
    [ "$seconds" -lt 5 ] || echo "   ($seconds seconds)"
done
if [ -n "$failed" ]; then
    echo "lint failed:$failed"
    exit 1
fi
echo "lint: every step passed"
