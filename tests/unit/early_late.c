/* Memory calls before main, in constructors that run among the first, and after it, in atexit functions and
 * destructors. */
#include <windows.h>

#include <stdlib.h>
#include <unistd.h>

#include "check.h"

static LONG CALLBACK repair(EXCEPTION_POINTERS *pointers)
{
    DWORD old;
    return VirtualProtect((void *)pointers->ExceptionRecord->ExceptionInformation[1], 1, PAGE_READWRITE, &old)
               ? EXCEPTION_CONTINUE_EXECUTION
               : EXCEPTION_CONTINUE_SEARCH;
}

static BOOL use(void)
{
    char *memory = VirtualAlloc(NULL, 65536, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    void *block = HeapAlloc(GetProcessHeap(), 0, 100);
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 65536, NULL);
    char *view = section ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0) : NULL;
    if (!memory || !block || !view)
        return FALSE;
    *(volatile char *)memory = 1; /* an exception, repaired */
    view[0] = 1;
    return UnmapViewOfFile(view) && CloseHandle(section) && HeapFree(GetProcessHeap(), 0, block) &&
           VirtualFree(memory, 0, MEM_RELEASE);
}

static BOOL early;

__attribute__((constructor(101))) static void first(void)
{
    early = AddVectoredExceptionHandler(1, repair) != NULL && use();
}

static void at_exit(void)
{
    if (!use())
        _exit(2);
}

__attribute__((destructor(101))) static void last(void)
{
    if (!use())
        _exit(3);
}

int main(void)
{
    CHECK(early);
    CHECK(use());
    CHECK(atexit(at_exit) == 0);
    return CHECK_DONE();
}
