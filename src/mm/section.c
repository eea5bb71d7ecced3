/* section.c: sections: creation, life, size, the shared extent of SEC_RESERVE. See section.h. Calls host and pager. */
#include "mm/section.h"

#include "host/capability.h"
#include "host/fork.h"
#include "host/lock.h"
#include "host/memory.h"
#include "host/section.h"
#include "host/share.h"
#include "mm/awe.h"
#include "mm/chain.h"
#include "mm/image.h"
#include "mm/pool.h"
#include "pager/pager.h"

#include <errno.h>
#include <string.h>

#define SIZE_LIMIT ((uint64_t)1 << 47)    /* beyond: SECTION_TOO_BIG */
#define RESERVE_LIMIT ((uint64_t)1 << 43) /* from here on the tables of a section would not fit */
#define KIND (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE)
#define KNOWN                                                                                                          \
    (KIND | SEC_NOCACHE | SEC_WRITECOMBINE | SEC_LARGE_PAGES | SEC_HUGE_PAGES | SEC_64K_PAGES | SEC_PROTECTED_IMAGE |  \
     SEC_NO_CHANGE)
#define WITH_IMAGE (SEC_IMAGE_NO_EXECUTE | SEC_PROTECTED_IMAGE)

static struct {
    host_lock lock;           /* S */
    struct mm_pool pool;      /* S */
    struct mm_section *files; /* S: sections on files */
    unsigned long count;      /* S */
} section_state = {.lock = HOST_LOCK(RANK_SECTION), .pool = {.object_size = (sizeof(struct mm_section) + 63) & ~63ul}};
HOST_LOCK_AT_FORK(section_state.lock, RANK_SECTION)

static bool writable(ULONG protect)
{
    return (protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE)) != 0;
}

NTSTATUS mm_section_check(ULONG protect, ULONG attributes, bool with_file)
{
    switch (protect) { /* no modifiers: caching is chosen by SEC_NOCACHE and SEC_WRITECOMBINE */
    case PAGE_READONLY:
    case PAGE_READWRITE:
    case PAGE_WRITECOPY:
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE_READWRITE:
    case PAGE_EXECUTE_WRITECOPY:
        break;
    default:
        return STATUS_INVALID_PAGE_PROTECTION;
    }
    ULONG kind = attributes & KIND;
    if (attributes & ~KNOWN || (kind & (kind - 1)) || kind == 0)
        return STATUS_INVALID_PARAMETER_6;
    if (attributes & SEC_NOCACHE && attributes & SEC_WRITECOMBINE)
        return STATUS_INVALID_PARAMETER_6;
    if (attributes & SEC_IMAGE && attributes & ~(ULONG)WITH_IMAGE) /* documented: nothing else goes with an image */
        return STATUS_INVALID_PARAMETER_6;
    if (attributes & SEC_IMAGE && !with_file)
        return STATUS_INVALID_FILE_FOR_SECTION;
    if (attributes & (SEC_LARGE_PAGES | SEC_HUGE_PAGES) && (with_file || kind != SEC_COMMIT))
        return STATUS_INVALID_PARAMETER_6;
    return STATUS_SUCCESS;
}

static struct mm_section *take_section(void)
{
    struct mm_section *section = NULL;
    host_lock_acquire(&section_state.lock);
    if (mm_pool_prepare(&section_state.pool, 1) == 0) {
        section = mm_pool_take(&section_state.pool);
        section_state.count++;
    }
    host_lock_release(&section_state.lock);
    if (section) {
        section->fd = section->extent_fd = -1;
        atomic_init(&section->references, 1);
    }
    return section;
}

static void give_section(struct mm_section *section)
{
    host_lock_acquire(&section_state.lock);
    mm_pool_give(&section_state.pool, section);
    section_state.count--;
    host_lock_release(&section_state.lock);
}

static size_t extent_size(uint64_t size)
{
    size_t words = ((size >> 12) + 63) / 64;
    return (sizeof(struct mm_section_extent) + words * 8 + MM_PAGE - 1) & ~(MM_PAGE - 1);
}

static void close_pagefile(struct mm_section *section)
{
    if (section->extent)
        host_pages_unmap(section->extent, extent_size(section->size));
    if (section->extent_fd >= 0)
        host_memfile_close(section->extent_fd);
    if (section->fd >= 0) {
        pager_remove_section(section->number);
        host_memfile_close(section->fd);
    }
    pager_note_shared(-(ptrdiff_t)section->charged);
    pager_uncharge(section->charged);
}

