/* processserve.c: the target's side of calls from other processes: a request is hostile until every field has been
 * looked at; the rights that its connection is good for are checked here, by the process whose memory it is. */
#include "nt/residency.h"
#include "nt/processcall.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include <winternl.h>

#include "mm/mm.h"
#include "mm/section.h"
#include "mm/view.h"
#include "nt/nt.h"
#include "nt/processpass.h"
#include "ob/directory.h"
#include "pager/pager.h"
#include "ps/job.h"
#include "ps/suspend.h"

#define USER_TOP 0x7FFFFFFF0000u

static const uint32_t needed_access[NT_CALL_LAST + 1] = {
    [NT_CALL_ALLOCATE] = PROCESS_VM_OPERATION,
    [NT_CALL_FREE] = PROCESS_VM_OPERATION,
    [NT_CALL_PROTECT] = PROCESS_VM_OPERATION,
    [NT_CALL_QUERY] = PROCESS_QUERY_INFORMATION,
    [NT_CALL_MAP] = PROCESS_VM_OPERATION,
    [NT_CALL_UNMAP] = PROCESS_VM_OPERATION,
    [NT_CALL_DUPLICATE] = PROCESS_DUP_HANDLE,
    [NT_CALL_TAKE] = PROCESS_DUP_HANDLE,
    [NT_CALL_CLOSE] = PROCESS_DUP_HANDLE,
    [NT_CALL_JOIN_JOB] = PROCESS_SET_QUOTA | PROCESS_TERMINATE,
    [NT_CALL_SET_LIMITS] = PROCESS_SET_QUOTA,
    [NT_CALL_GET_LIMITS] = PROCESS_QUERY_LIMITED_INFORMATION,
    [NT_CALL_COUNTERS] = PROCESS_QUERY_LIMITED_INFORMATION,
    [NT_CALL_PAGES] = PROCESS_QUERY_INFORMATION,
    [NT_CALL_GET_PRIORITY] = PROCESS_QUERY_LIMITED_INFORMATION,
    [NT_CALL_SET_PRIORITY] = PROCESS_SET_INFORMATION,
    [NT_CALL_IN_JOB] = PROCESS_QUERY_LIMITED_INFORMATION,
    [NT_CALL_PREFETCH] = PROCESS_QUERY_LIMITED_INFORMATION,
    [NT_CALL_ADVISE] = PROCESS_VM_OPERATION,
    [NT_CALL_WORKING_SET] = PROCESS_QUERY_INFORMATION,
    [NT_CALL_SUSPEND] = PROCESS_SUSPEND_RESUME,
    [NT_CALL_RESUME] = PROCESS_SUSPEND_RESUME,
    [NT_CALL_GET_CONTEXT] = PROCESS_SUSPEND_RESUME,
};

/* Who reads and who writes may both have pages brought in. */
static bool may(ACCESS_MASK rights, uint32_t operation)
{
    if (operation == NT_CALL_TOUCH)
        return rights & (PROCESS_VM_READ | PROCESS_VM_WRITE);
    return (rights & needed_access[operation]) == needed_access[operation];
}

static bool is_ulong(uint64_t value)
{
    return value <= 0xFFFFFFFFu;
}

static NTSTATUS serve_allocate(const uint64_t *argument, struct nt_reply *reply)
{
    struct mm_constraints constraints = {argument[4], argument[5], argument[6], (uint32_t)argument[7],
                                         (uint32_t)argument[8]};
    bool any = argument[4] || argument[5] || argument[6] || argument[7] || argument[8];
    void *base = (void *)argument[0];
    size_t size = argument[1];
    if (!is_ulong(argument[2]) || !is_ulong(argument[3]) || !is_ulong(argument[7]) || !is_ulong(argument[8]) ||
        (argument[6] & (argument[6] - 1)))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = mm_allocate(&base, &size, (ULONG)argument[2], (ULONG)argument[3], any ? &constraints : NULL);
    reply->value[0] = (uintptr_t)base;
    reply->value[1] = size;
    return status;
}

static NTSTATUS serve_free(const uint64_t *argument, struct nt_reply *reply)
{
    void *base = (void *)argument[0];
    size_t size = argument[1];
    if (!is_ulong(argument[2]))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = mm_free(&base, &size, (ULONG)argument[2]);
    if (NT_SUCCESS(status))
        nt_pages_gone((uintptr_t)base, size);
    reply->value[0] = (uintptr_t)base;
    reply->value[1] = size;
    return status;
}

static NTSTATUS serve_protect(const uint64_t *argument, struct nt_reply *reply)
{
    void *base = (void *)argument[0];
    size_t size = argument[1];
    ULONG old = 0;
    if (!is_ulong(argument[2]))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = mm_protect(&base, &size, (ULONG)argument[2], &old);
    reply->value[0] = (uintptr_t)base;
    reply->value[1] = size;
    reply->value[2] = old;
    return status;
}

