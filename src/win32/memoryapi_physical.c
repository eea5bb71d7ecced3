/* memoryapi_physical.c: the faces of address windowing. Calls the Nt forms; sets the last error. */
#include <windows.h>

#include "nt/probe.h"
#include "win32/win32.h"

BOOL WINAPI AllocateUserPhysicalPages(HANDLE hProcess, PULONG_PTR NumberOfPages, PULONG_PTR PageArray)
{
    return win32_status(NtAllocateUserPhysicalPages(hProcess, NumberOfPages, PageArray));
}

/* A preferred node is a preference: the kernel takes memory near the processor that touches it first. */
BOOL WINAPI AllocateUserPhysicalPagesNuma(HANDLE hProcess, PULONG_PTR NumberOfPages, PULONG_PTR PageArray,
                                          DWORD nndPreferred)
{
    ULONG highest = 0;
    if (nndPreferred != NUMA_NO_PREFERRED_NODE && (!GetNumaHighestNodeNumber(&highest) || nndPreferred > highest))
        return win32_error(ERROR_INVALID_PARAMETER);
    return AllocateUserPhysicalPages(hProcess, NumberOfPages, PageArray);
}

BOOL WINAPI AllocateUserPhysicalPages2(HANDLE ObjectHandle, PULONG_PTR NumberOfPages, PULONG_PTR PageArray,
                                       PMEM_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParameterCount)
{
    if (ExtendedParameterCount && !ExtendedParameters)
        return win32_error(ERROR_INVALID_PARAMETER);
    NTSTATUS status = nt_probe_read(ExtendedParameters, ExtendedParameterCount * sizeof *ExtendedParameters);
    if (status)
        return win32_status(status);
    for (ULONG i = 0; i < ExtendedParameterCount; i++) {
        if (ExtendedParameters[i].Type != MemExtendedParameterNumaNode)
            return win32_error(ERROR_INVALID_PARAMETER);
    }
    return AllocateUserPhysicalPages(ObjectHandle, NumberOfPages, PageArray);
}

BOOL WINAPI FreeUserPhysicalPages(HANDLE hProcess, PULONG_PTR NumberOfPages, PULONG_PTR PageArray)
{
    return win32_status(NtFreeUserPhysicalPages(hProcess, NumberOfPages, PageArray));
}

BOOL WINAPI MapUserPhysicalPages(PVOID VirtualAddress, ULONG_PTR NumberOfPages, PULONG_PTR PageArray)
{
    return win32_status(NtMapUserPhysicalPages(VirtualAddress, NumberOfPages, PageArray));
}

BOOL WINAPI MapUserPhysicalPagesScatter(PVOID *VirtualAddresses, ULONG_PTR NumberOfPages, PULONG_PTR PageArray)
{
    return win32_status(NtMapUserPhysicalPagesScatter(VirtualAddresses, NumberOfPages, PageArray));
}
