/* Corners of handles, names, one-time initialisation and CreateProcess: what stands in the way of a start is told as
 * Windows tells it. */
#include "check.h"

#include <windows.h>
#include <string.h>

#ifdef _WIN32
#define PROGRAM "C:\\windows\\system32\\hostname.exe"
#define NO_PROGRAM "C:\\windows\\win.ini"
#else
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#define PROGRAM "/bin/true"
#define NO_PROGRAM "/etc/passwd"
#endif

static void names(void)
{
    SetLastError(1);
    CHECK(CreateEventA(NULL, FALSE, FALSE, "Local") == NULL); /* links, not free names */
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(CreateMutexA(NULL, FALSE, "Global") == NULL);
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 100, "Global") == NULL);
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(OpenEventA(EVENT_ALL_ACCESS, FALSE, "") == NULL);
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, NULL) == NULL);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void handles(void)
{
    DWORD flags = 9;
    HANDLE made = (HANDLE)7, event = CreateEventA(NULL, FALSE, FALSE, NULL);
    CHECK(!DuplicateHandle(GetCurrentProcess(), (HANDLE)0x7ffffff0, GetCurrentProcess(), &made, 0, FALSE,
                           DUPLICATE_SAME_ACCESS));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(made == NULL);
    CHECK(GetHandleInformation(GetCurrentProcess(), &flags));
    CHECK_EQ(flags, 0);
    CHECK(!SetHandleInformation(GetCurrentThread(), HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(event));
#ifndef _WIN32 /* there the address is read at once */
    CHECK_EQ(WaitForMultipleObjects(2, NULL, FALSE, 0), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_NOACCESS);
#endif
}

static DWORD WINAPI stay(LPVOID event)
{
    return WaitForSingleObject(event, INFINITE);
}

static void ids(void)
{
#ifndef _WIN32 /* a thread's id is no process; on Windows ids of both are of one kind, three of four are unused */
    DWORD id;
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), thread = CreateThread(NULL, 0, stay, event, 0, &id);
    REQUIRE(thread);
    CHECK(OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, id) == NULL);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    SetEvent(event);
    CHECK_EQ(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    CloseHandle(thread);
    CloseHandle(event);
#else
    (void)stay;
#endif
}

