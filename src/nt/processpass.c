/* processpass.c: see processpass.h; and the start of a process that CreateProcess made: its handles, under the values
 * that they had in the parent, then its agent, then the wait of a suspended start. */
#include "nt/processpass.h"

#include <sys/stat.h>
#include <unistd.h>

#include "mm/section.h"
#include "nt/section.h"
#include "ob/directory.h"
#include "ob/file.h"
#include "ob/sync.h"
#include "ps/job.h"
#include "ps/process.h"
#include "ps/thread.h"

NTSTATUS nt_pass_export(struct ob_object *object, struct nt_passport *passport)
{
    *passport = (struct nt_passport){.file = {-1, -1}};
    if (object->type == &nt_section_type) {
        struct mm_section_export shared;
        NTSTATUS status = mm_section_share(((struct nt_section *)object)->section);
        if (!NT_SUCCESS(status))
            return status;
        mm_section_export(((struct nt_section *)object)->section, &shared);
        *passport = (struct nt_passport){
            NT_PASS_SECTION, {shared.fd, shared.extent_fd}, shared.protect, shared.attributes, shared.size};
    } else if (object->type == &ob_file_type) {
        passport->kind = NT_PASS_FILE;
        passport->file[0] = ((struct ob_file *)object)->fd;
        ((struct ob_file *)object)->passed = true;
    } else {
        passport->kind = NT_PASS_OBJECT;
        ob_sync_share(object);
        passport->file[0] = ob_passable_file(object);
    }
    return passport->file[0] >= 0 ? STATUS_SUCCESS : (NTSTATUS)STATUS_NOT_SUPPORTED;
}

static NTSTATUS import_section(const struct nt_passport *passport, ACCESS_MASK access, unsigned flags, HANDLE *handle)
{
    struct mm_section_export shared = {passport->file[0], passport->file[1], passport->size, passport->protect,
                                       passport->attributes};
    struct mm_section *section;
    struct stat status_of_file;
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    if (fstat(shared.fd, &status_of_file) == 0 && (uint64_t)status_of_file.st_size >= shared.size)
        status = mm_section_import(&shared, &section);
    if (!NT_SUCCESS(status)) {
        close(shared.fd);
        if (shared.extent_fd >= 0)
            close(shared.extent_fd);
        return status;
    }
    struct nt_section *made = nt_section_wrap(section);
    if (!made) {
        mm_section_dereference(section);
        return STATUS_NO_MEMORY;
    }
    status = ob_create_handle(&made->object, access & nt_section_type.valid_access, flags, handle);
    ob_dereference(&made->object);
    return status;
}

static NTSTATUS import_file(const struct nt_passport *passport, ACCESS_MASK access, unsigned flags, HANDLE *handle)
{
    struct ob_file *file = ob_file_create(passport->file[0], NULL);
    if (!file) {
        close(passport->file[0]);
        return STATUS_NO_MEMORY;
    }
    NTSTATUS status = ob_create_handle(&file->object, access & ob_file_type.valid_access, flags, handle);
    ob_dereference(&file->object);
    return status;
}

NTSTATUS nt_pass_import(const struct nt_passport *passport, ACCESS_MASK access, unsigned flags, HANDLE *handle)
{
    if (passport->kind == NT_PASS_SECTION)
        return import_section(passport, access, flags, handle);
    if (passport->file[1] >= 0)
        close(passport->file[1]);
    if (passport->kind == NT_PASS_FILE)
        return import_file(passport, access, flags, handle);
    if (passport->kind == NT_PASS_OBJECT)
        return ob_open_passed(passport->file[0], NULL, access, flags, handle);
    close(passport->file[0]);
    return STATUS_INVALID_PARAMETER;
}

/* Handles are given out in rising order from an empty table: fillers stand where the parent had what is not passed, or
 * what does not come over, and go at the end. */
static void rebuild_handles(const struct ps_block *block)
{
    HANDLE handle;
    uint64_t next = 4;
    bool came[PS_BLOCK_HANDLES] = {false};
    for (uint32_t i = 0; i < block->handle_count; i++) {
        uint64_t wanted = block->handle[i].value;
        struct nt_passport passport = {block->handle[i].kind,
                                       {block->handle[i].file[0], block->handle[i].file[1]},
                                       block->handle[i].protect,
                                       block->handle[i].attributes,
                                       block->handle[i].size};
        while (next < wanted && NT_SUCCESS(ob_create_handle(&ps_process_own()->object, 0, 0, &handle)))
            next = (uintptr_t)handle + 4;
        if (!NT_SUCCESS(nt_pass_import(&passport, block->handle[i].access, OB_INHERIT, &handle)))
            continue;
        next = (uintptr_t)handle + 4;
        came[i] = (uintptr_t)handle == wanted;
    }
    uint32_t passed = 0;
    for (uint64_t value = 4; value < next; value += 4) {
        while (passed < block->handle_count && block->handle[passed].value < value)
            passed++;
        if (passed == block->handle_count || block->handle[passed].value != value || !came[passed])
            ob_close_handle((HANDLE)value);
    }
}

__attribute__((constructor(160))) static void start_as_child(void)
{
    const struct ps_block *block = ps_block_adopt();
    if (!block)
        return;
    ps_thread_current(); /* the first thread can be stopped from outside */
    rebuild_handles(block);
    for (unsigned i = 0; i < PS_JOB_DEPTH; i++)
        if (block->job_file[i] > 0)
            nt_join_passed_job(block->job_file[i]);
    ps_agent_start();
    ps_block_tell_started();
    ps_block_wait();
}
