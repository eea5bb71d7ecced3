/* What programs ask about processors, threads and processes besides memory; barriers; transfers told by a procedure. */
#include "check.h"

#include <windows.h>
#include <winternl.h>

#include <string.h>

static void processors(void)
{
    DWORD length = 0, cores = 0, active = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
    ULONG_PTR all = 0;
    CHECK(active >= 1 && GetMaximumProcessorCount(0) >= active);
    CHECK_EQ(GetActiveProcessorGroupCount(), 1);
    CHECK(!GetLogicalProcessorInformation(NULL, &length));
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    CHECK(length >= sizeof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION));
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION *plain = malloc(length);
    REQUIRE(plain && GetLogicalProcessorInformation(plain, &length));
    for (DWORD i = 0; i < length / sizeof *plain; i++) {
        CHECK(plain[i].ProcessorMask != 0);
        if (plain[i].Relationship != RelationProcessorCore)
            continue;
        CHECK_EQ(all & plain[i].ProcessorMask, 0);
        all |= plain[i].ProcessorMask;
        cores++;
    }
    CHECK(cores >= 1 && cores <= 64);
    free(plain);
    length = 0;
    CHECK(!GetLogicalProcessorInformationEx(RelationAll, NULL, &length));
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    char *buffer = malloc(length);
    REQUIRE(buffer && GetLogicalProcessorInformationEx(RelationAll, (PVOID)buffer, &length));
    DWORD at = 0, cores_again = 0, groups = 0;
    while (at < length) {
        SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *entry = (PVOID)(buffer + at);
        REQUIRE(entry->Size > 8);
        cores_again += entry->Relationship == RelationProcessorCore;
        if (entry->Relationship == RelationGroup) {
            groups++;
            CHECK_EQ(entry->Group.GroupInfo[0].ActiveProcessorMask & all, all);
        }
        at += entry->Size;
    }
    CHECK_EQ(at, length);
    CHECK_EQ(cores_again, cores);
    CHECK_EQ(groups, 1);
    free(buffer);
    PROCESSOR_NUMBER number;
    GetCurrentProcessorNumberEx(&number);
    CHECK_EQ(number.Group, 0);
}

static void processes(void)
{
    BOOL wow64 = TRUE;
    DWORD before = 0, after = 0;
    FILETIME creation, end, kernel, user, idle;
    CHECK(IsWow64Process(GetCurrentProcess(), &wow64) && !wow64);
    CHECK(GetProcessHandleCount(GetCurrentProcess(), &before));
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    CHECK(GetProcessHandleCount(GetCurrentProcess(), &after));
    CHECK_EQ(after, before + 1);
    CloseHandle(event);
    CHECK_EQ(GetPriorityClass(GetCurrentProcess()), NORMAL_PRIORITY_CLASS);
    CHECK(SetPriorityClass(GetCurrentProcess(), HIGH_PRIORITY_CLASS));
    CHECK_EQ(GetPriorityClass(GetCurrentProcess()), HIGH_PRIORITY_CLASS);
    CHECK(!SetPriorityClass(GetCurrentProcess(), 3));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(GetThreadTimes(GetCurrentThread(), &creation, &end, &kernel, &user));
    CHECK(creation.dwHighDateTime != 0);
    CHECK(GetSystemTimes(&idle, &kernel, &user));
    STARTUPINFOA startup;
    GetStartupInfoA(&startup);
    CHECK_EQ(startup.cb, sizeof startup);
    int data;
    CHECK(DecodePointer(EncodePointer(&data)) == &data);
    CHECK(EncodePointer(&data) != &data);
    CHECK(SetThreadIdealProcessor(GetCurrentThread(), 0) != (DWORD)-1);
}

static void descriptions(void)
{
    static const WCHAR name[] = {'w', 'o', 'r', 'k', 'e', 'r', 0};
    PWSTR told = NULL;
    CHECK(SetThreadDescription(GetCurrentThread(), name) >= 0);
    CHECK(GetThreadDescription(GetCurrentThread(), &told) >= 0);
    CHECK(told && memcmp(told, name, sizeof name) == 0);
    LocalFree(told);
}

enum { THREADS = 6, ROUNDS = 50 };
static SYNCHRONIZATION_BARRIER barrier;
static volatile LONG arrived, last;

static DWORD WINAPI meets(LPVOID unused)
{
    (void)unused;
    for (int i = 1; i <= ROUNDS; i++) {
        InterlockedIncrement(&arrived);
        if (EnterSynchronizationBarrier(&barrier, 0))
            InterlockedIncrement(&last);
        if (arrived < i * THREADS)
            return 1;
    }
    return 0;
}

static void barriers(void)
{
    HANDLE thread[THREADS];
    DWORD code;
    CHECK(!InitializeSynchronizationBarrier(&barrier, 0, -1));
    REQUIRE(InitializeSynchronizationBarrier(&barrier, THREADS, -1));
    for (int i = 0; i < THREADS; i++)
        thread[i] = CreateThread(NULL, 0, meets, NULL, 0, NULL);
    CHECK_EQ(WaitForMultipleObjects(THREADS, thread, TRUE, INFINITE), WAIT_OBJECT_0);
    for (int i = 0; i < THREADS; i++) {
        CHECK(GetExitCodeThread(thread[i], &code) && code == 0);
        CloseHandle(thread[i]);
    }
    CHECK_EQ(last, ROUNDS);
    CHECK(DeleteSynchronizationBarrier(&barrier));
}

