/* processcall.c: the caller's side of calls on another process; see processcall.h. Calls ps for the way there, and
 * reads /proc for targets that have no agent. */
#include "nt/processcall.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <winternl.h>

#include "host/list.h"
#include "mm/mm.h"
#include "mm/section.h"
#include "mm/view.h"
#include "nt/nt.h"
#include "nt/processpass.h"
#include "ob/directory.h"
#include "pager/pager.h"
#include "ps/agent.h"
#include "ps/job.h"

static NTSTATUS ask(struct ps_process *process, ACCESS_MASK rights, struct nt_call *call, const int files[2],
                    struct nt_reply *reply, int *got)
{
    size_t length = sizeof(*reply);
    call->magic = NT_CALL_MAGIC;
    NTSTATUS status = ps_agent_ask(process, rights, call, sizeof(*call), files, reply, &length, got);
    if (!NT_SUCCESS(status))
        return status;
    if (length < offsetof(struct nt_reply, data) || reply->magic != NT_CALL_MAGIC || reply->length > NT_CALL_DATA ||
        length != offsetof(struct nt_reply, data) + reply->length)
        return STATUS_UNSUCCESSFUL;
    return reply->status;
}

NTSTATUS nt_ask_process(struct ps_process *process, ACCESS_MASK rights, struct nt_call *call, struct nt_reply *reply)
{
    int got;
    NTSTATUS status = ask(process, rights, call, (const int[2]){-1, -1}, reply, &got);
    if (got >= 0)
        close(got);
    return status;
}

/* got NULL: a descriptor is not expected; whoever sends one all the same has not given it to anybody. */
static NTSTATUS ask_handle(HANDLE process, ACCESS_MASK access, struct nt_call *call, const int files[2],
                           struct nt_reply *reply, int *got)
{
    bool self;
    int unwanted = -1;
    ACCESS_MASK rights;
    struct ps_process *other;
    NTSTATUS status = ps_lookup_rights(process, access, &self, &other, &rights);
    if (!NT_SUCCESS(status))
        return status;
    if (self)
        return STATUS_INVALID_HANDLE;
    status = ask(other, rights, call, files, reply, got ? got : &unwanted);
    if (unwanted >= 0)
        close(unwanted);
    ob_dereference(&other->object);
    return status;
}

NTSTATUS nt_remote_ask(HANDLE process, ACCESS_MASK access, struct nt_call *call, struct nt_reply *reply)
{
    return ask_handle(process, access, call, (const int[2]){-1, -1}, reply, NULL);
}

static NTSTATUS ask_range(HANDLE process, struct nt_call *call, struct nt_reply *reply, void **base, size_t *size)
{
    call->argument[0] = (uintptr_t)*base;
    call->argument[1] = *size;
    NTSTATUS status = ask_handle(process, PROCESS_VM_OPERATION, call, (const int[2]){-1, -1}, reply, NULL);
    if (NT_SUCCESS(status)) {
        *base = (void *)reply->value[0];
        *size = reply->value[1];
    }
    return status;
}

NTSTATUS nt_remote_allocate(HANDLE process, void **base, size_t *size, ULONG type, ULONG protect,
                            const struct mm_constraints *constraints)
{
    struct nt_call call = {.operation = NT_CALL_ALLOCATE, .argument = {0, 0, type, protect}};
    struct nt_reply reply;
    if (constraints) {
        call.argument[4] = constraints->lowest;
        call.argument[5] = constraints->highest;
        call.argument[6] = constraints->alignment;
        call.argument[7] = constraints->flags;
        call.argument[8] = constraints->node;
    }
    return ask_range(process, &call, &reply, base, size);
}

NTSTATUS nt_remote_free(HANDLE process, void **base, size_t *size, ULONG type)
{
    struct nt_call call = {.operation = NT_CALL_FREE, .argument = {0, 0, type}};
    struct nt_reply reply;
    return ask_range(process, &call, &reply, base, size);
}

