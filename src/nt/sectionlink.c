/* sectionlink.c: see sectionlink.h. Descriptors come through /proc/PID/fd and count only when they are the very file
 * that the record names, so that the reuse of an id or a descriptor deceives nobody. */
#include "nt/sectionlink.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host/own.h"
#include "mm/section.h"
#include "ob/directory.h"

#define HOLDERS 200u

struct link_state {
    uint64_t size, device, inode;
    uint32_t protect, attributes;
    uint32_t has_extent, writable;
    struct {
        _Atomic int pid;
        int file, extent;
    } holder[HOLDERS];
};
_Static_assert(sizeof(struct link_state) <= OB_NAMED_STATE - 64, "fits the header page");

struct link_context {
    struct mm_section *made;  /* in: to be published, or NULL */
    struct mm_section *found; /* out */
};

/* What this process has of it. */
struct link {
    struct ob_named named;
    struct mm_section *section; /* referenced; NULL before it is known */
};

#define SHELF_LARGEST ((uint64_t)1 << 20) /* the shelf may keep the memory of the dead: not much of it */

static struct link_state *state_of(struct ob_named *named)
{
    return named->state;
}

static bool is_gone(int pid)
{
    char path[32];
    sprintf(path, "/proc/%d", pid);
    return access(path, F_OK) != 0;
}

/* A free place, else that of a dead process. The directory's gate is held, or the entry is not visible yet. */
static void enter(struct link_state *state, const struct mm_section_export *shared)
{
    for (unsigned i = 0; i < 2 * HOLDERS; i++) {
        bool ask = i >= HOLDERS;
        int pid = atomic_load(&state->holder[i % HOLDERS].pid);
        if (pid != 0 && (!ask || !is_gone(pid)))
            continue;
        state->holder[i % HOLDERS].file = shared->fd;
        state->holder[i % HOLDERS].extent = shared->extent_fd;
        atomic_store(&state->holder[i % HOLDERS].pid, getpid()); /* last: what it says is complete */
        return;
    }
}

