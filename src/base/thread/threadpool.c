/* threadpool.c: the faces of the thread pool's items: work, single calls, timers, waits, files. */
#include <threadpoolapiset.h>

#include <stdlib.h>
#include <winbase.h>

#include "base/base.h"
#include "base/thread/pool.h"
#include "base/thread/thread.h"
#include "host/own.h"
#include "ob/file.h"
#include "win32/win32.h"

struct _TP_WORK {
    struct pool_item item;
    PTP_WORK_CALLBACK callback;
};
struct _TP_TIMER {
    struct pool_timer timer;
    PTP_TIMER_CALLBACK callback;
};
struct _TP_WAIT {
    struct pool_wait wait;
    PTP_WAIT_CALLBACK callback;
};
struct simple {
    struct pool_item item;
    PTP_SIMPLE_CALLBACK callback;
};

/* A transfer that is complete. */
struct packet {
    struct packet *next;
    PVOID overlapped;
    ULONG_PTR bytes;
    ULONG error;
};
struct _TP_IO {
    struct pool_item item;
    PTP_WIN32_IO_CALLBACK callback;
    LPOVERLAPPED_COMPLETION_ROUTINE routine; /* of BindIoCompletionCallback, instead */
    struct packet *first, **last;            /* G */
};

static void destroy(struct pool_item *item)
{
    host_own_give(item);
}

static int64_t deadline_of(const FILETIME *due)
{
    LARGE_INTEGER time;
    time.LowPart = due->dwLowDateTime;
    time.HighPart = (LONG)due->dwHighDateTime;
    return base_due(time.QuadPart);
}

/* ---- work ---- */

static void run_work(struct pool_item *item, PTP_CALLBACK_INSTANCE instance)
{
    PTP_WORK work = (PTP_WORK)item;
    work->callback(instance, item->context, work);
}

PTP_WORK CreateThreadpoolWork(PTP_WORK_CALLBACK callback, PVOID context, PTP_CALLBACK_ENVIRON environment)
{
    PTP_WORK work = (PTP_WORK)pool_item_new(sizeof *work, context, environment);
    if (work) {
        work->callback = callback;
        work->item.run = run_work;
        work->item.destroy = destroy;
    }
    return work;
}

VOID SubmitThreadpoolWork(PTP_WORK work)
{
    pool_submit(&work->item);
}

VOID WaitForThreadpoolWorkCallbacks(PTP_WORK work, BOOL cancel)
{
    pool_item_wait(&work->item, cancel);
}

VOID CloseThreadpoolWork(PTP_WORK work)
{
    pool_item_close(&work->item);
}

static void run_simple(struct pool_item *item, PTP_CALLBACK_INSTANCE instance)
{
    ((struct simple *)item)->callback(instance, item->context);
}

BOOL TrySubmitThreadpoolCallback(PTP_SIMPLE_CALLBACK callback, PVOID context, PTP_CALLBACK_ENVIRON environment)
{
    struct simple *simple = (struct simple *)pool_item_new(sizeof *simple, context, environment);
    if (!simple)
        return FALSE;
    simple->callback = callback;
    simple->item.run = run_simple;
    simple->item.destroy = destroy;
    simple->item.single = true;
    pool_submit(&simple->item);
    return TRUE;
}

/* ---- timers ---- */

static void run_timer(struct pool_item *item, PTP_CALLBACK_INSTANCE instance)
{
    PTP_TIMER timer = (PTP_TIMER)item;
    timer->callback(instance, item->context, timer);
}

static void disarm_timer(struct pool_item *item)
{
    pool_timer_clear((struct pool_timer *)item);
}

PTP_TIMER CreateThreadpoolTimer(PTP_TIMER_CALLBACK callback, PVOID context, PTP_CALLBACK_ENVIRON environment)
{
    PTP_TIMER timer = (PTP_TIMER)pool_item_new(sizeof *timer, context, environment);
    if (timer) {
        timer->callback = callback;
        timer->timer.item.run = run_timer;
        timer->timer.item.disarm = disarm_timer;
        timer->timer.item.destroy = destroy;
    }
    return timer;
}

