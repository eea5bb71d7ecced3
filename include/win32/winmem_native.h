/* winmem_native.h: native calls that winternl.h does not declare, as programs find them by GetProcAddress. Programs
 * that declare them by themselves do not include this. */
#ifndef WINMEM_NATIVE_H
#define WINMEM_NATIVE_H

#include "winternl.h"
#include "ntdef.h"

WINMEM_BEGIN_DECLS
NTSYSAPI NTSTATUS NTAPI NtReadFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE routine, PVOID context,
                                   PIO_STATUS_BLOCK status, PVOID buffer, ULONG length, PLARGE_INTEGER offset,
                                   PULONG key);
NTSYSAPI NTSTATUS NTAPI NtWriteFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE routine, PVOID context,
                                    PIO_STATUS_BLOCK status, PVOID buffer, ULONG length, PLARGE_INTEGER offset,
                                    PULONG key);
NTSYSAPI NTSTATUS NTAPI NtFlushBuffersFile(HANDLE file, PIO_STATUS_BLOCK status);

NTSYSAPI NTSTATUS NTAPI NtSetEvent(HANDLE event, PLONG previous);
NTSYSAPI NTSTATUS NTAPI NtResetEvent(HANDLE event, PLONG previous);
NTSYSAPI NTSTATUS NTAPI NtClearEvent(HANDLE event);
NTSYSAPI NTSTATUS NTAPI NtReleaseSemaphore(HANDLE semaphore, LONG count, PLONG previous);
NTSYSAPI NTSTATUS NTAPI NtReleaseMutant(HANDLE mutant, PLONG previous);
NTSYSAPI NTSTATUS NTAPI NtCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess,
                                      POBJECT_ATTRIBUTES ObjectAttributes, EVENT_TYPE EventType, BOOLEAN InitialState);
NTSYSAPI NTSTATUS NTAPI NtOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess,
                                    POBJECT_ATTRIBUTES ObjectAttributes);
NTSYSAPI NTSTATUS NTAPI NtCreateMutant(PHANDLE MutantHandle, ACCESS_MASK DesiredAccess,
                                       POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN InitialOwner);
NTSYSAPI NTSTATUS NTAPI NtOpenMutant(PHANDLE MutantHandle, ACCESS_MASK DesiredAccess,
                                     POBJECT_ATTRIBUTES ObjectAttributes);
NTSYSAPI NTSTATUS NTAPI NtCreateSemaphore(PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess,
                                          POBJECT_ATTRIBUTES ObjectAttributes, LONG InitialCount, LONG MaximumCount);
NTSYSAPI NTSTATUS NTAPI NtOpenSemaphore(PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess,
                                        POBJECT_ATTRIBUTES ObjectAttributes);
NTSYSAPI NTSTATUS NTAPI NtTestAlert(VOID);
NTSYSAPI NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG count, PHANDLE handles, ULONG wait_any, BOOLEAN alertable,
                                                 PLARGE_INTEGER timeout);
NTSYSAPI NTSTATUS NTAPI NtYieldExecution(VOID);
NTSYSAPI NTSTATUS NTAPI NtQueryPerformanceCounter(PLARGE_INTEGER counter, PLARGE_INTEGER frequency);

NTSYSAPI NTSTATUS NTAPI NtSuspendThread(HANDLE thread, PULONG previous);
NTSYSAPI NTSTATUS NTAPI NtResumeThread(HANDLE thread, PULONG previous);
NTSYSAPI NTSTATUS NTAPI NtGetContextThread(HANDLE thread, PCONTEXT context);
NTSYSAPI NTSTATUS NTAPI NtSetContextThread(HANDLE thread, PCONTEXT context);
NTSYSAPI NTSTATUS NTAPI NtCreateThreadEx(PHANDLE thread, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                         HANDLE process, PVOID start, PVOID argument, ULONG flags, SIZE_T zero_bits,
                                         SIZE_T stack, SIZE_T most_stack, PVOID list);
NTSYSAPI NTSTATUS NTAPI RtlCreateUserThread(HANDLE process, PSECURITY_DESCRIPTOR security, BOOLEAN suspended,
                                            ULONG zero_bits, SIZE_T most_stack, SIZE_T stack, PVOID start,
                                            PVOID argument, PHANDLE thread, PCLIENT_ID client);
NTSYSAPI NTSTATUS NTAPI NtOpenProcess(PHANDLE ProcessHandle, ACCESS_MASK DesiredAccess,
                                      POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId);
NTSYSAPI NTSTATUS NTAPI NtOpenThread(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess,
                                     POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId);
