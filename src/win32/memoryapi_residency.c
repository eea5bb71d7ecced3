/* memoryapi_residency.c: the faces of VirtualLock, VirtualUnlock, PrefetchVirtualMemory, and of offered memory. The
 * offer calls answer with the error itself and leave the last error alone. */
#include <windows.h>

#include "nt/notification.h"
#include "nt/nt.h"
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

static NTSTATUS own_process(HANDLE process, ACCESS_MASK access)
{
    bool self = false;
    NTSTATUS status = nt_process_target(process, access, &self);
    return NT_SUCCESS(status) && !self ? (NTSTATUS)STATUS_NOT_SUPPORTED : status;
}

BOOL WINAPI VirtualUnlockEx(HANDLE Process, LPVOID Address, SIZE_T Size)
{
    NTSTATUS status = Process ? own_process(Process, PROCESS_VM_OPERATION) : STATUS_SUCCESS;
    return NT_SUCCESS(status) ? VirtualUnlock(Address, Size) : win32_status(status);
}

BOOL WINAPI PrefetchVirtualMemory(HANDLE hProcess, ULONG_PTR NumberOfEntries,
                                  PWIN32_MEMORY_RANGE_ENTRY VirtualAddresses, ULONG Flags)
{
    NTSTATUS status = own_process(hProcess, PROCESS_QUERY_LIMITED_INFORMATION);
    if (!NT_SUCCESS(status))
        return win32_status(status);
    if (Flags || !NumberOfEntries || !VirtualAddresses)
        return win32_error(ERROR_INVALID_PARAMETER);
    for (ULONG_PTR i = 0; i < NumberOfEntries; i++) {
        status = nt_prefetch_pages((uintptr_t)VirtualAddresses[i].VirtualAddress, VirtualAddresses[i].NumberOfBytes);
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
    /* Offered pages go first but are never thrown away: what comes back is what was offered. */
    return code_of(nt_offer_pages((uintptr_t)VirtualAddress, Size, 5));
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