static NTSTATUS status_of(int error)
{
    switch (error) {
    case -ENOSPC:
    case -EDQUOT:
        return STATUS_DISK_FULL;
    case -EFBIG:
    case -EINVAL:
        return STATUS_SECTION_TOO_BIG;
    case -EACCES:
    case -EPERM:
        return STATUS_ACCESS_DENIED;
    case -EMFILE:
    case -ENFILE:
        return STATUS_INSUFFICIENT_RESOURCES;
    default:
        return STATUS_NO_MEMORY;
    }
}

static NTSTATUS map_extent(struct mm_section *section)
{
    void *base = NULL;
    int error = host_file_map(&base, extent_size(section->size), section->extent_fd, 0, HOST_READ | HOST_WRITE, false,
                              HOST_ANYWHERE);
    if (error)
        return status_of(error);
    section->extent = base;
    return STATUS_SUCCESS;
}

static NTSTATUS open_pagefile(struct mm_section *section)
{
    uint64_t size = section->size;
    if (section->attributes & SEC_RESERVE) {
        if (size >= RESERVE_LIMIT)
            return STATUS_INSUFFICIENT_RESOURCES;
        int error = host_memfile_create("section extent", extent_size(size), &section->extent_fd);
        if (error)
            return status_of(error);
        NTSTATUS status = map_extent(section);
        if (!NT_SUCCESS(status))
            return status;
    } else {
        if (pager_charge(size >> 12) != 0)
            return STATUS_COMMITMENT_LIMIT;
        section->charged = size >> 12;
        pager_note_shared((ptrdiff_t)section->charged);
        if (__builtin_expect(pager_due, 0))
            (void)mm_start_paging();
    }
    int error = host_memfile_create("section", size, &section->fd);
    if (!error)
        section->number = pager_add_section(section->fd, size >> 12);
    return error ? status_of(error) : STATUS_SUCCESS;
}

/* Pages that are shared count in the commit charge; what cannot be charged is not there. */
static NTSTATUS create_pagefile(struct mm_section *section, uint64_t size)
{
    if (size == 0)
        return STATUS_INVALID_PARAMETER_4;
    if (size > SIZE_LIMIT - MM_PAGE)
        return STATUS_SECTION_TOO_BIG;
    section->pagefile = true;
    section->size = (size + MM_PAGE - 1) & ~(uint64_t)(MM_PAGE - 1);
    NTSTATUS status = open_pagefile(section);
    if (!NT_SUCCESS(status))
        close_pagefile(section);
    return status;
}

/* A section is no more: others are told how much of the file those that are left need, of the same description. */
static void tell_need_locked(int fd)
{
    uint64_t need = 0;
    for (const struct mm_section *section = section_state.files; section; section = section->next) {
        if (section->file.fd != fd)
            continue;
        if (section->passed) /* the description is another process' too: what was told stays */
            return;
        need = section->size > need ? section->size : need;
    }
    host_share_need_only(fd, need);
}

static void remember_file(struct mm_section *section)
{
    host_lock_acquire(&section_state.lock);
    CHAIN_ADD(section_state.files, section);
    host_share_need(section->file.fd, section->size);
    host_lock_release(&section_state.lock);
}

static void place_on_file(struct mm_section *section, const struct host_file_id *id, const struct mm_section_file *file)
{
    section->device = id->device;
    section->inode = id->inode;
    section->file = *file;
    remember_file(section);
}

static void close_image(struct mm_section *section)
{
    host_memfile_close(section->fd);
    mm_image_free(section->image);
    pager_uncharge(section->charged);
}

/* The image's pages are a copy of the file, so they are charged to commit. */
static NTSTATUS create_image(struct mm_section *section, const struct host_file_id *id,
                             const struct mm_section_file *file)
{
    NTSTATUS status = mm_image_open(file->fd, id->size, id->size, &section->image);
    if (!NT_SUCCESS(status))
        return status;
    section->size = section->image->size;
    size_t pages = section->image->size / MM_PAGE;
    status = pager_charge(pages) == 0 ? mm_image_load(section->image, file->fd, &section->fd)
                                      : (NTSTATUS)STATUS_COMMITMENT_LIMIT;
    if (!NT_SUCCESS(status)) {
        if (status != (NTSTATUS)STATUS_COMMITMENT_LIMIT)
            pager_uncharge(pages);
        mm_image_free(section->image);
        return status;
    }
    section->charged = pages;
    section->attributes |= SEC_FILE;
    place_on_file(section, id, file);
    return STATUS_SUCCESS;
}

