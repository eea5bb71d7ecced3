/* directory.c: see directory.h. Calls host/runtime for the files. A process keeps one object per name, found again by
 * its key, so that opening what it already has is no system call. */
#include "ob/directory.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/fork.h"
#include "host/keep.h"
#include "host/lock.h"
#include "host/own.h"
#include "host/runtime.h"
#include "host/utf.h"

#define MAGIC 0x4E574D31u /* "1MWN" */
#define HEADER_SIZE 4096u
#define LONGEST_PLAIN 180u
#define KINDS 8u
#define SHELF 4u

_Static_assert(sizeof(struct ob_named_header) <= HEADER_SIZE, "the header is one page");

static struct {
    host_lock lock;                /* D */
    struct ob_named *first;        /* D */
    struct ob_named *shelf[SHELF]; /* D: oldest first */
    unsigned shelved;              /* D */
    _Atomic int self;              /* this process */
    const struct ob_class *class[KINDS];
} directory_state = {.lock = HOST_LOCK(RANK_DIRECTORY)};

static NTSTATUS status_of(int error)
{
    switch (error) {
    case -ENOENT:
        return STATUS_OBJECT_NAME_NOT_FOUND;
    case -EACCES:
    case -EPERM:
        return STATUS_ACCESS_DENIED;
    case -ENOSPC:
    case -ENOMEM:
        return STATUS_INSUFFICIENT_RESOURCES;
    case -ETIMEDOUT:
        return STATUS_IO_TIMEOUT;
    default:
        return STATUS_UNSUCCESSFUL;
    }
}

void ob_register_class(const struct ob_class *class)
{
    directory_state.class[class->kind % KINDS] = class;
}

static uint64_t hash_text(const char *text, uint64_t hash)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001B3u;
    return hash;
}

/* A name as a file name: letters, digits and a few marks stay, others become %xx; long names end in their hash. */
static NTSTATUS encode_name(const char *name, char *key)
{
    static const char digits[] = "0123456789abcdef";
    size_t out = (size_t)sprintf(key, "n_");
    for (const unsigned char *in = (const unsigned char *)name; *in; in++) {
        if (out > LONGEST_PLAIN) {
            sprintf(key + out, "~%016llx%016llx", (unsigned long long)hash_text(name, 0xCBF29CE484222325u),
                    (unsigned long long)hash_text(name, 0x9AE16A3B2F90404Fu));
            return STATUS_SUCCESS;
        }
        if ((*in >= '0' && *in <= '9') || (*in >= 'a' && *in <= 'z') || (*in >= 'A' && *in <= 'Z') || *in == '-' ||
            *in == '_') {
            key[out++] = (char)*in;
        } else {
            key[out++] = '%';
            key[out++] = digits[*in >> 4];
            key[out++] = digits[*in & 15];
        }
    }
    key[out] = 0;
    return STATUS_SUCCESS;
}

/* Local\x and x are one name; Global\x too, because all processes of a user are one session. A backslash elsewhere
 * names a directory that does not exist. */
