/* notification.h: how much physical memory there is for this process, and the objects that are signaled while it is
 * scarce or plenty. */
#ifndef WINMEM_NT_NOTIFICATION_H
#define WINMEM_NT_NOTIFICATION_H

#include <stdbool.h>
#include <stdint.h>

#include "ob/ob.h"

/* Bytes: with a RAM budget that is the machine, else what the kernel has. */
struct nt_physical {
    uint64_t total, available;
    uint64_t kept; /* of it, what the job's members keep for those that use little: nobody in need is given that */
};
NTSTATUS nt_physical_memory(struct nt_physical *memory);

NTSTATUS nt_create_memory_notification(bool high, HANDLE *handle);
NTSTATUS nt_query_memory_notification(HANDLE handle, bool *signaled);

#endif
