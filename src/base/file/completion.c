/* completion.c: completion ports: queues of packets, posted by the program or by overlapped transfers of the files that
 * are tied to the port. Transfers here are complete when their call returns, so the packet is there by then. */
#include <ioapiset.h>

#include <limits.h>
#include <stddef.h>

#include "base/base.h"
#include "base/thread/thread.h"
#include "host/lock.h"
#include "host/own.h"
#include "ob/file.h"
#include "ob/wait.h"
#include "ps/job.h"
#include "win32/win32.h"

#include <winbase.h>

struct packet {
    struct packet *next;
    DWORD bytes;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
    NTSTATUS status;
};

struct port {
    struct ob_object object;
    struct ob_object queue;      /* what alertable calls wait for, in here: it has no handles */
    host_lock lock;              /* Q */
    struct packet *first, *last; /* Q */
    _Atomic uint32_t turn;       /* changes with every packet, and when the last handle is closed */
    _Atomic uint32_t closed;
};

static void port_destroy(struct ob_object *object)
{
    struct port *port = (struct port *)object;
    for (struct packet *packet = port->first; packet;) {
        struct packet *next = packet->next;
        host_own_give(packet);
        packet = next;
    }
    host_own_give(port);
}

static void port_last_handle(struct ob_object *object)
{
    struct port *port = (struct port *)object;
    atomic_store(&port->closed, 1);
    atomic_fetch_add(&port->turn, 1);
    host_futex_wake(&port->turn, INT_MAX, false);
}

static const struct ob_type port_type = {
    .name = "IoCompletion",
    .valid_access = STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 3,
    .mapping = {READ_CONTROL | 1, READ_CONTROL | 2, READ_CONTROL | SYNCHRONIZE,
                STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 3},
    .destroy = port_destroy,
    .last_handle = port_last_handle,
};

static struct port *port_of_queue(struct ob_object *queue)
{
    return (struct port *)((char *)queue - offsetof(struct port, queue));
}

static NTSTATUS queue_try(struct ob_object *queue)
{
    struct port *port = port_of_queue(queue);
    host_lock_acquire(&port->lock);
    bool any = port->first || atomic_load(&port->closed);
    host_lock_release(&port->lock);
    return any ? STATUS_SUCCESS : STATUS_TIMEOUT;
}

static void queue_place(struct ob_object *queue, struct ob_wait_place *place)
{
    struct port *port = port_of_queue(queue);
    *place = (struct ob_wait_place){.word = &port->turn, .value = atomic_load(&port->turn)};
}

static const struct ob_type queue_type = {.name = "Queue", .try_wait = queue_try, .wait_place = queue_place};

static NTSTATUS post(struct port *port, NTSTATUS status, DWORD bytes, ULONG_PTR key, LPOVERLAPPED overlapped)
{
    struct packet *packet = host_own_take(sizeof(*packet));
    if (!packet)
        return STATUS_NO_MEMORY;
    *packet = (struct packet){NULL, bytes, key, overlapped, status};
    host_lock_acquire(&port->lock);
    if (port->first)
        port->last->next = packet;
    else
        port->first = packet;
    port->last = packet;
    host_lock_release(&port->lock);
    atomic_fetch_add(&port->turn, 1);
    host_futex_wake(&port->turn, 1, false);
    return STATUS_SUCCESS;
}

void base_complete(struct ob_file *file, NTSTATUS status, DWORD bytes, LPOVERLAPPED overlapped)
{
    struct port *port = __atomic_load_n(&file->port, __ATOMIC_ACQUIRE);
    if (port && !base_complete_in_pool(&port->object, status, bytes, overlapped))
        post(port, status, bytes, file->port_key, overlapped);
}

static NTSTATUS post_of_job(struct ob_object *port, DWORD message, ULONG_PTR key, ULONG_PTR pid)
{
    if (atomic_load(&((struct port *)port)->closed))
        return STATUS_SUCCESS;
    return post((struct port *)port, STATUS_SUCCESS, message, key, (LPOVERLAPPED)pid);
}

__attribute__((constructor)) static void offer_ports_to_jobs(void)
{
    ps_job_set_poster(&port_type, post_of_job);
}

/* A file is tied to one port for ever; the port lives as long. */
static NTSTATUS tie(HANDLE handle, struct port *port, ULONG_PTR key)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(handle, &ob_file_type, 0, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    struct ob_file *file = (struct ob_file *)object;
    ob_reference(&port->object);
    if (!(file->flags & FILE_FLAG_OVERLAPPED) || !ob_file_tie(file, &port->object, key)) {
        ob_dereference(&port->object);
        status = STATUS_INVALID_PARAMETER;
    }
    ob_dereference(object);
    return status;
}