static NTSTATUS parse_name(const WCHAR *name, size_t length, char *plain, size_t size)
{
    size_t bytes = host_utf16_to_utf8((const uint16_t *)name, length, plain, size - 1, 0);
    if (bytes == 0 && length == 0)
        return STATUS_OBJECT_TYPE_MISMATCH; /* the directory itself */
    if (bytes == 0)
        return STATUS_OBJECT_NAME_INVALID;
    if (bytes > size - 1)
        return STATUS_NAME_TOO_LONG;
    plain[bytes] = 0;
    if (!strcmp(plain, "Local") || !strcmp(plain, "Global"))
        return STATUS_OBJECT_TYPE_MISMATCH; /* they are links in the directory */
    char *rest = plain;
    while (!strncmp(rest, "Local\\", 6) || !strncmp(rest, "Global\\", 7)) /* links back to where they stand */
        rest = strchr(rest, '\\') + 1;
    if (*rest == 0)
        return STATUS_OBJECT_NAME_INVALID;
    if (*rest == '\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    if (strchr(rest, '\\'))
        return STATUS_OBJECT_PATH_NOT_FOUND;
    memmove(plain, rest, strlen(rest) + 1);
    return STATUS_SUCCESS;
}

static struct ob_named *find_locked(const char *key)
{
    host_lock_assert(&directory_state.lock);
    for (struct ob_named *named = directory_state.first; named; named = named->next)
        if (named->name_held && !strcmp(named->key, key))
            return named;
    return NULL;
}

static void unlink_locked(struct ob_named *named)
{
    host_lock_assert(&directory_state.lock);
    for (struct ob_named **link = &directory_state.first; *link; link = &(*link)->next) {
        if (*link == named) {
            *link = named->next;
            named->name_held = false;
            return;
        }
    }
}

static int own_id(void)
{
    int self = atomic_load_explicit(&directory_state.self, memory_order_relaxed);
    if (self == 0)
        atomic_store(&directory_state.self, self = getpid());
    return self;
}

/* A forked child shares its parent's lock: it must not drop it. */
static void leave(struct ob_named *named)
{
    if (named->owner != own_id())
        close(named->file);
    else if (host_life_close(named->file, named->key) && named->header)
        __atomic_store_n(&named->header->magic, 0, __ATOMIC_RELEASE); /* whoever has it on the shelf sees that */
    named->file = -1;
}

static const struct ob_class *class_of(const struct ob_object *object)
{
    for (unsigned i = 0; i < KINDS; i++)
        if (directory_state.class[i] && directory_state.class[i] -> type == object -> type)
            return directory_state.class[i];
    return NULL;
}

static void leave_shelf_locked(unsigned i)
{
    host_lock_assert(&directory_state.lock);
    directory_state.shelf[i]->shelved = false;
    directory_state.shelved--;
    memmove(&directory_state.shelf[i], &directory_state.shelf[i + 1],
            (directory_state.shelved - i) * sizeof(directory_state.shelf[0]));
}

/* Opening and closing the same name again and again, while another process holds it, is common: what an open has
 * gathered is kept for a while. The name itself is given up all the same. */
static bool shelve_locked(struct ob_named *named)
{
    host_lock_assert(&directory_state.lock);
    const struct ob_class *class = class_of(&named->object);
    if (!class || !class->may_shelve || !named->key || named->owner != own_id() || !class->may_shelve(named) ||
        !host_life_leave(named->file))
        return false;
    ob_reference(&named->object);
    unlink_locked(named);
    if (directory_state.shelved == SHELF) {
        struct ob_named *oldest = directory_state.shelf[0];
        leave_shelf_locked(0);
        ob_dereference(&oldest->object);
    }
    directory_state.shelf[directory_state.shelved++] = named;
    named->shelved = true;
    return true;
}

/* The object that waits on the shelf under this name, living again, with the shelf's reference; or NULL. */
static struct ob_named *unshelve_locked(const char *key)
{
    host_lock_assert(&directory_state.lock);
    for (unsigned i = 0; i < directory_state.shelved; i++) {
        struct ob_named *named = directory_state.shelf[i];
        if (strcmp(named->key, key) != 0)
            continue;
        leave_shelf_locked(i);
        if (named->owner != own_id() || __atomic_load_n(&named->header->magic, __ATOMIC_ACQUIRE) != MAGIC ||
            !host_life_return(named->file)) {
            ob_dereference(&named->object);
            return NULL;
        }
        named->name_held = true;
        named->next = directory_state.first;
        directory_state.first = named;
        return named;
    }
    return NULL;
}

/* The last handle of this process: the name goes if nobody else holds it. The descriptor lives on for the views. */
void ob_named_last_handle(struct ob_object *object)
{
    struct ob_named *named = (struct ob_named *)object;
    host_lock_acquire(&directory_state.lock);
    if (named->name_held && atomic_load(&object->handles) == 0 && !shelve_locked(named)) {
        unlink_locked(named);
        leave(named);
    }
    host_lock_release(&directory_state.lock);
}

void ob_named_destroy(struct ob_named *named)
{
    if (named->name_held)
        ob_named_last_handle(&named->object);
    if (named->file >= 0)
        close(named->file);
    if (named->header)
        host_runtime_unmap(named->header, HEADER_SIZE);
    else
        host_own_give(named->state);
    host_own_give(named->before);
    host_own_give(named->key);
}

static NTSTATUS map_header(struct ob_named *named)
{
    void *base;
    int error = host_runtime_map(named->file, 0, HEADER_SIZE, &base);
    if (error)
        return status_of(error);
    named->header = base;
    named->state = named->header->state;
    return STATUS_SUCCESS;
}

/* A new file gets its header last but one: the magic says that everything before it is complete. */
static NTSTATUS fill_new(struct ob_named *named, const struct ob_class *class, const char *name, void *context)
{
    int error = host_runtime_size(named->file, HEADER_SIZE);
    NTSTATUS status = error ? status_of(error) : map_header(named);
    if (!NT_SUCCESS(status))
        return status;
    snprintf(named->header->name, sizeof(named->header->name), "%s", name);
    named->header->kind = class->kind;
    status = class->create(named, context);
    if (NT_SUCCESS(status))
        __atomic_store_n(&named->header->magic, MAGIC, __ATOMIC_RELEASE);
    return status;
}

static NTSTATUS attach_existing(struct ob_named *named, const struct ob_class *class, void *context)
{
    if (lseek(named->file, 0, SEEK_END) < (off_t)HEADER_SIZE)
        return STATUS_OBJECT_NAME_NOT_FOUND; /* its creator died at the very beginning, or is no friend */
    NTSTATUS status = map_header(named);
    if (!NT_SUCCESS(status))
        return status;
    if (__atomic_load_n(&named->header->magic, __ATOMIC_ACQUIRE) != MAGIC)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (named->header->kind != class->kind)
        return STATUS_OBJECT_TYPE_MISMATCH;
    return class->attach ? class->attach(named, context) : STATUS_SUCCESS;
}

static struct ob_named *new_object(const struct ob_class *class, int file, const char *key)
{
    struct ob_named *named = host_own_zero(1, class->size);
    if (!named)
        return NULL;
    ob_init(&named->object, class->type);
    named->file = file;
    named->owner = own_id();
    if (key && !(named->key = host_own_text(key))) {
        host_own_give(named);
        return NULL;
    }
    return named;
}

static void discard(struct ob_named *named)
{
    ob_named_destroy(named);
    host_own_give(named);
}

/* The handle is made while the directory is locked: nobody sees an object without one. */
static NTSTATUS give_handle(struct ob_named *named, ACCESS_MASK access, unsigned flags, HANDLE *handle)
{
    return ob_create_handle(&named->object, ob_map_access(named->object.type, access), flags, handle);
}

static bool keep_looking(void *context, const char *name)
{
    (void)context;
    (void)name;
    return true;
}

/* Once a process: what crashed processes left is removed by looking at it. */
static void sweep_once_locked(void)
{
    static bool swept; /* D */
    host_lock_assert(&directory_state.lock);
    if (!swept)
        host_life_each("n_", keep_looking, NULL);
    swept = true;
}

static NTSTATUS open_file_locked(const struct ob_class *class, const char *name, const char *key, unsigned how,
                                 void *context, struct ob_named **result)
{
    bool created = false;
    sweep_once_locked();
    int file = host_life_open(key, how & OB_CREATE, &created);
    if (file < 0)
        return status_of(file);
    struct ob_named *named = new_object(class, file, key);
    if (!named) {
        host_life_close(file, key);
        return STATUS_NO_MEMORY;
    }
    NTSTATUS status = created ? fill_new(named, class, name, context) : attach_existing(named, class, context);
    if (!NT_SUCCESS(status)) {
        host_life_close(file, key);
        named->file = -1;
        discard(named);
        return status;
    }
    host_life_ready(file);
    named->name_held = true;
    named->next = directory_state.first;
    directory_state.first = named;
    *result = named;
    return created ? STATUS_SUCCESS : STATUS_OBJECT_NAME_EXISTS;
}

/* An object off the shelf is attached once more, as by its first open. */
static NTSTATUS reopen_locked(struct ob_named *named, const struct ob_class *class, ACCESS_MASK access, unsigned flags,
                              void *context, HANDLE *handle)
{
    NTSTATUS status = class->attach(named, context);
    if (NT_SUCCESS(status))
        status = give_handle(named, access, flags, handle);
    if (!NT_SUCCESS(status)) {
        unlink_locked(named);
        leave(named);
    }
    ob_dereference(&named->object);
    return NT_SUCCESS(status) ? (NTSTATUS)STATUS_OBJECT_NAME_EXISTS : status;
}

static NTSTATUS open_locked(const struct ob_class *class, const char *name, const char *key, unsigned how,
                            ACCESS_MASK access, unsigned flags, void *context, HANDLE *handle)
{
    struct ob_named *named = find_locked(key);
    if (named) {
        if (named->object.type != class->type)
            return STATUS_OBJECT_TYPE_MISMATCH;
        if (how & OB_CREATE_NEW_ONLY)
            return STATUS_OBJECT_NAME_COLLISION;
        NTSTATUS status = give_handle(named, access, flags, handle);
        return !NT_SUCCESS(status) ? status : STATUS_OBJECT_NAME_EXISTS;
    }
    named = unshelve_locked(key);
    if (named && named->object.type == class->type && !(how & OB_CREATE_NEW_ONLY))
        return reopen_locked(named, class, access, flags, context, handle);
    if (named) {
        unlink_locked(named);
        leave(named);
        ob_dereference(&named->object);
    }
    NTSTATUS opened = open_file_locked(class, name, key, how, context, &named);
    if (!NT_SUCCESS(opened))
        return opened;
    NTSTATUS status = give_handle(named, access, flags, handle);
    if (!NT_SUCCESS(status)) {
        unlink_locked(named);
        host_life_close(named->file, named->key);
        named->file = -1;
    }
    ob_dereference(&named->object); /* from here on the handle keeps it */
    return NT_SUCCESS(status) ? opened : status;
}

NTSTATUS ob_open_named(const struct ob_class *class, const WCHAR *name, size_t length, unsigned how, ACCESS_MASK access,
                       unsigned flags, void *context, HANDLE *handle)
{
    HOST_KEEP_ERRNO;
    char plain[1024], key[256];
    NTSTATUS status = parse_name(name, length, plain, sizeof(plain));
    if (NT_SUCCESS(status))
        status = encode_name(plain, key);
    if (!NT_SUCCESS(status))
        return status;
    host_lock_acquire(&directory_state.lock);
    status = open_locked(class, plain, key, how, access, flags, context, handle);
    host_lock_release(&directory_state.lock);
    if (NT_SUCCESS(status) && (how & OB_OPEN))
        status = STATUS_SUCCESS;
    if (NT_SUCCESS(status) && how == OB_OPEN && !ob_map_access(class->type, access)) {
        ob_close_handle(*handle);
        status = STATUS_ACCESS_DENIED; /* as ob_open_handle */
    }
    return status;
}

NTSTATUS ob_open_unnamed(const struct ob_class *class, bool shareable, ACCESS_MASK access, unsigned flags,
                         void *context, HANDLE *handle)
{
    struct ob_named *named = new_object(class, -1, NULL);
    if (!named)
        return STATUS_NO_MEMORY;
    NTSTATUS status;
    if (shareable) {
        named->file = host_runtime_anonymous("winmem-object");
        status = named->file < 0 ? status_of(named->file) : fill_new(named, class, "", context);
    } else {
        named->state = host_own_zero(1, OB_NAMED_STATE / 16);
        status = named->state ? class->create(named, context) : (NTSTATUS)STATUS_NO_MEMORY;
    }
    if (!NT_SUCCESS(status)) {
        discard(named);
        return status;
    }
    status = give_handle(named, access, flags, handle);
    ob_dereference(&named->object);
    return status;
}

NTSTATUS ob_named_new_file(uint32_t kind, int *file, struct ob_named_header **header)
{
    struct ob_named fresh = {.file = host_runtime_anonymous("winmem-object")};
    if (fresh.file < 0)
        return status_of(fresh.file);
    int error = host_runtime_size(fresh.file, HEADER_SIZE);
    NTSTATUS status = error ? status_of(error) : map_header(&fresh);
    if (!NT_SUCCESS(status)) {
        close(fresh.file);
        return status;
    }
    fresh.header->kind = kind;
    *file = fresh.file;
    *header = fresh.header;
    return STATUS_SUCCESS;
}

void ob_named_use_file(struct ob_named *named, int file, struct ob_named_header *header)
{
    __atomic_store_n(&header->magic, MAGIC, __ATOMIC_RELEASE);
    named->before = named->state;
    named->header = header;
    __atomic_store_n(&named->state, header->state, __ATOMIC_RELEASE);
    __atomic_store_n(&named->file, file, __ATOMIC_RELEASE);
}

/* An object that came by its descriptor holds its name too, as any handle does: the file is opened once more, because
 * the locks of the descriptor that came are the giver's. *file is replaced when the name still means this very file. */
static bool hold_name_locked(struct ob_named *named, int *file)
{
    host_lock_assert(&directory_state.lock);
    char key[256];
    struct stat passed, found;
    bool created;
    if (!named->header->name[0] || !memchr(named->header->name, 0, sizeof(named->header->name)) ||
        !NT_SUCCESS(encode_name(named->header->name, key)))
        return false;
    int own = host_life_open(key, false, &created);
    if (own < 0)
        return false;
    host_life_ready(own);
    if (fstat(own, &found) != 0 || fstat(*file, &passed) != 0 || found.st_ino != passed.st_ino ||
        found.st_dev != passed.st_dev || !(named->key = host_own_text(key))) {
        host_life_close(own, key);
        return false;
    }
    close(*file);
    *file = own;
    named->name_held = true;
    named->next = directory_state.first;
    directory_state.first = named;
    return true;
}

NTSTATUS ob_open_passed(int file, const char *key, ACCESS_MASK access, unsigned flags, HANDLE *handle)
{
    uint32_t head[2];
    if (pread(file, head, sizeof(head), 0) != sizeof(head) || head[0] != MAGIC ||
        !directory_state.class[head[1] % KINDS]) {
        close(file);
        return STATUS_INVALID_HANDLE;
    }
    const struct ob_class *class = directory_state.class[head[1] % KINDS];
    (void)key;
    struct ob_named *named = new_object(class, file, NULL);
    if (!named) {
        close(file);
        return STATUS_NO_MEMORY;
    }
    NTSTATUS status = attach_existing(named, class, NULL);
    if (!NT_SUCCESS(status)) {
        discard(named);
        return status;
    }
    host_lock_acquire(&directory_state.lock);
    hold_name_locked(named, &named->file);
    host_lock_release(&directory_state.lock);
    status = ob_create_handle(&named->object, access & class->type->valid_access, flags, handle);
    ob_dereference(&named->object);
    return status;
}

int ob_passable_file(struct ob_object *object)
{
    return class_of(object) ? ((struct ob_named *)object)->file : -1;
}

uint64_t ob_named_identity(struct ob_named *named)
{
    struct stat status;
    if (named->file < 0 || fstat(named->file, &status) != 0)
        return 0;
    return (uint64_t)status.st_dev << 48 ^ (uint64_t)status.st_ino ^ (uint64_t)1 << 47;
}

/* The end of the process closes its handles, as on Windows. */
__attribute__((destructor)) static void leave_all(void)
{
    if (!host_lock_try(&directory_state.lock))
        return; /* a thread is in the middle: the kernel drops the locks, the next process removes the files */
    while (directory_state.first) {
        struct ob_named *named = directory_state.first;
        unlink_locked(named);
        leave(named);
    }
    host_lock_release(&directory_state.lock);
}

static void reset_after_fork(void)
{
    atomic_store(&directory_state.self, getpid());
}

__attribute__((constructor(139))) static void watch_fork(void)
{
    host_at_fork(&(struct host_fork){RANK_DIRECTORY, &directory_state.lock, .child = reset_after_fork});
}
