/* Fibers: switching, their data and slots, exceptions on their stacks, threads that pass them on; the block of the
 * thread.
 */
#include "check.h"

#include <windows.h>
#include <winternl.h>

static LPVOID main_fiber, other, third;
static int step, told, caught;
static DWORD slot;

static VOID CALLBACK ping(LPVOID parameter)
{
    volatile double half = 0.5;
    CHECK(IsThreadAFiber());
    CHECK(GetFiberData() == parameter);
    CHECK(GetCurrentFiber() == other);
    CHECK(*(PVOID *)GetCurrentFiber() == parameter);
    for (int i = 0; i < 1000; i++) {
        half += 0.5;
        step++;
        SwitchToFiber(main_fiber);
    }
    CHECK(half == 500.5);
    step = -1;
    SwitchToFiber(main_fiber);
}

static void switching(void)
{
    char data = 'x', of_thread = 't';
    CHECK(!IsThreadAFiber());
    CHECK(!ConvertFiberToThread());
    CHECK_EQ(GetLastError(), ERROR_ALREADY_THREAD);
    main_fiber = ConvertThreadToFiber(&of_thread);
    REQUIRE(main_fiber);
    CHECK(GetCurrentFiber() == main_fiber && GetFiberData() == &of_thread && IsThreadAFiber());
    CHECK(!ConvertThreadToFiberEx(NULL, FIBER_FLAG_FLOAT_SWITCH));
    CHECK_EQ(GetLastError(), ERROR_ALREADY_FIBER);
    other = CreateFiber(0, ping, &data);
    REQUIRE(other);
    SetLastError(4711);
    for (int i = 0; step >= 0; i++) {
        CHECK_EQ(step, i);
        SwitchToFiber(other);
    }
    CHECK_EQ(GetLastError(), 4711);
    DeleteFiber(other);
    CHECK(!CreateFiberEx(0, 0, 0x80, ping, NULL));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
}

static VOID NTAPI slot_ends(PVOID value)
{
    told += (int)(ULONG_PTR)value;
}

static VOID CALLBACK keeps_slot(LPVOID parameter)
{
    CHECK(FlsGetValue(slot) == NULL);
    CHECK(FlsSetValue(slot, parameter));
    SwitchToFiber(main_fiber);
    CHECK(FlsGetValue(slot) == parameter);
    SwitchToFiber(main_fiber);
}

static void slots(void)
{
    slot = FlsAlloc(slot_ends);
    REQUIRE(slot != FLS_OUT_OF_INDEXES);
    CHECK(FlsSetValue(slot, (PVOID)1));
    other = CreateFiber(128 << 10, keeps_slot, (PVOID)10);
    third = CreateFiberEx(4096, 256 << 10, FIBER_FLAG_FLOAT_SWITCH, keeps_slot, (PVOID)100);
    SwitchToFiber(other);
    CHECK(FlsGetValue(slot) == (PVOID)1);
    SwitchToFiber(third);
    SwitchToFiber(other);
    SwitchToFiber(third);
    CHECK(FlsGetValue(slot) == (PVOID)1);
    DeleteFiber(other);
    CHECK_EQ(told, 10);
    CHECK(FlsFree(slot));
    CHECK_EQ(told, 111);
    DeleteFiber(third);
    CHECK_EQ(told, 111);
}