BOOL SetThreadpoolTimerEx(PTP_TIMER timer, PFILETIME due, DWORD period, DWORD window)
{
    (void)window;
    if (!due)
        return pool_timer_clear(&timer->timer);
    return pool_timer_set(&timer->timer, deadline_of(due), period * (int64_t)1000000);
}

VOID SetThreadpoolTimer(PTP_TIMER timer, PFILETIME due, DWORD period, DWORD window)
{
    SetThreadpoolTimerEx(timer, due, period, window);
}

BOOL IsThreadpoolTimerSet(PTP_TIMER timer)
{
    return pool_timer_is_set(&timer->timer);
}

VOID WaitForThreadpoolTimerCallbacks(PTP_TIMER timer, BOOL cancel)
{
    pool_item_wait(&timer->timer.item, cancel);
}

VOID CloseThreadpoolTimer(PTP_TIMER timer)
{
    pool_item_close(&timer->timer.item);
}

/* ---- waits ---- */

static void run_wait(struct pool_item *item, PTP_CALLBACK_INSTANCE instance)
{
    PTP_WAIT wait = (PTP_WAIT)item;
    pool_lock();
    DWORD result = wait->wait.result;
    pool_unlock();
    wait->callback(instance, item->context, wait, result);
}

static void disarm_wait(struct pool_item *item)
{
    pool_wait_clear((struct pool_wait *)item);
}

PTP_WAIT CreateThreadpoolWait(PTP_WAIT_CALLBACK callback, PVOID context, PTP_CALLBACK_ENVIRON environment)
{
    PTP_WAIT wait = (PTP_WAIT)pool_item_new(sizeof *wait, context, environment);
    if (wait) {
        wait->callback = callback;
        wait->wait.item.run = run_wait;
        wait->wait.item.disarm = disarm_wait;
        wait->wait.item.destroy = destroy;
    }
    return wait;
}

BOOL SetThreadpoolWaitEx(PTP_WAIT wait, HANDLE handle, PFILETIME timeout, PVOID reserved)
{
    (void)reserved;
    if (!handle)
        return pool_wait_clear(&wait->wait);
    struct ob_object *object;
    bool done;
    NTSTATUS status = ob_lookup(handle, NULL, SYNCHRONIZE, &object, NULL);
    if (!NT_SUCCESS(status)) { /* the call has no other way to say so */
        RaiseException((DWORD)status, 0, 0, NULL);
        return FALSE;
    }
    BOOL before = FALSE;
    if (object->type->try_wait || object->type->wait)
        before = pool_wait_set(&wait->wait, object, timeout ? deadline_of(timeout) : HOST_FOREVER, &done);
    ob_dereference(object);
    return before;
}

VOID SetThreadpoolWait(PTP_WAIT wait, HANDLE handle, PFILETIME timeout)
{
    SetThreadpoolWaitEx(wait, handle, timeout, NULL);
}

VOID WaitForThreadpoolWaitCallbacks(PTP_WAIT wait, BOOL cancel)
{
    pool_item_wait(&wait->wait.item, cancel);
}

VOID CloseThreadpoolWait(PTP_WAIT wait)
{
    pool_item_close(&wait->wait.item);
}

/* ---- files: transfers are complete when their call returns; their callbacks come from the pool ---- */

static void run_io(struct pool_item *item, PTP_CALLBACK_INSTANCE instance)
{
    PTP_IO io = (PTP_IO)item;
    pool_lock();
    struct packet *packet = io->first;
    if (packet) {
        io->first = packet->next;
        if (!io->first)
            io->last = &io->first;
    }
    pool_unlock();
    if (!packet)
        return;
    struct packet done = *packet;
    host_own_give(packet);
    if (io->routine)
        io->routine(done.error, (DWORD)done.bytes, done.overlapped);
    else
        io->callback(instance, item->context, done.overlapped, done.error, done.bytes, io);
}

