/* native_calls.c: native calls on files, events, threads and heaps, found by name as programs find them. */
#include <windows.h>
#include <winternl.h>

#include <stdio.h>
#include <string.h>

#include "check.h"

#define FIND(variable, name)                                                                                           \
    do {                                                                                                               \
        *(FARPROC *)&(variable) = GetProcAddress(GetModuleHandleA("ntdll.dll"), name);                                 \
        REQUIRE(variable);                                                                                             \
    } while (0)

static char path[MAX_PATH];

static void name_file(UNICODE_STRING *name, WCHAR *room)
{
    char text[MAX_PATH + 8];
    int length = snprintf(text, sizeof text, "\\??\\%s", path);
    for (int i = 0; i <= length; i++)
        room[i] = (WCHAR)text[i];
    RtlInitUnicodeString(name, room);
}

static void files(void)
{
    NTSTATUS(NTAPI * read)(HANDLE, HANDLE, PVOID, PVOID, PIO_STATUS_BLOCK, PVOID, ULONG, PLARGE_INTEGER, PULONG);
    NTSTATUS(NTAPI * write)(HANDLE, HANDLE, PVOID, PVOID, PIO_STATUS_BLOCK, PVOID, ULONG, PLARGE_INTEGER, PULONG);
    NTSTATUS(NTAPI * query)(HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG, int);
    NTSTATUS(NTAPI * set)(HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG, int);
    FIND(read, "NtReadFile");
    FIND(write, "NtWriteFile");
    FIND(query, "NtQueryInformationFile");
    FIND(set, "NtSetInformationFile");
    UNICODE_STRING name;
    WCHAR room[MAX_PATH + 8];
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK block;
    HANDLE file = NULL, again = NULL, section = NULL;
    LARGE_INTEGER offset = {.QuadPart = 2}, standard[3];
    char text[8] = "";
    name_file(&name, room);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    SetLastError(77);
    CHECK_EQ((DWORD)NtOpenFile(&file, GENERIC_READ | SYNCHRONIZE, &attributes, &block, FILE_SHARE_READ,
                               FILE_SYNCHRONOUS_IO_NONALERT),
             0xC0000034u); /* STATUS_OBJECT_NAME_NOT_FOUND */
    REQUIRE(NtCreateFile(&file, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &block, NULL,
                         FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ, 3, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0) == 0);
    CHECK_EQ(block.Information, 2); /* made */
    CHECK_EQ(write(file, NULL, NULL, NULL, &block, (PVOID) "abcdef", 6, NULL, NULL), 0);
    CHECK_EQ(block.Information, 6);
    CHECK_EQ(read(file, NULL, NULL, NULL, &block, text, 3, &offset, NULL), 0);
    CHECK(!memcmp(text, "cde", 3) && block.Information == 3);
    CHECK_EQ(query(file, &block, standard, sizeof standard, 5), 0);
    CHECK(standard[1].QuadPart == 6);
    CHECK_EQ((DWORD)query(file, &block, standard, 4, 5), 0xC0000004u);
    offset.QuadPart = 6;
    CHECK_EQ((DWORD)read(file, NULL, NULL, NULL, &block, text, 3, &offset, NULL), 0xC0000011u); /* its end */
    offset.QuadPart = 5000;
    CHECK_EQ(set(file, &block, &offset, sizeof offset, 20), 0);
    CHECK_EQ(
        (DWORD)NtCreateFile(&again, GENERIC_WRITE, &attributes, &block, NULL, 0, FILE_SHARE_READ, 1, 0x20, NULL, 0),
        0xC0000043u); /* STATUS_SHARING_VIOLATION */
    CHECK_EQ((DWORD)NtCreateFile(&again, GENERIC_READ, &attributes, &block, NULL, 0, 7, 2, 0x20, NULL, 0), 0xC0000035u);
    CHECK_EQ(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE, SEC_COMMIT, file), 0);
    CHECK_EQ(GetLastError(), 77);
    NtClose(section);
    NtClose(file);
}

static DWORD WINAPI wait_and_tell(LPVOID event)
{
    return WaitForSingleObject(event, 20000) == WAIT_OBJECT_0 ? 5 : 6;
}

