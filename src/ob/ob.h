/* ob.h: objects and handles. A handle is a typed, reference-counted, access-checked way to an object; an object is a
 * header with a small vtable in front of its owner's data. Knows nothing of what the objects are. Returns NTSTATUS. */
#ifndef WINMEM_OB_OB_H
#define WINMEM_OB_OB_H

#include <winnt.h>
#include <ntstatus.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/shared.h"

#ifndef NT_SUCCESS
#define NT_SUCCESS(status) (((NTSTATUS)(status)) >= 0)
#endif

struct ob_object;

/* Where a sleeper sleeps: it is woken when the word changes from the value. */
struct ob_wait_place {
    _Atomic uint32_t *word; /* NULL: none tells, the object is looked at every few milliseconds */
    uint32_t value;
    bool shared;            /* between processes */
    bool watched_in_slices; /* a dying owner may forget to wake: look again now and then */
    int64_t until;          /* not 0: look again then (host/futex.h's deadlines) */
};

/* What ob needs to know of a type. One constant per type, in the type's own file. */
struct ob_type {
    const char *name;                              /* "Section", "File", ... as NtQueryObject names it */
    ACCESS_MASK valid_access;                      /* all rights the type knows */
    GENERIC_MAPPING mapping;                       /* GENERIC_READ ... to specific rights */
    void (*destroy)(struct ob_object *object);     /* last reference gone: frees the object */
    void (*last_handle)(struct ob_object *object); /* last handle closed (references may remain); may be NULL */
    /* 0 when a wait on the object is satisfied (and taken), else waits at most timeout_ns (-1: for ever); may be NULL
     */
    NTSTATUS (*wait)(struct ob_object *object, long long timeout_ns);
    /* The full form, for waits on several (ob/wait.h); all NULL: `wait` is asked in slices. try_wait takes the object
     * and answers STATUS_SUCCESS or STATUS_ABANDONED_WAIT_0, or STATUS_TIMEOUT when it is not signaled. */
    NTSTATUS (*try_wait)(struct ob_object *object);
    void (*undo_wait)(struct ob_object *object);
    void (*wait_place)(struct ob_object *object, struct ob_wait_place *place); /* asked before try_wait */
    void (*sleepers)(struct ob_object *object, int change);                    /* around a sleep; may be NULL */
    /* May be NULL: a sleeper that went to sleep on the value of the word is let go although it is not signaled. */
    bool (*was_pulsed)(struct ob_object *object, uint32_t value);
    /* May be NULL: what a duplicate of a handle is for, referenced, where that is not the object itself. */
    NTSTATUS (*duplicate)(struct ob_object *object, struct ob_object **copy);
    ACCESS_MASK implying[2], implied[2]; /* who has one of the first has the second too */
    bool access_is_fixed;                /* a duplicate never gets more rights than its source (files) */
};

/* Stands first in every object. */
struct ob_object {
    const struct ob_type *type;
    _Atomic long references;
    _Atomic long handles;
};

WINMEM_SHARED void ob_init(struct ob_object *object, const struct ob_type *type); /* one reference, no handle */
WINMEM_SHARED void ob_reference(struct ob_object *object);
WINMEM_SHARED void ob_dereference(struct ob_object *object);
bool ob_reference_living(struct ob_object *object); /* false: its last reference has gone, it is being destroyed */

#define OB_INHERIT 1u            /* HANDLE_FLAG_INHERIT */
#define OB_PROTECT_FROM_CLOSE 2u /* HANDLE_FLAG_PROTECT_FROM_CLOSE */

/* Generic rights and MAXIMUM_ALLOWED turned into the type's own; rights that the type does not know are dropped. */
WINMEM_SHARED ACCESS_MASK ob_map_access(const struct ob_type *type, ACCESS_MASK access);

/* A new handle with `access` (already mapped); takes a reference of its own. */
WINMEM_SHARED NTSTATUS ob_create_handle(struct ob_object *object, ACCESS_MASK access, unsigned flags, HANDLE *handle);
/* The same for an object that is opened. ACCESS_DENIED: no right is asked for, which no descriptor grants. */
WINMEM_SHARED NTSTATUS ob_open_handle(struct ob_object *object, ACCESS_MASK access, unsigned flags, HANDLE *handle);
/* The object behind a handle, referenced; STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED.
 * type NULL: any; access 0: none needed; granted may be NULL. Pseudo-handles (-1 process, -2 thread) are resolved. */
WINMEM_SHARED NTSTATUS ob_lookup(HANDLE handle, const struct ob_type *type, ACCESS_MASK access,
                                 struct ob_object **object, ACCESS_MASK *granted);
WINMEM_SHARED NTSTATUS ob_close_handle(HANDLE handle);
/* `access` may hold generic rights. With same_access it is ignored. */
WINMEM_SHARED NTSTATUS ob_duplicate_handle(HANDLE source, ACCESS_MASK access, bool same_access, unsigned flags,
                                           HANDLE *target);
WINMEM_SHARED NTSTATUS ob_get_flags(HANDLE handle, unsigned *flags);
WINMEM_SHARED NTSTATUS ob_set_flags(HANDLE handle, unsigned mask, unsigned flags);
/* Handles open now. */
WINMEM_SHARED unsigned long ob_handle_count(void);
/* Every open handle, in ascending order; the object is referenced during the visit. Stops when it returns false. */
typedef bool ob_visit(void *context, HANDLE handle, struct ob_object *object, ACCESS_MASK granted, unsigned flags);
WINMEM_SHARED void ob_for_each_handle(ob_visit *visit, void *context);

/* The pseudo-handles are of ps' types, which ob does not know: ps says what they mean. The object comes referenced. */
typedef NTSTATUS ob_pseudo(HANDLE handle, struct ob_object **object);
WINMEM_SHARED void ob_set_pseudo(ob_pseudo *resolve);
WINMEM_SHARED bool ob_is_pseudo(HANDLE handle);

#endif
