#!/bin/sh
# What programs that a program starts get of its budget: `winmem run --children own|share|free`. test traits: timeout=60
set -eu
tool=$2/winmem
[ -e "$2/libwinmem-run.so" ] || { echo "skipped: no libwinmem-run.so"; exit 77; }
said=$("$tool" run --ram 8M --children free -- sh -c 'env; echo inside' 2>&1)
case $said in
*libwinmem* | *WINMEM_*) echo "free: the child has $said"; exit 1 ;;
esac
said=$(LD_PRELOAD=libc.so.6 "$tool" run --ram 8M --children free -- sh -c 'env | grep LD_PRELOAD')
[ "$said" = LD_PRELOAD=libc.so.6 ] || { echo "free: other preloaded libraries went: $said"; exit 1; }
said=$("$tool" run --ram 8M -- sh -c 'env')
case $said in
*libwinmem-run*) ;;
*) echo "own: the child is not on winmem"; exit 1 ;;
esac
# Shared: parent and child are in one job, with one budget.
said=$("$tool" run --ram 8M --children share -- sh -c '"$0" job; exit 0' "$tool")
case $said in
*"2 processes"*"ram 8192 KiB"*) ;;
*) echo "share: $said"; exit 1 ;;
esac
if "$tool" run --children some -- true 2>/dev/null; then echo "a wrong word was taken"; exit 1; fi
# What cannot be served is refused, with the reason.
if command -v cc >/dev/null; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    echo 'int main(void) { return 0; }' >"$work/a.c"
    cat >"$work/go.c" <<'C'
__asm__(".section .note.go.buildid,\"a\",@note\n.long 4, 4, 4\n.ascii \"Go\\0\\0abcd\"\n.previous");
int main(void) { return 0; }
C
    cc -o "$work/go" "$work/go.c"
    status=0
    said=$("$tool" run --ram 8M -- "$work/go" 2>&1) || status=$?
    [ "$status" = 126 ] || { echo "a Go program: $status $said"; exit 1; }
    if cc -static -o "$work/a" "$work/a.c" 2>/dev/null; then
        status=0
        said=$("$tool" run --ram 8M -- "$work/a" 2>&1) || status=$?
        [ "$status" = 126 ] || { echo "a static program: $status $said"; exit 1; }
    fi
    cc -o "$work/a" "$work/a.c"
    "$tool" run --ram 8M -- "$work/a"
    # As a shell has it: 127 for what is not there, 126 for what is there and cannot be run.
    for what in 127:"$work/nothing" 127:no-such-program 126:"$work/a.c" 126:"$work"; do
        status=0
        said=$("$tool" run --ram 8M -- "${what#*:}" 2>&1) || status=$?
        [ "$status" = "${what%%:*}" ] || { echo "${what#*:}: $status $said"; exit 1; }
    done
fi
echo ok