NTSYSAPI NTSTATUS NTAPI NtTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus);
NTSYSAPI NTSTATUS NTAPI NtTerminateThread(HANDLE ThreadHandle, NTSTATUS ExitStatus);
NTSYSAPI NTSTATUS NTAPI LdrLoadDll(PWSTR SearchPath, PULONG LoadFlags, PUNICODE_STRING Name, PVOID *BaseAddress);
NTSYSAPI NTSTATUS NTAPI LdrUnloadDll(PVOID BaseAddress);
NTSYSAPI NTSTATUS NTAPI LdrGetDllHandle(PWSTR SearchPath, PULONG LoadFlags, PUNICODE_STRING Name, PVOID *BaseAddress);
NTSYSAPI NTSTATUS NTAPI LdrGetProcedureAddress(PVOID BaseAddress, PANSI_STRING Name, ULONG Ordinal, PVOID *Procedure);
NTSYSAPI PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID base);
NTSYSAPI ULONG DbgPrint(PCSTR format, ...);
NTSYSAPI VOID NTAPI DbgBreakPoint(VOID);
NTSYSAPI DECLSPEC_NORETURN VOID NTAPI RtlExitUserThread(NTSTATUS status);
NTSYSAPI DECLSPEC_NORETURN VOID NTAPI RtlExitUserProcess(NTSTATUS status);

NTSYSAPI BOOLEAN NTAPI RtlLockHeap(PVOID heap);
NTSYSAPI BOOLEAN NTAPI RtlUnlockHeap(PVOID heap);
NTSYSAPI SIZE_T NTAPI RtlCompactHeap(PVOID heap, ULONG flags);
NTSYSAPI ULONG NTAPI RtlGetProcessHeaps(ULONG count, PVOID *heaps);
NTSYSAPI BOOLEAN NTAPI RtlValidateProcessHeaps(VOID);
NTSYSAPI NTSTATUS NTAPI RtlEnumProcessHeaps(NTSTATUS(NTAPI *visit)(PVOID heap, PVOID context), PVOID context);
NTSYSAPI NTSTATUS NTAPI RtlSetHeapInformation(PVOID heap, HEAP_INFORMATION_CLASS information_class, PVOID information,
                                              SIZE_T length);
NTSYSAPI NTSTATUS NTAPI RtlQueryHeapInformation(PVOID heap, HEAP_INFORMATION_CLASS information_class, PVOID information,
                                                SIZE_T length, PSIZE_T returned);
NTSYSAPI ULONG NTAPI RtlMultipleAllocateHeap(PVOID heap, ULONG flags, SIZE_T size, ULONG count, PVOID *blocks);
NTSYSAPI ULONG NTAPI RtlMultipleFreeHeap(PVOID heap, ULONG flags, ULONG count, PVOID *blocks);
NTSYSAPI BOOLEAN NTAPI RtlIsZeroMemory(PVOID memory, SIZE_T length);
/* Functions of these names, beside the macros. */
NTSYSAPI VOID NTAPI(RtlZeroMemory)(PVOID memory, SIZE_T length);
NTSYSAPI VOID NTAPI(RtlFillMemory)(PVOID memory, SIZE_T length, INT value);
NTSYSAPI VOID NTAPI(RtlMoveMemory)(PVOID to, const VOID *from, SIZE_T length);
NTSYSAPI VOID NTAPI(RtlCopyMemory)(PVOID to, const VOID *from, SIZE_T length);

NTSYSAPI NTSTATUS NTAPI RtlInitializeCriticalSection(PRTL_CRITICAL_SECTION section);
NTSYSAPI NTSTATUS NTAPI RtlInitializeCriticalSectionAndSpinCount(PRTL_CRITICAL_SECTION section, ULONG spin);
NTSYSAPI NTSTATUS NTAPI RtlInitializeCriticalSectionEx(PRTL_CRITICAL_SECTION section, ULONG spin, ULONG flags);
NTSYSAPI NTSTATUS NTAPI RtlEnterCriticalSection(PRTL_CRITICAL_SECTION section);
NTSYSAPI BOOL NTAPI RtlTryEnterCriticalSection(PRTL_CRITICAL_SECTION section);
NTSYSAPI NTSTATUS NTAPI RtlLeaveCriticalSection(PRTL_CRITICAL_SECTION section);
NTSYSAPI NTSTATUS NTAPI RtlDeleteCriticalSection(PRTL_CRITICAL_SECTION section);
NTSYSAPI DWORD NTAPI RtlGetLastWin32Error(VOID);
NTSYSAPI VOID NTAPI RtlSetLastWin32Error(DWORD error);
WINMEM_END_DECLS

#endif