static NTSTATUS serve_query(const uint64_t *argument, struct nt_reply *reply)
{
    SIZE_T returned = 0;
    if (!is_ulong(argument[1]) || argument[2] > sizeof(reply->data))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (argument[1] == MemoryWorkingSetInformation || argument[1] == MemoryWorkingSetExInformation)
        return STATUS_INVALID_INFO_CLASS; /* asked by calls of their own */
    NTSTATUS status = NtQueryVirtualMemory(NT_CURRENT_PROCESS, (void *)argument[0],
                                           (MEMORY_INFORMATION_CLASS)argument[1], reply->data, argument[2], &returned);
    if (NT_SUCCESS(status))
        reply->length = (uint32_t)(returned < argument[2] ? returned : argument[2]);
    reply->value[0] = returned;
    return status;
}

static NTSTATUS serve_map(const uint64_t *argument, int files[2], struct nt_reply *reply)
{
    struct mm_constraints constraints = {argument[6], argument[7], argument[8], 0, 0};
    struct mm_view_request request = {.base = (void *)argument[0],
                                      .size = argument[1],
                                      .offset = argument[2],
                                      .commit = argument[3],
                                      .type = (ULONG)argument[4],
                                      .protect = (ULONG)argument[5],
                                      .constraints = argument[6] || argument[7] || argument[8] ? &constraints : NULL};
    struct mm_section_export shared = {files[0], files[1], argument[9], (ULONG)argument[10], (ULONG)argument[11]};
    struct mm_section *section;
    off_t real = files[0] < 0 ? -1 : lseek(files[0], 0, SEEK_END);
    if (real < 0 || (uint64_t)real < shared.size || !is_ulong(argument[4]) || !is_ulong(argument[5]) ||
        !is_ulong(argument[10]) || !is_ulong(argument[11]) || (argument[8] & (argument[8] - 1)))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = mm_section_import(&shared, &section);
    if (!NT_SUCCESS(status))
        return status;
    files[0] = files[1] = -1; /* the section's now */
    status = mm_view_map(section, &request);
    mm_section_dereference(section);
    reply->value[0] = (uintptr_t)request.base;
    reply->value[1] = request.size;
    return status;
}

