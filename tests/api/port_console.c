/* port_console.c: a console program as Windows sources are written: TCHAR throughout, _tmain, its own pragmas, a table
 * that grows in an exception filter. test traits: unicode Nothing in it is for this library; it must compile without a
 * change. */
#define _CRT_SECURE_NO_WARNINGS
#define WIN32_LEAN_AND_MEAN
#include <Windows.h>
#include <Psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <strsafe.h>
#include <tchar.h>

#pragma comment(lib, "psapi.lib")
#pragma warning(disable : 4996)

typedef struct _TABLE {
    PDWORD Items;
    DWORD Grown;
    SIZE_T Limit;
} TABLE, *PTABLE;

static LONG GrowFilter(LPEXCEPTION_POINTERS Pointers, PTABLE Table)
{
    PEXCEPTION_RECORD Record = Pointers->ExceptionRecord;
    ULONG_PTR Address;
    if (Record->ExceptionCode != EXCEPTION_ACCESS_VIOLATION || Record->NumberParameters < 2)
        return EXCEPTION_CONTINUE_SEARCH;
    Address = Record->ExceptionInformation[1];
    if (Address < (ULONG_PTR)Table->Items || Address >= (ULONG_PTR)Table->Items + Table->Limit)
        return EXCEPTION_EXECUTE_HANDLER;
    if (VirtualAlloc((LPVOID)Address, 1, MEM_COMMIT, PAGE_READWRITE) == NULL)
        return EXCEPTION_EXECUTE_HANDLER;
    Table->Grown++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static BOOL FillTable(PTABLE Table, DWORD Count)
{
    DWORD Index;
    BOOL Done = FALSE;
    __try {
        for (Index = 0; Index < Count; Index++)
            Table->Items[Index] = Index * Index;
        Done = TRUE;
    } __except (GrowFilter(GetExceptionInformation(), Table)) {
        _tprintf(_T("stopped by 0x%08lX\n"), GetExceptionCode());
    }
    return Done;
}

static void PrintError(LPCTSTR What, DWORD Code)
{
    LPTSTR Text = NULL;
    TCHAR Line[256];
    DWORD Length =
        FormatMessage(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                      Code, MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT), (LPTSTR)&Text, 0, NULL);
    if (SUCCEEDED(StringCchPrintf(Line, ARRAYSIZE(Line), TEXT("%s: %s (%lu)"), What, Length ? Text : _T("?"), Code)))
        _putts(Line);
    LocalFree(Text);
}

static BOOL ShareText(LPCTSTR Name)
{
    HANDLE Mapping = CreateFileMapping(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, Name);
    LPTSTR View, Again;
    BOOL Same;
    if (Mapping == NULL)
        return FALSE;
    View = (LPTSTR)MapViewOfFile(Mapping, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    Again = (LPTSTR)MapViewOfFile(Mapping, FILE_MAP_READ, 0, 0, 0);
    if (!View || !Again)
        return FALSE;
    _tcscpy_s(View, 64, _T("shared \u20AC text"));
    Same = _tcscmp(View, Again) == 0 && lstrlen(Again) == 13;
    UnmapViewOfFile(Again);
    UnmapViewOfFile(View);
    CloseHandle(Mapping);
    return Same;
}

int _tmain(int argc, _TCHAR *argv[])
{
    SYSTEM_INFO Info;
    PROCESS_MEMORY_COUNTERS_EX Counters = {0};
    TABLE Table = {NULL, 0, 64 << 20};
    UNREFERENCED_PARAMETER(argc);
    UNREFERENCED_PARAMETER(argv);

    GetSystemInfo(&Info);
    _tprintf(_T("page %lu, granularity %lu\n"), Info.dwPageSize, Info.dwAllocationGranularity);
    Table.Items = (PDWORD)VirtualAlloc(NULL, Table.Limit, MEM_RESERVE, PAGE_NOACCESS);
    if (Table.Items == NULL) {
        PrintError(_T("VirtualAlloc"), GetLastError());
        return 1;
    }
    if (!FillTable(&Table, 10000) || Table.Grown != 10 || Table.Items[9999] != 9999u * 9999u)
        return 2;
    if (!VirtualFree(Table.Items, 0, MEM_RELEASE) || !ShareText(NULL))
        return 3;
    Counters.cb = sizeof(Counters);
    if (!GetProcessMemoryInfo(GetCurrentProcess(), (PPROCESS_MEMORY_COUNTERS)&Counters, sizeof(Counters)))
        return 4;
    _tprintf(TEXT("working set %Iu, private %Iu\n"), Counters.WorkingSetSize, Counters.PrivateUsage);
    PrintError(_T("an example"), ERROR_FILE_NOT_FOUND);
    return 0;
}
