/* psapi.h: what processes and the system use of memory. The K32 names are the same functions. */
#ifndef WINMEM_PSAPI_H
#define WINMEM_PSAPI_H

#include "minwinbase.h"

typedef struct _PROCESS_MEMORY_COUNTERS {
    DWORD cb;
    DWORD PageFaultCount;
    SIZE_T PeakWorkingSetSize;
    SIZE_T WorkingSetSize;
    SIZE_T QuotaPeakPagedPoolUsage;
    SIZE_T QuotaPagedPoolUsage;
    SIZE_T QuotaPeakNonPagedPoolUsage;
    SIZE_T QuotaNonPagedPoolUsage;
    SIZE_T PagefileUsage;
    SIZE_T PeakPagefileUsage;
} PROCESS_MEMORY_COUNTERS, *PPROCESS_MEMORY_COUNTERS;
typedef struct _PROCESS_MEMORY_COUNTERS_EX {
    DWORD cb;
    DWORD PageFaultCount;
    SIZE_T PeakWorkingSetSize;
    SIZE_T WorkingSetSize;
    SIZE_T QuotaPeakPagedPoolUsage;
    SIZE_T QuotaPagedPoolUsage;
    SIZE_T QuotaPeakNonPagedPoolUsage;
    SIZE_T QuotaNonPagedPoolUsage;
    SIZE_T PagefileUsage;
    SIZE_T PeakPagefileUsage;
    SIZE_T PrivateUsage;
} PROCESS_MEMORY_COUNTERS_EX, *PPROCESS_MEMORY_COUNTERS_EX;
typedef struct _PROCESS_MEMORY_COUNTERS_EX2 {
    DWORD cb;
    DWORD PageFaultCount;
    SIZE_T PeakWorkingSetSize;
    SIZE_T WorkingSetSize;
    SIZE_T QuotaPeakPagedPoolUsage;
    SIZE_T QuotaPagedPoolUsage;
    SIZE_T QuotaPeakNonPagedPoolUsage;
    SIZE_T QuotaNonPagedPoolUsage;
    SIZE_T PagefileUsage;
    SIZE_T PeakPagefileUsage;
    SIZE_T PrivateUsage;
    SIZE_T PrivateWorkingSetSize;
    ULONG64 SharedCommitUsage;
} PROCESS_MEMORY_COUNTERS_EX2, *PPROCESS_MEMORY_COUNTERS_EX2;

typedef union _PSAPI_WORKING_SET_BLOCK {
    ULONG_PTR Flags;
    __extension__ struct {
        ULONG_PTR Protection : 5;
        ULONG_PTR ShareCount : 3;
        ULONG_PTR Shared : 1;
        ULONG_PTR Reserved : 3;
        ULONG_PTR VirtualPage : 52;
    };
} PSAPI_WORKING_SET_BLOCK, *PPSAPI_WORKING_SET_BLOCK;
typedef struct _PSAPI_WORKING_SET_INFORMATION {
    ULONG_PTR NumberOfEntries;
    PSAPI_WORKING_SET_BLOCK WorkingSetInfo[1];
} PSAPI_WORKING_SET_INFORMATION, *PPSAPI_WORKING_SET_INFORMATION;

typedef union _PSAPI_WORKING_SET_EX_BLOCK {
    ULONG_PTR Flags;
    __extension__ union {
        __extension__ struct {
            ULONG_PTR Valid : 1;
            ULONG_PTR ShareCount : 3;
            ULONG_PTR Win32Protection : 11;
            ULONG_PTR Shared : 1;
            ULONG_PTR Node : 6;
            ULONG_PTR Locked : 1;
            ULONG_PTR LargePage : 1;
            ULONG_PTR Reserved : 7;
            ULONG_PTR Bad : 1;
            ULONG_PTR ReservedUlong : 32;
        };
        struct {
            ULONG_PTR Valid : 1;
            ULONG_PTR Reserved0 : 14;
            ULONG_PTR Shared : 1;
            ULONG_PTR Reserved1 : 15;
            ULONG_PTR Bad : 1;
            ULONG_PTR ReservedUlong : 32;
        } Invalid;
    };
} PSAPI_WORKING_SET_EX_BLOCK, *PPSAPI_WORKING_SET_EX_BLOCK;
typedef struct _PSAPI_WORKING_SET_EX_INFORMATION {
    PVOID VirtualAddress;
    PSAPI_WORKING_SET_EX_BLOCK VirtualAttributes;
} PSAPI_WORKING_SET_EX_INFORMATION, *PPSAPI_WORKING_SET_EX_INFORMATION;
typedef struct _PSAPI_WS_WATCH_INFORMATION {
    LPVOID FaultingPc;
    LPVOID FaultingVa;
} PSAPI_WS_WATCH_INFORMATION, *PPSAPI_WS_WATCH_INFORMATION;
typedef struct _PSAPI_WS_WATCH_INFORMATION_EX {
    PSAPI_WS_WATCH_INFORMATION BasicInfo;
    ULONG_PTR FaultingThreadId;
    ULONG_PTR Flags;
} PSAPI_WS_WATCH_INFORMATION_EX, *PPSAPI_WS_WATCH_INFORMATION_EX;

