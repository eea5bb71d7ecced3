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
echo ok
