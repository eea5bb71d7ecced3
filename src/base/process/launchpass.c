/* launchpass.c: what a process that is made takes along: handles, under their values, and jobs; what the list of
 * attributes says of them. Calls nt for handles of others, ps for jobs. */
#include "base/process/launch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "base/process/attributelist.h"
#include "host/own.h"
#include "nt/processpass.h"
#include "win32/win32.h"

void launch_leave_jobs(struct child_jobs *jobs)
{
    for (unsigned i = 0; i < jobs->count; i++)
        ob_dereference(jobs->job[i]);
}

NTSTATUS launch_jobs(const struct launch *launch, struct child_jobs *jobs)
{
    unsigned depth = 0;
    *jobs = (struct child_jobs){.count = 0};
    for (; depth < PS_JOB_DEPTH && ps_job_own(depth); depth++) {
        uint32_t flags = ps_job_limits(ps_job_own(depth));
        bool asked = launch->flags & CREATE_BREAKAWAY_FROM_JOB;
        if (flags & JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK || (asked && (flags & JOB_OBJECT_LIMIT_BREAKAWAY_OK)))
            continue;
        if (asked && depth == 0)
            return STATUS_ACCESS_DENIED;
        break; /* this one and all around it keep the child */
    }
    for (unsigned level = PS_JOB_DEPTH; level-- > depth;) {
        struct ob_object *job = ps_job_own(level);
        if (!job)
            continue;
        ob_reference(job);
        jobs->job[jobs->count++] = job;
    }
    for (SIZE_T i = 0; i < launch->job_count; i++) {
        struct ob_object *job;
        NTSTATUS status = jobs->count == PS_JOB_DEPTH
                              ? (NTSTATUS)STATUS_ACCESS_DENIED
                              : ob_lookup(launch->jobs[i], ps_job_class.type, JOB_OBJECT_ASSIGN_PROCESS, &job, NULL);
        if (!NT_SUCCESS(status)) {
            launch_leave_jobs(jobs);
            return status;
        }
        jobs->job[jobs->count++] = job;
    }
    return STATUS_SUCCESS;
}

NTSTATUS launch_enter_jobs(const struct child_jobs *jobs, struct ps_process *process)
{
    NTSTATUS status = STATUS_SUCCESS;
    for (unsigned i = 0; i < jobs->count && NT_SUCCESS(status); i++) {
        status = ps_job_enlist(jobs->job[i], process->pid, i ? jobs->job[i - 1] : NULL);
        if (NT_SUCCESS(status))
            ps_process_note_job(process, jobs->job[i]);
    }
    return status;
}

/* Beyond what a block may name there is nothing to give. */
void launch_give_file(struct host_spawn *spawn, int from, int to)
{
    if (spawn->files == HOST_SPAWN_FILES)
        return;
    spawn->file[spawn->files].from = from;
    spawn->file[spawn->files++].to = to;
}

struct collect {
    const struct launch *launch;
    struct ps_block *block;
    struct host_spawn *spawn;
    int error;
};

static bool pass_on(struct collect *collect, HANDLE handle, const struct nt_passport *given, ACCESS_MASK granted)
{
    struct nt_passport passport = *given;
    struct ps_block *block = collect->block;
    if (block->handle_count == PS_BLOCK_HANDLES) {
        collect->error = ENOMEM; /* better no child than one that misses something */
        return false;
    }
    uint32_t i = block->handle_count++;
    block->handle[i].value = (uintptr_t)handle;
    block->handle[i].access = granted;
    block->handle[i].kind = passport.kind;
    block->handle[i].protect = passport.protect;
    block->handle[i].attributes = passport.attributes;
    block->handle[i].size = passport.size;
    for (int f = 0; f < 2; f++) {
        block->handle[i].file[f] = passport.file[f];
        if (passport.file[f] >= 0) /* onto itself: stays open in the child only */
            launch_give_file(collect->spawn, passport.file[f], passport.file[f]);
    }
    return true;
}

static bool is_listed(const struct launch *launch, HANDLE handle)
{
    for (SIZE_T i = 0; i < launch->handle_count; i++)
        if (launch->handles[i] == handle)
            return true;
    return !launch->handles;
}

