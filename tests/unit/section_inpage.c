/* section_inpage.c: a mapped file that lost its bytes to another program raises STATUS_IN_PAGE_ERROR. */
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS

#include <ntstatus.h>
#include <unistd.h>

#include "check.h"

int main(void)
{
    char temp[MAX_PATH], name[MAX_PATH];
    REQUIRE(GetTempPathA(sizeof(temp), temp) && GetTempFileNameA(temp, "wmi", 0, name));
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING,
                              FILE_FLAG_DELETE_ON_CLOSE, NULL);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0x10000, NULL);
    volatile char *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    REQUIRE(view);
    volatile DWORD code = 0;
    CHECK_EQ(view[0x8000], 0);
    REQUIRE(truncate(name, 4096) == 0);
    __try {
        (void)view[0x8000];
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        code = GetExceptionCode();
    }
    CHECK_EQ(code, (DWORD)STATUS_IN_PAGE_ERROR);
    CHECK_EQ(view[100], 0); /* what is left is still there */
    CHECK(UnmapViewOfFile((const void *)view));
    CHECK(CloseHandle(section));
    CHECK(CloseHandle(file));
    return CHECK_DONE();
}
