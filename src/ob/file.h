/* file.h: the File object: an open file as a handle sees it. Made by the base library's CreateFile; sections map it. */
#ifndef WINMEM_OB_FILE_H
#define WINMEM_OB_FILE_H

#include "ob/ob.h"

#include <stdint.h>

struct ob_file {
    struct ob_object object;
    int fd;                  /* constant; closed with the object unless borrowed */
    bool borrowed;           /* constant: a standard stream */
    bool readable, writable; /* constant: the descriptor's mode */
    bool marked;             /* others see how it is used and shared */
    _Atomic bool passed;     /* another process has the same description: its marks stay while anybody has it */
    uint32_t flags;          /* constant: FILE_FLAG_* */
    uint32_t kind;           /* constant: FILE_TYPE_* */
    uint32_t share;          /* constant: FILE_SHARE_* */
    uint32_t access;         /* constant: what the open asked for, for sharing */
    uint64_t device, inode;  /* constant */
    _Atomic bool delete_on_close;
    char *path;         /* constant: as opened, absolute where it is known; may be NULL */
    void *search;       /* a directory being read */
    void *port;         /* the completion port (or what stands in its place) it is tied to, referenced; set once */
    uintptr_t port_key; /* constant once `port` is set */
    _Atomic bool tied;  /* the one who ties it has come */
    _Atomic uint8_t notification;         /* FILE_SKIP_* */
    _Atomic uint32_t busy;                /* a transfer is pending: the object is not signaled */
    struct ob_file_lock *locks;           /* byte ranges, of filelock.c */
    void *watch;                          /* a folder whose changes are asked for, of the base library; set once */
    struct pipe_end *pipe;                /* constant: a named pipe, of the base library; its fd changes */
    void (*closed)(struct ob_file *file); /* constant: the last handle is closed; may be NULL */
    void (*gone)(struct ob_file *file);   /* constant: the object goes; may be NULL */
    struct ob_file *next, *previous;      /* f: the list of open files */
};

WINMEM_SHARED extern const struct ob_type ob_file_type;

/* A new object (one reference) that owns `fd` and `path`; NULL when memory is short (nothing is taken then). */
WINMEM_SHARED struct ob_file *ob_file_create(int fd, const char *path);
/* Enters the file among the open ones, until its last handle is closed: SHARING_VIOLATION when its access and sharing
 * do not go with theirs, in this process or another. */
WINMEM_SHARED NTSTATUS ob_file_share(struct ob_file *file);
/* Whether an open file of this process forbids what `access` asks (DELETE, FILE_WRITE_DATA ...); with a descriptor (not
 * -1), of any process. */
WINMEM_SHARED bool ob_file_conflicts(int fd, uint64_t device, uint64_t inode, uint32_t access);

/* Ties the file for ever to what is told of its transfers, whose reference it takes. False: it is tied already. */
WINMEM_SHARED bool ob_file_tie(struct ob_file *file, struct ob_object *port, uintptr_t key);

/* Byte-range locks. `wait`: until the range is free; else STATUS_LOCK_NOT_GRANTED. unlock: the very range of a lock, or
 * STATUS_RANGE_NOT_LOCKED. A file that is closed gives its locks back. */
WINMEM_SHARED NTSTATUS ob_file_lock(struct ob_file *file, uint64_t offset, uint64_t size, bool exclusive, bool wait);
WINMEM_SHARED NTSTATUS ob_file_unlock(struct ob_file *file, uint64_t offset, uint64_t size);
void ob_file_forget_locks(struct ob_file *file);

#endif
