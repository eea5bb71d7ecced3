/* SRW locks, critical sections, condition variables, InitOnce and WaitOnAddress: exclusion, wake-ups, limits. */
#include "check.h"

#include <windows.h>

#include <pthread.h>

static SRWLOCK srw = SRWLOCK_INIT;
static CRITICAL_SECTION section;
static CONDITION_VARIABLE changed = CONDITION_VARIABLE_INIT;
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static volatile LONG word;
static long counter, section_counter, initialised, readers_saw_odd;

static void *hammer(void *unused)
{
    for (int i = 0; i < 30000; i++) {
        AcquireSRWLockExclusive(&srw);
        counter++;
        counter++;
        ReleaseSRWLockExclusive(&srw);
        AcquireSRWLockShared(&srw);
        if (counter & 1)
            readers_saw_odd++;
        ReleaseSRWLockShared(&srw);
        EnterCriticalSection(&section);
        EnterCriticalSection(&section);
        section_counter++;
        LeaveCriticalSection(&section);
        LeaveCriticalSection(&section);
    }
    return unused;
}

static BOOL initialise(PINIT_ONCE init, PVOID parameter, PVOID *context)
{
    (void)init;
    (void)parameter;
    initialised++;
    *context = &once;
    return TRUE;
}

static void *waker(void *unused)
{
    PVOID context = NULL;
    CHECK(InitOnceExecuteOnce(&once, initialise, NULL, &context));
    CHECK(context == &once);
    AcquireSRWLockExclusive(&srw);
    counter = 1;
    ReleaseSRWLockExclusive(&srw);
    WakeAllConditionVariable(&changed);
    word = 7;
    WakeByAddressSingle((PVOID)&word);
    return unused;
}

