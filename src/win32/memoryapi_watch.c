/* memoryapi_watch.c: the faces of write watch, of reading and writing a process, of region queries and call targets.
 * Calls the Nt forms; sets the last error. */
#include <windows.h>

#include "host/capability.h"
#include "mm/mm.h"
#include "nt/nt.h"
#include "nt/probe.h"
#include "nt/process.h"
#include "win32/win32.h"

#include <stdint.h>

UINT WINAPI GetWriteWatch(DWORD dwFlags, PVOID lpBaseAddress, SIZE_T dwRegionSize, PVOID *lpAddresses,
                          ULONG_PTR *lpdwCount, LPDWORD lpdwGranularity)
{
    NTSTATUS status = NtGetWriteWatch(NtCurrentProcess(), dwFlags, lpBaseAddress, dwRegionSize, lpAddresses, lpdwCount,
                                      (PULONG)lpdwGranularity);
    return win32_status(status) ? 0 : (UINT)-1;
}

UINT WINAPI ResetWriteWatch(LPVOID lpBaseAddress, SIZE_T dwRegionSize)
{
    return win32_status(NtResetWriteWatch(NtCurrentProcess(), lpBaseAddress, dwRegionSize)) ? 0 : (UINT)-1;
}

SIZE_T WINAPI GetLargePageMinimum(VOID)
{
    return host_capabilities()->huge_page_size;
}

BOOL WINAPI ReadProcessMemory(HANDLE hProcess, LPCVOID lpBaseAddress, LPVOID lpBuffer, SIZE_T nSize,
                              SIZE_T *lpNumberOfBytesRead)
{
    return win32_status(
        NtReadVirtualMemory(hProcess, (PVOID)(uintptr_t)lpBaseAddress, lpBuffer, nSize, lpNumberOfBytesRead));
}

BOOL WINAPI WriteProcessMemory(HANDLE hProcess, LPVOID lpBaseAddress, LPCVOID lpBuffer, SIZE_T nSize,
                               SIZE_T *lpNumberOfBytesWritten)
{
    return win32_status(
        nt_patch_memory(hProcess, lpBaseAddress, (PVOID)(uintptr_t)lpBuffer, nSize, lpNumberOfBytesWritten));
}

/* The instruction cache is coherent on this processor: only the arguments can be wrong. */
BOOL WINAPI FlushInstructionCache(HANDLE hProcess, LPCVOID lpBaseAddress, SIZE_T dwSize)
{
    int pid;
    (void)lpBaseAddress;
    (void)dwSize;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return win32_status(nt_process_with(hProcess, PROCESS_VM_WRITE, &pid)); /* for who wrote the instructions */
}

BOOL WINAPI QueryVirtualMemoryInformation(HANDLE Process, const VOID *VirtualAddress,
                                          WIN32_MEMORY_INFORMATION_CLASS MemoryInformationClass,
                                          PVOID MemoryInformation, SIZE_T MemoryInformationSize, PSIZE_T ReturnSize)
{
    MEMORY_REGION_INFORMATION region;
    if (MemoryInformationClass != MemoryRegionInfo)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (MemoryInformationSize < sizeof(WIN32_MEMORY_REGION_INFORMATION))
        return win32_error(ERROR_BAD_LENGTH);
    NTSTATUS status = NtQueryVirtualMemory(Process, (PVOID)(uintptr_t)VirtualAddress, MemoryRegionInformation, &region,
                                           sizeof(region), NULL);
    if (!win32_status(status))
        return FALSE;
    WIN32_MEMORY_REGION_INFORMATION answer = {
        .AllocationBase = region.AllocationBase,
        .AllocationProtect = region.AllocationProtect,
        .RegionSize = region.RegionSize,
        .CommitSize = region.CommitSize,
    };
    answer.Flags = region.RegionType & 0x3f; /* the bits that both structures have */
    const SIZE_T length = sizeof answer;
    status = nt_copy(MemoryInformation, &answer, length);
    if (status == STATUS_SUCCESS && ReturnSize)
        status = nt_copy(ReturnSize, &length, sizeof length);
    return win32_status(status);
}

/* Control-flow guard is not enforced here; the call checks what it is given, as on a process without it. */
BOOL WINAPI SetProcessValidCallTargets(HANDLE hProcess, PVOID VirtualAddress, SIZE_T RegionSize, ULONG NumberOfOffsets,
                                       PCFG_CALL_TARGET_INFO OffsetInformation)
{
    MEMORY_BASIC_INFORMATION run;
    if (VirtualQueryEx(hProcess, VirtualAddress, &run, sizeof(run)) == 0)
        return FALSE;
    if (NumberOfOffsets == 0 || !OffsetInformation || (uintptr_t)VirtualAddress & (MM_PAGE - 1) || RegionSize == 0)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (run.State != MEM_COMMIT ||
        !(run.Protect & (PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)))
        return win32_error(ERROR_INVALID_ADDRESS);
    for (ULONG i = 0; i < NumberOfOffsets; i++) {
        if (OffsetInformation[i].Offset >= RegionSize || OffsetInformation[i].Offset & 15 ||
            (i && OffsetInformation[i].Offset <= OffsetInformation[i - 1].Offset)) /* in ascending order (documented) */
            return win32_error(ERROR_INVALID_PARAMETER);
    }
    for (ULONG i = 0; i < NumberOfOffsets; i++)
        OffsetInformation[i].Flags |= CFG_CALL_TARGET_PROCESSED;
    return TRUE;
}
