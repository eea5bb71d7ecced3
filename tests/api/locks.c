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

int main(void)
{
    exclusion();
    waiting();
    initialisation();
    return CHECK_DONE();
}
