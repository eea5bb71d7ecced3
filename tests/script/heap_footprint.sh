# What a small program holds of the library in memory: what every program needs lies together in its file
# (cmake/first.ld). More than this, and a function or constant that every program needs has come to lie elsewhere.
set -eu
build=$2
lib=$build/libwinmem-malloc.so
most=176 # KiB; 148 where the kernel maps files in pieces of 64 KiB
[ -e "$lib" ] || { echo "skipped: no $lib"; exit 77; }
for line in 'CMAKE_BUILD_TYPE:.*=Rel' 'WINMEM_ORDERS_TEXT:.*=1'; do
    grep -q "^$line" "$build/CMakeCache.txt" || { echo "skipped: not ordered"; exit 77; }
done
held=$(LD_PRELOAD=$lib cat /proc/self/smaps | awk '
    /^[0-9a-f]+-[0-9a-f]+ / { ours = $6 ~ /libwinmem\.so/ || (ours && $6 == "") }
    /^Rss:/ && ours { held += $2 }
    END { print held + 0 }')
echo "$held KiB"
[ "$held" -gt 0 ] && [ "$held" -le "$most" ]
