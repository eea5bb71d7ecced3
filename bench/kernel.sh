# kernel.sh: the kernel's side of a comparison: a memory cgroup (v1 or v2), zram, a swap file. Sourced by the runs of
# bench/paging and bench/programs, which set $work; kernel_clean belongs into their trap.
# shellcheck shell=sh disable=SC2034,SC2154
group=winmem-bench-$$
zram=""
swapfile=$work/swap

v1=/sys/fs/cgroup/memory
if [ -e $v1/memory.usage_in_bytes ]; then
  cgroup=$v1/$group limit_file=memory.limit_in_bytes
else
  cgroup=/sys/fs/cgroup/$group limit_file=memory.max
fi

kernel_clean() {
  swapoff "$swapfile" 2>/dev/null || true
  [ -z "$zram" ] || { swapoff "/dev/$zram" 2>/dev/null || true; echo 1 >"/sys/block/$zram/reset" 2>/dev/null || true
    echo "${zram#zram}" >/sys/class/zram-control/hot_remove 2>/dev/null || true; }
  rmdir "$cgroup" 2>/dev/null || true
}
# Says why not when the kernel's side cannot run.
kernel_can() {
  if [ "$(id -u)" != 0 ]; then
    echo "not root: the kernel's sides (cgroup, zram, swap file) are left out"
  elif ! mkdir "$cgroup" 2>/dev/null || [ ! -e "$cgroup/$limit_file" ]; then
    echo "no memory cgroup can be made here: the kernel's sides are left out"
  else
    return 0
  fi
  return 1
}
# limited MIB COMMAND...: runs it in the cgroup; limited_script writes the same as a program.
limited() {
  echo $(($1 << 20)) >"$cgroup/$limit_file"; shift
  sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroup" "$@"
}
limited_script() {
  printf '#!/bin/sh\necho $(($1 << 20)) >%s && shift && echo $$ >%s && exec "$@"\n' \
    "$cgroup/$limit_file" "$cgroup/cgroup.procs"
}
zram_on() { # zram_on MIB: so much can be swapped to it
  [ -e /sys/class/zram-control/hot_add ] || return 1
  zram=zram$(cat /sys/class/zram-control/hot_add)
  echo lz4 >"/sys/block/$zram/comp_algorithm" 2>/dev/null || true
  echo "$1M" >"/sys/block/$zram/disksize"
  mkswap "/dev/$zram" >/dev/null 2>&1 && swapon -p 100 "/dev/$zram"
}
zram_off() {
  swapoff "/dev/$zram"; echo 1 >"/sys/block/$zram/reset"
  echo "${zram#zram}" >/sys/class/zram-control/hot_remove; zram=
}
# MiB that zram held at most.
zram_used() { awk '{ printf "%d", $5 / 1048576 + 1 }' "/sys/block/$zram/mm_stat"; }
swapfile_make() { head -c "$1M" /dev/zero >"$swapfile"; chmod 600 "$swapfile"; mkswap "$swapfile" >/dev/null 2>&1; }