static void destroy_io(struct pool_item *item)
{
    PTP_IO io = (PTP_IO)item;
    while (io->first) {
        struct packet *packet = io->first;
        io->first = packet->next;
        host_own_give(packet);
    }
    host_own_give(io);
}

/* What stands in the file in the place of a completion port. */
struct holder {
    struct ob_object object;
    PTP_IO io; /* referenced */
};

static void holder_destroy(struct ob_object *object)
{
    pool_item_dereference(&((struct holder *)object)->io->item);
    host_own_give(object);
}

static const struct ob_type holder_type = {.name = "TpIo", .destroy = holder_destroy};

bool base_complete_in_pool(struct ob_object *holder, NTSTATUS status, DWORD bytes, LPOVERLAPPED overlapped)
{
    if (holder->type != &holder_type)
        return false;
    PTP_IO io = ((struct holder *)holder)->io;
    struct packet *packet = host_own_take(sizeof *packet);
    if (!packet)
        return true;
    *packet = (struct packet){NULL, overlapped, bytes, status < 0 ? RtlNtStatusToDosError(status) : NO_ERROR};
    pool_lock();
    *io->last = packet;
    io->last = &packet->next;
    pool_unlock();
    pool_submit(&io->item);
    return true;
}

static NTSTATUS tie_file(struct ob_file *file, PTP_IO io)
{
    struct holder *holder = host_own_take(sizeof *holder);
    if (!holder)
        return STATUS_NO_MEMORY;
    ob_init(&holder->object, &holder_type);
    holder->io = io;
    pool_lock();
    pool_item_reference_locked(&io->item);
    pool_unlock();
    if ((file->flags & FILE_FLAG_OVERLAPPED) && ob_file_tie(file, &holder->object, 0))
        return STATUS_SUCCESS;
    ob_dereference(&holder->object);
    return STATUS_INVALID_PARAMETER;
}

/* Ties the file to the item, for ever. The item goes where that fails. */
static PTP_IO tie(HANDLE handle, PTP_IO io)
{
    struct ob_object *file;
    io->last = &io->first;
    io->item.run = run_io;
    io->item.destroy = destroy_io;
    NTSTATUS status = ob_lookup(handle, &ob_file_type, 0, &file, NULL);
    if (NT_SUCCESS(status)) {
        status = tie_file((struct ob_file *)file, io);
        ob_dereference(file);
    }
    if (NT_SUCCESS(status))
        return io;
    pool_item_close(&io->item);
    win32_status(status);
    return NULL;
}

PTP_IO CreateThreadpoolIo(HANDLE handle, PTP_WIN32_IO_CALLBACK callback, PVOID context,
                          PTP_CALLBACK_ENVIRON environment)
{
    PTP_IO io = (PTP_IO)pool_item_new(sizeof *io, context, environment);
    if (!io)
        return NULL;
    io->callback = callback;
    return tie(handle, io);
}

BOOL BindIoCompletionCallback(HANDLE handle, LPOVERLAPPED_COMPLETION_ROUTINE routine, ULONG flags)
{
    if (flags)
        return win32_error(ERROR_INVALID_PARAMETER);
    PTP_IO io = (PTP_IO)pool_item_new(sizeof *io, NULL, NULL);
    if (!io)
        return FALSE;
    io->routine = routine;
    if (!tie(handle, io))
        return FALSE;
    pool_item_dereference(&io->item); /* the file's is the only one */
    return TRUE;
}

VOID StartThreadpoolIo(PTP_IO io)
{
    (void)io; /* nothing is to be got ready: a transfer's end finds its way by the file */
}

VOID CancelThreadpoolIo(PTP_IO io)
{
    (void)io;
}

VOID WaitForThreadpoolIoCallbacks(PTP_IO io, BOOL cancel)
{
    pool_item_wait(&io->item, cancel);
}

VOID CloseThreadpoolIo(PTP_IO io)
{
    pool_item_close(&io->item);
}