typedef struct _PERFORMANCE_INFORMATION {
    DWORD cb;
    SIZE_T CommitTotal;
    SIZE_T CommitLimit;
    SIZE_T CommitPeak;
    SIZE_T PhysicalTotal;
    SIZE_T PhysicalAvailable;
    SIZE_T SystemCache;
    SIZE_T KernelTotal;
    SIZE_T KernelPaged;
    SIZE_T KernelNonpaged;
    SIZE_T PageSize;
    DWORD HandleCount;
    DWORD ProcessCount;
    DWORD ThreadCount;
} PERFORMANCE_INFORMATION, *PPERFORMANCE_INFORMATION, PERFORMACE_INFORMATION, *PPERFORMACE_INFORMATION;

typedef struct _ENUM_PAGE_FILE_INFORMATION {
    DWORD cb;
    DWORD Reserved;
    SIZE_T TotalSize;
    SIZE_T TotalInUse;
    SIZE_T PeakUsage;
} ENUM_PAGE_FILE_INFORMATION, *PENUM_PAGE_FILE_INFORMATION;
typedef BOOL (*PENUM_PAGE_FILE_CALLBACKA)(LPVOID pContext, PENUM_PAGE_FILE_INFORMATION pPageFileInfo,
                                          LPCSTR lpFilename);
typedef BOOL (*PENUM_PAGE_FILE_CALLBACKW)(LPVOID pContext, PENUM_PAGE_FILE_INFORMATION pPageFileInfo,
                                          LPCWSTR lpFilename);

typedef struct _MODULEINFO {
    LPVOID lpBaseOfDll;
    DWORD SizeOfImage;
    LPVOID EntryPoint;
} MODULEINFO, *LPMODULEINFO;
#define LIST_MODULES_DEFAULT 0x0
#define LIST_MODULES_32BIT 0x01
#define LIST_MODULES_64BIT 0x02
#define LIST_MODULES_ALL (LIST_MODULES_32BIT | LIST_MODULES_64BIT)

WINMEM_BEGIN_DECLS
#define WINMEM_PSAPI(type, name, parameters)      \
    WINBASEAPI type WINAPI name parameters;       \
    WINBASEAPI type WINAPI K32##name parameters;
WINMEM_PSAPI(BOOL, GetProcessMemoryInfo, (HANDLE Process, PPROCESS_MEMORY_COUNTERS ppsmemCounters, DWORD cb))
WINMEM_PSAPI(BOOL, GetPerformanceInfo, (PPERFORMANCE_INFORMATION pPerformanceInformation, DWORD cb))
WINMEM_PSAPI(BOOL, EmptyWorkingSet, (HANDLE hProcess))
WINMEM_PSAPI(BOOL, QueryWorkingSet, (HANDLE hProcess, PVOID pv, DWORD cb))
WINMEM_PSAPI(BOOL, QueryWorkingSetEx, (HANDLE hProcess, PVOID pv, DWORD cb))
WINMEM_PSAPI(BOOL, InitializeProcessForWsWatch, (HANDLE hProcess))
WINMEM_PSAPI(BOOL, GetWsChanges, (HANDLE hProcess, PPSAPI_WS_WATCH_INFORMATION lpWatchInfo, DWORD cb))
WINMEM_PSAPI(BOOL, GetWsChangesEx, (HANDLE hProcess, PPSAPI_WS_WATCH_INFORMATION_EX lpWatchInfoEx, PDWORD cb))
WINMEM_PSAPI(BOOL, EnumPageFilesW, (PENUM_PAGE_FILE_CALLBACKW pCallBackRoutine, LPVOID pContext))
WINMEM_PSAPI(BOOL, EnumPageFilesA, (PENUM_PAGE_FILE_CALLBACKA pCallBackRoutine, LPVOID pContext))
WINMEM_PSAPI(DWORD, GetMappedFileNameW, (HANDLE hProcess, LPVOID lpv, LPWSTR lpFilename, DWORD nSize))
WINMEM_PSAPI(DWORD, GetMappedFileNameA, (HANDLE hProcess, LPVOID lpv, LPSTR lpFilename, DWORD nSize))
WINMEM_PSAPI(BOOL, EnumProcesses, (DWORD * lpidProcess, DWORD cb, LPDWORD lpcbNeeded))
WINMEM_PSAPI(BOOL, EnumProcessModules, (HANDLE hProcess, HMODULE * lphModule, DWORD cb, LPDWORD lpcbNeeded))
WINMEM_PSAPI(BOOL, EnumProcessModulesEx,
             (HANDLE hProcess, HMODULE * lphModule, DWORD cb, LPDWORD lpcbNeeded, DWORD dwFilterFlag))