NTSTATUS nt_remote_protect(HANDLE process, void **base, size_t *size, ULONG protect, ULONG *old)
{
    struct nt_call call = {.operation = NT_CALL_PROTECT, .argument = {0, 0, protect}};
    struct nt_reply reply;
    NTSTATUS status = ask_range(process, &call, &reply, base, size);
    if (NT_SUCCESS(status))
        *old = (ULONG)reply.value[2];
    return status;
}

NTSTATUS nt_remote_unmap(HANDLE process, void *address, ULONG flags)
{
    struct nt_call call = {.operation = NT_CALL_UNMAP, .argument = {(uintptr_t)address, flags}};
    struct nt_reply reply;
    return ask_handle(process, PROCESS_VM_OPERATION, &call, (const int[2]){-1, -1}, &reply, NULL);
}

NTSTATUS nt_remote_touch(HANDLE process, const void *address, size_t size)
{
    struct nt_call call = {.operation = NT_CALL_TOUCH, .argument = {(uintptr_t)address, size}};
    struct nt_reply reply;
    NTSTATUS status = ask_handle(process, 0, &call, (const int[2]){-1, -1}, &reply, NULL);
    return NT_SUCCESS(status) && reply.value[0] == 0 ? (NTSTATUS)STATUS_ACCESS_VIOLATION : status;
}

NTSTATUS nt_remote_join_job(HANDLE process, struct ob_object *job)
{
    struct nt_call call = {.operation = NT_CALL_JOIN_JOB};
    struct nt_reply reply;
    return ask_handle(process, PROCESS_SET_QUOTA | PROCESS_TERMINATE, &call, (const int[2]){ob_passable_file(job), -1},
                      &reply, NULL);
}

NTSTATUS nt_remote_map(HANDLE process, struct mm_section *section, struct mm_view_request *request)
{
    struct mm_section_export shared;
    struct nt_call call = {.operation = NT_CALL_MAP};
    struct nt_reply reply;
    NTSTATUS status = mm_section_share(section);
    if (!NT_SUCCESS(status))
        return status;
    mm_section_export(section, &shared);
    const struct mm_constraints *constraints = request->constraints;
    const uint64_t arguments[12] = {(uintptr_t)request->base,
                                    request->size,
                                    request->offset,
                                    request->commit,
                                    request->type,
                                    request->protect,
                                    constraints ? constraints->lowest : 0,
                                    constraints ? constraints->highest : 0,
                                    constraints ? constraints->alignment : 0,
                                    shared.size,
                                    shared.protect,
                                    shared.attributes};
    memcpy(call.argument, arguments, sizeof(arguments));
    const int files[2] = {shared.fd, shared.extent_fd};
    status = ask_handle(process, PROCESS_VM_OPERATION, &call, files, &reply, NULL);
    if (NT_SUCCESS(status)) {
        request->base = (void *)reply.value[0];
        request->size = reply.value[1];
    }
    return status;
}

static ULONG protection_of(const char *mode)
{
    bool read = mode[0] == 'r', write = mode[1] == 'w', execute = mode[2] == 'x', shared = mode[3] == 's';
    (void)shared;
    if (execute)
        return write ? PAGE_EXECUTE_READWRITE : read ? PAGE_EXECUTE_READ : PAGE_EXECUTE;
    return write ? PAGE_READWRITE : read ? PAGE_READONLY : PAGE_NOACCESS;
}

/* What the kernel shows of a stranger: every mapping is a region of its own, committed. */
static NTSTATUS query_proc(int pid, const void *address, void *buffer, SIZE_T length, PSIZE_T returned)
{
    MEMORY_BASIC_INFORMATION information = {
        .BaseAddress = (void *)((uintptr_t)address & ~(uintptr_t)0xFFF), .State = MEM_FREE, .Protect = PAGE_NOACCESS};
    char path[32], line[512], mode[5];
    unsigned long start, end, inode, last = 0x7FFFFFFF0000, at = (uintptr_t)address;
    if (length < sizeof(information))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (at >= last)
        return STATUS_INVALID_PARAMETER;
    sprintf(path, "/proc/%d/maps", pid);
    struct host_lines maps;
    if (host_lines_open(&maps, path) != 0)
        return STATUS_ACCESS_DENIED;
    while (host_lines_next(&maps, line, sizeof(line))) {
        if (sscanf(line, "%lx-%lx %4s %*s %*s %lu", &start, &end, mode, &inode) != 4 || end <= at)
            continue;
        if (start > at) {
            last = start;
            break;
        }
        information.AllocationBase = (void *)start;
        information.State = MEM_COMMIT;
        information.Protect = information.AllocationProtect = protection_of(mode);
        information.Type = inode ? MEM_MAPPED : MEM_PRIVATE;
        last = end;
        break;
    }
    host_lines_close(&maps);
    information.RegionSize = last - (uintptr_t)information.BaseAddress;
    memcpy(buffer, &information, sizeof(information));
    if (returned)
        *returned = sizeof(information);
    return STATUS_SUCCESS;
}

