#!/bin/sh
# winmem job: lists the jobs of this user, shows one with its processes, sets its limits; and what it refuses.
# test traits: timeout=60
set -eu
tool=$2/winmem
[ -e "$2/libwinmem-run.so" ] || { echo "skipped: no libwinmem-run.so"; exit 77; }
work=$(mktemp -d)
name="test of jobs %41 $$"
member=
end()
{
    [ -z "$member" ] || kill "$member" 2>/dev/null || true
    rm -rf "$work"
}
trap end EXIT
failed()
{
    echo "$1: $said"
    exit 1
}
# refused STATUS TEXT ARGUMENTS...
refused()
{
    status=0
    said=$("$tool" job "$3" ${4+"$4"} ${5+"$5"} 2>&1) || status=$?
    [ "$status" = "$1" ] || failed "status $status of $3 ${4-}"
    case $said in *"$2"*) ;; *) failed "no '$2'" ;; esac
}

said=$("$tool" job --help)
case $said in "usage: winmem job"*) ;; *) failed "help" ;; esac
refused 1 "no job of that name" "$name"
refused 1 "no job named" "$name" ram 4M

mkfifo "$work/ready" "$work/go"
# The shell is the job's only process until it ends: it waits in itself.
"$tool" run --job "$name" --job-ram 64M -- sh -c 'echo ready >"$1"; read -r line <"$2"' sh "$work/ready" "$work/go" &
member=$!
read -r _ <"$work/ready"
said=$("$tool" job)
case $said in *"$name"*"1 processes"*"ram 65536 KiB  limit none"*) ;; *) failed "list" ;; esac
said=$("$tool" job "$name")
case $said in *"1 processes"*"$member "*"KiB share"*) ;; *) failed "show" ;; esac

"$tool" job "$name" ram 32M
"$tool" job "$name" limit 1G
said=$("$tool" job "$name")
case $said in *"ram 32768 KiB  limit 1048576 KiB"*) ;; *) failed "limits" ;; esac
"$tool" job "$name" limit 0
said=$("$tool" job "$name")
case $said in *"ram 32768 KiB  limit none"*) ;; *) failed "no limit" ;; esac
refused 2 "ram|limit SIZE" "$name" room 4M
refused 2 "ram|limit SIZE" "$name" ram much
refused 2 "usage" "$name" ram
said=$("$tool" job "$name")
case $said in *"ram 32768 KiB  limit none"*) ;; *) failed "after what was refused" ;; esac

echo go >"$work/go"
wait "$member"
member=
said=$("$tool" job)
case $said in *"$name"*) failed "still there" ;; esac
