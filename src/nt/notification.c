/* notification.c: see notification.h. The objects keep no state: each look asks for the present amount, so a waiter
 * looks now and then. Calls host, ob and the pager; touches no last error. */
#include "nt/notification.h"

#include "host/machine.h"
#include "host/own.h"
#include "host/system.h"
#include "pager/pager.h"
#include "ps/job.h"

#define EVENT_QUERY_STATE 1u /* known to the native headers only */
#define PAGE ((uint64_t)4096)

/* As documented: about 32 MiB for 4 GiB, at most 64 MiB; high is three times that. Never below what eviction keeps
 * free as a matter of course, or a small budget would never be low. */
#define LOW_SHARE 128u
#define LOW_MOST ((uint64_t)64 << 20)
#define LOW_LEAST ((uint64_t)2 << 20)
#define LOW_LEAST_SHARE 8u

struct notification {
    struct ob_object object;
    bool high;
};

/* Inside a budget, that is the machine: the one of its job, which all members share, or its own. */
static bool budget_memory(uint64_t *total, uint64_t *available, uint64_t *kept)
{
    *kept = 0;
    if (ps_job_memory(total, available, kept))
        return true;
    uint64_t used = (uint64_t)pager_in_use() * PAGE;
    *total = (uint64_t)pager_budget() * PAGE;
    *available = used < *total ? *total - used : 0;
    return *total != 0;
}

NTSTATUS nt_physical_memory(struct nt_physical *memory)
{
    struct host_memory_info machine;
    uint64_t total, available, kept;
    if (host_memory_info(&machine) != 0)
        return STATUS_UNSUCCESSFUL;
    memory->total = machine.total;
    memory->available = machine.available;
    memory->kept = 0;
    if (budget_memory(&total, &available, &kept) && total < machine.total) {
        memory->total = total;
        memory->available = available < machine.available ? available : machine.available;
        memory->kept = kept;
    }
    return STATUS_SUCCESS;
}

static uint64_t low_threshold(uint64_t total)
{
    uint64_t low = total / LOW_SHARE < LOW_MOST ? total / LOW_SHARE : LOW_MOST;
    uint64_t least = total / LOW_LEAST_SHARE < LOW_LEAST ? total / LOW_LEAST_SHARE : LOW_LEAST;
    return low < least ? least : low;
}

static NTSTATUS look(struct ob_object *object)
{
    struct nt_physical memory;
    NTSTATUS status = nt_physical_memory(&memory);
    if (!NT_SUCCESS(status))
        return status;
    uint64_t low = low_threshold(memory.total);
    uint64_t left = memory.available > memory.kept ? memory.available - memory.kept : 0;
    bool signaled = ((struct notification *)object)->high ? left >= 3 * low : left <= low;
    return signaled ? STATUS_SUCCESS : STATUS_TIMEOUT;
}

static void place(struct ob_object *object, struct ob_wait_place *where)
{
    (void)object;
    *where = (struct ob_wait_place){.word = NULL};
}

static void destroy(struct ob_object *object)
{
    host_own_give(object);
}

/* To the program it is an event that nobody can set. */
static const struct ob_type notification_type = {
    .name = "Event",
    .valid_access = STANDARD_RIGHTS_READ | SYNCHRONIZE | EVENT_QUERY_STATE,
    .mapping = {STANDARD_RIGHTS_READ | EVENT_QUERY_STATE, STANDARD_RIGHTS_READ, STANDARD_RIGHTS_READ | SYNCHRONIZE,
                STANDARD_RIGHTS_READ | SYNCHRONIZE | EVENT_QUERY_STATE},
    .destroy = destroy,
    .try_wait = look,
    .wait_place = place,
};

NTSTATUS nt_create_memory_notification(bool high, HANDLE *handle)
{
    struct notification *notification = host_own_take(sizeof(*notification));
    if (!notification)
        return STATUS_NO_MEMORY;
    ob_init(&notification->object, &notification_type);
    notification->high = high;
    NTSTATUS status = ob_create_handle(&notification->object, SYNCHRONIZE | EVENT_QUERY_STATE, 0, handle);
    ob_dereference(&notification->object);
    return status;
}

NTSTATUS nt_query_memory_notification(HANDLE handle, bool *signaled)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(handle, &notification_type, EVENT_QUERY_STATE, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = look(object);
    ob_dereference(object);
    if (NT_SUCCESS(status))
        *signaled = status != STATUS_TIMEOUT;
    return NT_SUCCESS(status) ? STATUS_SUCCESS : status;
}
