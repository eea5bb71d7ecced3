/* memoryapi_residency.c: the faces of VirtualLock, VirtualUnlock, PrefetchVirtualMemory, and of offered memory. The
 * offer calls answer with the error itself and leave the last error alone. */
#include <windows.h>

#include "nt/notification.h"
#include "nt/nt.h"
#include "nt/probe.h"
#include "nt/processcall.h"
#include "nt/residency.h"
#include "win32/win32.h"

#include <stdint.h>

BOOL WINAPI VirtualLock(LPVOID lpAddress, SIZE_T dwSize)
{
    return win32_status(nt_lock_pages((uintptr_t)lpAddress, dwSize));
}

BOOL WINAPI VirtualUnlock(LPVOID lpAddress, SIZE_T dwSize)
{
    return win32_status(nt_unlock_pages((uintptr_t)lpAddress, dwSize));
}

BOOL WINAPI VirtualUnlockEx(HANDLE Process, LPVOID Address, SIZE_T Size)
{
    bool self = true;
    NTSTATUS status = Process ? nt_process_target(Process, PROCESS_VM_OPERATION, &self) : STATUS_SUCCESS;
    if (NT_SUCCESS(status) && !self)
        status = nt_remote_advise(Process, NT_ADVISE_UNLOCK, (uintptr_t)Address, Size, 0);
    else if (NT_SUCCESS(status))
        status = nt_unlock_pages((uintptr_t)Address, Size);
    return win32_status(status);
}

BOOL WINAPI PrefetchVirtualMemory(HANDLE hProcess, ULONG_PTR NumberOfEntries,
                                  PWIN32_MEMORY_RANGE_ENTRY VirtualAddresses, ULONG Flags)
{
    bool self;
    NTSTATUS status = nt_process_target(hProcess, PROCESS_QUERY_LIMITED_INFORMATION, &self);
    if (!NT_SUCCESS(status))
        return win32_status(status);
    if (Flags || !NumberOfEntries || NumberOfEntries > SIZE_MAX / sizeof(*VirtualAddresses))
        return win32_error(ERROR_INVALID_PARAMETER);
    status = nt_probe_read(VirtualAddresses, NumberOfEntries * sizeof(*VirtualAddresses));
    if (!NT_SUCCESS(status))
        return win32_status(status);
    for (ULONG_PTR i = 0; i < NumberOfEntries; i++) {
        uintptr_t address = (uintptr_t)VirtualAddresses[i].VirtualAddress;
        SIZE_T size = VirtualAddresses[i].NumberOfBytes;
        status = self ? nt_prefetch_pages(address, size) : nt_remote_prefetch(hProcess, address, size);
        if (!NT_SUCCESS(status))
            return win32_status(status);
    }
    return TRUE;
}

static DWORD code_of(NTSTATUS status)
{
    return NT_SUCCESS(status) ? ERROR_SUCCESS : RtlNtStatusToDosError(status);
}

DWORD WINAPI OfferVirtualMemory(PVOID VirtualAddress, SIZE_T Size, OFFER_PRIORITY Priority)
{
    if (Priority < VmOfferPriorityVeryLow || Priority > VmOfferPriorityNormal)
        return ERROR_INVALID_PARAMETER;
    return code_of(nt_offer_pages((uintptr_t)VirtualAddress, Size, (unsigned)Priority));
}

DWORD WINAPI ReclaimVirtualMemory(void const *VirtualAddress, SIZE_T Size)
{
    bool whole = true;
    NTSTATUS status = nt_reclaim_pages((uintptr_t)VirtualAddress, Size, &whole);
    return NT_SUCCESS(status) && !whole ? ERROR_BUSY : code_of(status);
}

DWORD WINAPI DiscardVirtualMemory(PVOID VirtualAddress, SIZE_T Size)
{
    return code_of(nt_discard_pages((uintptr_t)VirtualAddress, Size));
}

HANDLE WINAPI CreateMemoryResourceNotification(MEMORY_RESOURCE_NOTIFICATION_TYPE NotificationType)
{
    HANDLE handle = NULL;
    if (NotificationType != LowMemoryResourceNotification && NotificationType != HighMemoryResourceNotification) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    bool high = NotificationType == HighMemoryResourceNotification;
    return win32_status(nt_create_memory_notification(high, &handle)) ? handle : NULL;
}

BOOL WINAPI QueryMemoryResourceNotification(HANDLE ResourceNotificationHandle, PBOOL ResourceState)
{
    bool signaled;
    if (!ResourceState)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!win32_status(nt_query_memory_notification(ResourceNotificationHandle, &signaled)))
        return FALSE;
    *ResourceState = signaled;
    return TRUE;
}