/* A name's text lies behind its string: also where the answer is put. */
static NTSTATUS move_name(struct nt_reply *reply, void *buffer)
{
    UNICODE_STRING name;
    if (reply->length < sizeof(name))
        return STATUS_UNSUCCESSFUL;
    memcpy(&name, reply->data, sizeof(name));
    if (name.MaximumLength > reply->length - sizeof(name) || name.Length > name.MaximumLength)
        return STATUS_UNSUCCESSFUL;
    name.Buffer = (WCHAR *)((UNICODE_STRING *)buffer + 1);
    memcpy(reply->data, &name, sizeof(name));
    return STATUS_SUCCESS;
}

NTSTATUS nt_remote_query(HANDLE process, const void *address, int information_class, void *buffer, SIZE_T length,
                         PSIZE_T returned)
{
    struct nt_call call = {.operation = NT_CALL_QUERY};
    struct nt_reply reply = {.value = {0}};
    bool self;
    ACCESS_MASK rights;
    struct ps_process *other;
    NTSTATUS status = ps_lookup_rights(process, PROCESS_QUERY_INFORMATION, &self, &other, &rights);
    if (!NT_SUCCESS(status))
        return status;
    call.argument[0] = (uintptr_t)address;
    call.argument[1] = (uint64_t)information_class;
    call.argument[2] = length < NT_CALL_DATA ? length : NT_CALL_DATA;
    status = nt_ask_process(other, rights, &call, &reply);
    if (NT_SUCCESS(status) && reply.length > call.argument[2]) /* who answers may be hostile too */
        status = STATUS_UNSUCCESSFUL;
    if (NT_SUCCESS(status) && information_class == MemoryMappedFilenameInformation)
        status = move_name(&reply, buffer);
    if (NT_SUCCESS(status)) {
        memcpy(buffer, reply.data, reply.length);
        if (returned)
            *returned = reply.value[0];
    } else if (information_class == MemoryMappedFilenameInformation && returned && reply.value[0]) {
        *returned = reply.value[0]; /* the length that a name needs is told with the failure */
    } else if (information_class == MemoryBasicInformation && status == STATUS_NOT_SUPPORTED) {
        status = query_proc(other->pid, address, buffer, length, returned);
    }
    ob_dereference(&other->object);
    return status;
}

static size_t serve(ACCESS_MASK rights, const void *request, size_t size, int files[2], void *answer, size_t room,
                    int *out_file)
{
    struct nt_reply *reply = answer;
    _Static_assert(sizeof(struct nt_reply) <= 4096, "fits the agent's buffer");
    (void)room;
    nt_call_serve(rights, request, size, files, reply, out_file);
    return offsetof(struct nt_reply, data) + reply->length;
}

static int set_budget(uint64_t bytes)
{
    int error = pager_set_budget(bytes);
    mm_start_paging();
    return error;
}

__attribute__((constructor(150))) static void offer_service(void)
{
    ps_agent_set_server(serve);
    ps_job_set_budgeter(set_budget);
}

/* The line's question: whose memory is it? The pseudo-handle is answered without a look at the table. */
NTSTATUS nt_process_target(HANDLE process, ACCESS_MASK access, bool *self)
{
    struct ps_process *other;
    NTSTATUS status = ps_lookup(process, access, self, &other);
    if (NT_SUCCESS(status) && !*self)
        ob_dereference(&other->object);
    return status;
}