static void threads(void)
{
    NTSTATUS(NTAPI * set)(HANDLE, LONG *);
    NTSTATUS(NTAPI * reset)(HANDLE, LONG *);
    NTSTATUS(NTAPI * wait)(ULONG, HANDLE *, ULONG, BOOLEAN, PLARGE_INTEGER);
    NTSTATUS(NTAPI * about)(HANDLE, int, PVOID, ULONG, PULONG);
    NTSTATUS(NTAPI * create)
    (PHANDLE, ACCESS_MASK, PVOID, HANDLE, PVOID, PVOID, ULONG, SIZE_T, SIZE_T, SIZE_T, PVOID);
    NTSTATUS(NTAPI * resume)(HANDLE, PULONG);
    FIND(set, "NtSetEvent");
    FIND(reset, "NtResetEvent");
    FIND(wait, "NtWaitForMultipleObjects");
    FIND(about, "NtQueryInformationThread");
    FIND(create, "NtCreateThreadEx");
    FIND(resume, "NtResumeThread");
    LARGE_INTEGER none = {.QuadPart = 0};
    LONG before = 9;
    ULONG count = 9, length = 0;
    struct {
        NTSTATUS exit;
        PVOID teb, process, thread;
        ULONG_PTR affinity;
        LONG priority, base;
    } basic;
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), thread = NULL, both[2];
    CHECK(set(event, &before) == 0 && before == 0);
    CHECK(reset(event, &before) == 0 && before == 1);
    CHECK_EQ(create(&thread, THREAD_ALL_ACCESS, NULL, GetCurrentProcess(), (PVOID)(ULONG_PTR)wait_and_tell, event, 1, 0,
                    0, 0, NULL),
             0);
    both[0] = event;
    both[1] = thread;
    CHECK_EQ(wait(2, both, 1, FALSE, &none), 0x102);
    CHECK(resume(thread, &count) == 0 && count == 1);
    CHECK_EQ(about(thread, 0, &basic, sizeof basic, &length), 0);
    CHECK(length == 48 && basic.exit == 0x103 && basic.thread == (PVOID)(ULONG_PTR)GetThreadId(thread));
    CHECK(basic.process == (PVOID)(ULONG_PTR)GetCurrentProcessId());
    CHECK_EQ(set(event, NULL), 0);
    CHECK_EQ(wait(2, both, 0, FALSE, NULL), 0);
    CHECK(about(thread, 0, &basic, sizeof basic, NULL) == 0 && basic.exit == 5);
    CHECK_EQ((DWORD)about(thread, 0, &basic, 8, NULL), 0xC0000004u);
    CHECK(about(GetCurrentThread(), 0, &basic, sizeof basic, NULL) == 0 && basic.teb == (PVOID)NtCurrentTeb());
    CHECK_EQ((DWORD)wait(0, both, 1, FALSE, &none), 0xC00000EFu); /* STATUS_INVALID_PARAMETER_1 */
    CloseHandle(thread);
    CHECK_EQ((DWORD)set(thread, NULL), 0xC0000008u);
    CloseHandle(event);
}

static NTSTATUS NTAPI count_heap(PVOID heap, PVOID context)
{
    ++*(int *)context;
    return heap ? 0 : -1;
}

static void heaps(void)
{
    ULONG(NTAPI * list)(ULONG, PVOID *);
    NTSTATUS(NTAPI * visit)(PVOID, PVOID);
    NTSTATUS(NTAPI * query)(PVOID, int, PVOID, SIZE_T, PSIZE_T);
    BOOLEAN(NTAPI * lock)(PVOID);
    BOOLEAN(NTAPI * unlock)(PVOID);
    ULONG(NTAPI * many)(PVOID, ULONG, SIZE_T, ULONG, PVOID *);
    ULONG(NTAPI * free_many)(PVOID, ULONG, ULONG, PVOID *);
    FIND(list, "RtlGetProcessHeaps");
    FIND(visit, "RtlEnumProcessHeaps");
    FIND(query, "RtlQueryHeapInformation");
    FIND(lock, "RtlLockHeap");
    FIND(unlock, "RtlUnlockHeap");
    FIND(many, "RtlMultipleAllocateHeap");
    FIND(free_many, "RtlMultipleFreeHeap");
    VOID(NTAPI * zero)(PVOID, SIZE_T);
    VOID(NTAPI * move)(PVOID, const VOID *, SIZE_T);
    FIND(zero, "RtlZeroMemory");
    FIND(move, "RtlMoveMemory");
    HANDLE heap = HeapCreate(0, 0, 0);
    char text[] = "abcdef";
    PVOID heaps[64], blocks[10];
    int visited = 0;
    ULONG kind = 99;
    SIZE_T length = 0;
    ULONG count = list(64, heaps);
    CHECK(count >= 2);
    CHECK(visit((PVOID)(ULONG_PTR)count_heap, &visited) == 0 && (ULONG)visited == count);
    CHECK(lock(heap) && unlock(heap));
    CHECK(query(heap, 0, &kind, sizeof kind, &length) == 0 && length == 4 && kind != 99);
    CHECK_EQ((DWORD)query(heap, 0, &kind, 2, &length), 0xC0000023u);
    CHECK(many(heap, HEAP_ZERO_MEMORY, 100, 10, blocks) == 10 && ((char *)blocks[9])[99] == 0);
    CHECK_EQ(free_many(heap, 0, 10, blocks), 10);
    HeapDestroy(heap);
    move(text + 1, text, 4);
    CHECK(!strcmp(text, "aabcdf"));
    zero(text, sizeof text);
    CHECK(!text[0] && !text[5]);
}

