/* port_halves.c: variables that are `unsigned long` and `long` where a call wants a DWORD * or LONG *, which are the
 * same types on Windows: the whole variable holds the result, what lies beside a DWORD that was cast stays as it is,
 * and the names still stand for the functions. Builds with mingw-w64 as well. test traits: wide */
#include <windows.h>

#include <string.h>

#include "../check.h"

#ifdef __cplusplus
#pragma GCC diagnostic ignored "-Wcast-function-type"
#else
#pragma GCC diagnostic ignored "-Wincompatible-pointer-types"
#endif

/* Full of ones, as what an earlier call left on the stack may be. */
static unsigned long unset(void)
{
    volatile unsigned long value = ~0ul;
    return value;
}

static DWORD WINAPI quick(LPVOID argument)
{
    return argument ? 7u : 0x80000001u;
}

static void protections(void)
{
    unsigned char *page = (unsigned char *)VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    unsigned long old = unset();
    struct {
        DWORD old, beside;
    } pair = {0, 5};
    BOOL(WINAPI * protect)(LPVOID, SIZE_T, DWORD, PDWORD) = VirtualProtect;
    CHECK(VirtualProtect(page, 4096, PAGE_READONLY, &old) && old == PAGE_READWRITE);
    old = unset();
    CHECK(VirtualProtectEx(GetCurrentProcess(), page, 4096, PAGE_NOACCESS, &old) && old == PAGE_READONLY);
    CHECK(protect(page, 4096, PAGE_READWRITE, &pair.old) && pair.old == PAGE_NOACCESS);
    CHECK(VirtualProtect(page, 4096, PAGE_READONLY, (unsigned long *)&pair.old) && pair.old == PAGE_READWRITE);
    CHECK_EQ(pair.beside, 5);
    CHECK(!VirtualProtect(page, 4096, PAGE_READWRITE, NULL) && GetLastError() == ERROR_NOACCESS);
    CHECK(VirtualFree(page, 0, MEM_RELEASE));
}

static void threads(void)
{
    long before = -1;
    unsigned long code = unset();
    HANDLE semaphore = CreateSemaphore(NULL, 2, 9, NULL), thread = CreateThread(NULL, 0, quick, NULL, 0, NULL);
    CHECK(ReleaseSemaphore(semaphore, 1, &before) && before == 2);
    CHECK(ReleaseSemaphore(semaphore, 1, NULL) && ReleaseSemaphore(semaphore, 1, 0));
    CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && code == 0x80000001ul);
    code = unset();
    CHECK(GetExitCodeProcess(GetCurrentProcess(), &code) && code == STILL_ACTIVE);
    CloseHandle(thread);
    CloseHandle(semaphore);
}

#ifdef __cplusplus
static unsigned long __stdcall old_style(void *argument)
{
    return argument ? 0x80000003ul : 4;
}

static void starts(void)
{
    unsigned long code = unset(), number = unset();
    HANDLE thread = CreateThread(NULL, 0, old_style, &code, 0, &number);
    CHECK(number == GetThreadId(thread) && WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && code == 0x80000003ul);
    CHECK(CloseHandle(thread));
    // clang-format off
    thread = CreateThread(nullptr, 0, [](LPVOID what) -> DWORD {
        int a = 1, b = 2;
        return (DWORD)(a + b) + (what != nullptr);
    }, &code, 0, nullptr);
    // clang-format on
    CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0 && GetExitCodeThread(thread, &code) && code == 4);
    CHECK(CloseHandle(thread));
}

static long WINAPI passes(EXCEPTION_POINTERS *information)
{
    return information->ExceptionRecord->ExceptionCode == 0xE0000001 ? EXCEPTION_CONTINUE_EXECUTION
                                                                     : EXCEPTION_CONTINUE_SEARCH;
}

/* What a program may call its own. */
struct memory {
    int CreateThread(int a)
    {
        return a;
    }
    bool VirtualProtect(void *, size_t size)
    {
        return size > 1;
    }
    bool ReadFile(void *, void *, int, int *, void *)
    {
        return true;
    }
};

static void classes(void)
{
    PVOID handler = AddVectoredExceptionHandler(1, passes);
    memory own;
    decltype(&VirtualProtect) protect = reinterpret_cast<decltype(&VirtualProtect)>(VirtualProtect);
    RaiseException(0xE0000001, 0, 0, NULL);
    CHECK(RemoveVectoredExceptionHandler(handler));
    CHECK(AddVectoredExceptionHandler(1, [](PEXCEPTION_POINTERS) -> LONG { return EXCEPTION_CONTINUE_SEARCH; }) !=
          nullptr);
    ::SetUnhandledExceptionFilter(passes);
    CHECK(SetUnhandledExceptionFilter(nullptr) ==
          reinterpret_cast<LPTOP_LEVEL_EXCEPTION_FILTER>(reinterpret_cast<void *>(passes)));
    starts();
    CHECK(own.CreateThread(3) == 3);
    CHECK(own.VirtualProtect(nullptr, 2) && own.ReadFile(nullptr, nullptr, 0, nullptr, nullptr));
    CHECK(!protect(nullptr, 1, PAGE_READONLY, nullptr));
}
#else
static void classes(void)
{
    unsigned long done = unset(), number = unset(), granularity = unset();
    long high = 0;
    ULONG_PTR count = 1;
    char text[8];
    PVOID written[1];
    char directory[MAX_PATH], name[MAX_PATH];
    CHECK(GetTempPathA(sizeof directory, directory) && GetTempFileNameA(directory, "lng", 0, name));
    HANDLE file =
        CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    CHECK(WriteFile(file, "abcdef", 6, &done, NULL) && done == 6);
    CHECK(SetFilePointer(file, 2, &high, FILE_BEGIN) == 2 && high == 0);
    CHECK(SetFilePointer(file, 3, 0, FILE_BEGIN) == 3);
    done = unset();
    CHECK(ReadFile(file, text, sizeof text, &done, 0) && done == 3 && memcmp(text, "def", 3) == 0);
    done = unset();
    CHECK(GetFileSize(file, &done) == 6 && done == 0);
    CHECK(GetFileSize(file, NULL) == 6);
    CHECK(CloseHandle(file));
    HANDLE thread = CreateThread(NULL, 0, quick, &done, 0, &number);
    CHECK(thread && number == GetThreadId(thread));
    CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0 && GetExitCodeThread(thread, &done) && done == 7);
    CHECK(CloseHandle(thread));
    char *watched = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    watched[1] = 1;
    CHECK(GetWriteWatch(0, watched, 4096, written, &count, &granularity) == 0 && granularity == 4096 && count == 1);
    CHECK(VirtualFree(watched, 0, MEM_RELEASE));
}
#endif

int main(void)
{
    protections();
    threads();
    classes();
    return CHECK_DONE();
}
