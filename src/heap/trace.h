/* trace.h: records of live blocks with their call stacks. */
#ifndef WINMEM_HEAP_TRACE_H
#define WINMEM_HEAP_TRACE_H

#include <stddef.h>

void trace_note(void *block, size_t size);
void trace_forget(void *block);
/* Writes what is live to stderr, by call site. */
void trace_report(void);

#endif
