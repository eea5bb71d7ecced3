/* Names of objects as a sceptical developer tries them: prefixes, backslashes, case, length, types that clash, rights,
 * the life of a name, for every kind of object and for both kinds of text. */
#include "check.h"

#include <windows.h>

#include <string.h>

#define BASE "winmem-test-names"

static HANDLE make(int kind, const char *name)
{
    switch (kind) {
    case 0:
        return CreateEventA(NULL, FALSE, FALSE, name);
    case 1:
        return CreateMutexA(NULL, FALSE, name);
    case 2:
        return CreateSemaphoreA(NULL, 0, 1, name);
    case 3:
        return CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, name);
    default:
        return CreateJobObjectA(NULL, name);
    }
}

static HANDLE reopen(int kind, const char *name)
{
    switch (kind) {
    case 0:
        return OpenEventA(SYNCHRONIZE, FALSE, name);
    case 1:
        return OpenMutexA(SYNCHRONIZE, FALSE, name);
    case 2:
        return OpenSemaphoreA(SYNCHRONIZE, FALSE, name);
    case 3:
        return OpenFileMappingA(FILE_MAP_READ, FALSE, name);
    default:
        return OpenJobObjectA(JOB_OBJECT_QUERY, FALSE, name);
    }
}

static void fails(HANDLE handle, DWORD error, int kind, const char *what)
{
    if (handle || GetLastError() != error)
        printf("kind %d, %s: ", kind, what);
    CHECK(handle == NULL);
    CHECK_EQ(GetLastError(), error);
    if (handle)
        CloseHandle(handle);
}

static HANDLE reopen_for_nothing(int kind, const char *name)
{
    switch (kind) {
    case 0:
        return OpenEventA(0, FALSE, name);
    case 1:
        return OpenMutexA(0, FALSE, name);
    case 2:
        return OpenSemaphoreA(0, FALSE, name);
    case 3:
        return OpenFileMappingA(0, FALSE, name);
    default:
        return OpenJobObjectA(0, FALSE, name);
    }
}

static void one_kind(int kind)
{
    char longest[300];
    HANDLE first = make(kind, BASE), second, third;
    REQUIRE(first);
    CHECK_EQ(GetLastError(), 0);
    fails(reopen_for_nothing(kind, BASE), ERROR_ACCESS_DENIED, kind, "no right asked for");
    second = make(kind, "Local\\" BASE);
    CHECK(second && second != first);
    CHECK_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
    third = reopen(kind, BASE);
    CHECK(third != NULL);
    CloseHandle(third);
    third = reopen(kind, "Local\\Global\\Local\\" BASE); /* links that lead back */
    CHECK(third != NULL);
    CloseHandle(third);
    fails(reopen(kind, "WINMEM-test-names"), ERROR_FILE_NOT_FOUND, kind, "another case");
    fails(reopen(kind, BASE "-none"), ERROR_FILE_NOT_FOUND, kind, "no such name");
    fails(make(kind, "a\\b"), ERROR_PATH_NOT_FOUND, kind, "a backslash");
    fails(make(kind, "local\\" BASE "\\x"), ERROR_PATH_NOT_FOUND, kind, "two backslashes");
    fails(reopen(kind, "a\\b"), ERROR_PATH_NOT_FOUND, kind, "a backslash, opened");
    fails(make(kind, "\\x"), ERROR_BAD_PATHNAME, kind, "a backslash in front");
    for (int other = 0; other < 5; other++) {
        if (other == kind)
            continue;
        fails(make(other, BASE), ERROR_INVALID_HANDLE, other, "the name of another type");
        fails(reopen(other, BASE), ERROR_INVALID_HANDLE, other, "opening another type");
    }
    memset(longest, 'x', sizeof(longest));
    longest[280] = 0;
    fails(make(kind, longest), ERROR_FILENAME_EXCED_RANGE, kind, "280 characters");
    longest[200] = 0;
    third = make(kind, longest);
    CHECK(third && GetLastError() == 0);
    CloseHandle(third);
    fails(reopen(kind, longest), ERROR_FILE_NOT_FOUND, kind, "a long name after its end");
    CloseHandle(first);
    third = reopen(kind, BASE); /* one handle is enough */
    CHECK(third != NULL);
    CloseHandle(third);
    CloseHandle(second);
    fails(reopen(kind, BASE), ERROR_FILE_NOT_FOUND, kind, "after the last handle");
    HANDLE unnamed = make(kind, ""), another = make(kind, "");
    CHECK(unnamed && another && GetLastError() == 0); /* an empty name is none */
    CloseHandle(unnamed);
    CloseHandle(another);
    fails(reopen(kind, NULL), ERROR_INVALID_PARAMETER, kind, "no name");
}

