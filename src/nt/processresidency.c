/* processresidency.c: working sets of other processes, through their agent: both sides. What a target's agent serves
 * is what the process may do to itself. */
#include "mm/mm.h"
#include "nt/nt.h"
#include "nt/processcall.h"
#include "pager/pager.h"
#include "nt/residency.h"
#include "nt/workingset.h"

#include <string.h>

static NTSTATUS serve_counters(struct nt_reply *reply)
{
    PROCESS_MEMORY_COUNTERS_EX2 counters;
    NTSTATUS status = nt_memory_counters(NT_CURRENT_PROCESS, &counters);
    if (status >= 0) {
        memcpy(reply->data, &counters, sizeof(counters));
        reply->length = sizeof(counters);
    }
    return status;
}

static NTSTATUS serve_pages(const uint64_t *argument, struct nt_reply *reply)
{
    PSAPI_WORKING_SET_EX_INFORMATION entries[NT_CALL_PAGES_MOST];
    size_t count = argument[0];
    if (count > NT_CALL_PAGES_MOST)
        return STATUS_INVALID_PARAMETER;
    for (size_t i = 0; i < count; i++)
        entries[i] = (PSAPI_WORKING_SET_EX_INFORMATION){.VirtualAddress = (void *)argument[i + 1]};
    NTSTATUS status = nt_query_working_set_ex(NT_CURRENT_PROCESS, entries, count);
    if (status >= 0) {
        reply->length = (uint32_t)(count * sizeof(*entries));
        memcpy(reply->data, entries, reply->length);
    }
    return status;
}

static NTSTATUS serve_working_set(const uint64_t *argument, struct nt_reply *reply)
{
    PSAPI_WORKING_SET_BLOCK blocks[NT_CALL_BLOCKS_MOST];
    uintptr_t at = argument[0] & ~(uintptr_t)0xFFF;
    size_t count = NT_CALL_BLOCKS_MOST;
    NTSTATUS status = nt_working_set_piece(&at, blocks, &count);
    if (status < 0)
        return status;
    reply->value[0] = at;
    reply->length = (uint32_t)(count * sizeof(*blocks));
    memcpy(reply->data, blocks, reply->length);
    return STATUS_SUCCESS;
}

static NTSTATUS serve_limits(struct nt_reply *reply)
{
    SIZE_T minimum, maximum;
    DWORD flags;
    NTSTATUS status = nt_get_working_set_size(NT_CURRENT_PROCESS, &minimum, &maximum, &flags);
    if (status >= 0) {
        reply->value[0] = minimum;
        reply->value[1] = maximum;
        reply->value[2] = flags;
    }
    return status;
}

/* Prefetching is worth what it brings in in time: a piece at a time. */
#define PIECE ((uint64_t)4 << 20)

