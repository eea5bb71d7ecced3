/* pending.h: transfers of named pipes, and questions for changes of a folder, that cannot be done when they are asked
 * for. Who may wait waits; an overlapped one is done by a thread that is there while there are any, and its end is told
 * by the event, the port, the procedure and GetOverlappedResult. */
#ifndef WINMEM_BASE_PENDING_H
#define WINMEM_BASE_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <winternl.h>

#include "ob/file.h"

struct _OVERLAPPED;

enum pending_kind { PENDING_READ, PENDING_WRITE, PENDING_CONNECT, PENDING_CHANGES };

struct pending {
    enum pending_kind kind;
    struct ob_file *file;
    char *buffer;
    size_t size, done;
    struct _OVERLAPPED *overlapped;
    /* Called when it is over, in place of the event; may be NULL. */
    void (*end)(void *context, NTSTATUS status, DWORD bytes);
    void *end_context;
    /* pending.c's own */
    struct pending *next;
    struct ob_object *event;
    DWORD thread;
    NTSTATUS taken; /* not 0: it ends so, unless it is done */
    bool quiet, tried;
};

/* STATUS_PENDING: an overlapped one that is under way (the structure was copied); else it is over. */
NTSTATUS pending_run(struct pending *request);
/* How many were taken back: all of a file, of one thread only (0: of any), of one structure only (NULL: of any). They
 * end with STATUS_CANCELLED, or with another status. */
unsigned pending_cancel(struct ob_file *file, DWORD thread, const struct _OVERLAPPED *overlapped);
unsigned pending_end(struct ob_file *file, DWORD thread, const struct _OVERLAPPED *overlapped, NTSTATUS status);
/* Until one is over; STATUS_TIMEOUT. */
NTSTATUS pending_wait(const struct _OVERLAPPED *overlapped, int64_t deadline);

#endif