NTSTATUS nt_pass_take(HANDLE process, HANDLE handle, struct nt_passport *passport, ACCESS_MASK *granted)
{
    struct nt_call take = {.operation = NT_CALL_TAKE, .argument = {(uintptr_t)handle}};
    struct nt_reply reply;
    int got;
    NTSTATUS status = ask_handle(process, PROCESS_DUP_HANDLE, &take, (const int[2]){-1, -1}, &reply, &got);
    if (!NT_SUCCESS(status))
        return status;
    if (reply.length != sizeof(*passport) || got < 0) {
        if (got >= 0)
            close(got);
        return STATUS_NOT_SUPPORTED;
    }
    memcpy(passport, reply.data, sizeof(*passport));
    passport->file[0] = got;
    passport->file[1] = -1;
    *granted = (ACCESS_MASK)reply.value[0];
    return STATUS_SUCCESS;
}

/* That no child gets. */
static int own_copy(int file)
{
    return fcntl(file, F_DUPFD_CLOEXEC, 3);
}

/* Duplication between processes: what lives in a file that can be passed on travels; other kinds stay at home. */
NTSTATUS nt_remote_duplicate(HANDLE source_process, HANDLE source, HANDLE target_process, PHANDLE target,
                             ACCESS_MASK access, ULONG attributes, ULONG options);
NTSTATUS nt_remote_duplicate(HANDLE source_process, HANDLE source, HANDLE target_process, PHANDLE target,
                             ACCESS_MASK access, ULONG attributes, ULONG options)
{
    bool own_source, own_target;
    struct nt_reply reply;
    struct nt_passport passport = {.file = {-1, -1}};
    ACCESS_MASK granted = 0;
    NTSTATUS status = nt_process_target(source_process, PROCESS_DUP_HANDLE, &own_source);
    if (NT_SUCCESS(status))
        status = nt_process_target(target_process, PROCESS_DUP_HANDLE, &own_target);
    if (!NT_SUCCESS(status))
        return status;
    if (own_source) {
        struct ob_object *object;
        status = ob_lookup(source, NULL, 0, &object, &granted);
        if (!NT_SUCCESS(status))
            return status;
        status = nt_pass_export(object, &passport);
        for (int i = 0; i < 2; i++)
            passport.file[i] = NT_SUCCESS(status) && passport.file[i] >= 0 ? own_copy(passport.file[i]) : -1;
        ob_dereference(object);
    } else {
        status = nt_pass_take(source_process, source, &passport, &granted);
    }
    if (!NT_SUCCESS(status))
        return status;
    ACCESS_MASK wanted = options & DUPLICATE_SAME_ACCESS ? granted : access;
    HANDLE made = NULL;
    if (own_target) {
        status = nt_pass_import(&passport, wanted, attributes & OBJ_INHERIT ? OB_INHERIT : 0, &made);
    } else {
        struct nt_call give = {.operation = NT_CALL_DUPLICATE,
                               .argument = {wanted, (attributes & OBJ_INHERIT) != 0, passport.kind, passport.protect,
                                            passport.attributes, passport.size}};
        status = ask_handle(target_process, PROCESS_DUP_HANDLE, &give, passport.file, &reply, NULL);
        for (int i = 0; i < 2; i++)
            if (passport.file[i] >= 0)
                close(passport.file[i]);
        made = (HANDLE)reply.value[0];
    }
    if (NT_SUCCESS(status) && target)
        *target = made;
    else if (NT_SUCCESS(status) && own_target) /* nobody is told of it */
        ob_close_handle(made);
    return status;
}

/* A handle of another process. */
NTSTATUS nt_remote_close(HANDLE process, HANDLE handle);
NTSTATUS nt_remote_close(HANDLE process, HANDLE handle)
{
    struct nt_call shut = {.operation = NT_CALL_CLOSE, .argument = {(uintptr_t)handle}};
    const int none[2] = {-1, -1};
    struct nt_reply reply;
    return ask_handle(process, PROCESS_DUP_HANDLE, &shut, none, &reply, NULL);
}
