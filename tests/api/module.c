/* GetProcAddress on the pseudo-modules finds what programs probe for, and only that; clocks go forward. */
#include "check.h"

#include <string.h>
#include <windows.h>

int main(void)
{
    HMODULE kernel = GetModuleHandleA("KERNEL32.dll"), nt = GetModuleHandleA("ntdll"),
            base = LoadLibraryA("kernelbase.dll");
    REQUIRE(kernel && nt && base);
    CHECK(GetProcAddress(kernel, "GetTickCount64") != NULL);
    CHECK(GetProcAddress(nt, "RtlNtStatusToDosError") != NULL);
    CHECK(GetProcAddress(base, "GetLastError") != NULL);
    SetLastError(0);
    CHECK(GetProcAddress(nt, "GetTickCount64") == NULL);
    CHECK_EQ(GetLastError(), ERROR_PROC_NOT_FOUND);
    CHECK(GetProcAddress(kernel, "printf") == NULL);
    CHECK(GetProcAddress(kernel, "NoSuchFunctionAnywhere") == NULL);
    CHECK(GetModuleHandleA("no-such-module.dll") == NULL);
    CHECK_EQ(GetLastError(), ERROR_MOD_NOT_FOUND);
    CHECK(GetModuleHandleA(NULL) != NULL);
    CHECK(FreeLibrary(base));

    char path[512], small[4];
    DWORD length = GetModuleFileNameA(NULL, path, sizeof path);
    CHECK(length > 0 && length == strlen(path));
    CHECK_EQ(GetModuleFileNameA(NULL, small, sizeof small), sizeof small);
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(small[3], 0);

    LARGE_INTEGER first, second, frequency;
    CHECK(QueryPerformanceFrequency(&frequency) && frequency.QuadPart == 10000000);
    CHECK(QueryPerformanceCounter(&first) && QueryPerformanceCounter(&second));
    CHECK(second.QuadPart >= first.QuadPart);
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    CHECK(now.dwHighDateTime > 0x01D00000); /* after 2015 */
    return CHECK_DONE();
}