static NTSTATUS create_on_file(struct mm_section *section, uint64_t size, const struct mm_section_file *file)
{
    struct host_file_id id;
    int error = host_file_identify(file->fd, &id);
    if (error)
        return status_of(error);
    if (!id.regular)
        return STATUS_INVALID_FILE_FOR_SECTION;
    if (section->attributes & SEC_IMAGE)
        return id.size ? create_image(section, &id, file) : (NTSTATUS)STATUS_INVALID_FILE_FOR_SECTION;
    if (size == 0 && id.size == 0)
        return STATUS_MAPPED_FILE_SIZE_ZERO;
    if (size > (uint64_t)INT64_MAX)
        return STATUS_SECTION_TOO_BIG;
    if (size > id.size) {
        if (!file->writable || !writable(section->protect))
            return STATUS_SECTION_TOO_BIG;
        error = host_file_resize(file->fd, size);
        if (error)
            return status_of(error);
    }
    section->size = size ? size : id.size;
    section->attributes = (section->attributes & ~(ULONG)KIND) | SEC_FILE;
    section->fd = file->fd;
    place_on_file(section, &id, file);
    return STATUS_SUCCESS;
}

/* No section has large pages here: who may have them is told that there are none left, and takes small ones as on
 * Windows. */
static NTSTATUS refuse_large(uint64_t size)
{
    const struct host_capabilities *machine = host_capabilities();
    if (size & ((2u << 20) - 1))
        return STATUS_INVALID_PARAMETER_4;
    return machine->may_lock_all || machine->lock_limit == UINT64_MAX ? STATUS_INSUFFICIENT_RESOURCES
                                                                      : STATUS_PRIVILEGE_NOT_HELD;
}

NTSTATUS mm_section_create(uint64_t size, ULONG protect, ULONG attributes, const struct mm_section_file *file,
                           struct mm_section **section)
{
    NTSTATUS status = mm_section_check(protect, attributes, file != NULL);
    if (!NT_SUCCESS(status))
        return status;
    mm_start();
    if (attributes & (SEC_LARGE_PAGES | SEC_HUGE_PAGES))
        return refuse_large(size);
    struct mm_section *made = take_section();
    if (!made)
        return STATUS_INSUFFICIENT_RESOURCES;
    made->protect = protect;
    made->attributes = attributes;
    status = file ? create_on_file(made, size, file) : create_pagefile(made, size);
    if (!NT_SUCCESS(status)) {
        give_section(made);
        return status;
    }
    *section = made;
    return STATUS_SUCCESS;
}

