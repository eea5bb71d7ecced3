/* The machine as GetSystemInfo, GlobalMemoryStatus(Ex) and the NUMA calls tell it. */
#include "check.h"

#include <windows.h>

static void status_tests(void)
{
    MEMORYSTATUSEX status = {0};
    SetLastError(0xdeadbeef);
    CHECK(!GlobalMemoryStatusEx(&status));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    status.dwLength = sizeof status;
    SetLastError(0xdeadbeef);
    CHECK(GlobalMemoryStatusEx(&status));
    CHECK_EQ(GetLastError(), 0xdeadbeef);
    CHECK(status.ullTotalPhys > 0 && status.ullAvailPhys <= status.ullTotalPhys);
    CHECK(status.ullAvailPageFile <= status.ullTotalPageFile);
    CHECK(status.ullTotalPageFile >= status.ullTotalPhys);
    CHECK_EQ(status.ullTotalVirtual, 0x7FFFFFFE0000);
    CHECK_EQ(status.ullAvailExtendedVirtual, 0);
    MEMORYSTATUS old;
    old.dwLength = 1;
    GlobalMemoryStatus(&old);
    CHECK_EQ(GetLastError(), 0xdeadbeef);
    CHECK_EQ(old.dwLength, sizeof old);
    CHECK_EQ(old.dwTotalPhys, status.ullTotalPhys);
}

int main(void)
{
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    CHECK_EQ(info.dwPageSize, 4096);
    CHECK_EQ(info.dwAllocationGranularity, 65536);
    CHECK_EQ((ULONG_PTR)info.lpMinimumApplicationAddress, 0x10000);
    CHECK_EQ((ULONG_PTR)info.lpMaximumApplicationAddress, 0x7FFFFFFEFFFF);
    CHECK(info.dwNumberOfProcessors >= 1);
    CHECK_EQ(info.wProcessorArchitecture, PROCESSOR_ARCHITECTURE_AMD64);
    status_tests();

    ULONG highest;
    USHORT node;
    ULONGLONG free_bytes;
    PROCESSOR_NUMBER first = {0, 0, 0}, none = {0, 200, 0};
    CHECK(GetNumaHighestNodeNumber(&highest));
    CHECK(GetNumaAvailableMemoryNodeEx(0, &free_bytes) && free_bytes > 0);
    CHECK(!GetNumaAvailableMemoryNodeEx((USHORT)(highest + 1), &free_bytes));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(GetNumaProcessorNodeEx(&first, &node) && node <= highest);
    CHECK(!GetNumaProcessorNodeEx(&none, &node) && node == 0xFFFF);
    return CHECK_DONE();
}
