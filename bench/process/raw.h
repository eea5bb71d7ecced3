/* raw.h: the Linux sides of the comparison; no Windows header here. */
#ifndef WINMEM_BENCH_PROCESS_RAW_H
#define WINMEM_BENCH_PROCESS_RAW_H

#include <stddef.h>

int raw_start(void);
/* The calling thread, and those it starts, on the first processor (0), the last (1), on any again (-1). */
void raw_place(int last);
int raw_answer(void);
void raw_set_child(int pid, void *block);
void raw_end(void);

void raw_section(unsigned count, size_t size);
void raw_create(unsigned count, size_t size);
void raw_read(unsigned count, size_t size);
void raw_ping(unsigned count, size_t size);
void raw_mutex(unsigned count, size_t size);
void raw_rwlock(unsigned count, size_t size);
void raw_recursive(unsigned count, size_t size);

#endif
