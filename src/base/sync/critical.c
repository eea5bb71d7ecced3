/* critical.c: critical sections in Windows' own layout. LockCount is the futex word: -1 free, -2 held, -6 held and
 * waited for, which is how Windows' debuggers read it with one waiter. Must not allocate. */
#include <synchapi.h>

#include "base/base.h"
#include "win32/win32.h"

#define CS_FREE 0xFFFFFFFFu
#define CS_HELD 0xFFFFFFFEu
#define CS_CONTENDED 0xFFFFFFFAu
#define FLAG_MASK 0xFF000000u
#define KNOWN_FLAGS 0x0F000000u
#define MAX_SPIN 0x00FFFFFFu

static _Atomic uint32_t *word_of(LPCRITICAL_SECTION section)
{
    return (_Atomic uint32_t *)&section->LockCount;
}

static HANDLE own_handle(void)
{
    return (HANDLE)(ULONG_PTR)base_tid();
}

static bool owned_by(LPCRITICAL_SECTION section, HANDLE thread)
{
    return __atomic_load_n(&section->OwningThread, __ATOMIC_RELAXED) == thread;
}

static void set_owner(LPCRITICAL_SECTION section, HANDLE thread)
{
    __atomic_store_n(&section->OwningThread, thread, __ATOMIC_RELAXED);
}

static void initialize(LPCRITICAL_SECTION section, DWORD spin)
{
    section->DebugInfo = (PRTL_CRITICAL_SECTION_DEBUG)(ULONG_PTR)-1;
    section->RecursionCount = 0;
    section->OwningThread = NULL;
    section->LockSemaphore = NULL;
    section->SpinCount = spin & MAX_SPIN;
    atomic_store_explicit(word_of(section), CS_FREE, memory_order_release);
}

VOID WINAPI InitializeCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
    initialize(lpCriticalSection, 2000);
}

BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount)
{
    initialize(lpCriticalSection, dwSpinCount);
    return TRUE;
}

BOOL WINAPI InitializeCriticalSectionEx(LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount, DWORD Flags)
{
    if ((Flags & ~KNOWN_FLAGS) || (dwSpinCount & FLAG_MASK))
        return win32_error(ERROR_INVALID_PARAMETER);
    initialize(lpCriticalSection, dwSpinCount);
    return TRUE;
}

DWORD WINAPI SetCriticalSectionSpinCount(LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount)
{
    return (DWORD)__atomic_exchange_n(&lpCriticalSection->SpinCount, (ULONG_PTR)(dwSpinCount & MAX_SPIN),
                                      __ATOMIC_RELAXED);
}

static __attribute__((noinline)) void enter_contended(LPCRITICAL_SECTION section)
{
    _Atomic uint32_t *word = word_of(section);
    ULONG_PTR spins = __atomic_load_n(&section->SpinCount, __ATOMIC_RELAXED);
    if (spins > 100)
        spins = 100; /* the pause instruction is some ten times longer than when the usual counts were chosen */
    for (ULONG_PTR i = 0; i < spins; i++) {
        uint32_t expected = CS_FREE;
        if (atomic_load_explicit(word, memory_order_relaxed) == CS_FREE &&
            atomic_compare_exchange_weak_explicit(word, &expected, CS_HELD, memory_order_acquire, memory_order_relaxed))
            return;
        __builtin_ia32_pause();
    }
    while (atomic_exchange_explicit(word, CS_CONTENDED, memory_order_acquire) != CS_FREE)
        host_futex_wait(word, CS_CONTENDED, HOST_FOREVER, false);
}

VOID WINAPI EnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
    HANDLE self = own_handle();
    uint32_t expected = CS_FREE;
    if (__builtin_expect(!atomic_compare_exchange_strong_explicit(word_of(lpCriticalSection), &expected, CS_HELD,
                                                                  memory_order_acquire, memory_order_relaxed),
                         0)) {
        if (owned_by(lpCriticalSection, self)) {
            lpCriticalSection->RecursionCount++;
            return;
        }
        enter_contended(lpCriticalSection);
    }
    set_owner(lpCriticalSection, self);
    lpCriticalSection->RecursionCount = 1;
}

BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
    HANDLE self = own_handle();
    uint32_t expected = CS_FREE;
    if (atomic_compare_exchange_strong_explicit(word_of(lpCriticalSection), &expected, CS_HELD, memory_order_acquire,
                                                memory_order_relaxed)) {
        set_owner(lpCriticalSection, self);
        lpCriticalSection->RecursionCount = 1;
        return TRUE;
    }
    if (!owned_by(lpCriticalSection, self))
        return FALSE;
    lpCriticalSection->RecursionCount++;
    return TRUE;
}

VOID WINAPI LeaveCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
    if (--lpCriticalSection->RecursionCount > 0)
        return;
    _Atomic uint32_t *word = word_of(lpCriticalSection);
    set_owner(lpCriticalSection, NULL);
    if (__builtin_expect(atomic_exchange_explicit(word, CS_FREE, memory_order_release) != CS_HELD, 0))
        host_futex_wake(word, 1, false);
}

VOID WINAPI DeleteCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
    initialize(lpCriticalSection, 0);
    lpCriticalSection->DebugInfo = NULL;
}
