/* memoryapi_virtual.c: the faces of VirtualAlloc, Free, Protect and Query. Calls the Nt forms; sets the last error. */
#include <windows.h>
#include <ntstatus.h>

#include "host/guarded.h"
#include "mm/mm.h"
#include "nt/nt.h"
#include "win32/win32.h"

#include <stdint.h>

/* Below the first granule nothing can be given an address. */
static BOOL low_address(const void *address)
{
    return address && (uintptr_t)address < 0x10000;
}

/* NtAllocateVirtualMemory without what it asks about pointers and the process: both are known here. */
static NTSTATUS allocate_own(PVOID *base, SIZE_T *size, ULONG type, ULONG protect)
{
    if (__builtin_expect(type & (MEM_REPLACE_PLACEHOLDER | MEM_RESERVE_PLACEHOLDER), 0))
        return STATUS_INVALID_PARAMETER_5;
    return mm_allocate(base, size, type, protect, NULL);
}

static inline PVOID allocate(HANDLE process, PVOID address, SIZE_T bytes, ULONG type, ULONG protect)
{
    PVOID base = address;
    SIZE_T size = bytes;
    if (low_address(address)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    NTSTATUS status = process == NtCurrentProcess() ? allocate_own(&base, &size, type, protect)
                                                    : NtAllocateVirtualMemory(process, &base, 0, &size, type, protect);
    return win32_status(status) ? base : NULL;
}

LPVOID WINAPI VirtualAllocEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize, DWORD flAllocationType, DWORD flProtect)
{
    return allocate(hProcess, lpAddress, dwSize, flAllocationType, flProtect);
}

LPVOID WINAPI VirtualAlloc(LPVOID lpAddress, SIZE_T dwSize, DWORD flAllocationType, DWORD flProtect)
{
    return allocate(NtCurrentProcess(), lpAddress, dwSize, flAllocationType, flProtect);
}

static PVOID alloc_extended(HANDLE process, PVOID base, SIZE_T size, ULONG type, ULONG protect,
                            MEM_EXTENDED_PARAMETER *parameters, ULONG count)
{
    if (low_address(base)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    NTSTATUS status = NtAllocateVirtualMemoryEx(process, &base, &size, type, protect, parameters, count);
    return win32_status(status) ? base : NULL;
}

LPVOID WINAPI VirtualAllocExNuma(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize, DWORD flAllocationType,
                                 DWORD flProtect, DWORD nndPreferred)
{
    ULONG highest = 0;
    if (nndPreferred == NUMA_NO_PREFERRED_NODE)
        return VirtualAllocEx(hProcess, lpAddress, dwSize, flAllocationType, flProtect);
    if (!GetNumaHighestNodeNumber(&highest) || nndPreferred > highest) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    /* A preference, not a demand: the kernel places a page near the processor that touches it first. */
    return VirtualAllocEx(hProcess, lpAddress, dwSize, flAllocationType, flProtect);
}

PVOID WINAPI VirtualAlloc2(HANDLE Process, PVOID BaseAddress, SIZE_T Size, ULONG AllocationType, ULONG PageProtection,
                           MEM_EXTENDED_PARAMETER *ExtendedParameters, ULONG ParameterCount)
{
    return alloc_extended(Process ? Process : NtCurrentProcess(), BaseAddress, Size, AllocationType, PageProtection,
                          ExtendedParameters, ParameterCount);
}

/* The FromApp forms refuse pages that are writable and executable at once (documented: use VirtualProtectFromApp). */
static BOOL executable(ULONG protect)
{
    return (protect & (PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)) != 0;
}

PVOID WINAPI VirtualAllocFromApp(PVOID BaseAddress, SIZE_T Size, ULONG AllocationType, ULONG Protection)
{
    if (executable(Protection)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return VirtualAlloc(BaseAddress, Size, AllocationType, Protection);
}

PVOID WINAPI VirtualAlloc2FromApp(HANDLE Process, PVOID BaseAddress, SIZE_T Size, ULONG AllocationType,
                                  ULONG PageProtection, MEM_EXTENDED_PARAMETER *ExtendedParameters,
                                  ULONG ParameterCount)
{
    if (executable(PageProtection)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return VirtualAlloc2(Process, BaseAddress, Size, AllocationType, PageProtection, ExtendedParameters,
                         ParameterCount);
}

static inline BOOL release(HANDLE process, PVOID address, SIZE_T size, ULONG type)
{
    /* Only the Nt call releases a part of a region. */
    if (type == MEM_RELEASE && size != 0)
        return win32_error(ERROR_INVALID_PARAMETER);
    return win32_status(process == NtCurrentProcess() ? nt_free_own(&address, &size, type)
                                                      : NtFreeVirtualMemory(process, &address, &size, type));
}

BOOL WINAPI VirtualFreeEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType)
{
    return release(hProcess, lpAddress, dwSize, dwFreeType);
}

BOOL WINAPI VirtualFree(LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType)
{
    return release(NtCurrentProcess(), lpAddress, dwSize, dwFreeType);
}

BOOL WINAPI VirtualProtectEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize, DWORD flNewProtect,
                             PDWORD lpflOldProtect)
{
    return win32_status(NtProtectVirtualMemory(hProcess, &lpAddress, &dwSize, flNewProtect, lpflOldProtect));
}

BOOL WINAPI VirtualProtect(LPVOID lpAddress, SIZE_T dwSize, DWORD flNewProtect, PDWORD lpflOldProtect)
{
    return VirtualProtectEx(NtCurrentProcess(), lpAddress, dwSize, flNewProtect, lpflOldProtect);
}

BOOL WINAPI VirtualProtectFromApp(PVOID Address, SIZE_T Size, ULONG NewProtection, PULONG OldProtection)
{
    ULONG base = NewProtection & 0xff;
    if (base == PAGE_EXECUTE_READWRITE || base == PAGE_EXECUTE_WRITECOPY)
        return win32_error(ERROR_INVALID_PARAMETER);
    return VirtualProtect(Address, Size, NewProtection, OldProtection);
}

SIZE_T WINAPI VirtualQueryEx(HANDLE hProcess, LPCVOID lpAddress, PMEMORY_BASIC_INFORMATION lpBuffer, SIZE_T dwLength)
{
    SIZE_T returned = 0;
    NTSTATUS status = NtQueryVirtualMemory(hProcess, (PVOID)(uintptr_t)lpAddress, MemoryBasicInformation, lpBuffer,
                                           dwLength, &returned);
    return win32_status(status) ? returned : 0;
}

SIZE_T WINAPI VirtualQuery(LPCVOID lpAddress, PMEMORY_BASIC_INFORMATION lpBuffer, SIZE_T dwLength)
{
    MEMORY_BASIC_INFORMATION answer;
    if (__builtin_expect(dwLength < sizeof(answer), 0))
        return win32_status(STATUS_INFO_LENGTH_MISMATCH);
    NTSTATUS status = mm_query(lpAddress, &answer);
    if (NT_SUCCESS(status))
        status = (NTSTATUS)host_guarded_copy(lpBuffer, &answer, sizeof(answer));
    return win32_status(status) ? sizeof(answer) : 0;
}