NTSTATUS mm_section_create_physical(struct mm_section **section)
{
    struct mm_section *made;
    NTSTATUS status = mm_section_create(MM_PAGE, PAGE_READWRITE, SEC_RESERVE, NULL, &made);
    if (!NT_SUCCESS(status))
        return status;
    made->pool = awe_open_pool();
    if (!made->pool) {
        mm_section_dereference(made);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *section = made;
    return STATUS_SUCCESS;
}

void mm_section_reference(struct mm_section *section)
{
    atomic_fetch_add_explicit(&section->references, 1, memory_order_relaxed);
}

static void forget_file(struct mm_section *section)
{
    host_lock_acquire(&section_state.lock);
    CHAIN_REMOVE(section_state.files, section);
    if (!section->passed)
        tell_need_locked(section->file.fd);
    host_lock_release(&section_state.lock);
}

void mm_section_dereference(struct mm_section *section)
{
    if (atomic_fetch_sub_explicit(&section->references, 1, memory_order_acq_rel) != 1)
        return;
    if (section->pool)
        awe_close_pool(section->pool);
    if (section->pagefile) {
        close_pagefile(section);
    } else {
        forget_file(section);
        if (section->image)
            close_image(section);
        if (section->file.release)
            section->file.release(section->file.owner);
        else
            host_memfile_close(section->file.fd);
    }
    give_section(section);
}

void mm_section_query(struct mm_section *section, struct mm_section_information *information)
{
    *information = (struct mm_section_information){
        .size = section->pool ? 0 : section->size,
        .protect = section->protect,
        .attributes = section->attributes,
        .image = section->image,
    };
}

NTSTATUS mm_section_extend(struct mm_section *section, uint64_t *size)
{
    if (section->pagefile || section->image)
        return STATUS_SECTION_NOT_EXTENDED;
    if (*size > (uint64_t)INT64_MAX)
        return STATUS_SECTION_TOO_BIG;
    NTSTATUS status = STATUS_SUCCESS;
    host_lock_acquire(&section_state.lock);
    if (*size > section->size) {
        struct host_file_id id;
        int error = host_file_identify(section->fd, &id);
        if (!error && id.size < *size)
            error =
                section->file.writable && writable(section->protect) ? host_file_resize(section->fd, *size) : -EACCES;
        if (error)
            status = error == -EACCES ? (NTSTATUS)STATUS_SECTION_NOT_EXTENDED : status_of(error);
        else
            section->size = *size;
        if (NT_SUCCESS(status))
            host_share_need(section->file.fd, section->size);
    }
    if (NT_SUCCESS(status))
        *size = section->size;
    host_lock_release(&section_state.lock);
    return status;
}

void mm_section_export(struct mm_section *section, struct mm_section_export *shared)
{
    host_lock_acquire(&section_state.lock); /* whoever tells others what the file is needed for sees it */
    section->passed = true;
    host_lock_release(&section_state.lock);
    *shared = (struct mm_section_export){
        .fd = section->fd,
        .extent_fd = section->image ? section->file.fd : section->extent_fd,
        .size = section->size,
        .protect = section->protect,
        .attributes = section->attributes,
    };
}

NTSTATUS mm_section_share(struct mm_section *section)
{
    if (section->pool) /* the frames are this process' */
        return STATUS_NOT_SUPPORTED;
    int error = pager_share_section(section->number);
    return !error ? STATUS_SUCCESS : error == -EIO ? (NTSTATUS)STATUS_IN_PAGE_ERROR : (NTSTATUS)STATUS_NO_MEMORY;
}

NTSTATUS mm_section_import(const struct mm_section_export *shared, struct mm_section **section)
{
    mm_start();
    bool on_file = (shared->attributes & SEC_FILE) != 0;
    struct host_file_id id = {0};
    bool image = (shared->attributes & SEC_IMAGE) != 0;
    int file = image ? shared->extent_fd : shared->fd;
    if (on_file && host_file_identify(file, &id) != 0)
        return STATUS_INVALID_PARAMETER;
    struct mm_section *made = take_section();
    if (!made)
        return STATUS_INSUFFICIENT_RESOURCES;
    made->pagefile = !on_file;
    made->protect = shared->protect;
    made->attributes = shared->attributes;
    made->size = shared->size;
    made->passed = true;
    made->fd = shared->fd;
    made->extent_fd = image ? -1 : shared->extent_fd;
    made->device = id.device;
    made->inode = id.inode;
    made->file = (struct mm_section_file){.fd = file, .writable = writable(shared->protect)};
    NTSTATUS status = made->extent_fd >= 0 ? map_extent(made) : STATUS_SUCCESS;
    if (image)
        status = on_file ? mm_image_open(shared->fd, shared->size, id.size, &made->image)
                         : (NTSTATUS)STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(status)) {
        give_section(made);
        return status;
    }
    if (on_file)
        remember_file(made);
    *section = made;
    return STATUS_SUCCESS;
}

bool mm_section_blocks_truncation(int fd, uint64_t device, uint64_t inode, uint64_t size)
{
    bool blocks = false;
    host_lock_acquire(&section_state.lock);
    for (const struct mm_section *section = section_state.files; section && !blocks; section = section->next)
        blocks = section->device == device && section->inode == inode && section->size > size;
    host_lock_release(&section_state.lock);
    return blocks || (fd >= 0 && host_share_needed(fd, size));
}

unsigned long mm_section_count(void)
{
    host_lock_acquire(&section_state.lock);
    unsigned long count = section_state.count;
    host_lock_release(&section_state.lock);
    return count;
}