#ifndef __MINGW32__
static LONG filter(DWORD code)
{
    return code == 0xE0000001 ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

static VOID CALLBACK raises(LPVOID parameter)
{
    (void)parameter;
    __try {
        SwitchToFiber(main_fiber); /* the other's frames are not ours */
        RaiseException(0xE0000001, 0, 0, NULL);
    } __except (filter(GetExceptionCode())) {
        caught++;
    }
    __try {
        *(volatile int *)parameter = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        caught += 10;
    }
    SwitchToFiber(main_fiber);
}

static void exceptions(void)
{
    other = CreateFiber(0, raises, (PVOID)16);
    __try {
        SwitchToFiber(other);
        RaiseException(0xE0000002, 0, 0, NULL);
    } __except (GetExceptionCode() == 0xE0000002 ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
        caught += 100;
    }
    SwitchToFiber(other);
    CHECK_EQ(caught, 111);
    DeleteFiber(other);
}

static int deep(int n)
{
    volatile char room[512];
    room[0] = (char)n;
    return n < 1 << 30 ? deep(n + 1) + room[0] : 0;
}

static VOID CALLBACK overflows(LPVOID parameter)
{
    __try {
        deep(0);
    } __except (GetExceptionCode() == EXCEPTION_STACK_OVERFLOW ? EXCEPTION_EXECUTE_HANDLER
                                                               : EXCEPTION_CONTINUE_SEARCH) {
        *(int *)parameter = 1;
    }
    SwitchToFiber(main_fiber);
}

static void overflow(void)
{
    int met = 0;
    other = CreateFiber(0, overflows, &met);
    SwitchToFiber(other);
    CHECK_EQ(met, 1);
    DeleteFiber(other);
}
#else
static void exceptions(void)
{
}
static void overflow(void)
{
}
#endif

/* A fiber begun here goes on in another thread. */
static VOID CALLBACK wanders(LPVOID parameter)
{
    DWORD *ids = parameter;
    ids[0] = GetCurrentThreadId();
    SwitchToFiber(main_fiber);
    ids[1] = GetCurrentThreadId();
    SwitchToFiber(third);
}

static DWORD WINAPI takes_over(LPVOID parameter)
{
    third = ConvertThreadToFiber(NULL);
    SwitchToFiber(parameter);
    CHECK(ConvertFiberToThread());
    CHECK(!IsThreadAFiber());
    return 5;
}

static VOID CALLBACK ends(LPVOID parameter)
{
    (void)parameter; /* its return ends the thread */
}

static DWORD WINAPI runs_one(LPVOID parameter)
{
    ConvertThreadToFiber(NULL);
    SwitchToFiber(parameter);
    return 5; /* never */
}

static void threads(void)
{
    DWORD ids[2] = {0, 0}, code = 0;
    other = CreateFiber(0, wanders, ids);
    SwitchToFiber(other);
    HANDLE thread = CreateThread(NULL, 0, takes_over, other, 0, NULL);
    REQUIRE(thread);
    CHECK_EQ(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    CHECK_EQ(ids[0], GetCurrentThreadId());
    CHECK_EQ(ids[1], GetThreadId(thread));
    CloseHandle(thread);
    DeleteFiber(other);
    other = CreateFiber(0, ends, NULL);
    thread = CreateThread(NULL, 0, runs_one, other, 0, NULL);
    CHECK_EQ(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code));
    CHECK(code != 5);
    CloseHandle(thread);
}

static VOID CALLBACK tells_block(LPVOID parameter)
{
    NT_TIB *tib = (NT_TIB *)NtCurrentTeb();
    CHECK((char *)&tib < (char *)tib->StackBase && (char *)&tib >= (char *)tib->StackLimit);
    CHECK(tib->FiberData == GetCurrentFiber());
    CHECK((char *)parameter < (char *)tib->StackLimit || (char *)parameter >= (char *)tib->StackBase);
    SwitchToFiber(main_fiber);
}

static void blocks(void)
{
    int here = 0;
    TEB *teb = NtCurrentTeb();
    NT_TIB *tib = (NT_TIB *)teb;
    REQUIRE(teb);
    CHECK(tib->Self == tib);
    CHECK((char *)&here < (char *)tib->StackBase && (char *)&here >= (char *)tib->StackLimit);
    CHECK(tib->FiberData == main_fiber);
    CHECK(((ULONG_PTR *)teb)[8] == GetCurrentProcessId() && ((ULONG_PTR *)teb)[9] == GetCurrentThreadId());
    SetLastError(77);
    CHECK_EQ(*(DWORD *)((char *)teb + 0x68), 77);
    *(DWORD *)((char *)teb + 0x68) = 78;
    CHECK_EQ(GetLastError(), 78);
    CHECK(teb->ProcessEnvironmentBlock && teb->ProcessEnvironmentBlock->ProcessParameters->ImagePathName.Length > 4);
    CHECK(((PVOID *)teb->ProcessEnvironmentBlock)[6] == GetProcessHeap());
    other = CreateFiber(0, tells_block, &here);
    SwitchToFiber(other);
    CHECK(tib->FiberData == main_fiber);
    CHECK((char *)&here < (char *)tib->StackBase && (char *)&here >= (char *)tib->StackLimit);
    DeleteFiber(other);
}

static void many(void)
{
    enum { MANY = 500 };
    static LPVOID fiber[MANY];
    int data;
    step = 0;
    for (int i = 0; i < MANY; i++) {
        fiber[i] = CreateFiber(0, ends, &data);
        REQUIRE(fiber[i]);
    }
    for (int i = 0; i < MANY; i++)
        DeleteFiber(fiber[i]);
}

int main(void)
{
    switching();
    slots();
    exceptions();
    overflow();
    threads();
    blocks();
    many();
    CHECK(ConvertFiberToThread());
    CHECK(!IsThreadAFiber());
    return CHECK_DONE();
}
