/* test traits: no-asan (there the library's objects are malloc's, so that wrong uses are seen) */
/* Calls that need no memory of the program's on Windows need no malloc: a thread may be suspended inside it, and the
 * one that is to resume it makes events, opens files, asks. And the memory that they take instead, by itself. */
#include <windows.h>

#include <psapi.h>
#include <stdbool.h>
#include <string.h>
#include <tlhelp32.h>

#include "check.h"
#include "host/own.h"

/* The C library's, seen on their way by the thread that watches. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void __libc_free(void *memory);

static __thread bool watching;
static __thread unsigned seen;

void *malloc(size_t size)
{
    seen += watching;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    seen += watching;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    seen += watching;
    return __libc_realloc(old, size);
}

void free(void *memory)
{
    seen += watching && memory;
    __libc_free(memory);
}

#define QUIET(...)                                                                                                     \
    do {                                                                                                               \
        seen = 0;                                                                                                      \
        watching = true;                                                                                               \
        bool done = (__VA_ARGS__);                                                                                     \
        watching = false;                                                                                              \
        CHECK(done);                                                                                                   \
        CHECK_EQ(seen, 0);                                                                                             \
    } while (0)

static DWORD WINAPI waits(void *event)
{
    return WaitForSingleObject(event, INFINITE);
}

static void WINAPI nothing(ULONG_PTR unused)
{
    (void)unused;
}

static void of_threads(HANDLE event)
{
    HANDLE thread = CreateThread(NULL, 0, waits, event, 0, NULL), snapshot = NULL, opened = NULL;
    CONTEXT context = {.ContextFlags = CONTEXT_CONTROL};
    FILETIME times[4];
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    PWSTR name;
    REQUIRE(thread);
    Sleep(1);
    QUIET(SuspendThread(thread) == 0);
    QUIET(GetThreadContext(thread, &context));
    QUIET(GetThreadTimes(thread, &times[0], &times[1], &times[2], &times[3]));
    QUIET((opened = OpenThread(THREAD_ALL_ACCESS, FALSE, GetThreadId(thread))) != NULL);
    QUIET(QueueUserAPC(nothing, thread, 0));
    QUIET((snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD | TH32CS_SNAPPROCESS, 0)) != INVALID_HANDLE_VALUE);
    QUIET(Thread32First(snapshot, &entry) && CloseHandle(snapshot));
    QUIET(SUCCEEDED(SetThreadDescription(thread, u"one")) && SUCCEEDED(GetThreadDescription(thread, &name)) &&
          !LocalFree(name));
    QUIET(ResumeThread(opened) == 1 && CloseHandle(opened));
    SetEvent(event);
    CHECK_EQ(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
    QUIET(CloseHandle(thread));
}

static void of_objects(void)
{
    HANDLE made[6] = {NULL}, process = NULL;
    DWORD moved, count, ids[64];
    char path[MAX_PATH], folder[MAX_PATH], byte = 1;
    WIN32_FIND_DATAA found;
    OVERLAPPED *ended;
    ULONG_PTR key;
    void *view = NULL;
    REQUIRE(GetTempPathA(sizeof folder, folder) && GetTempFileNameA(folder, "own", 0, path));
    QUIET((made[0] = CreateEventA(NULL, TRUE, FALSE, "winmem-test-own-event")) != NULL);
    QUIET((made[1] = CreateMutexW(NULL, FALSE, NULL)) && (made[2] = CreateSemaphoreA(NULL, 1, 2, NULL)));
    QUIET((made[3] = CreateWaitableTimerA(NULL, FALSE, NULL)) && (made[4] = CreateJobObjectA(NULL, NULL)));
    QUIET((process = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, GetCurrentProcessId())) && CloseHandle(process));
    for (int i = 0; i < 5; i++)
        QUIET(CloseHandle(made[i]));
    QUIET((made[0] = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL)) !=
          INVALID_HANDLE_VALUE);
    QUIET(WriteFile(made[0], &byte, 1, &moved, NULL) && LockFile(made[0], 0, 0, 1, 0) &&
          UnlockFile(made[0], 0, 0, 1, 0));
    QUIET((made[1] = CreateFileMappingA(made[0], NULL, PAGE_READWRITE, 0, 1, NULL)) &&
          (view = MapViewOfFile(made[1], FILE_MAP_WRITE, 0, 0, 0)) && UnmapViewOfFile(view));
    QUIET((made[2] = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 1, "winmem-test-own-section")) &&
          CloseHandle(made[2]) && CloseHandle(made[1]) && CloseHandle(made[0]));
    QUIET(CreatePipe(&made[0], &made[1], NULL, 0) && CloseHandle(made[0]) && CloseHandle(made[1]));
    QUIET((made[0] = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0)) &&
          PostQueuedCompletionStatus(made[0], 1, 2, NULL) &&
          GetQueuedCompletionStatus(made[0], &moved, &key, &ended, 0) && CloseHandle(made[0]));
    QUIET((made[0] = FindFirstFileA(path, &found)) != INVALID_HANDLE_VALUE && FindClose(made[0]));
    QUIET(DeleteFileA(path));
    QUIET(EnumProcesses(ids, sizeof ids, &count) && count);
    QUIET(GetModuleFileNameExA(GetCurrentProcess(), NULL, path, sizeof path) != 0);
    QUIET(GetProcessHandleCount(GetCurrentProcess(), &count) && count);
}

static bool is_all(const unsigned char *bytes, size_t count, unsigned char value)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != value)
            return false;
    return true;
}

/* Sizes on both sides of each step: what stands in one piece is not in another. */
static void pieces(void)
{
    static unsigned char *piece[200];
    static size_t size[200];
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 200; i++) {
            size[i] = i < 120 ? i * 7 : ((size_t)1 << (8 + i % 12)) + i % 5 - 2;
            piece[i] = i % 2 ? host_own_take(size[i]) : host_own_zero(1, size[i]);
            REQUIRE(piece[i] && (uintptr_t)piece[i] % 16 == 0);
            CHECK(i % 2 || is_all(piece[i], size[i], 0));
            memset(piece[i], (int)i, size[i]);
        }
        for (unsigned i = 0; i < 200; i++) {
            piece[i] = host_own_grow(piece[i], size[i] * 2 + 1);
            REQUIRE(piece[i]);
            CHECK(is_all(piece[i], size[i], (unsigned char)i));
            memset(piece[i], (int)i, size[i] * 2 + 1);
        }
        for (unsigned i = 0; i < 200; i++) {
            CHECK(is_all(piece[i], size[i] * 2 + 1, (unsigned char)i));
            host_own_give(piece[i]);
        }
    }
    CHECK(!host_own_zero(SIZE_MAX / 2, 4));
    CHECK(!host_own_take(SIZE_MAX - 8));
    char *text = host_own_part("abcdef", 3), *whole = host_own_text("abc");
    CHECK(strcmp(text, "abc") == 0 && strcmp(whole, "abc") == 0);
    host_own_give(text);
    host_own_give(whole);
    host_own_give(NULL);
}

int main(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    REQUIRE(event);
    CloseHandle(OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, GetCurrentProcessId())); /* the first starts a thread */
    pieces();
    of_threads(event);
    of_objects();
    CloseHandle(event);
    return CHECK_DONE();
}