static void exclusion(void)
{
    pthread_t threads[4];
    REQUIRE(InitializeCriticalSectionAndSpinCount(&section, 10));
    for (int i = 0; i < 4; i++)
        REQUIRE(pthread_create(&threads[i], NULL, hammer, NULL) == 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(counter, 240000);
    CHECK_EQ(readers_saw_odd, 0);
    CHECK_EQ(section_counter, 120000);
    CHECK_EQ(section.LockCount, -1);
    CHECK(TryAcquireSRWLockShared(&srw));
    CHECK(TryAcquireSRWLockShared(&srw));
    CHECK(!TryAcquireSRWLockExclusive(&srw));
    ReleaseSRWLockShared(&srw);
    ReleaseSRWLockShared(&srw);
    CHECK(TryAcquireSRWLockExclusive(&srw));
    CHECK(!TryAcquireSRWLockShared(&srw));
    ReleaseSRWLockExclusive(&srw);
    DeleteCriticalSection(&section);
}

static void waiting(void)
{
    pthread_t thread;
    LONG old = 0;
    counter = 0;
    AcquireSRWLockExclusive(&srw);
    SetLastError(0);
    CHECK(!SleepConditionVariableSRW(&changed, &srw, 5, 0));
    CHECK_EQ(GetLastError(), ERROR_TIMEOUT);
    REQUIRE(pthread_create(&thread, NULL, waker, NULL) == 0);
    while (counter == 0)
        CHECK(SleepConditionVariableSRW(&changed, &srw, INFINITE, 0));
    ReleaseSRWLockExclusive(&srw);
    while (word == 0)
        CHECK(WaitOnAddress(&word, &old, sizeof(word), INFINITE));
    pthread_join(thread, NULL);
    old = 7;
    CHECK(!WaitOnAddress(&word, &old, sizeof(word), 3));
    CHECK_EQ(GetLastError(), ERROR_TIMEOUT);
    CHECK(!WaitOnAddress(&word, &old, 3, 3));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void initialisation(void)
{
    INIT_ONCE other = INIT_ONCE_STATIC_INIT;
    BOOL pending;
    PVOID context;
    CHECK_EQ(initialised, 1);
    CHECK(!InitOnceBeginInitialize(&other, INIT_ONCE_CHECK_ONLY, &pending, &context));
    CHECK_EQ(GetLastError(), ERROR_GEN_FAILURE);
    CHECK(InitOnceBeginInitialize(&other, INIT_ONCE_ASYNC, &pending, &context) && pending);
    CHECK(InitOnceBeginInitialize(&other, INIT_ONCE_ASYNC, &pending, &context) && pending);
    CHECK(!InitOnceBeginInitialize(&other, 0, &pending, &context));
    CHECK(!InitOnceComplete(&other, INIT_ONCE_ASYNC, (PVOID)1));
    CHECK(InitOnceComplete(&other, INIT_ONCE_ASYNC, &other));
    CHECK(!InitOnceComplete(&other, INIT_ONCE_ASYNC, &once));
    CHECK(InitOnceBeginInitialize(&other, 0, &pending, &context) && !pending && context == &other);
}

/* ---- those who sleep: whoever holds it holds it long ---- */

static CONDITION_VARIABLE turn = CONDITION_VARIABLE_INIT;
static int turns, inside, most_inside, entered, wrong;

static void expect(int good) /* in threads, which may not count checks at the same time */
{
    if (!good)
        __atomic_add_fetch(&wrong, 1, __ATOMIC_SEQ_CST);
}

static DWORD WINAPI wants_exclusive(LPVOID unused)
{
    (void)unused;
    AcquireSRWLockExclusive(&srw);
    expect(__atomic_load_n(&inside, __ATOMIC_SEQ_CST) == 0);
    Sleep(1);
    entered++;
    ReleaseSRWLockExclusive(&srw);
    return 0;
}

static DWORD WINAPI wants_shared(LPVOID unused)
{
    (void)unused;
    AcquireSRWLockShared(&srw);
    int now = __atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
    if (now > __atomic_load_n(&most_inside, __ATOMIC_SEQ_CST))
        __atomic_store_n(&most_inside, now, __ATOMIC_SEQ_CST);
    Sleep(50);
    __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
    ReleaseSRWLockShared(&srw);
    return 0;
}

static DWORD WINAPI wants_section(LPVOID unused)
{
    (void)unused;
    expect(!TryEnterCriticalSection(&section));
    EnterCriticalSection(&section);
    entered++;
    Sleep(1);
    LeaveCriticalSection(&section);
    return 0;
}

static DWORD WINAPI takes_turn(LPVOID unused)
{
    (void)unused;
    EnterCriticalSection(&section);
    while (turns == 0)
        expect(SleepConditionVariableCS(&turn, &section, INFINITE));
    turns--;
    entered++;
    LeaveCriticalSection(&section);
    return 0;
}

static DWORD WINAPI awaits(LPVOID unused)
{
    LONG old = 0;
    (void)unused;
    while (word == 0)
        WaitOnAddress(&word, &old, sizeof(word), INFINITE);
    return 0;
}

static void several(LPTHREAD_START_ROUTINE first, LPTHREAD_START_ROUTINE second, HANDLE thread[8])
{
    for (int i = 0; i < 8; i++)
        REQUIRE(thread[i] = CreateThread(NULL, 0, i & 1 ? second : first, NULL, 0, NULL));
    Sleep(30); /* most of them sleep by now */
}

static void all_end(HANDLE thread[8])
{
    CHECK_EQ(WaitForMultipleObjects(8, thread, TRUE, 20000), WAIT_OBJECT_0);
    for (int i = 0; i < 8; i++)
        CloseHandle(thread[i]);
}

static void sleepers(void)
{
    HANDLE thread[8];
    InitializeSRWLock(&srw);
    entered = 0;
    AcquireSRWLockExclusive(&srw);
    several(wants_exclusive, wants_shared, thread);
    ReleaseSRWLockExclusive(&srw);
    all_end(thread);
    CHECK(entered == 4 && most_inside >= 1);
    AcquireSRWLockShared(&srw); /* writers wait for a reader, too, and readers behind them */
    several(wants_exclusive, wants_shared, thread);
    ReleaseSRWLockShared(&srw);
    all_end(thread);
    CHECK(entered == 8 && inside == 0);
    CHECK(TryAcquireSRWLockExclusive(&srw));
    ReleaseSRWLockExclusive(&srw);
    InitializeCriticalSection(&section);
    CHECK(TryEnterCriticalSection(&section) && TryEnterCriticalSection(&section));
    LeaveCriticalSection(&section);
    several(wants_section, wants_section, thread);
    LeaveCriticalSection(&section);
    all_end(thread);
    CHECK(entered == 16 && section.LockCount == -1 && section.OwningThread == NULL);
    several(takes_turn, takes_turn, thread);
    for (int i = 0; i < 8; i++) { /* one at a time */
        EnterCriticalSection(&section);
        turns++;
        LeaveCriticalSection(&section);
        WakeConditionVariable(&turn);
    }
    all_end(thread);
    CHECK(entered == 24 && turns == 0);
    EnterCriticalSection(&section);
    SetLastError(0);
    CHECK(!SleepConditionVariableCS(&turn, &section, 5) && GetLastError() == ERROR_TIMEOUT);
    CHECK_EQ(section.RecursionCount, 1);
    LeaveCriticalSection(&section);
    DeleteCriticalSection(&section);
    word = 0;
    several(awaits, awaits, thread);
    word = 1;
    WakeByAddressAll((PVOID)&word);
    all_end(thread);
    CHECK_EQ(wrong, 0);
}

static void spin_counts(void)
{
    CRITICAL_SECTION other;
    CHECK(InitializeCriticalSectionEx(&other, 100, 0));
    CHECK_EQ(SetCriticalSectionSpinCount(&other, 7), 100);
    CHECK_EQ(SetCriticalSectionSpinCount(&other, 0), 7);
    DeleteCriticalSection(&other);
    CHECK(!InitializeCriticalSectionEx(&other, 0, 0x10) && GetLastError() == ERROR_INVALID_PARAMETER);
}

int main(void)
{
    exclusion();
    waiting();
    initialisation();
    sleepers();
    spin_counts();
    return CHECK_DONE();
}
