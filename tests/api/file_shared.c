/* file_shared.c: what one process' open files and sections forbid another: sharing modes both ways, cutting off what is
 * mapped, deleting; and that all of it goes with the process. The test starts itself. */
#include "conform.h"

#include <stdio.h>
#include <string.h>

#define ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

static char name[MAX_PATH];

static HANDLE file_of(DWORD access, DWORD share)
{
    SetLastError(UNTOUCHED);
    return CreateFileA(name, access, share, NULL, OPEN_EXISTING, 0, NULL);
}

static DWORD error_of(DWORD access, DWORD share)
{
    HANDLE file = file_of(access, share);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    CloseHandle(file);
    return 0;
}

/* The other process: says that it has the file, and keeps it until it is told to go. */
static int hold(char **arguments)
{
    DWORD access = strtoul(arguments[3], NULL, 16), share = strtoul(arguments[4], NULL, 16);
    HANDLE ready = OpenEventA(EVENT_ALL_ACCESS, FALSE, "file_shared ready");
    HANDLE go = OpenEventA(EVENT_ALL_ACCESS, FALSE, "file_shared go");
    strcpy(name, arguments[2]);
    HANDLE file = file_of(access, share);
    if (!ready || !go || file == INVALID_HANDLE_VALUE)
        return 1;
    if (arguments[5]) { /* only a section keeps the file */
        HANDLE section = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
        if (!section || !MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0))
            return 1;
        CloseHandle(file);
    }
    SetEvent(ready);
    WaitForSingleObject(go, 20000);
    return 0; /* with everything open */
}

static HANDLE ready, go;

static HANDLE start(const char *program, DWORD access, DWORD share, const char *more)
{
    char line[3 * MAX_PATH];
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    snprintf(line, sizeof line, "\"%s\" hold \"%s\" %x %x %s", program, name, (unsigned)access, (unsigned)share, more);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process));
    CloseHandle(process.hThread);
    REQUIRE(WaitForSingleObject(ready, 20000) == WAIT_OBJECT_0);
    return process.hProcess;
}

static void end(HANDLE process)
{
    DWORD code = 99;
    CHECK(SetEvent(go));
    CHECK_EQ(WaitForSingleObject(process, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(process, &code) && code == 0);
    CHECK(CloseHandle(process));
}

static void sharing(const char *program)
{
    char moved[MAX_PATH + 8];
    snprintf(moved, sizeof moved, "%s.moved", name);
    HANDLE other = start(program, GENERIC_READ, FILE_SHARE_READ, "");
    CHECK_EQ(error_of(GENERIC_READ, FILE_SHARE_READ), 0);
    CHECK_EQ(error_of(GENERIC_READ, 0), ERROR_SHARING_VIOLATION);
    CHECK_EQ(error_of(GENERIC_READ, FILE_SHARE_WRITE), ERROR_SHARING_VIOLATION);
    CHECK_EQ(error_of(GENERIC_WRITE, ALL), ERROR_SHARING_VIOLATION);
    CHECK_EQ(error_of(DELETE, ALL), ERROR_SHARING_VIOLATION);
    CHECK_EQ(error_of(0, 0), 0);
    FAILS(DeleteFileA(name), ERROR_SHARING_VIOLATION);
    FAILS(MoveFileA(name, moved), ERROR_SHARING_VIOLATION);
    FAILS(MoveFileExA(program, name, MOVEFILE_REPLACE_EXISTING), ERROR_SHARING_VIOLATION);
    FAILS(CopyFileA(program, name, FALSE), ERROR_SHARING_VIOLATION);
    CHECK(CreateFileA(name, GENERIC_READ, ALL, NULL, CREATE_ALWAYS, 0, NULL) == INVALID_HANDLE_VALUE);
    CHECK_EQ(GetLastError(), ERROR_SHARING_VIOLATION); /* to cut off is to write */
    WORKS(CopyFileA(name, moved, FALSE));
    end(other);
    other = start(program, GENERIC_WRITE, FILE_SHARE_WRITE, "");
    FAILS(CopyFileA(name, moved, FALSE), ERROR_SHARING_VIOLATION);
    end(other);
    WORKS(DeleteFileA(moved));
    CHECK_EQ(error_of(GENERIC_READ | GENERIC_WRITE, 0), 0);
    other = start(program, GENERIC_WRITE, ALL, "");
    CHECK_EQ(error_of(GENERIC_READ, FILE_SHARE_READ), ERROR_SHARING_VIOLATION);
    CHECK_EQ(error_of(GENERIC_READ, FILE_SHARE_WRITE), 0);
    CHECK_EQ(error_of(GENERIC_WRITE, ALL), 0);
    CHECK(TerminateProcess(other, 0)); /* whatever happens to it */
    CHECK_EQ(WaitForSingleObject(other, 20000), WAIT_OBJECT_0);
    CHECK_EQ(error_of(GENERIC_READ | GENERIC_WRITE | DELETE, 0), 0);
    CHECK(CloseHandle(other));
}

static void sections(const char *program)
{
    HANDLE other = start(program, GENERIC_READ, ALL, "map"), file = file_of(GENERIC_READ | GENERIC_WRITE, 0);
    REQUIRE(file != INVALID_HANDLE_VALUE); /* the other's handle is closed: it shares with everybody */
    SetFilePointer(file, 0x2fff, NULL, FILE_BEGIN);
    FAILS(SetEndOfFile(file), ERROR_USER_MAPPED_FILE);
    SetFilePointer(file, 0x4000, NULL, FILE_BEGIN);
    WORKS(SetEndOfFile(file));
    SetFilePointer(file, 0x3000, NULL, FILE_BEGIN);
    WORKS(SetEndOfFile(file)); /* what the section has is left */
    CHECK(CloseHandle(file));
    CHECK(CreateFileA(name, GENERIC_WRITE, ALL, NULL, CREATE_ALWAYS, 0, NULL) == INVALID_HANDLE_VALUE);
    CHECK_EQ(GetLastError(), ERROR_USER_MAPPED_FILE);
    FAILS(DeleteFileA(name), ERROR_ACCESS_DENIED);
    end(other);
    WORKS(DeleteFileA(name));
}

int main(int count, char **arguments)
{
    char temporary[MAX_PATH], program[MAX_PATH];
    DWORD done;
    if (count > 4 && !strcmp(arguments[1], "hold"))
        return hold(arguments);
    ready = CreateEventA(NULL, FALSE, FALSE, "file_shared ready");
    go = CreateEventA(NULL, FALSE, FALSE, "file_shared go");
    REQUIRE(GetModuleFileNameA(NULL, program, sizeof program) && GetTempPathA(sizeof temporary, temporary));
    REQUIRE(GetTempFileNameA(temporary, "wms", 0, name));
    HANDLE file = file_of(GENERIC_READ | GENERIC_WRITE, 0);
    static char bytes[0x3000];
    REQUIRE(WriteFile(file, bytes, sizeof bytes, &done, NULL) && CloseHandle(file));
    sharing(program);
    sections(program);
    return CHECK_DONE();
}