/* Who came last deletes it at once, and its memory goes. */
static DWORD WINAPI leaves(LPVOID memory)
{
    if (!EnterSynchronizationBarrier(memory, 0))
        return 0;
    return DeleteSynchronizationBarrier(memory) && VirtualFree(memory, 0, MEM_RELEASE);
}

static void barriers_that_go(void)
{
    for (int round = 0; round < 40; round++) {
        HANDLE thread[THREADS];
        DWORD code, lasts = 0;
        LPSYNCHRONIZATION_BARRIER memory = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        REQUIRE(memory && InitializeSynchronizationBarrier(memory, THREADS, -1));
        for (int i = 0; i < THREADS; i++)
            thread[i] = CreateThread(NULL, 0, leaves, memory, 0, NULL);
        CHECK_EQ(WaitForMultipleObjects(THREADS, thread, TRUE, INFINITE), WAIT_OBJECT_0);
        for (int i = 0; i < THREADS; i++) {
            lasts += GetExitCodeThread(thread[i], &code) ? code : 99;
            CloseHandle(thread[i]);
        }
        CHECK_EQ(lasts, 1);
    }
}

static OVERLAPPED *told_of;
static DWORD told_bytes;

static VOID CALLBACK ended(DWORD error, DWORD bytes, LPOVERLAPPED overlapped)
{
    CHECK_EQ(error, NO_ERROR);
    told_bytes = bytes;
    told_of = overlapped;
}

static void transfers(void)
{
    char directory[MAX_PATH], name[MAX_PATH], text[8] = "";
    OVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY entries[8];
    ULONG removed = 0;
    CHECK(GetTempPathA(sizeof directory, directory) != 0 && GetTempFileNameA(directory, "svy", 0, name) != 0);
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                              FILE_FLAG_OVERLAPPED | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    overlapped.hEvent = (HANDLE)(ULONG_PTR)0x1235; /* the program's own here */
    CHECK(WriteFileEx(file, "winmem", 6, &overlapped, ended));
    CHECK(told_of == NULL);
    CHECK_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    CHECK(told_of == &overlapped && told_bytes == 6 && overlapped.hEvent == (HANDLE)(ULONG_PTR)0x1235);
    told_of = NULL;
    overlapped.Offset = 3;
    CHECK(ReadFileEx(file, text, 3, &overlapped, ended));
    CHECK_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    CHECK(told_of == &overlapped && memcmp(text, "mem", 3) == 0);
    CloseHandle(file);

    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    REQUIRE(port);
    for (ULONG_PTR i = 0; i < 5; i++)
        CHECK(PostQueuedCompletionStatus(port, (DWORD)i, i * 10, NULL));
    CHECK(GetQueuedCompletionStatusEx(port, entries, 1, &removed, 0, FALSE));
    CloseHandle(port);
}

static void images(void)
{
    MEMORY_IMAGE_INFORMATION image;
    SIZE_T returned = 0;
    NTSTATUS status = NtQueryVirtualMemory(GetCurrentProcess(), (PVOID)(ULONG_PTR)images, MemoryImageInformation,
                                           &image, sizeof image, &returned);
    CHECK_EQ(status, 0);
    CHECK((ULONG_PTR)images - (ULONG_PTR)image.ImageBase < image.SizeOfImage);
    CHECK_EQ(returned, sizeof image);
}

static void native(void)
{
    ULONG coarsest, finest, current, words[8];
    LARGE_INTEGER none = {0}, soon;
    HANDLE event = CreateEventA(NULL, FALSE, TRUE, NULL);
    soon.QuadPart = -20000;
    CHECK_EQ(NtWaitForSingleObject(event, FALSE, NULL), 0);
    CHECK_EQ(NtWaitForSingleObject(event, FALSE, &none), (NTSTATUS)0x102);
    CHECK_EQ(NtWaitForSingleObject(event, TRUE, &soon), (NTSTATUS)0x102);
    CHECK_EQ(NtWaitForSingleObject((HANDLE)0x7ffc, FALSE, &none), (NTSTATUS)0xC0000008);
    CHECK_EQ(NtDelayExecution(FALSE, &soon), 0);
    CHECK_EQ(NtQueryTimerResolution(&coarsest, &finest, &current), 0);
    CHECK(coarsest >= current && current >= finest);
    RtlFillMemoryUlong(words, sizeof words, 0xFEEEFEEE);
    CHECK_EQ(RtlCompareMemoryUlong(words, sizeof words, 0xFEEEFEEE), sizeof words);
    words[5] = 0;
    CHECK_EQ(RtlCompareMemoryUlong(words, sizeof words, 0xFEEEFEEE), 20);
    FlushProcessWriteBuffers();
    CloseHandle(event);
}

int main(void)
{
    processors();
    processes();
    descriptions();
    barriers();
    barriers_that_go();
    transfers();
    images();
    native();
    return CHECK_DONE();
}
