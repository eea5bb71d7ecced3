/* writewatch.c: MEM_WRITE_WATCH; see writewatch.h. */
#include "mm/writewatch.h"

NTSTATUS writewatch_start_locked(struct region *region)
{
    region->write_watch = 1;
    return STATUS_SUCCESS;
}

void writewatch_after_commit_locked(struct region *region, uint64_t start, uint64_t end)
{
    (void)region;
    (void)start;
    (void)end;
}

bool writewatch_fault_locked(struct region *region, uint64_t page)
{
    (void)region;
    (void)page;
    return false;
}