static NTSTATUS link_create(struct ob_named *named, void *context)
{
    struct link_context *link = context;
    struct link_state *state = state_of(named);
    struct mm_section_export shared;
    struct stat file;
    NTSTATUS status = mm_section_share(link->made); /* whoever finds the name takes the file */
    if (!NT_SUCCESS(status))
        return status;
    mm_section_export(link->made, &shared);
    if (fstat(shared.fd, &file) != 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    state->size = shared.size;
    state->protect = shared.protect;
    state->attributes = shared.attributes;
    state->device = file.st_dev;
    state->inode = file.st_ino;
    state->has_extent = shared.extent_fd >= 0;
    state->writable = (fcntl(shared.fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
    enter(state, &shared);
    ((struct link *)named)->section = link->made;
    mm_section_reference(link->made);
    return STATUS_SUCCESS;
}

static int borrow(int pid, int file, bool writable)
{
    char path[48];
    sprintf(path, "/proc/%d/fd/%d", pid, file);
    return open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
}

static NTSTATUS import_from(const struct link_state *state, unsigned i, struct mm_section **section)
{
    int pid = atomic_load(&state->holder[i].pid);
    struct stat file;
    struct mm_section_export shared = {-1, -1, state->size, state->protect, state->attributes};
    if (pid == 0)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    shared.fd = borrow(pid, state->holder[i].file, state->writable);
    if (shared.fd >= 0 && state->has_extent)
        shared.extent_fd = borrow(pid, state->holder[i].extent, true);
    bool good = shared.fd >= 0 && fstat(shared.fd, &file) == 0 && file.st_ino == state->inode &&
                file.st_dev == state->device && (!state->has_extent || shared.extent_fd >= 0);
    NTSTATUS status = good ? mm_section_import(&shared, section) : (NTSTATUS)STATUS_OBJECT_NAME_NOT_FOUND;
    if (!NT_SUCCESS(status)) {
        if (shared.fd >= 0)
            close(shared.fd);
        if (shared.extent_fd >= 0)
            close(shared.extent_fd);
    }
    return status;
}

static NTSTATUS link_attach(struct ob_named *named, void *context)
{
    struct link_context *link = context;
    struct link *own = (struct link *)named;
    struct link_state *state = state_of(named);
    if (!context)
        return STATUS_INVALID_HANDLE; /* passed by its descriptor: links never are */
    if (own->section) {               /* off the shelf: still entered as a holder */
        mm_section_reference(own->section);
        link->found = own->section;
        return STATUS_SUCCESS;
    }
    for (unsigned i = 0; i < HOLDERS; i++) {
        if (!NT_SUCCESS(import_from(state, i, &link->found)))
            continue;
        struct mm_section_export shared;
        mm_section_export(link->found, &shared);
        enter(state, &shared);
        own->section = link->found;
        mm_section_reference(own->section);
        return STATUS_SUCCESS;
    }
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

static bool link_may_shelve(struct ob_named *named)
{
    return ((struct link *)named)->section && state_of(named)->size <= SHELF_LARGEST;
}

/* A holder as long as it has the descriptors: on the shelf too. */
static void link_destroy(struct ob_object *object)
{
    struct link *link = (struct link *)object;
    struct link_state *state = state_of(&link->named);
    int own = getpid();
    struct mm_section_export shared = {.fd = -1};
    if (link->section)
        mm_section_export(link->section, &shared);
    for (unsigned i = 0; state && i < HOLDERS; i++) {
        int pid = own;
        if (atomic_load(&state->holder[i].pid) == own && state->holder[i].file == shared.fd)
            atomic_compare_exchange_strong(&state->holder[i].pid, &pid, 0);
    }
    ob_named_destroy(&link->named);
    if (link->section)
        mm_section_dereference(link->section);
    host_own_give(object);
}

static const struct ob_type link_type = {
    .name = "SectionLink",
    .valid_access = 1,
    .mapping = {1, 1, 1, 1},
    .destroy = link_destroy,
    .last_handle = ob_named_last_handle,
};
static const struct ob_class link_class = {&link_type,  1,    sizeof(struct link), link_create,
                                           link_attach, NULL, link_may_shelve};

__attribute__((constructor(140))) static void register_link(void)
{
    ob_register_class(&link_class);
}

/* A holder that is just leaving is alive without being entered: look again. */
static NTSTATUS open_link(const WCHAR *name, size_t length, unsigned how, struct link_context *context, HANDLE *link)
{
    for (int tries = 0;; tries++) {
        NTSTATUS status = ob_open_named(&link_class, name, length, how, 1, 0, context, link);
        if (status != STATUS_OBJECT_NAME_NOT_FOUND || how == OB_OPEN || tries == 50)
            return status;
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
}

NTSTATUS nt_link_publish(const WCHAR *name, size_t length, struct mm_section *made, struct mm_section **existing,
                         HANDLE *link)
{
    for (int tries = 0; tries < 5000; tries++) {
        struct link_context context = {made, NULL};
        NTSTATUS status = open_link(name, length, OB_CREATE, &context, link);
        if (status != STATUS_OBJECT_NAME_EXISTS)
            return status;
        if (context.found) {
            *existing = context.found;
            return STATUS_OBJECT_NAME_COLLISION;
        }
        ob_close_handle(*link); /* a thread of this process is just giving the name up: it is there in a moment */
        nanosleep(&(struct timespec){0, tries < 10 ? 10000 : 1000000}, NULL);
    }
    return STATUS_IO_TIMEOUT;
}

NTSTATUS nt_link_find(const WCHAR *name, size_t length, struct mm_section **found, HANDLE *link)
{
    struct link_context context = {NULL, NULL};
    NTSTATUS status = open_link(name, length, OB_OPEN, &context, link);
    if (!NT_SUCCESS(status))
        return status;
    if (!context.found) {
        ob_close_handle(*link);
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    *found = context.found;
    return STATUS_SUCCESS;
}
