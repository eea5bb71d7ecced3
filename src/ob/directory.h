/* directory.h: named objects of a user, shared between processes; names live while a handle is open anywhere.
 *
 * A named object is a file of the runtime directory (on tmpfs): one header page, then the type's own bytes. All
 * processes that hold a handle to it hold its life lock; nobody else needs to live for it. How a type uses it:
 *
 *   struct section { struct ob_named named; ... };          // ob_named first
 *   static const struct ob_class section_class = {&section_type, 1, sizeof(struct section), create, attach, detach};
 *   status = ob_open_named(&section_class, name, length, OB_CREATE, access, flags, &context, &handle);
 *
 * `create` runs with the new file (size 0 beyond the header), gate held: set its size (host_file_size; payload from
 * OB_NAMED_PAYLOAD on), fill the header's `state`. `attach` runs when this process meets an existing one. Both may
 * fail. The object's destroy must call ob_named_destroy(&section->named), then host_own_give it; last_handle must be
 * ob_named_last_handle. Unnamed objects: ob_named_unnamed. Views may outlive the handles: the file descriptor is closed
 * with the last reference, the name goes with the last handle. */
#ifndef WINMEM_OB_DIRECTORY_H
#define WINMEM_OB_DIRECTORY_H

#include "ob/ob.h"

#include <stddef.h>

#include "host/own.h"

#define OB_NAMED_PAYLOAD ((uint64_t)65536) /* where a type's bytes begin in the file: a multiple of the granule */
#define OB_NAMED_STATE 3584u               /* bytes of a type's state in the header page */

/* The header page, the same in all processes. */
struct ob_named_header {
    uint32_t magic, kind;
    char name[496];
    _Alignas(64) unsigned char state[OB_NAMED_STATE - 64];
};

struct ob_named {
    struct ob_object object;
    struct ob_named *next;          /* D: the named objects this process holds */
    char *key;                      /* file name in the runtime directory; NULL: unnamed, or its name is gone */
    int file;                       /* the file, or -1: unnamed and private */
    int owner;                      /* constant: the process that took the life lock; a forked child only closes */
    bool name_held;                 /* D */
    bool shelved;                   /* D: without handles, kept for the next open; the shelf has a reference */
    struct ob_named_header *header; /* mapped while the object lives; NULL: private */
    void *state;                    /* header->state, or private memory; atomic where it may be shared later */
    void *before;                   /* the private memory of one that was shared later */
    struct ob_named *next_owned;    /* of a mutant: its owner's list; the owner's thread only */
};

struct ob_class {
    const struct ob_type *type;
    uint32_t kind; /* 1 section, 2 event, 3 mutant, 4 semaphore, 5 job, 6 timer */
    size_t size;   /* of the object, zeroed by malloc's kin before create or attach */
    NTSTATUS (*create)(struct ob_named *named, void *context);
    NTSTATUS (*attach)(struct ob_named *named, void *context); /* may be NULL */
    void (*detach)(struct ob_named *named);                    /* undoes either when a later step fails; may be NULL */
    /* May be NULL: after the last handle the object may wait on the shelf while others hold the name; the next open
     * calls attach again. */
    bool (*may_shelve)(struct ob_named *named);
};

enum { OB_CREATE = 1, OB_OPEN = 2, OB_CREATE_NEW_ONLY = 4 };

/* SUCCESS, STATUS_OBJECT_NAME_EXISTS (with a good handle), OBJECT_NAME_NOT_FOUND, OBJECT_TYPE_MISMATCH (the name is
 * another type's: ERROR_INVALID_HANDLE at the face), OBJECT_NAME_INVALID, OBJECT_PATH_NOT_FOUND, ACCESS_DENIED, ...
 * `name` is UTF-16, `Local\` and `Global\` understood; length in units. `access` still generic. */
WINMEM_SHARED NTSTATUS ob_open_named(const struct ob_class *class, const WCHAR *name, size_t length, unsigned how,
                                     ACCESS_MASK access, unsigned flags, void *context, HANDLE *handle);
/* An unnamed object: private memory for its state, or (shareable) an anonymous file that another process may be given.
 */
WINMEM_SHARED NTSTATUS ob_open_unnamed(const struct ob_class *class, bool shareable, ACCESS_MASK access, unsigned flags,
                                       void *context, HANDLE *handle);
/* The object behind a descriptor that another process passed on; takes the descriptor over. */
WINMEM_SHARED NTSTATUS ob_open_passed(int file, const char *key, ACCESS_MASK access, unsigned flags, HANDLE *handle);
/* A private object becomes one that can be passed on, in two steps: a file with a header of the kind and a zeroed
 * state, and, when the state has been moved into it, the object's own use of them. */
NTSTATUS ob_named_new_file(uint32_t kind, int *file, struct ob_named_header **header);
void ob_named_use_file(struct ob_named *named, int file, struct ob_named_header *header);
/* The descriptor by which another process can be given the object, borrowed; -1: it is this process' alone. */
WINMEM_SHARED int ob_passable_file(struct ob_object *object);
/* Of a shareable object: tells it from every other that lives. */
uint64_t ob_named_identity(struct ob_named *named);
void ob_register_class(const struct ob_class *class); /* once per type, so that passed objects find their type */

void ob_named_last_handle(struct ob_object *object);
void ob_named_destroy(struct ob_named *named); /* everything but the memory of the object itself */

#endif
