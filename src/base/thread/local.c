/* local.c: thread-local and fiber-local slots. 1088 of the first, as many as Windows names of the second; a callback
 * is told of a fiber slot's value when its thread ends or the slot is freed. */
#include <fibersapi.h>
#include <processthreadsapi.h>

#include <pthread.h>
#include <string.h>

#include "base/base.h"
#include "base/thread/thread.h"
#include "host/fork.h"
#include "host/lock.h"
#include "host/own.h"
#include "win32/win32.h"

#define TLS_SLOTS 1088u
#define FLS_SLOTS 4080u
#define FIRST_FLS 1u /* slot 0 is never given out, as on Windows */

/* The slots of one thread; linked so that freeing a slot reaches all of them. */
struct slots {
    struct slots *next, **link; /* L */
    void *tls[TLS_SLOTS];
    struct base_fls *fls; /* made when first set; a fiber's own while it runs */
};

/* The fiber slots of one thread or fiber. */
struct base_fls {
    struct base_fls *next, **link; /* L */
    void *value[FLS_SLOTS];
};

static struct {
    host_lock lock;                             /* L */
    struct slots *first;                        /* L */
    struct base_fls *first_fls;                 /* L */
    uint8_t tls_used[TLS_SLOTS];                /* L to write */
    uint8_t fls_used[FLS_SLOTS];                /* L to write */
    PFLS_CALLBACK_FUNCTION callback[FLS_SLOTS]; /* L */
    pthread_key_t key;
    pthread_once_t once;
} local_state = {.lock = HOST_LOCK(RANK_OBJECT), .once = PTHREAD_ONCE_INIT};
HOST_LOCK_AT_FORK(local_state.lock, RANK_OBJECT)

static __thread struct slots *own __attribute__((tls_model("initial-exec")));

void base_fls_end(struct base_fls *fls)
{
    for (unsigned i = FIRST_FLS; fls && i < FLS_SLOTS; i++) {
        void *value = fls->value[i];
        PFLS_CALLBACK_FUNCTION callback = local_state.callback[i];
        fls->value[i] = NULL;
        if (value && callback)
            callback(value);
    }
    if (!fls)
        return;
    host_lock_acquire(&local_state.lock);
    *fls->link = fls->next;
    if (fls->next)
        fls->next->link = fls->link;
    host_lock_release(&local_state.lock);
    host_own_give(fls);
}

static struct base_fls *new_fls(void)
{
    struct base_fls *fls = host_own_zero(1, sizeof *fls);
    if (!fls)
        return NULL;
    host_lock_acquire(&local_state.lock);
    fls->next = local_state.first_fls;
    fls->link = &local_state.first_fls;
    if (fls->next)
        fls->next->link = &fls->next;
    local_state.first_fls = fls;
    host_lock_release(&local_state.lock);
    return fls;
}

static void thread_ends(void *argument)
{
    struct slots *slots = argument;
    base_fls_end(slots->fls);
    slots->fls = NULL;
    host_lock_acquire(&local_state.lock);
    *slots->link = slots->next;
    if (slots->next)
        slots->next->link = slots->link;
    host_lock_release(&local_state.lock);
    own = NULL;
    host_own_give(slots);
}

static void start_once(void)
{
    pthread_key_create(&local_state.key, thread_ends);
}

static struct slots *own_slots(void)
{
    if (own)
        return own;
    pthread_once(&local_state.once, start_once);
    struct slots *slots = host_own_zero(1, sizeof(*slots));
    if (!slots)
        return NULL;
    host_lock_acquire(&local_state.lock);
    slots->next = local_state.first;
    slots->link = &local_state.first;
    if (slots->next)
        slots->next->link = &slots->next;
    local_state.first = slots;
    host_lock_release(&local_state.lock);
    pthread_setspecific(local_state.key, slots);
    return own = slots;
}

struct base_fls *base_fls_swap(struct base_fls *fls)
{
    struct slots *slots = fls || own ? own_slots() : NULL;
    if (!slots)
        return NULL;
    struct base_fls *before = slots->fls;
    slots->fls = fls;
    return before;
}

