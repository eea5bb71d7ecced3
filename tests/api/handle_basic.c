/* handle_basic.c: handles: duplicates and their rights, flags, closed and foreign values refused. */
#include <windows.h>

#include <stdint.h>

#include "check.h"

#define FAILS(expression, error)                                                                                       \
    do {                                                                                                               \
        SetLastError(0xdeadbeef);                                                                                      \
        CHECK(!(expression));                                                                                          \
        CHECK_EQ(GetLastError(), error);                                                                               \
    } while (0)

static HANDLE section(void)
{
    HANDLE h = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NULL);
    REQUIRE(h);
    return h;
}

static void closing(void)
{
    HANDLE h = section(), again[40];
    CHECK_EQ((uintptr_t)h & 3, 0);
    CHECK(CloseHandle(h));
    FAILS(CloseHandle(h), ERROR_INVALID_HANDLE);
    for (int i = 0; i < 40; i++) {
        again[i] = section();
        CHECK(again[i] != h); /* a closed value stays wrong for long */
    }
    for (int i = 0; i < 40; i++)
        CHECK(CloseHandle(again[i]));
    FAILS(CloseHandle(NULL), ERROR_INVALID_HANDLE);
    FAILS(CloseHandle((HANDLE)(uintptr_t)0x12345678), ERROR_INVALID_HANDLE);
    FAILS(CloseHandle((HANDLE)(uintptr_t)0xdeadbeefdeadbeef), ERROR_INVALID_HANDLE);
}

static void flags(void)
{
    DWORD value = 99;
    SECURITY_ATTRIBUTES inherit = {sizeof(inherit), NULL, TRUE};
    HANDLE h = section();
    CHECK(GetHandleInformation(h, &value));
    CHECK_EQ(value, 0);
    CHECK(
        SetHandleInformation(h, HANDLE_FLAG_PROTECT_FROM_CLOSE | HANDLE_FLAG_INHERIT, HANDLE_FLAG_PROTECT_FROM_CLOSE));
    CHECK(GetHandleInformation(h, &value));
    CHECK_EQ(value, HANDLE_FLAG_PROTECT_FROM_CLOSE);
    FAILS(CloseHandle(h), ERROR_INVALID_HANDLE);
    CHECK(SetHandleInformation(h, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
    FAILS(SetHandleInformation(h, 0x40, 0x40), ERROR_INVALID_PARAMETER);
    CHECK(CloseHandle(h));
    FAILS(GetHandleInformation(h, &value), ERROR_INVALID_HANDLE);
    FAILS(SetHandleInformation(h, 1, 1), ERROR_INVALID_HANDLE);
    h = CreateFileMappingA(INVALID_HANDLE_VALUE, &inherit, PAGE_READWRITE, 0, 4096, NULL);
    CHECK(GetHandleInformation(h, &value));
    CHECK_EQ(value, HANDLE_FLAG_INHERIT);
    CHECK(CloseHandle(h));
}

static void duplicates(void)
{
    HANDLE self = GetCurrentProcess(), h = section(), copy = NULL, narrow = NULL;
    DWORD value;
    CHECK(DuplicateHandle(self, h, self, &copy, 0, TRUE, DUPLICATE_SAME_ACCESS));
    CHECK(copy != h);
    CHECK(CompareObjectHandles(h, copy));
    CHECK(GetHandleInformation(copy, &value));
    CHECK_EQ(value, HANDLE_FLAG_INHERIT);
    CHECK(CloseHandle(h));
    void *view = MapViewOfFile(copy, FILE_MAP_WRITE, 0, 0, 0); /* the object lives on */
    CHECK(view != NULL);
    CHECK(UnmapViewOfFile(view));
    CHECK(DuplicateHandle(self, copy, self, &narrow, SECTION_QUERY, FALSE, 0));
    FAILS(MapViewOfFile(narrow, FILE_MAP_READ, 0, 0, 0), ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(narrow));
    CHECK(DuplicateHandle(self, copy, self, &narrow, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    FAILS(CloseHandle(copy), ERROR_INVALID_HANDLE);
    HANDLE other = section();
    FAILS(CompareObjectHandles(narrow, other), 1656);
    FAILS(CompareObjectHandles(narrow, copy), ERROR_INVALID_HANDLE);
    CHECK(CloseHandle(other));
    CHECK(DuplicateHandle(self, narrow, NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE));
    FAILS(CloseHandle(narrow), ERROR_INVALID_HANDLE);
    CHECK(DuplicateHandle(self, section(), self, &narrow, 0, FALSE, DUPLICATE_SAME_ACCESS));
    FAILS(DuplicateHandle(self, narrow, (HANDLE)0x44440, &copy, 0, FALSE, DUPLICATE_CLOSE_SOURCE),
          ERROR_INVALID_HANDLE);
    FAILS(CloseHandle(narrow), ERROR_INVALID_HANDLE); /* closed, whatever else went wrong (documented) */
    copy = (HANDLE)1;
    FAILS(DuplicateHandle(self, narrow, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS), ERROR_INVALID_HANDLE);
    CHECK(copy == NULL);
}

static void many(void)
{
    enum { COUNT = 20000 };
    static HANDLE handles[COUNT];
    HANDLE self = GetCurrentProcess(), h = section();
    for (int i = 0; i < COUNT; i++)
        REQUIRE(DuplicateHandle(self, h, self, &handles[i], 0, FALSE, DUPLICATE_SAME_ACCESS));
    for (int i = 0; i < COUNT; i += 2)
        CHECK(CloseHandle(handles[i]));
    for (int i = 1; i < COUNT; i += 2)
        CHECK(CloseHandle(handles[i]));
    CHECK(CloseHandle(h));
}

int main(void)
{
    closing();
    flags();
    duplicates();
    many();
    return CHECK_DONE();
}