WINMEM_PSAPI(BOOL, GetModuleInformation, (HANDLE hProcess, HMODULE hModule, LPMODULEINFO lpmodinfo, DWORD cb))
WINMEM_PSAPI(DWORD, GetModuleFileNameExA, (HANDLE hProcess, HMODULE hModule, LPSTR lpFilename, DWORD nSize))
WINMEM_PSAPI(DWORD, GetModuleFileNameExW, (HANDLE hProcess, HMODULE hModule, LPWSTR lpFilename, DWORD nSize))
WINMEM_PSAPI(DWORD, GetModuleBaseNameA, (HANDLE hProcess, HMODULE hModule, LPSTR lpBaseName, DWORD nSize))
WINMEM_PSAPI(DWORD, GetModuleBaseNameW, (HANDLE hProcess, HMODULE hModule, LPWSTR lpBaseName, DWORD nSize))
WINMEM_PSAPI(BOOL, EnumDeviceDrivers, (LPVOID * lpImageBase, DWORD cb, LPDWORD lpcbNeeded))
WINMEM_PSAPI(DWORD, GetDeviceDriverBaseNameA, (LPVOID ImageBase, LPSTR lpFilename, DWORD nSize))
WINMEM_PSAPI(DWORD, GetDeviceDriverBaseNameW, (LPVOID ImageBase, LPWSTR lpBaseName, DWORD nSize))
WINMEM_PSAPI(DWORD, GetDeviceDriverFileNameA, (LPVOID ImageBase, LPSTR lpFilename, DWORD nSize))
WINMEM_PSAPI(DWORD, GetDeviceDriverFileNameW, (LPVOID ImageBase, LPWSTR lpFilename, DWORD nSize))
WINMEM_PSAPI(DWORD, GetProcessImageFileNameA, (HANDLE hProcess, LPSTR lpImageFileName, DWORD nSize))
WINMEM_PSAPI(DWORD, GetProcessImageFileNameW, (HANDLE hProcess, LPWSTR lpImageFileName, DWORD nSize))
WINMEM_END_DECLS

#ifdef UNICODE
#define EnumPageFiles EnumPageFilesW
#define GetMappedFileName GetMappedFileNameW
#define GetModuleFileNameEx GetModuleFileNameExW
#define GetModuleBaseName GetModuleBaseNameW
#define GetProcessImageFileName GetProcessImageFileNameW
#define GetDeviceDriverBaseName GetDeviceDriverBaseNameW
#define GetDeviceDriverFileName GetDeviceDriverFileNameW
#define PENUM_PAGE_FILE_CALLBACK PENUM_PAGE_FILE_CALLBACKW
#else
#define EnumPageFiles EnumPageFilesA
#define GetMappedFileName GetMappedFileNameA
#define GetModuleFileNameEx GetModuleFileNameExA
#define GetModuleBaseName GetModuleBaseNameA
#define GetProcessImageFileName GetProcessImageFileNameA
#define GetDeviceDriverBaseName GetDeviceDriverBaseNameA
#define GetDeviceDriverFileName GetDeviceDriverFileNameA
#define PENUM_PAGE_FILE_CALLBACK PENUM_PAGE_FILE_CALLBACKA
#endif

#endif