/* Reads a byte of every readable page, so that what is paged out comes in. Guard pages stay as they are. */
static NTSTATUS serve_touch(const uint64_t *argument, struct nt_reply *reply)
{
    uintptr_t at = argument[0] & ~(uintptr_t)(MM_PAGE - 1);
    uint64_t size = argument[1] > 1 << 20 ? 1 << 20 : argument[1];
    if (argument[0] >= USER_TOP || size == 0)
        return STATUS_INVALID_PARAMETER;
    for (uintptr_t end = argument[0] + size; at < end; at += MM_PAGE) {
        MEMORY_BASIC_INFORMATION information;
        char byte;
        size_t copied;
        if (!NT_SUCCESS(mm_query((void *)at, &information)) || information.State != MEM_COMMIT ||
            (information.Protect & (PAGE_NOACCESS | PAGE_GUARD | PAGE_EXECUTE)))
            break;
        NTSTATUS status = NtReadVirtualMemory(NT_CURRENT_PROCESS, (void *)at, &byte, 1, &copied);
        if (!NT_SUCCESS(status))
            break;
        pager_touch(at, true);
        reply->value[0]++;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS serve_duplicate(const uint64_t *argument, int files[2], struct nt_reply *reply)
{
    HANDLE handle;
    if (files[0] < 0 || !is_ulong(argument[0]) || !is_ulong(argument[2]) || !is_ulong(argument[3]) ||
        !is_ulong(argument[4]))
        return STATUS_INVALID_PARAMETER;
    struct nt_passport passport = {
        (uint32_t)argument[2], {files[0], files[1]}, (uint32_t)argument[3], (uint32_t)argument[4], argument[5]};
    files[0] = files[1] = -1;
    NTSTATUS status = nt_pass_import(&passport, (ACCESS_MASK)argument[0], argument[1] ? OB_INHERIT : 0, &handle);
    if (NT_SUCCESS(status))
        reply->value[0] = (uintptr_t)handle;
    return status;
}

static NTSTATUS serve_take(const uint64_t *argument, struct nt_reply *reply, int *out_file)
{
    struct ob_object *object;
    ACCESS_MASK granted;
    struct nt_passport passport;
    NTSTATUS status = ob_lookup((HANDLE)argument[0], NULL, 0, &object, &granted);
    if (!NT_SUCCESS(status))
        return status;
    status = nt_pass_export(object, &passport);
    if (NT_SUCCESS(status) && passport.file[1] >= 0)
        status = STATUS_NOT_SUPPORTED; /* a reserve section has two descriptors: it can be given, not taken */
    if (NT_SUCCESS(status)) {
        *out_file = fcntl(passport.file[0], F_DUPFD_CLOEXEC, 3);
        memcpy(reply->data, &passport, sizeof(passport));
        reply->length = sizeof(passport);
        reply->value[0] = granted;
    }
    ob_dereference(object);
    return status;
}

/* Joins a job by its ledger's descriptor. */
NTSTATUS nt_join_passed_job(int file)
{
    HANDLE handle;
    struct ob_object *job;
    NTSTATUS status = ob_open_passed(file, NULL, JOB_OBJECT_ALL_ACCESS, 0, &handle);
    if (!NT_SUCCESS(status))
        return status;
    status = ob_lookup(handle, ps_job_class.type, 0, &job, NULL);
    if (NT_SUCCESS(status)) {
        status = ps_job_join(job);
        ob_dereference(job);
    }
    ob_close_handle(handle); /* the membership itself keeps a reference */
    return status;
}

static NTSTATUS serve_join(int files[2])
{
    if (files[0] < 0)
        return STATUS_INVALID_PARAMETER;
    int file = files[0];
    files[0] = -1;
    return nt_join_passed_job(file);
}

/* Threads that the library knows; never the one that serves. */
static NTSTATUS serve_thread(const struct nt_call *call, struct nt_reply *reply)
{
    CONTEXT context = {.ContextFlags = (DWORD)call->argument[1]};
    ULONG previous = 0;
    int id = call->argument[0] <= INT_MAX ? (int)call->argument[0] : 0;
    struct ps_thread *thread = id && id != gettid() ? ps_thread_find(id) : NULL;
    if (!thread)
        return STATUS_INVALID_CID;
    NTSTATUS status;
    if (call->operation == NT_CALL_SUSPEND)
        status = ps_suspend(thread, &previous);
    else if (call->operation == NT_CALL_RESUME)
        status = ps_resume(thread, &previous);
    else
        status = ps_get_context(thread, &context);
    if (NT_SUCCESS(status) && call->operation == NT_CALL_GET_CONTEXT) {
        memcpy(reply->data, &context, sizeof(context));
        reply->length = sizeof(context);
    }
    reply->value[0] = previous;
    ob_dereference(&thread->object);
    return status;
}

static NTSTATUS serve(const struct nt_call *call, int files[2], struct nt_reply *reply, int *out_file)
{
    switch (call->operation) {
    case NT_CALL_ALLOCATE:
        return serve_allocate(call->argument, reply);
    case NT_CALL_FREE:
        return serve_free(call->argument, reply);
    case NT_CALL_PROTECT:
        return serve_protect(call->argument, reply);
    case NT_CALL_QUERY:
        return serve_query(call->argument, reply);
    case NT_CALL_MAP:
        return serve_map(call->argument, files, reply);
    case NT_CALL_UNMAP:
        return is_ulong(call->argument[1]) ? mm_view_unmap((void *)call->argument[0], (ULONG)call->argument[1])
                                           : (NTSTATUS)STATUS_INVALID_PARAMETER;
    case NT_CALL_TOUCH:
        return serve_touch(call->argument, reply);
    case NT_CALL_DUPLICATE:
        return serve_duplicate(call->argument, files, reply);
    case NT_CALL_TAKE:
        return serve_take(call->argument, reply, out_file);
    case NT_CALL_CLOSE:
        return ob_close_handle((HANDLE)call->argument[0]);
    case NT_CALL_JOIN_JOB:
        return serve_join(files);
    case NT_CALL_SUSPEND:
    case NT_CALL_RESUME:
    case NT_CALL_GET_CONTEXT:
        return serve_thread(call, reply);
    case NT_CALL_IN_JOB:
        reply->value[0] = ps_job_current() != NULL;
        return STATUS_SUCCESS;
    default:
        return nt_call_serve_residency(call, reply);
    }
}

void nt_call_serve(ACCESS_MASK rights, const void *request, size_t bytes, int files[2], struct nt_reply *reply,
                   int *out_file)
{
    struct nt_call call;
    memset(reply, 0, offsetof(struct nt_reply, data));
    reply->magic = NT_CALL_MAGIC;
    *out_file = -1;
    if (bytes != sizeof(call)) {
        reply->status = STATUS_INVALID_PARAMETER;
    } else {
        memcpy(&call, request, sizeof(call));
        bool known = call.magic == NT_CALL_MAGIC && call.operation >= 1 && call.operation <= NT_CALL_LAST;
        if (!known)
            reply->status = STATUS_INVALID_PARAMETER;
        else if (!may(rights, call.operation))
            reply->status = STATUS_ACCESS_DENIED;
        else
            reply->status = serve(&call, files, reply, out_file);
    }
    for (int i = 0; i < 2; i++)
        if (files[i] >= 0)
            close(files[i]);
}
