/* workingset.h: working sets and memory counters of a process, behind psapi, memoryapi and the Nt queries. */
#ifndef WINMEM_NT_WORKINGSET_H
#define WINMEM_NT_WORKINGSET_H

#include <psapi.h>
#include <stddef.h>
#include <stdint.h>
#include <winternl.h>

NTSTATUS nt_memory_counters(HANDLE process, PROCESS_MEMORY_COUNTERS_EX2 *counters);
NTSTATUS nt_query_working_set(HANDLE process, PSAPI_WORKING_SET_INFORMATION *information, size_t size);
/* Pages in memory from *at on, at most *count; fewer came when all have been told. *at: where to go on. */
NTSTATUS nt_working_set_piece(uintptr_t *at, PSAPI_WORKING_SET_BLOCK *blocks, size_t *count);
NTSTATUS nt_query_working_set_ex(HANDLE process, PSAPI_WORKING_SET_EX_INFORMATION *entries, size_t count);
NTSTATUS nt_empty_working_set(HANDLE process);
NTSTATUS nt_get_working_set_size(HANDLE process, SIZE_T *minimum, SIZE_T *maximum, DWORD *flags);
NTSTATUS nt_set_working_set_size(HANDLE process, SIZE_T minimum, SIZE_T maximum, DWORD flags);

/* Memory priority of what its threads touch, 0 to 5. */
NTSTATUS nt_set_memory_priority(HANDLE process, ULONG priority);
NTSTATUS nt_get_memory_priority(HANDLE process, ULONG *priority);

/* The same of another process (processresidency.c). */
NTSTATUS nt_remote_set_limits(HANDLE process, SIZE_T minimum, SIZE_T maximum, DWORD flags);
NTSTATUS nt_remote_get_limits(HANDLE process, SIZE_T *minimum, SIZE_T *maximum, DWORD *flags);
NTSTATUS nt_remote_counters(HANDLE process, PROCESS_MEMORY_COUNTERS_EX2 *counters);
NTSTATUS nt_remote_pages(HANDLE process, PSAPI_WORKING_SET_EX_INFORMATION *entries, size_t count);
NTSTATUS nt_remote_working_set(HANDLE process, uintptr_t *at, PSAPI_WORKING_SET_BLOCK *blocks, size_t *count);
NTSTATUS nt_remote_set_priority(HANDLE process, ULONG priority);
NTSTATUS nt_remote_get_priority(HANDLE process, ULONG *priority);

/* Faults of the process that take pages in, from now on; each is told once. STATUS_UNSUCCESSFUL when they were never
 * asked for, STATUS_NO_MORE_ENTRIES, STATUS_BUFFER_TOO_SMALL (*count says how many there are). `put` may touch program
 * memory. */
struct watch_record;
NTSTATUS nt_watch_working_set(HANDLE process);
NTSTATUS nt_take_watched(HANDLE process, size_t room, void (*put)(void *, size_t, const struct watch_record *),
                         void *context, size_t *count, size_t *lost);

#endif