static bool collect_handle(void *context, HANDLE handle, struct ob_object *object, ACCESS_MASK granted, unsigned flags)
{
    struct collect *collect = context;
    struct nt_passport passport;
    if (!(flags & OB_INHERIT) || !is_listed(collect->launch, handle) || !NT_SUCCESS(nt_pass_export(object, &passport)))
        return true;
    return pass_on(collect, handle, &passport, granted);
}

static int compare_handles(const void *a, const void *b)
{
    uintptr_t left = *(const uintptr_t *)a, right = *(const uintptr_t *)b;
    return left < right ? -1 : left > right;
}

/* Handles of the process that is to pass for the parent: those that are named; the block has them in rising order. */
static int collect_from_parent(struct collect *collect)
{
    const struct launch *launch = collect->launch;
    HANDLE *sorted = host_own_zero(launch->handle_count + 1, sizeof(HANDLE));
    int error = sorted ? 0 : ENOMEM;
    if (sorted && launch->handle_count)
        memcpy(sorted, launch->handles, launch->handle_count * sizeof(HANDLE));
    if (sorted)
        qsort(sorted, launch->handle_count, sizeof(HANDLE), compare_handles);
    for (SIZE_T i = 0; i < launch->handle_count && !error; i++) {
        struct nt_passport passport;
        ACCESS_MASK granted;
        if (i && sorted[i] == sorted[i - 1])
            continue;
        if (!NT_SUCCESS(nt_pass_take(launch->parent, sorted[i], &passport, &granted)) ||
            !pass_on(collect, sorted[i], &passport, granted))
            error = EINVAL;
    }
    host_own_give(sorted);
    return error;
}

void launch_close_taken(const struct launch *launch, const struct ps_block *block)
{
    for (uint32_t i = 0; launch->parent && i < block->handle_count; i++)
        if (block->handle[i].file[0] >= 0)
            close(block->handle[i].file[0]);
}

/* Listed handles are inheritable ones of this process, whoever's the rest is. */
bool launch_handles_are_good(const struct launch *launch)
{
    bool self;
    struct ps_process *other;
    if (launch->handles && !launch->inherit)
        return false;
    for (SIZE_T i = 0; launch->handles && i < launch->handle_count && !launch->parent; i++) {
        unsigned flags;
        if (!NT_SUCCESS(ob_get_flags(launch->handles[i], &flags)) || !(flags & OB_INHERIT))
            return false;
    }
    if (!launch->parent || !NT_SUCCESS(ps_lookup(launch->parent, PROCESS_CREATE_PROCESS, &self, &other)))
        return !launch->parent;
    if (!self)
        ob_dereference(&other->object);
    return true;
}

BOOL launch_take_attributes(struct launch *launch, const STARTUPINFOA *startup)
{
    SIZE_T size;
    if (!(launch->flags & EXTENDED_STARTUPINFO_PRESENT))
        return TRUE;
    if (!startup || startup->cb != sizeof(STARTUPINFOEXA))
        return win32_error(ERROR_INVALID_PARAMETER);
    LPPROC_THREAD_ATTRIBUTE_LIST list = ((const STARTUPINFOEXA *)startup)->lpAttributeList;
    const HANDLE *parent = base_attribute(list, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &size);
    if (parent && *parent != GetCurrentProcess())
        launch->parent = *parent;
    launch->handles = base_attribute(list, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &size);
    launch->handle_count = launch->handles ? size / sizeof(HANDLE) : 0;
    launch->jobs = base_attribute(list, PROC_THREAD_ATTRIBUTE_JOB_LIST, &size);
    launch->job_count = launch->jobs ? size / sizeof(HANDLE) : 0;
    return TRUE;
}

int launch_pass(const struct launch *launch, const struct child_jobs *jobs, struct ps_block *block,
                struct host_spawn *spawn)
{
    struct collect collect = {launch, block, spawn, 0};
    for (unsigned i = 0; i < jobs->count; i++) {
        block->job_file[i] = ob_passable_file(jobs->job[i]);
        if (block->job_file[i] > 0)
            launch_give_file(spawn, block->job_file[i], block->job_file[i]);
    }
    if (launch->inherit && launch->parent)
        return collect_from_parent(&collect);
    if (launch->inherit)
        ob_for_each_handle(collect_handle, &collect);
    return collect.error;
}
