/* port_native.c: the native calls by GetProcAddress and by name, the Microsoft compiler's own words, as such programs
 * are written. test traits: wide */
#include <windows.h>
#include <winternl.h>
#include <intrin.h>
#include <stdio.h>

typedef NTSTATUS(NTAPI *PNT_ALLOCATE)(HANDLE, PVOID *, ULONG_PTR, PSIZE_T, ULONG, ULONG);

__declspec(align(64)) static LONG Aligned[16];
static __declspec(thread) int PerThread = 3;
C_ASSERT(sizeof(DWORD) == 4);

__declspec(noinline) static int AddPerThread(int Value)
{
    return Value + PerThread;
}
static __forceinline int Twice(int Value)
{
    return 2 * Value;
}
FORCEINLINE int Thrice(int Value)
{
    return 3 * Value;
}

static BOOL TouchReadOnly(volatile char *Address, ULONG *Code)
{
    __try {
        *Address = 1;
    } __except (GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER
                                                                 : EXCEPTION_CONTINUE_SEARCH) {
        *Code = GetExceptionCode();
        return FALSE;
    }
    return TRUE;
}

int main(void)
{
    HMODULE Ntdll = GetModuleHandleW(L"ntdll.dll");
    PNT_ALLOCATE Allocate = (PNT_ALLOCATE)(PVOID)GetProcAddress(Ntdll, "NtAllocateVirtualMemory");
    PVOID Base = NULL;
    SIZE_T Size = 100, Returned;
    ULONG Old, Code = 0;
    MEMORY_BASIC_INFORMATION Basic;
    NTSTATUS Status;
    unsigned long Bit;
    LARGE_INTEGER Number;

    if (!Allocate || (ULONG_PTR)Aligned % 64 != 0)
        return 1;
    Status = Allocate(GetCurrentProcess(), &Base, 0, &Size, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    if (!NT_SUCCESS(Status) || Size != 4096)
        return 2;
    Status = NtProtectVirtualMemory(NtCurrentProcess(), &Base, &Size, PAGE_READONLY, &Old);
    if (Status < 0 || Old != PAGE_READWRITE)
        return 3;
    Status = NtQueryVirtualMemory(NtCurrentProcess(), Base, MemoryBasicInformation, &Basic, sizeof Basic, &Returned);
    if (!NT_SUCCESS(Status) || Basic.Protect != PAGE_READONLY || Returned != sizeof Basic)
        return 4;
    if (TouchReadOnly((volatile char *)Base, &Code) || Code != 0xC0000005)
        return 5;
    Size = 0;
    if (!NT_SUCCESS(NtFreeVirtualMemory(NtCurrentProcess(), &Base, &Size, MEM_RELEASE)))
        return 6;
    if (AddPerThread(1) != 4 || Twice(2) != 4 || Thrice(2) != 6 || !_BitScanReverse(&Bit, 0x900) || Bit != 11)
        return 7;
    Number.LowPart = 1;
    Number.HighPart = 2;
    printf("0x%08lX %I64d %lu\n", Status, Number.QuadPart, Old);
    return InterlockedExchangeAdd(&Aligned[0], 5) == 0 && Aligned[0] == 5 ? 0 : 8;
}
