/* Lists of attributes: sizes and errors as documented; only the handles of the list are inherited. */
#include "check.h"

#include <windows.h>
#include <string.h>

static int child(char **argument)
{
    DWORD flags;
    HANDLE listed = (HANDLE)(ULONG_PTR)strtoull(argument[0], NULL, 16);
    HANDLE other = (HANDLE)(ULONG_PTR)strtoull(argument[1], NULL, 16);
    if (!SetEvent(listed))
        return 1;
    return GetHandleInformation(other, &flags) && SetEvent(other) ? 2 : 42;
}

static void errors(void)
{
    char room[512];
    SIZE_T size = 0;
    WORD node = 0;
    HANDLE handle = GetCurrentProcess();
    LPPROC_THREAD_ATTRIBUTE_LIST list = (LPPROC_THREAD_ATTRIBUTE_LIST)room;
    CHECK(!InitializeProcThreadAttributeList(NULL, 2, 0, &size));
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    CHECK(size > 0 && size <= sizeof(room));
    SIZE_T less = size - 1;
    CHECK(!InitializeProcThreadAttributeList(list, 2, 0, &less));
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(less, size);
    CHECK(!InitializeProcThreadAttributeList(list, 2, 1, &size));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    REQUIRE(InitializeProcThreadAttributeList(list, 2, 0, &size));
    CHECK(!UpdateProcThreadAttribute(list, 0, 0x2CAFE, &handle, sizeof(handle), NULL, NULL));
    CHECK_EQ(GetLastError(), ERROR_NOT_SUPPORTED);
    CHECK(!UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &handle, 4, NULL, NULL));
    CHECK_EQ(GetLastError(), ERROR_BAD_LENGTH);
    CHECK(
        UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &handle, sizeof(handle), NULL, NULL));
    CHECK(
        !UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &handle, sizeof(handle), NULL, NULL));
    CHECK_EQ(GetLastError(), ERROR_OBJECT_NAME_EXISTS);
    CHECK(UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_PREFERRED_NODE, &node, sizeof(node), NULL, NULL));
    CHECK(!UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &handle, sizeof(handle), NULL, NULL));
    CHECK_EQ(GetLastError(), ERROR_GEN_FAILURE);
    DeleteProcThreadAttributeList(list);
}

static BOOL run(char *self, HANDLE *listed, SIZE_T count, HANDLE other, BOOL inherit, DWORD cb, DWORD *code)
{
    char room[512], line[600];
    SIZE_T size = sizeof(room);
    PROCESS_INFORMATION made;
    STARTUPINFOEXA startup = {.StartupInfo = {.cb = cb}, .lpAttributeList = (LPPROC_THREAD_ATTRIBUTE_LIST)room};
    REQUIRE(InitializeProcThreadAttributeList(startup.lpAttributeList, 1, 0, &size));
    REQUIRE(UpdateProcThreadAttribute(startup.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, listed,
                                      count * sizeof(HANDLE), NULL, NULL));
    snprintf(line, sizeof(line), "\"%s\" %llx %llx", self, (unsigned long long)(ULONG_PTR)listed[0],
             (unsigned long long)(ULONG_PTR)other);
    if (!CreateProcessA(NULL, line, NULL, NULL, inherit, EXTENDED_STARTUPINFO_PRESENT, NULL, NULL, &startup.StartupInfo,
                        &made))
        return FALSE;
    CHECK_EQ(WaitForSingleObject(made.hProcess, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(made.hProcess, code));
    CloseHandle(made.hProcess);
    CloseHandle(made.hThread);
    return TRUE;
}

/* The wide form takes the list too: an event that cannot be inherited is found in it. */
static void wide(const char *self, HANDLE alone)
{
    char room[512];
    WCHAR line[600];
    SIZE_T size = sizeof(room);
    PROCESS_INFORMATION made;
    STARTUPINFOEXW startup = {.StartupInfo = {.cb = sizeof(startup)},
                              .lpAttributeList = (LPPROC_THREAD_ATTRIBUTE_LIST)room};
    REQUIRE(InitializeProcThreadAttributeList(startup.lpAttributeList, 1, 0, &size));
    REQUIRE(UpdateProcThreadAttribute(startup.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &alone,
                                      sizeof(alone), NULL, NULL));
    int i = 0;
    for (; self[i] && i < 590; i++)
        line[i] = (WCHAR)(unsigned char)self[i];
    line[i] = 0;
    CHECK(!CreateProcessW(NULL, line, NULL, NULL, TRUE, EXTENDED_STARTUPINFO_PRESENT, NULL, NULL, &startup.StartupInfo,
                          &made));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
}

int main(int argc, char **argv)
{
    if (argc > 2)
        return child(argv + 1);
    SECURITY_ATTRIBUTES inherit = {.nLength = sizeof(inherit), .bInheritHandle = TRUE};
    DWORD code = 0;
    errors();
    HANDLE one = CreateEventA(&inherit, TRUE, FALSE, NULL), two = CreateEventA(&inherit, TRUE, FALSE, NULL);
    HANDLE alone = CreateEventA(NULL, TRUE, FALSE, NULL);
    REQUIRE(one && two && alone);
    HANDLE list[2] = {two, alone};
    CHECK(run(argv[0], list, 1, one, TRUE, sizeof(STARTUPINFOEXA), &code));
    CHECK_EQ(code, 42);
    CHECK_EQ(WaitForSingleObject(two, 0), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(one, 0), WAIT_TIMEOUT);
    CHECK(!run(argv[0], list, 2, one, TRUE, sizeof(STARTUPINFOEXA), &code)); /* one of them cannot be inherited */
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(!run(argv[0], list, 1, one, FALSE, sizeof(STARTUPINFOEXA), &code));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(!run(argv[0], list, 1, one, TRUE, sizeof(STARTUPINFOA), &code));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    wide(argv[0], alone);
    return CHECK_DONE();
}
