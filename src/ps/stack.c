/* stack.c: see stack.h. */
#include "ps/stack.h"

#include "host/memory.h"
#include "pager/pager.h"

NTSTATUS ps_stack_new(size_t size, size_t commit, void **memory)
{
    if (pager_charge(commit) != 0)
        return STATUS_COMMITMENT_LIMIT;
    if (host_pages_map(memory, size) != 0) {
        pager_uncharge(commit);
        return STATUS_NO_MEMORY;
    }
    host_protect(*memory, HOST_PAGE, HOST_NONE);
    return STATUS_SUCCESS;
}

void ps_stack_free(void *memory, size_t size, size_t commit)
{
    host_pages_unmap(memory, size);
    pager_uncharge(commit);
}
