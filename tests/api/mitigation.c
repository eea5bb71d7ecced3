/* mitigation.c: what a process swears off: new code, after which nothing becomes executable any more. */
#include <windows.h>

#include <string.h>

#include "check.h"

static void asked(void)
{
    PROCESS_MITIGATION_DEP_POLICY dep;
    PROCESS_MITIGATION_ASLR_POLICY aslr;
    PROCESS_MITIGATION_DYNAMIC_CODE_POLICY code;
    PROCESS_MITIGATION_STRICT_HANDLE_CHECK_POLICY strict = {.Flags = 7};
    HANDLE self = GetCurrentProcess();
    CHECK(GetProcessMitigationPolicy(self, ProcessDEPPolicy, &dep, sizeof dep) && dep.Enable && dep.Permanent);
    CHECK(GetProcessMitigationPolicy(self, ProcessASLRPolicy, &aslr, sizeof aslr) && aslr.EnableBottomUpRandomization);
    CHECK(GetProcessMitigationPolicy(self, ProcessDynamicCodePolicy, &code, sizeof code) && code.Flags == 0);
    CHECK(GetProcessMitigationPolicy(self, ProcessStrictHandleCheckPolicy, &strict, sizeof strict) && !strict.Flags);
    SetLastError(0);
    CHECK(!GetProcessMitigationPolicy(self, ProcessASLRPolicy, &aslr, 2));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(!GetProcessMitigationPolicy(self, (PROCESS_MITIGATION_POLICY)99, &aslr, sizeof aslr));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(!SetProcessMitigationPolicy(ProcessDynamicCodePolicy, &code, 1));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void refused(const void *result)
{
    CHECK(!result);
    CHECK_EQ(GetLastError(), ERROR_DYNAMIC_CODE_BLOCKED);
    SetLastError(0);
}

static void sworn(void)
{
    PROCESS_MITIGATION_DYNAMIC_CODE_POLICY code = {.Flags = 0};
    DWORD old = 7;
    char *data = VirtualAlloc(NULL, 0x2000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    char *run = VirtualAlloc(NULL, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READWRITE);
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_EXECUTE_READWRITE, 0, 0x1000, NULL);
    REQUIRE(data && run && section);
    memcpy(run, "\xb8\x2a\x00\x00\x00\xc3", 6); /* returns 42 */
    code.ProhibitDynamicCode = 1;
    CHECK(SetProcessMitigationPolicy(ProcessDynamicCodePolicy, &code, sizeof code));
    CHECK(GetProcessMitigationPolicy(GetCurrentProcess(), ProcessDynamicCodePolicy, &code, sizeof code));
    CHECK(code.ProhibitDynamicCode);
    refused(VirtualAlloc(NULL, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READ));
    refused(VirtualProtect(data, 0x1000, PAGE_EXECUTE_READ, &old) ? data : NULL);
    CHECK_EQ(old, 7);
    refused(MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_EXECUTE, 0, 0, 0));
    CHECK(VirtualProtect(data, 0x1000, PAGE_READONLY, &old) && old == PAGE_READWRITE);
    CHECK(MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0));
    CHECK_EQ(((int (*)(void))(ULONG_PTR)run)(), 42); /* what was there before still runs */
    code.Flags = 0;
    CHECK(!SetProcessMitigationPolicy(ProcessDynamicCodePolicy, &code, sizeof code));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
}

int main(void)
{
    asked();
    sworn();
    return CHECK_DONE();
}