static DWORD take_slot(uint8_t *used, unsigned first, unsigned count, PFLS_CALLBACK_FUNCTION callback)
{
    host_lock_acquire(&local_state.lock);
    for (unsigned i = first; i < count; i++) {
        if (used[i])
            continue;
        used[i] = 1;
        if (used == local_state.fls_used)
            local_state.callback[i] = callback;
        host_lock_release(&local_state.lock);
        return i;
    }
    host_lock_release(&local_state.lock);
    SetLastError(used == local_state.fls_used ? ERROR_NOT_ENOUGH_MEMORY : ERROR_NO_MORE_ITEMS);
    return 0xFFFFFFFF;
}

DWORD WINAPI TlsAlloc(VOID)
{
    if (!own_slots()) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return 0xFFFFFFFF;
    }
    return take_slot(local_state.tls_used, 0, TLS_SLOTS, NULL);
}

/* A good index is not looked up: only the bound is checked, as documented. Success sets the last error to zero. */
LPVOID WINAPI TlsGetValue(DWORD dwTlsIndex)
{
    if (dwTlsIndex >= TLS_SLOTS) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    SetLastError(ERROR_SUCCESS);
    struct slots *slots = own;
    return slots ? slots->tls[dwTlsIndex] : NULL;
}

BOOL WINAPI TlsSetValue(DWORD dwTlsIndex, LPVOID lpTlsValue)
{
    if (dwTlsIndex >= TLS_SLOTS)
        return win32_error(ERROR_INVALID_PARAMETER);
    struct slots *slots = own_slots();
    if (!slots)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    slots->tls[dwTlsIndex] = lpTlsValue;
    return TRUE;
}

BOOL WINAPI TlsFree(DWORD dwTlsIndex)
{
    if (dwTlsIndex >= TLS_SLOTS)
        return win32_error(ERROR_INVALID_PARAMETER);
    host_lock_acquire(&local_state.lock);
    bool used = local_state.tls_used[dwTlsIndex];
    for (struct slots *slots = local_state.first; used && slots; slots = slots->next)
        slots->tls[dwTlsIndex] = NULL;
    local_state.tls_used[dwTlsIndex] = 0;
    host_lock_release(&local_state.lock);
    return used ? TRUE : win32_error(ERROR_INVALID_PARAMETER);
}

DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION lpCallback)
{
    if (!own_slots()) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return 0xFFFFFFFF;
    }
    return take_slot(local_state.fls_used, FIRST_FLS, FLS_SLOTS, lpCallback);
}

PVOID WINAPI FlsGetValue(DWORD dwFlsIndex)
{
    if (dwFlsIndex < FIRST_FLS || dwFlsIndex >= FLS_SLOTS) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    SetLastError(ERROR_SUCCESS);
    return own && own->fls ? own->fls->value[dwFlsIndex] : NULL;
}

BOOL WINAPI FlsSetValue(DWORD dwFlsIndex, PVOID lpFlsData)
{
    if (dwFlsIndex < FIRST_FLS || dwFlsIndex >= FLS_SLOTS || !local_state.fls_used[dwFlsIndex])
        return win32_error(ERROR_INVALID_PARAMETER);
    struct slots *slots = own_slots();
    if (slots && !slots->fls)
        slots->fls = new_fls();
    if (!slots || !slots->fls)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    slots->fls->value[dwFlsIndex] = lpFlsData;
    return TRUE;
}

/* The callback is told once for every thread's value, outside the lock. */
BOOL WINAPI FlsFree(DWORD dwFlsIndex)
{
    if (dwFlsIndex < FIRST_FLS || dwFlsIndex >= FLS_SLOTS)
        return win32_error(ERROR_INVALID_PARAMETER);
    for (;;) {
        void *value = NULL;
        host_lock_acquire(&local_state.lock);
        bool used = local_state.fls_used[dwFlsIndex];
        PFLS_CALLBACK_FUNCTION callback = local_state.callback[dwFlsIndex];
        for (struct base_fls *fls = local_state.first_fls; used && fls && !value; fls = fls->next) {
            value = fls->value[dwFlsIndex];
            fls->value[dwFlsIndex] = NULL;
        }
        if (!value) {
            local_state.fls_used[dwFlsIndex] = 0;
            local_state.callback[dwFlsIndex] = NULL;
        }
        host_lock_release(&local_state.lock);
        if (value && callback)
            callback(value);
        else if (!value)
            return used ? TRUE : win32_error(ERROR_INVALID_PARAMETER);
    }
}