HANDLE WINAPI CreateIoCompletionPort(HANDLE FileHandle, HANDLE ExistingCompletionPort, ULONG_PTR CompletionKey,
                                     DWORD NumberOfConcurrentThreads)
{
    (void)NumberOfConcurrentThreads; /* the scheduler is the kernel's */
    struct port *port;
    HANDLE handle = ExistingCompletionPort;
    NTSTATUS status;
    if (ExistingCompletionPort) {
        struct ob_object *object;
        if (FileHandle == INVALID_HANDLE_VALUE)
            return win32_error(ERROR_INVALID_PARAMETER), NULL;
        status = ob_lookup(ExistingCompletionPort, &port_type, 2, &object, NULL);
        port = (struct port *)object;
    } else {
        port = host_own_zero(1, sizeof(*port));
        status = port ? STATUS_SUCCESS : STATUS_NO_MEMORY;
        if (port) {
            ob_init(&port->object, &port_type);
            ob_init(&port->queue, &queue_type);
            host_lock_init(&port->lock, RANK_OBJECT);
            status = ob_create_handle(&port->object, port_type.valid_access, 0, &handle);
        }
    }
    if (!NT_SUCCESS(status))
        return win32_status(status), NULL;
    if (FileHandle != INVALID_HANDLE_VALUE)
        status = tie(FileHandle, port, CompletionKey);
    ob_dereference(&port->object);
    if (!NT_SUCCESS(status) && !ExistingCompletionPort)
        ob_close_handle(handle);
    return win32_status(status) ? handle : NULL;
}

BOOL WINAPI PostQueuedCompletionStatus(HANDLE CompletionPort, DWORD dwNumberOfBytesTransferred,
                                       ULONG_PTR dwCompletionKey, LPOVERLAPPED lpOverlapped)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(CompletionPort, &port_type, 2, &object, NULL);
    if (!NT_SUCCESS(status))
        return win32_status(status);
    status = post((struct port *)object, STATUS_SUCCESS, dwNumberOfBytesTransferred, dwCompletionKey, lpOverlapped);
    ob_dereference(object);
    return win32_status(status);
}

static struct packet *take(struct port *port)
{
    host_lock_acquire(&port->lock);
    struct packet *packet = port->first;
    if (packet)
        port->first = packet->next;
    host_lock_release(&port->lock);
    return packet;
}

/* The next packet; NULL with an error. A packet that is there comes before what an alertable wait may run. */
static struct packet *next_packet(struct port *port, DWORD milliseconds, bool alertable, DWORD *error)
{
    int64_t deadline = milliseconds ? base_deadline(milliseconds) : 0;
    struct ob_object *queue = &port->queue;
    for (;;) {
        uint32_t turn = atomic_load(&port->turn);
        struct packet *packet = take(port);
        if (packet)
            return packet;
        *error = atomic_load(&port->closed) ? ERROR_ABANDONED_WAIT_0 : 0;
        NTSTATUS status = !*error && alertable ? base_wait_objects(&queue, 1, false, deadline, true) : STATUS_SUCCESS;
        if (status == STATUS_USER_APC)
            *error = WAIT_IO_COMPLETION;
        else if (status == STATUS_TIMEOUT || (deadline >= 0 && (!deadline || host_now() >= deadline)))
            *error = *error ? *error : WAIT_TIMEOUT;
        if (*error)
            return NULL;
        if (!alertable)
            host_futex_wait(&port->turn, turn, deadline, false);
    }
}

BOOL WINAPI GetQueuedCompletionStatus(HANDLE CompletionPort, LPDWORD lpNumberOfBytesTransferred,
                                      PULONG_PTR lpCompletionKey, LPOVERLAPPED *lpOverlapped, DWORD dwMilliseconds)
{
    struct ob_object *object;
    DWORD error;
    *lpOverlapped = NULL;
    NTSTATUS status = ob_lookup(CompletionPort, &port_type, 1, &object, NULL);
    if (!NT_SUCCESS(status))
        return win32_status(status);
    struct packet *packet = next_packet((struct port *)object, dwMilliseconds, false, &error);
    ob_dereference(object);
    if (!packet)
        return win32_error(error);
    *lpNumberOfBytesTransferred = packet->bytes;
    *lpCompletionKey = packet->key;
    *lpOverlapped = packet->overlapped;
    status = packet->status;
    host_own_give(packet);
    return win32_status(status);
}

/* As many as there are, at least one. */
BOOL WINAPI GetQueuedCompletionStatusEx(HANDLE port, LPOVERLAPPED_ENTRY entries, ULONG count, PULONG removed,
                                        DWORD milliseconds, BOOL alertable)
{
    struct ob_object *object;
    DWORD error = 0;
    if (!entries || !count || !removed)
        return win32_error(ERROR_INVALID_PARAMETER);
    *removed = 0;
    NTSTATUS status = ob_lookup(port, &port_type, 1, &object, NULL);
    if (!NT_SUCCESS(status))
        return win32_status(status);
    struct packet *packet = next_packet((struct port *)object, milliseconds, alertable, &error);
    while (packet) {
        entries[(*removed)++] =
            (OVERLAPPED_ENTRY){packet->key, packet->overlapped, (ULONG_PTR)(DWORD)packet->status, packet->bytes};
        host_own_give(packet);
        packet = *removed < count ? take((struct port *)object) : NULL;
    }
    ob_dereference(object);
    return *removed ? TRUE : win32_error(error);
}