static NTSTATUS serve_advise(const uint64_t *argument)
{
    uintptr_t base = argument[1], highest = MM_HIGHEST_ADDRESS;
    size_t size = argument[2];
    if (size == 0 || base > highest || size - 1 > highest - base || argument[3] > 5)
        return STATUS_INVALID_PARAMETER;
    switch (argument[0]) {
    case NT_ADVISE_LOCK:
        return nt_lock_pages(base, size);
    case NT_ADVISE_UNLOCK:
        return nt_unlock_pages(base, size);
    case NT_ADVISE_PRIORITY:
        pager_set_priority(base, size, (unsigned)argument[3]);
        return STATUS_SUCCESS;
    case NT_ADVISE_TRIM:
        pager_trim(base, size);
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

NTSTATUS nt_call_serve_residency(const struct nt_call *call, struct nt_reply *reply)
{
    const uint64_t *argument = call->argument;
    ULONG priority;
    NTSTATUS status;
    switch (call->operation) {
    case NT_CALL_SET_LIMITS:
        return nt_set_working_set_size(NT_CURRENT_PROCESS, argument[0], argument[1], (DWORD)argument[2]);
    case NT_CALL_GET_LIMITS:
        return serve_limits(reply);
    case NT_CALL_COUNTERS:
        return serve_counters(reply);
    case NT_CALL_PAGES:
        return serve_pages(argument, reply);
    case NT_CALL_SET_PRIORITY:
        return nt_set_memory_priority(NT_CURRENT_PROCESS, (ULONG)argument[0]);
    case NT_CALL_WORKING_SET:
        return serve_working_set(argument, reply);
    case NT_CALL_PREFETCH:
        return nt_prefetch_pages(call->argument[0], call->argument[1] < PIECE ? call->argument[1] : PIECE);
    case NT_CALL_ADVISE:
        return serve_advise(call->argument);
    case NT_CALL_GET_PRIORITY:
        status = nt_get_memory_priority(NT_CURRENT_PROCESS, &priority);
        reply->value[0] = status >= 0 ? priority : 0;
        return status;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/* ---- the caller's side ---- */

NTSTATUS nt_remote_set_limits(HANDLE process, SIZE_T minimum, SIZE_T maximum, DWORD flags)
{
    struct nt_call call = {.operation = NT_CALL_SET_LIMITS, .argument = {minimum, maximum, flags}};
    struct nt_reply reply;
    return nt_remote_ask(process, PROCESS_SET_QUOTA, &call, &reply);
}

NTSTATUS nt_remote_get_limits(HANDLE process, SIZE_T *minimum, SIZE_T *maximum, DWORD *flags)
{
    struct nt_call call = {.operation = NT_CALL_GET_LIMITS};
    struct nt_reply reply;
    NTSTATUS status = nt_remote_ask(process, 0, &call, &reply);
    if (status < 0)
        return status;
    *minimum = reply.value[0];
    *maximum = reply.value[1];
    *flags = (DWORD)reply.value[2];
    return status;
}

NTSTATUS nt_remote_counters(HANDLE process, PROCESS_MEMORY_COUNTERS_EX2 *counters)
{
    struct nt_call call = {.operation = NT_CALL_COUNTERS};
    struct nt_reply reply;
    NTSTATUS status = nt_remote_ask(process, 0, &call, &reply);
    if (status >= 0 && reply.length != sizeof(*counters))
        return STATUS_UNSUCCESSFUL;
    if (status >= 0)
        memcpy(counters, reply.data, sizeof(*counters));
    return status;
}

NTSTATUS nt_remote_pages(HANDLE process, PSAPI_WORKING_SET_EX_INFORMATION *entries, size_t count)
{
    PSAPI_WORKING_SET_EX_INFORMATION told[NT_CALL_PAGES_MOST];
    for (size_t done = 0; done < count;) {
        size_t part = count - done < NT_CALL_PAGES_MOST ? count - done : NT_CALL_PAGES_MOST;
        struct nt_call call = {.operation = NT_CALL_PAGES, .argument = {part}};
        struct nt_reply reply;
        for (size_t i = 0; i < part; i++)
            call.argument[i + 1] = (uintptr_t)entries[done + i].VirtualAddress;
        NTSTATUS status = nt_remote_ask(process, PROCESS_QUERY_INFORMATION, &call, &reply);
        if (status < 0)
            return status;
        if (reply.length != part * sizeof(*told))
            return STATUS_UNSUCCESSFUL;
        memcpy(told, reply.data, reply.length);
        for (size_t i = 0; i < part; i++)
            entries[done + i].VirtualAttributes = told[i].VirtualAttributes;
        done += part;
    }
    return STATUS_SUCCESS;
}

NTSTATUS nt_remote_working_set(HANDLE process, uintptr_t *at, PSAPI_WORKING_SET_BLOCK *blocks, size_t *count)
{
    struct nt_call call = {.operation = NT_CALL_WORKING_SET, .argument = {*at}};
    struct nt_reply reply;
    NTSTATUS status = nt_remote_ask(process, PROCESS_QUERY_INFORMATION, &call, &reply);
    if (status < 0)
        return status;
    if (reply.length > *count * sizeof(*blocks) || reply.value[0] < *at)
        return STATUS_UNSUCCESSFUL;
    memcpy(blocks, reply.data, reply.length);
    *count = reply.length / sizeof(*blocks);
    *at = reply.value[0];
    return STATUS_SUCCESS;
}

NTSTATUS nt_remote_set_priority(HANDLE process, ULONG priority)
{
    struct nt_call call = {.operation = NT_CALL_SET_PRIORITY, .argument = {priority}};
    struct nt_reply reply;
    return nt_remote_ask(process, PROCESS_SET_INFORMATION, &call, &reply);
}

NTSTATUS nt_remote_get_priority(HANDLE process, ULONG *priority)
{
    struct nt_call call = {.operation = NT_CALL_GET_PRIORITY};
    struct nt_reply reply;
    NTSTATUS status = nt_remote_ask(process, 0, &call, &reply);
    if (status >= 0)
        *priority = (ULONG)reply.value[0];
    return status;
}

NTSTATUS nt_remote_prefetch(HANDLE process, uintptr_t address, size_t size)
{
    NTSTATUS status;
    if (size > (uint64_t)1 << 47)
        return STATUS_INVALID_PARAMETER;
    do {
        struct nt_call call = {.operation = NT_CALL_PREFETCH, .argument = {address, size < PIECE ? size : PIECE}};
        struct nt_reply reply;
        status = nt_remote_ask(process, PROCESS_QUERY_LIMITED_INFORMATION, &call, &reply);
        size_t done = size < PIECE ? size : PIECE;
        address += done;
        size -= done;
    } while (size && NT_SUCCESS(status));
    return status;
}

NTSTATUS nt_remote_advise(HANDLE process, unsigned what, uintptr_t address, size_t size, ULONG value)
{
    struct nt_call call = {.operation = NT_CALL_ADVISE, .argument = {what, address, size, value}};
    struct nt_reply reply;
    return nt_remote_ask(process, PROCESS_VM_OPERATION, &call, &reply);
}
