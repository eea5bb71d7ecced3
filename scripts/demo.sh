#!/bin/sh
# demo.sh BUILD [FILE]: runs the examples on real input and checks their answers with wc, sort and uniq.
set -eu
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C

title()
{
    printf '\n=== %s ===\n\n' "$*"
}

title "The four calls of every tutorial (examples/fourcalls.c)"
"$build/examples/fourcalls" "$work/fourcalls.tmp"

if [ -n "${2:-}" ]; then
    text=$2
    origin=$2
else
    # Real text that every Debian machine has: its licences and the C headers, at most 8 MiB of them.
    text=$work/text
    origin="this machine's licence texts and C headers, put together"
    find /usr/share/common-licenses /usr/include -type f -print0 | sort -z | xargs -0 cat 2>/dev/null |
        tr -d '\000' | head -c 8388608 >"$text" || true
fi

title "A word index of a real file (examples/wordindex.c)"
cat <<TEXT
The text is $origin.

wordindex is a Windows program. It maps the file with CreateFileMapping and MapViewOfFile, and reserves
12 GiB of address space for four arrays without owning any memory for them. It then simply writes to the
arrays. Each first touch of a missing page raises an access violation; the program's exception filter
commits 64 KiB there with VirtualAlloc and continues the very same instruction.
TEXT
"$build/examples/wordindex" "$text" "$work/counts" >"$work/output"
cat "$work/output"

title "Is it true? wc, sort and uniq say"
bytes=$(wc -c <"$text")
lines=$(wc -l <"$text")
tr -cs 'A-Za-z' '\n' <"$text" | tr 'A-Z' 'a-z' | grep . >"$work/words" || true
words=$(wc -l <"$work/words")
sort "$work/words" | uniq -c | awk '{ print $1 " " $2 }' >"$work/expected"
different=$(wc -l <"$work/expected")

status=0
check()
{
    if [ "$2" = "$3" ]; then
        echo "  same       $1: $2"
    else
        echo "  DIFFERENT  $1: wordindex $2, expected $3"
        status=1
    fi
}
check "totals" "$(grep -E '^[0-9]+ bytes, ' "$work/output")" \
    "$((bytes)) bytes, $((lines)) lines, $((words)) words, $((different)) different"
if cmp -s "$work/counts" "$work/expected"; then
    echo "  same       the count of every single one of the $((different)) different words"
else
    echo "  DIFFERENT  the counts of the words:"
    diff "$work/counts" "$work/expected" | head -10
    status=1
fi
sort -k1,1nr -k2,2 "$work/expected" | head -10 | awk '{ printf "  %8d %s\n", $1, $2 }' >"$work/top"
sed -n '/most frequent words/,/^$/p' "$work/output" | grep -E '^ +[0-9]+ ' >"$work/top.have" || true
if cmp -s "$work/top" "$work/top.have"; then
    echo "  same       the ten most frequent words"
else
    echo "  DIFFERENT  the ten most frequent words"
    status=1
fi
echo
[ "$status" -eq 0 ] && echo "The demo holds." || echo "The demo FAILED."
exit "$status"
