/* file_sparse.c: holes in files, and files read into and written from pages that lie apart. */
#include <windows.h>
#include <winioctl.h>

#include <string.h>

#include "check.h"

static char path[MAX_PATH];

static HANDLE open_file(DWORD access, DWORD flags)
{
    HANDLE file = CreateFileA(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, flags, NULL);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    return file;
}

static void holes(void)
{
    static char block[0x10000];
    FILE_ZERO_DATA_INFORMATION zero = {.FileOffset.QuadPart = 0x10000, .BeyondFinalZero.QuadPart = 0x20000};
    FILE_ALLOCATED_RANGE_BUFFER ask = {.FileOffset.QuadPart = 0, .Length.QuadPart = 0x100000}, found[4];
    HANDLE file = open_file(GENERIC_READ | GENERIC_WRITE, 0);
    DWORD done = 99, high = 1;
    CHECK(DeviceIoControl(file, FSCTL_SET_SPARSE, NULL, 0, NULL, 0, &done, NULL));
    CHECK_EQ(done, 0);
    memset(block, 'x', sizeof block);
    for (int i = 0; i < 4; i++)
        REQUIRE(WriteFile(file, block, sizeof block, &done, NULL));
    CHECK(DeviceIoControl(file, FSCTL_SET_ZERO_DATA, &zero, sizeof zero, NULL, 0, &done, NULL));
    CHECK_EQ(GetFileSize(file, NULL), 0x40000);
    SetFilePointer(file, 0x1FFFF, NULL, FILE_BEGIN);
    CHECK(ReadFile(file, block, 2, &done, NULL) && block[0] == 0 && block[1] == 'x');
    CHECK(DeviceIoControl(file, FSCTL_QUERY_ALLOCATED_RANGES, &ask, sizeof ask, found, sizeof found, &done, NULL));
    CHECK(done == 2 * sizeof *found || done == sizeof *found); /* one: the file system tells no holes */
    CHECK_EQ(found[0].FileOffset.QuadPart, 0);
    if (done == 2 * sizeof *found) {
        CHECK_EQ(found[0].Length.QuadPart, 0x10000);
        CHECK_EQ(found[1].FileOffset.QuadPart, 0x20000);
        CHECK_EQ(found[1].Length.QuadPart, 0x20000);
        CHECK(
            !DeviceIoControl(file, FSCTL_QUERY_ALLOCATED_RANGES, &ask, sizeof ask, found, sizeof *found, &done, NULL));
        CHECK_EQ(GetLastError(), ERROR_MORE_DATA);
        CHECK_EQ(done, sizeof *found);
        CHECK(GetCompressedFileSizeA(path, &high) < 0x40000 && high == 0);
    }
    CHECK_EQ(SetFilePointer(file, 0, NULL, FILE_CURRENT), 0x20001);
    zero.BeyondFinalZero.QuadPart = 1;
    CHECK(!DeviceIoControl(file, FSCTL_SET_ZERO_DATA, &zero, sizeof zero, NULL, 0, &done, NULL));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(!DeviceIoControl(file, IOCTL_DISK_GET_DRIVE_GEOMETRY, NULL, 0, found, sizeof found, &done, NULL));
    CHECK_EQ(GetLastError(), ERROR_INVALID_FUNCTION);
    CloseHandle(file);
    file = open_file(GENERIC_READ, 0);
    zero.BeyondFinalZero.QuadPart = 0x20000;
    CHECK(!DeviceIoControl(file, FSCTL_SET_ZERO_DATA, &zero, sizeof zero, NULL, 0, &done, NULL));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CloseHandle(file);
}

static void scattered(void)
{
    FILE_SEGMENT_ELEMENT pages[5] = {0}, other[5] = {0};
    OVERLAPPED at = {.Offset = 0x1000, .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD done = 0;
    char *memory = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    HANDLE file = open_file(GENERIC_READ | GENERIC_WRITE, FILE_FLAG_OVERLAPPED | FILE_FLAG_NO_BUFFERING);
    for (int i = 0; i < 4; i++) {
        pages[i].Buffer = memory + 0x2000 * i;
        other[i].Buffer = memory + 0x2000 * (3 - i) + 0x1000;
        memset(pages[i].Buffer, '0' + i, 0x1000);
    }
    if (!WriteFileGather(file, pages, 0x4000, NULL, &at))
        CHECK_EQ(GetLastError(), ERROR_IO_PENDING);
    CHECK(GetOverlappedResult(file, &at, &done, TRUE) && done == 0x4000);
    ResetEvent(at.hEvent);
    if (!ReadFileScatter(file, other, 0x4000, NULL, &at))
        CHECK_EQ(GetLastError(), ERROR_IO_PENDING);
    CHECK(GetOverlappedResult(file, &at, &done, TRUE) && done == 0x4000);
    CHECK_EQ(WaitForSingleObject(at.hEvent, 0), WAIT_OBJECT_0);
    for (int i = 0; i < 4; i++)
        CHECK(!memcmp(pages[i].Buffer, other[i].Buffer, 0x1000));
    CHECK(memory[0x7000] == '0' && memory[0x1FFF] == '3');
    CHECK(!ReadFileScatter(file, other, 0x4001, NULL, &at));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CloseHandle(file);
    file = open_file(GENERIC_READ, FILE_FLAG_OVERLAPPED);
    CHECK(!ReadFileScatter(file, other, 0x4000, NULL, &at));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CloseHandle(file);
    CloseHandle(at.hEvent);
}

/* Another handle to the same file; a port that is not told of what the call tells. */
static void reopened(void)
{
    char text[4];
    DWORD done;
    ULONG_PTR key;
    LPOVERLAPPED got;
    OVERLAPPED at = {0};
    HANDLE file = open_file(GENERIC_READ, FILE_FLAG_OVERLAPPED);
    HANDLE port = CreateIoCompletionPort(file, NULL, 5, 0);
    HANDLE writer = ReOpenFile(file, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, 0);
    REQUIRE(port && writer != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(writer, "abcd", 4, &done, NULL) && done == 4);
    CHECK(!ReadFile(writer, text, 4, &done, NULL));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK(!SetFileCompletionNotificationModes(file, 0x80));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(SetFileCompletionNotificationModes(file, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    if (ReadFile(file, text, 4, NULL, &at)) {
        CHECK(!GetQueuedCompletionStatus(port, &done, &key, &got, 0));
        CHECK_EQ(GetLastError(), WAIT_TIMEOUT);
    }
    CHECK(PostQueuedCompletionStatus(port, 1, 2, NULL) && GetQueuedCompletionStatus(port, &done, &key, &got, 0));
    CHECK(ReOpenFile(file, GENERIC_READ, 0, 0) == INVALID_HANDLE_VALUE);
    CHECK_EQ(GetLastError(), ERROR_SHARING_VIOLATION);
    CloseHandle(writer);
    CloseHandle(port);
    CloseHandle(file);
}

int main(void)
{
    char folder[MAX_PATH];
    REQUIRE(GetTempPathA(sizeof folder, folder) && GetTempFileNameA(folder, "spr", 0, path));
    holes();
    scattered();
    reopened();
    CHECK(DeleteFileA(path));
    return CHECK_DONE();
}
