/* raw.h: the same operations in bare Linux calls; there is nothing behind it in a Windows build. */
#ifndef WINMEM_BENCH_CORE_RAW_H
#define WINMEM_BENCH_CORE_RAW_H

#include "../bench.h"

#ifdef __linux__
#define RAW(name) raw_##name
bench_side raw_allocate, raw_reserve, raw_commit, raw_protect, raw_live, raw_holes, raw_section, raw_file_section,
    raw_view, raw_write_watch, raw_repair, raw_touch, raw_two_threads;
int raw_write_watch_works(void);
#else
#define RAW(name) NULL
#define raw_write_watch_works() 1
#endif

#endif