static void once(void)
{
    INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    BOOL pending = FALSE;
    CHECK(!InitOnceComplete(&once, 0, NULL)); /* nobody began */
    CHECK_EQ(GetLastError(), ERROR_GEN_FAILURE);
    CHECK(InitOnceBeginInitialize(&once, 0, &pending, NULL) && pending);
    CHECK(InitOnceComplete(&once, 0, NULL));
    CHECK(!InitOnceComplete(&once, 0, NULL)); /* done already */
    CHECK_EQ(GetLastError(), ERROR_GEN_FAILURE);
    while (FlsAlloc(NULL) != FLS_OUT_OF_INDEXES)
        ;
    CHECK_EQ(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
}

/* 0 when it ran and gave 0. */
static DWORD start(const char *application, const char *line, DWORD flags, void *environment, const char *directory)
{
    static char copy[40000];
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION made;
    DWORD code = 99;
    if (line)
        strcpy(copy, line);
    SetLastError(0);
    if (!CreateProcessA(application, line ? copy : NULL, NULL, NULL, FALSE, flags, environment, directory, &startup,
                        &made))
        return GetLastError();
    CHECK_EQ(WaitForSingleObject(made.hProcess, INFINITE), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(made.hProcess, &code));
    CloseHandle(made.hProcess);
    CloseHandle(made.hThread);
    return code;
}

static void starts(void)
{
    static char line[32800];
    CHECK_EQ(start(PROGRAM, NULL, 0, NULL, NULL), 0);
    CHECK_EQ(start(NULL, PROGRAM, 0, NULL, NULL), 0);
    CHECK_EQ(start(PROGRAM, "", 0, NULL, NULL), 0);
    CHECK_EQ(start("", PROGRAM, 0, NULL, NULL), ERROR_PATH_NOT_FOUND);
    CHECK_EQ(start(NULL, "", 0, NULL, NULL), ERROR_FILE_NOT_FOUND);
    CHECK_EQ(start("no such program", NULL, 0, NULL, NULL), ERROR_FILE_NOT_FOUND);
    CHECK_EQ(start(NULL, "no_such_program and words", 0, NULL, NULL), ERROR_FILE_NOT_FOUND);
    CHECK_EQ(start("/no/such/directory/program", NULL, 0, NULL, NULL), ERROR_PATH_NOT_FOUND);
    CHECK_EQ(start(NULL, "/no/such/directory/program", 0, NULL, NULL), ERROR_FILE_NOT_FOUND);
    CHECK_EQ(start(NO_PROGRAM, NULL, 0, NULL, NULL), ERROR_BAD_EXE_FORMAT);
    CHECK_EQ(start(NULL, NO_PROGRAM, 0, NULL, NULL), ERROR_BAD_EXE_FORMAT);
    CHECK_EQ(start(PROGRAM, NULL, 0, NULL, "/no/such/directory"), ERROR_DIRECTORY);
    CHECK_EQ(start(PROGRAM, NULL, 0, NULL, NO_PROGRAM), ERROR_DIRECTORY);
    CHECK_EQ(start(PROGRAM, NULL, CREATE_NEW_CONSOLE | DETACHED_PROCESS, NULL, NULL), ERROR_INVALID_PARAMETER);
    memset(line, 'a', sizeof line - 1);
    CHECK_EQ(start(PROGRAM, line, 0, NULL, NULL), ERROR_FILENAME_EXCED_RANGE);
    line[32766] = 0;
    CHECK_EQ(start(PROGRAM, line, 0, NULL, NULL), 0);
    CHECK_EQ(start(NULL, "true", 0, NULL, NULL), 0); /* by PATH */
}

#ifndef _WIN32
/* A path with blanks and without quotes; a relative one with another directory; environments of both alphabets. */
static void scripts(void)
{
    char directory[] = "/tmp/winmem corners XXXXXX", path[200], environment[] = "WINMEM_CORNER=7\0";
    WCHAR wide[32] = {0};
    REQUIRE(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/a script", directory);
    FILE *file = fopen(path, "w");
    REQUIRE(file);
    fputs("#!/bin/sh\nexit ${WINMEM_CORNER:-5}\n", file);
    fclose(file);
    chmod(path, 0755);
    CHECK_EQ(start(NULL, path, 0, NULL, NULL), 5);
    CHECK_EQ(start(path, NULL, 0, environment, NULL), 7);
    for (int i = 0; environment[i]; i++)
        wide[i] = (WCHAR)environment[i];
    CHECK_EQ(start(path, NULL, CREATE_UNICODE_ENVIRONMENT, wide, NULL), 7);
    CHECK(SetCurrentDirectoryA(directory));
    CHECK_EQ(start("a script", NULL, 0, NULL, "/"), 5);
    CHECK_EQ(start("./a script", NULL, 0, NULL, "/"), 5);
    CHECK_EQ(start(NULL, "\"a script\" word", 0, NULL, NULL), 5);
    CHECK_EQ(start(NULL, ".\\a script word", 0, NULL, NULL), 5);
    chmod(path, 0644);
    CHECK_EQ(start("a script", NULL, 0, NULL, NULL), ERROR_BAD_EXE_FORMAT);
    unlink(path);
    CHECK(SetCurrentDirectoryA("/"));
    rmdir(directory);
}
#endif

static void environment(void)
{
    char text[16];
    CHECK(SetEnvironmentVariableA("Winmem_Corner_Name", "value"));
    CHECK_EQ(GetEnvironmentVariableA("WINMEM_CORNER_NAME", text, sizeof text), 5);
    CHECK(SetEnvironmentVariableA("winmem_corner_name", "longer"));
    CHECK_EQ(GetEnvironmentVariableA("Winmem_Corner_Name", text, sizeof text), 6);
    CHECK(SetEnvironmentVariableA("WINMEM_CORNER_NAME", NULL));
    CHECK_EQ(GetEnvironmentVariableA("Winmem_Corner_Name", text, sizeof text), 0);
    CHECK(SetEnvironmentVariableA("WINMEM_CORNER_NAME", NULL));
}

int main(void)
{
    names();
    handles();
    ids();
    once();
    starts();
#ifndef _WIN32
    scripts();
#endif
    environment();
    return CHECK_DONE();
}