static DWORD WINAPI stays(LPVOID event)
{
    return WaitForSingleObject(event, 20000);
}

static void objects(void)
{
    NTSTATUS(NTAPI * release)(HANDLE, LONG, PLONG);
    NTSTATUS(NTAPI * clear)(HANDLE);
    NTSTATUS(NTAPI * suspend)(HANDLE, PULONG);
    NTSTATUS(NTAPI * resume)(HANDLE, PULONG);
    NTSTATUS(NTAPI * counter)(PLARGE_INTEGER, PLARGE_INTEGER);
    NTSTATUS(NTAPI * init)(PRTL_CRITICAL_SECTION);
    NTSTATUS(NTAPI * enter)(PRTL_CRITICAL_SECTION);
    ULONG(NTAPI * try)(PRTL_CRITICAL_SECTION);
    NTSTATUS(NTAPI * leave)(PRTL_CRITICAL_SECTION);
    NTSTATUS(NTAPI * end)(PRTL_CRITICAL_SECTION);
    VOID(NTAPI * set_error)(LONG);
    FIND(release, "NtReleaseSemaphore");
    FIND(clear, "NtClearEvent");
    FIND(suspend, "NtSuspendThread");
    FIND(resume, "NtResumeThread");
    FIND(counter, "NtQueryPerformanceCounter");
    FIND(init, "RtlInitializeCriticalSection");
    FIND(enter, "RtlEnterCriticalSection");
    FIND(try, "RtlTryEnterCriticalSection");
    FIND(leave, "RtlLeaveCriticalSection");
    FIND(end, "RtlDeleteCriticalSection");
    FIND(set_error, "RtlSetLastWin32Error");
    LONG previous = -1;
    ULONG count = 9;
    HANDLE semaphore = CreateSemaphoreA(NULL, 1, 3, NULL), event = CreateEventA(NULL, TRUE, TRUE, NULL);
    SetLastError(77);
    CHECK(release(semaphore, 2, &previous) == 0 && previous == 1);
    CHECK_EQ((DWORD)release(semaphore, 1, &previous), 0xC0000047u); /* STATUS_SEMAPHORE_LIMIT_EXCEEDED */
    CHECK_EQ((DWORD)release(event, 1, NULL), 0xC0000024u);          /* STATUS_OBJECT_TYPE_MISMATCH */
    CHECK(clear(event) == 0 && WaitForSingleObject(event, 0) == WAIT_TIMEOUT);
    HANDLE thread = CreateThread(NULL, 0, stays, event, CREATE_SUSPENDED, NULL);
    REQUIRE(thread);
    CHECK(suspend(thread, &count) == 0 && count == 1);
    CHECK(resume(thread, &count) == 0 && count == 2);
    CHECK(resume(thread, NULL) == 0);
    SetEvent(event);
    CHECK_EQ(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
    CHECK_EQ((DWORD)suspend(event, &count), 0xC0000024u);
    LARGE_INTEGER now = {.QuadPart = 0}, frequency = {.QuadPart = 0};
    CHECK(counter(&now, &frequency) == 0 && now.QuadPart > 0 && frequency.QuadPart > 0);
    RTL_CRITICAL_SECTION section;
    CHECK(init(&section) == 0 && enter(&section) == 0 && try(&section) && section.RecursionCount == 2);
    CHECK(leave(&section) == 0 && leave(&section) == 0 && section.OwningThread == NULL && end(&section) == 0);
    CHECK_EQ(GetLastError(), 77);
    set_error(78);
    CHECK_EQ(GetLastError(), 78);
    CloseHandle(thread);
    CloseHandle(event);
    CloseHandle(semaphore);
}

int main(void)
{
    char folder[MAX_PATH];
    REQUIRE(GetTempPathA(sizeof folder, folder) && GetTempFileNameA(folder, "nat", 0, path) && DeleteFileA(path));
    files();
    threads();
    heaps();
    objects();
    CHECK(DeleteFileA(path));
    return CHECK_DONE();
}