static void sections(void)
{
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 8192, BASE "-s");
    REQUIRE(section);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    HANDLE reader = OpenFileMappingA(FILE_MAP_READ, FALSE, BASE "-s");
    CHECK(reader && !MapViewOfFile(reader, FILE_MAP_WRITE, 0, 0, 0));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    char *readable = MapViewOfFile(reader, FILE_MAP_READ, 0, 0, 0);
    HANDLE bigger = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READONLY, 0, 1 << 20, BASE "-s");
    CHECK(bigger && GetLastError() == ERROR_ALREADY_EXISTS);
    CHECK(!MapViewOfFile(bigger, FILE_MAP_READ, 0, 0, 65536)); /* the size is the first creator's */
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    REQUIRE(view && readable);
    strcpy(view, "here");
    CloseHandle(section);
    CloseHandle(reader);
    CloseHandle(bigger);
    CHECK(strcmp(readable, "here") == 0);
    fails(OpenFileMappingA(FILE_MAP_READ, FALSE, BASE "-s"), ERROR_FILE_NOT_FOUND, 3, "views do not keep a name");
    section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 8192, BASE "-s");
    CHECK(section && GetLastError() == 0);
    char *fresh = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    CHECK(fresh && fresh[0] == 0);
    UnmapViewOfFile(fresh);
    UnmapViewOfFile(view);
    UnmapViewOfFile(readable);
    CloseHandle(section);
}

static void waits(void)
{
    HANDLE many[MAXIMUM_WAIT_OBJECTS + 1], event = CreateEventA(NULL, TRUE, TRUE, NULL);
    for (int i = 0; i <= MAXIMUM_WAIT_OBJECTS; i++)
        many[i] = CreateEventA(NULL, TRUE, i == MAXIMUM_WAIT_OBJECTS - 1, NULL);
    CHECK_EQ(WaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, many, FALSE, 0), WAIT_OBJECT_0 + MAXIMUM_WAIT_OBJECTS - 1);
    CHECK_EQ(WaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS + 1, many, FALSE, 0), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK_EQ(WaitForMultipleObjects(0, many, FALSE, 0), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    many[1] = NULL;
    CHECK_EQ(WaitForMultipleObjects(2, many, FALSE, 0), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK_EQ(WaitForSingleObject(NULL, 0), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK_EQ(WaitForSingleObject(GetCurrentProcess(), 0), WAIT_TIMEOUT);
    CHECK_EQ(WaitForSingleObject(GetCurrentThread(), 0), WAIT_TIMEOUT);
    HANDLE mutex = CreateMutexA(NULL, TRUE, NULL), thread;
    CHECK(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &thread, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    CHECK_EQ(WaitForSingleObject(thread, 1), WAIT_TIMEOUT);
    CHECK_EQ(SignalObjectAndWait(mutex, event, 0, FALSE), WAIT_OBJECT_0);
    CHECK_EQ(SignalObjectAndWait(mutex, event, 0, FALSE), WAIT_FAILED); /* it is not owned any more */
    CHECK_EQ(GetLastError(), ERROR_NOT_OWNER);
    CHECK_EQ(SignalObjectAndWait(thread, event, 0, FALSE), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CloseHandle(thread);
    CloseHandle(mutex);
    CloseHandle(event);
    for (int i = 0; i <= MAXIMUM_WAIT_OBJECTS; i++)
        CloseHandle(many[i]);
}

/* Wide names are not bound to MAX_PATH, for any kind of object. */
static void long_names(void)
{
    WCHAR name[1001];
    for (int i = 0; i < 1000; i++)
        name[i] = (WCHAR)('a' + i % 26);
    name[1000] = 0;
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, name);
    CHECK(section && GetLastError() == 0);
    HANDLE again = OpenFileMappingW(FILE_MAP_READ, FALSE, name);
    CHECK(again != NULL);
    CHECK(CreateEventW(NULL, FALSE, FALSE, name) == NULL);
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, name + 1);
    CHECK(event && OpenFileMappingW(FILE_MAP_READ, FALSE, name + 1) == NULL);
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CloseHandle(event);
    CloseHandle(again);
    CloseHandle(section);
}

int main(void)
{
    for (int kind = 0; kind < 5; kind++)
        one_kind(kind);
    sections();
    long_names();
    waits();
    return CHECK_DONE();
}
