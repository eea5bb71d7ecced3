/* file_big_long.c: one call transfers more than the kernel does at once (2 GiB less a page). test traits: serial,
 * no-asan (memory) */
#include <windows.h>

#include <string.h>

#include "check.h"

#define SIZE 0x80003000u

int main(void)
{
    char path[MAX_PATH];
    DWORD done = 0;
    REQUIRE(GetTempPathA(sizeof path, path) && GetTempFileNameA(path, "wmb", 0, path));
    HANDLE file =
        CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    char *buffer = VirtualAlloc(NULL, SIZE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    if (!buffer)
        SKIP("not so much memory");
    OVERLAPPED last = {.Offset = SIZE - 3}, first = {.Offset = 0};
    CHECK(WriteFile(file, "end", 3, &done, &last));
    CHECK(SetFilePointer(file, 0, NULL, FILE_BEGIN) == 0);
    CHECK(ReadFile(file, buffer, SIZE, &done, NULL));
    CHECK(done == SIZE && memcmp(buffer + SIZE - 3, "end", 3) == 0);
    CHECK_EQ(SetFilePointer(file, 0, NULL, FILE_CURRENT), SIZE);
    buffer[SIZE - 3] = 0;
    CHECK(ReadFile(file, buffer, SIZE, &done, &first));
    CHECK(done == SIZE && memcmp(buffer + SIZE - 3, "end", 3) == 0);
    CHECK(VirtualFree(buffer, 0, MEM_RELEASE) && CloseHandle(file));
    return CHECK_DONE();
}
