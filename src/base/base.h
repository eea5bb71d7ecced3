/* base.h: what the files of the base library share among themselves: milliseconds, the caller's thread id. */
#ifndef WINMEM_BASE_BASE_H
#define WINMEM_BASE_BASE_H

#include <windef.h>
#include <winternl.h>
#include <winerror.h>

#include "host/futex.h"

/* The deadline of a Windows timeout; INFINITE never comes. */
static inline int64_t base_deadline(DWORD milliseconds)
{
    return milliseconds == 0xFFFFFFFF ? HOST_FOREVER : host_deadline((int64_t)milliseconds * 1000000);
}

struct ob_file;
struct ob_object;
struct _OVERLAPPED;
/* completion.c: a transfer that is over; the file's port, if it has one, gets a packet. */
void base_complete(struct ob_file *file, NTSTATUS status, DWORD bytes, struct _OVERLAPPED *overlapped);
/* fileio.c: ReadFile and WriteFile of which `end` is told that they are over, perhaps later, in place of the event and
 * the packet; not when they fail at once. */
BOOL base_transfer(HANDLE handle, LPVOID buffer, DWORD size, struct _OVERLAPPED *overlapped, bool write,
                   void (*end)(void *context, NTSTATUS status, DWORD bytes), void *context);
/* fileex.c: the end of a transfer that the calling thread is told of by a procedure: NULL where there is no room; over
 * is told once, or it is dropped. */
void *base_end_prepare(struct _OVERLAPPED *overlapped, void (*routine)(DWORD, DWORD, struct _OVERLAPPED *));
void base_end_over(void *context, NTSTATUS status, DWORD bytes);
void base_end_drop(void *context);
/* threadpool.c: the same where the thread pool stands in the place of a port; false: it does not. */
bool base_complete_in_pool(struct ob_object *holder, NTSTATUS status, DWORD bytes, struct _OVERLAPPED *overlapped);
/* timer.c: a due time of Windows as a deadline: negative is from now, in 100 ns, else a moment of the system's time. */
int64_t base_due(int64_t ticks);

/* processmisc.c: the ids behind handles that have the right; 0 with the last error. */
int base_process_id(HANDLE process, ACCESS_MASK access);
int base_thread_of(HANDLE thread, ACCESS_MASK access);

extern __thread DWORD base_thread_id __attribute__((tls_model("initial-exec"))); /* 0 until first asked */
DWORD base_thread_id_slow(void);
static inline DWORD base_tid(void)
{
    DWORD id = base_thread_id;
    return __builtin_expect(id != 0, 1) ? id : base_thread_id_slow();
}

#endif
