/* pipe.h: named pipes. An end is a Unix socket in a File object: bytes, or whole messages. Nothing here sleeps: what
 * cannot be done at once answers STATUS_PENDING, and pending.h does it when it can be done. */
#ifndef WINMEM_BASE_PIPE_H
#define WINMEM_BASE_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <winternl.h>

#include "host/lock.h"
#include "ob/file.h"

enum pipe_state { PIPE_IS_LISTENING, PIPE_IS_CONNECTED, PIPE_IS_DISCONNECTED };

/* What everybody may know of an instance: it stands in the name of its socket. */
struct pipe_kind {
    unsigned access; /* PIPE_ACCESS_*, the server's */
    bool messages;
    unsigned most;    /* instances */
    unsigned timeout; /* ms, of who waits and says nothing else */
};

struct pipe_end {
    host_lock lock;             /* p */
    struct pipe_kind kind;      /* constant */
    bool server;                /* constant */
    _Atomic bool read_messages; /* the mode */
    _Atomic bool nowait;        /* the mode */
    enum pipe_state state;      /* p */
    int listener;               /* p: of a server that listens; -1 */
    char *rest;                 /* p: of a message that was longer than the room for it */
    size_t rest_size, rest_at;  /* p */
    DWORD out_size, in_size;    /* constant: what the program said of buffers */
    char socket[80];            /* constant: its name in the runtime directory; servers only */
    int owner;                  /* constant: the process that made it */
};

/* A File object that is an end, one reference; `fd` a connected socket, or -1 of a server that begins to listen. */
NTSTATUS pipe_make(int fd, const struct pipe_kind *kind, bool server, const char *socket, struct ob_file **file);

/* STATUS_PENDING: nothing there, no room. *done: bytes; of a write that goes on later, those that went. A message that
 * is longer than the room is STATUS_BUFFER_OVERFLOW, with the rest to come. */
NTSTATUS pipe_read(struct ob_file *file, void *buffer, size_t size, size_t *done);
NTSTATUS pipe_write(struct ob_file *file, const void *buffer, size_t size, size_t *done);
/* STATUS_PENDING: nobody has knocked; STATUS_PIPE_CONNECTED: there is a client already. `begins`: an end that was
 * disconnected listens again. */
NTSTATUS pipe_accept(struct ob_file *file, bool begins);
NTSTATUS pipe_disconnect(struct ob_file *file);
/* *available: bytes that could be read; *left: of the message they begin with; copies up to `size` of them. */
NTSTATUS pipe_peek(struct ob_file *file, void *buffer, size_t size, DWORD *copied, DWORD *available, DWORD *left);
/* The descriptor to be watched for the next of a kind; -1: no sense in watching, it can be tried. */
int pipe_watched(struct ob_file *file, bool accept);

/* pipeplain.c: the same of a pipe without a name (`file->pipe` is NULL). */
NTSTATUS pipe_plain_peek(struct ob_file *file, void *buffer, size_t size, DWORD *copied, DWORD *available);
DWORD pipe_plain_mode(const struct ob_file *file);
NTSTATUS pipe_plain_set_mode(struct ob_file *file, DWORD mode);
DWORD pipe_plain_size(const struct ob_file *file);

/* pipename.c: "\\.\pipe\name": the rest of the name, or NULL. */
const WCHAR *pipe_name(const WCHAR *path);
/* A client's end; `access` as the client asks, mapped. */
NTSTATUS pipe_open(const WCHAR *name, ACCESS_MASK access, struct ob_file **file);

#endif
