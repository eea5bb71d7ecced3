/* section_basic.c: file mapping on the paging file: create, map, protect, reserve, unmap, with their errors. */
#include <windows.h>

#include <stdint.h>
#include <string.h>

#include "check.h"

#ifndef ERROR_MAPPED_ALIGNMENT
#define ERROR_MAPPED_ALIGNMENT 1132
#endif

static HANDLE section(DWORD protect, SIZE_T size)
{
    return CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, protect, (DWORD)(size >> 32), (DWORD)size, NULL);
}

#define FAILS(expression, error)                                                                                       \
    do {                                                                                                               \
        SetLastError(0xdeadbeef);                                                                                      \
        CHECK(!(expression));                                                                                          \
        CHECK_EQ(GetLastError(), error);                                                                               \
    } while (0)

static MEMORY_BASIC_INFORMATION query(const void *address)
{
    MEMORY_BASIC_INFORMATION information;
    REQUIRE(VirtualQuery(address, &information, sizeof(information)) == sizeof(information));
    return information;
}

static void creation(void)
{
    SetLastError(0xdeadbeef);
    HANDLE h = section(PAGE_READWRITE, 0x10000);
    CHECK(h != NULL);
    CHECK_EQ(GetLastError(), 0);
    CHECK(CloseHandle(h));
    FAILS(CloseHandle(h), ERROR_INVALID_HANDLE);
    FAILS(section(PAGE_READWRITE, 0), ERROR_INVALID_PARAMETER);
    FAILS(section(PAGE_NOACCESS, 4096), ERROR_INVALID_PARAMETER);
    FAILS(section(0, 4096), ERROR_INVALID_PARAMETER);
    FAILS(section(PAGE_READWRITE | PAGE_GUARD, 4096), ERROR_INVALID_PARAMETER);
    FAILS(section(PAGE_READWRITE | SEC_COMMIT | SEC_RESERVE, 4096), ERROR_INVALID_PARAMETER);
    FAILS(section(PAGE_READWRITE | SEC_IMAGE, 4096), ERROR_BAD_EXE_FORMAT);
    FAILS(section(PAGE_READWRITE | SEC_RESERVE, (SIZE_T)8 << 40), 1450);
    FAILS(section(PAGE_READWRITE | SEC_RESERVE, (SIZE_T)128 << 40), ERROR_NOT_ENOUGH_MEMORY);
    /* Who has the privilege is told that there are none. */
    DWORD refusal = ERROR_NO_SYSTEM_RESOURCES;
    void *large = VirtualAlloc(NULL, 2 << 20, MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE);
    if (large)
        VirtualFree(large, 0, MEM_RELEASE);
    else if (GetLastError() == ERROR_PRIVILEGE_NOT_HELD)
        refusal = ERROR_PRIVILEGE_NOT_HELD;
    FAILS(section(PAGE_READWRITE | SEC_LARGE_PAGES | SEC_COMMIT, 2 << 20), refusal);
    h = section(PAGE_READWRITE | SEC_RESERVE, (SIZE_T)8 << 30);
    CHECK(h != NULL);
    CHECK(CloseHandle(h));
    FAILS(CreateFileMappingA((HANDLE)0x7ffffff0, NULL, PAGE_READWRITE, 0, 4096, NULL), ERROR_INVALID_HANDLE);
}

static void mapping(void)
{
    HANDLE h = section(PAGE_READWRITE, 0x21000);
    char *a = MapViewOfFile(h, FILE_MAP_WRITE, 0, 0, 0);
    char *b = MapViewOfFile(h, FILE_MAP_READ, 0, 0x10000, 0x1800);
    REQUIRE(a && b);
    CHECK_EQ((uintptr_t)a & 0xffff, 0);
    strcpy(a + 0x10000, "shared");
    CHECK(strcmp(b, "shared") == 0);
    MEMORY_BASIC_INFORMATION m = query(a);
    CHECK_EQ(m.RegionSize, 0x21000);
    CHECK_EQ(m.State, MEM_COMMIT);
    CHECK_EQ(m.Type, MEM_MAPPED);
    CHECK_EQ(m.Protect, PAGE_READWRITE);
    CHECK_EQ(m.AllocationProtect, PAGE_READWRITE);
    CHECK(m.AllocationBase == a);
    m = query(b);
    CHECK_EQ(m.RegionSize, 0x2000);
    CHECK_EQ(m.Protect, PAGE_READONLY);
    FAILS(MapViewOfFile(h, FILE_MAP_READ, 0, 0x1000, 0), ERROR_MAPPED_ALIGNMENT);
    FAILS(MapViewOfFileEx(h, FILE_MAP_READ, 0, 0, 0, (char *)0x10001000), ERROR_MAPPED_ALIGNMENT);
    FAILS(MapViewOfFileEx(h, FILE_MAP_READ, 0, 0, 0, a), 487);
    FAILS(MapViewOfFile(h, FILE_MAP_READ, 0, 0, 0x22000), ERROR_ACCESS_DENIED);
    FAILS(MapViewOfFile(h, FILE_MAP_READ, 0, 0x30000, 0), ERROR_ACCESS_DENIED);
    FAILS(MapViewOfFile(h, FILE_MAP_READ | FILE_MAP_EXECUTE, 0, 0, 0), ERROR_ACCESS_DENIED);
    char *code = MapViewOfFile(h, FILE_MAP_EXECUTE, 0, 0, 0); /* of nothing that could be executed */
    CHECK(code && query(code).Protect == PAGE_NOACCESS);
    CHECK(UnmapViewOfFile(code));
    FAILS(MapViewOfFile(NULL, FILE_MAP_READ, 0, 0, 0), ERROR_INVALID_HANDLE);
    CHECK(CloseHandle(h));
    a[5] = 'D'; /* views outlive the handle */
    CHECK_EQ(b[0], 's');
    CHECK(UnmapViewOfFile(a + 0x1234)); /* any address inside */
    FAILS(UnmapViewOfFile(a), 487);
    CHECK(UnmapViewOfFile(b));
    FAILS(UnmapViewOfFileEx(b, 0x1000), ERROR_INVALID_PARAMETER);
    void *p = VirtualAlloc(NULL, 4096, MEM_COMMIT, PAGE_READWRITE);
    FAILS(UnmapViewOfFile(p), 487);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
}

static void at_address(void)
{
    HANDLE h = section(PAGE_READWRITE, 0x10000);
    char *hole = VirtualAlloc(NULL, 0x40000, MEM_RESERVE, PAGE_NOACCESS);
    REQUIRE(hole);
    FAILS(MapViewOfFileEx(h, FILE_MAP_WRITE, 0, 0, 0, hole), 487);
    CHECK(VirtualFree(hole, 0, MEM_RELEASE));
    CHECK(MapViewOfFileEx(h, FILE_MAP_WRITE, 0, 0, 0, hole) == hole);
    hole[1] = 1;
    CHECK(UnmapViewOfFile(hole));
    CHECK_EQ(query(hole).State, MEM_FREE);
    char *low = MapViewOfFileEx(h, FILE_MAP_WRITE, 0, 0, 0, (void *)0x5a0000000000);
    CHECK(low == (void *)0x5a0000000000);
    if (low) {
        CHECK_EQ(low[1], 1);
        CHECK(UnmapViewOfFile(low));
        CHECK_EQ(query(low).State, MEM_FREE);
    }
    CHECK(CloseHandle(h));
}

static void access_rights(void)
{
    HANDLE h = section(PAGE_READWRITE, 4096), w, r;
    HANDLE self = GetCurrentProcess();
    REQUIRE(DuplicateHandle(self, h, self, &w, FILE_MAP_WRITE, FALSE, 0));
    REQUIRE(DuplicateHandle(self, h, self, &r, FILE_MAP_READ, FALSE, 0));
    FAILS(MapViewOfFile(w, FILE_MAP_READ, 0, 0, 0), ERROR_ACCESS_DENIED);
    void *v = MapViewOfFile(w, FILE_MAP_WRITE, 0, 0, 0);
    CHECK(v != NULL);
    CHECK(UnmapViewOfFile(v));
    FAILS(MapViewOfFile(r, FILE_MAP_WRITE, 0, 0, 0), ERROR_ACCESS_DENIED);
    v = MapViewOfFile(r, FILE_MAP_COPY, 0, 0, 0);
    CHECK(v != NULL);
    CHECK_EQ(query(v).Protect, PAGE_WRITECOPY);
    CHECK(UnmapViewOfFile(v));
    CHECK(CloseHandle(w));
    CHECK(CloseHandle(r));
    CHECK(CloseHandle(h));
    h = section(PAGE_READONLY, 4096);
    FAILS(MapViewOfFile(h, FILE_MAP_WRITE, 0, 0, 0), ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(h));
}

static void protection(void)
{
    DWORD old;
    HANDLE h = section(PAGE_READWRITE, 0x3000);
    char *r = MapViewOfFile(h, FILE_MAP_READ, 0, 0, 0), *w = MapViewOfFile(h, FILE_MAP_WRITE, 0, 0, 0);
    REQUIRE(r && w);
    FAILS(VirtualProtect(r, 4096, PAGE_READWRITE, &old), ERROR_INVALID_PARAMETER);
    FAILS(VirtualProtect(r, 4096, PAGE_EXECUTE_READ, &old), ERROR_INVALID_PARAMETER);
    CHECK(VirtualProtect(w + 4096, 4096, PAGE_READONLY, &old));
    CHECK_EQ(old, PAGE_READWRITE);
    CHECK_EQ(query(w).RegionSize, 4096);
    CHECK(VirtualAlloc(w + 4096, 4096, MEM_COMMIT, PAGE_READWRITE) == w + 4096); /* sets the protection */
    CHECK_EQ(query(w).RegionSize, 0x3000);
    w[4096] = 7;
    CHECK_EQ(r[4096], 7);
    /* A copy-on-write page in a shared view, and back. */
    CHECK(VirtualProtect(r, 4096, PAGE_WRITECOPY, &old));
    CHECK_EQ(old, PAGE_READONLY);
    CHECK_EQ(query(r).Protect, PAGE_WRITECOPY);
    r[0] = 9;
    CHECK_EQ(w[0], 0);
    CHECK_EQ(query(r).Protect, PAGE_READWRITE);
    CHECK_EQ(query(r).RegionSize, 4096);
    CHECK_EQ(query(r + 4096).Protect, PAGE_READONLY);
    CHECK(UnmapViewOfFile(r));
    CHECK(UnmapViewOfFile(w));
    CHECK(CloseHandle(h));
}

static void caching(void)
{
    DWORD old;
    HANDLE h = section(PAGE_READWRITE | SEC_COMMIT | SEC_NOCACHE, 0x2000);
    char *v = MapViewOfFile(h, FILE_MAP_WRITE, 0, 0, 0);
    REQUIRE(v);
    CHECK_EQ(query(v).Protect, PAGE_READWRITE | PAGE_NOCACHE);
    CHECK(VirtualProtect(v, 4096, PAGE_READONLY, &old));
    CHECK_EQ(old, PAGE_READWRITE | PAGE_NOCACHE);
    CHECK_EQ(query(v).Protect, PAGE_READONLY | PAGE_NOCACHE);
    CHECK(UnmapViewOfFile(v));
    CHECK(CloseHandle(h));
    FAILS(section(PAGE_READWRITE, (SIZE_T)1 << 44), 1455);
}

static void copies(void)
{
    HANDLE h = section(PAGE_READWRITE, 0x5000);
    char *w = MapViewOfFile(h, FILE_MAP_WRITE, 0, 0, 0), *c = MapViewOfFile(h, FILE_MAP_COPY, 0, 0, 0);
    REQUIRE(w && c);
    memset(w, 1, 0x5000);
    CHECK_EQ(query(c).RegionSize, 0x5000);
    CHECK_EQ(query(c).Protect, PAGE_WRITECOPY);
    CHECK_EQ(c[0x2000], 1);
    c[0x2000] = 2;
    CHECK_EQ(w[0x2000], 1);
    CHECK_EQ(query(c).RegionSize, 0x2000);
    CHECK_EQ(query(c).Protect, PAGE_WRITECOPY);
    CHECK_EQ(query(c + 0x2000).RegionSize, 0x1000);
    CHECK_EQ(query(c + 0x2000).Protect, PAGE_READWRITE);
    CHECK_EQ(query(c + 0x3000).Protect, PAGE_WRITECOPY);
    CHECK_EQ(query(c + 0x3000).RegionSize, 0x2000);
    CHECK_EQ(query(c + 0x2000).AllocationProtect, PAGE_WRITECOPY);
    w[0x3000] = 5;
    CHECK_EQ(c[0x3000], 5);
    CHECK(UnmapViewOfFile(c));
    CHECK(UnmapViewOfFile(w));
    CHECK(CloseHandle(h));
}

static void reserve(void)
{
    HANDLE h = section(PAGE_READWRITE | SEC_RESERVE, 0x20000);
    char *a = MapViewOfFile(h, FILE_MAP_WRITE, 0, 0, 0), *b = MapViewOfFile(h, FILE_MAP_WRITE, 0, 0x10000, 0);
    REQUIRE(a && b);
    CHECK_EQ(query(a).State, MEM_RESERVE);
    CHECK_EQ(query(a).Protect, 0);
    CHECK_EQ(query(a).RegionSize, 0x20000);
    CHECK(VirtualAlloc(a + 0x11000, 0x2000, MEM_COMMIT, PAGE_READWRITE) == a + 0x11000);
    a[0x11000] = 3;
    CHECK_EQ(b[0x1000], 3); /* committed for every view */
    CHECK_EQ(query(b).State, MEM_RESERVE);
    CHECK_EQ(query(b).RegionSize, 0x1000);
    CHECK_EQ(query(b + 0x1000).State, MEM_COMMIT);
    CHECK_EQ(query(b + 0x1000).RegionSize, 0x2000);
    CHECK_EQ(query(a + 0x13000).State, MEM_RESERVE);
    FAILS(VirtualFree(a + 0x11000, 0x1000, MEM_DECOMMIT), ERROR_INVALID_PARAMETER);
    FAILS(VirtualFree(a, 0, MEM_RELEASE), ERROR_INVALID_PARAMETER);
    char *c = MapViewOfFile(h, FILE_MAP_READ, 0, 0, 0);
    CHECK_EQ(query(c + 0x11000).State, MEM_COMMIT);
    CHECK_EQ(query(c + 0x11000).Protect, PAGE_READONLY);
    CHECK_EQ(c[0x11000], 3);
    CHECK(UnmapViewOfFile(a));
    CHECK(UnmapViewOfFile(b));
    CHECK(UnmapViewOfFile(c));
    CHECK(CloseHandle(h));
}

static void names(void)
{
    SetLastError(0xdeadbeef);
    HANDLE h = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, "winmem-test-Section");
    CHECK(h != NULL);
    CHECK_EQ(GetLastError(), 0);
    HANDLE same = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 65536, "winmem-test-Section");
    CHECK_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
    CHECK(CompareObjectHandles(h, same));
    FAILS(OpenFileMappingA(FILE_MAP_READ, FALSE, "winmem-test-section"), ERROR_FILE_NOT_FOUND);
    HANDLE r = OpenFileMappingA(FILE_MAP_READ, FALSE, "Local\\winmem-test-Section");
    CHECK(r != NULL);
    FAILS(MapViewOfFile(r, FILE_MAP_WRITE, 0, 0, 0), ERROR_ACCESS_DENIED);
    char *view = MapViewOfFile(h, FILE_MAP_WRITE, 0, 0, 0);
    CHECK(CloseHandle(r));
    CHECK(CloseHandle(same));
    CHECK(CloseHandle(h));
    FAILS(OpenFileMappingA(FILE_MAP_READ, FALSE, "winmem-test-Section"), ERROR_FILE_NOT_FOUND);
    CHECK(UnmapViewOfFile(view));
    FAILS(OpenFileMappingA(FILE_MAP_READ, FALSE, NULL), ERROR_INVALID_PARAMETER);
}

static void placeholders(void)
{
    HANDLE h = section(PAGE_READWRITE, 0x10000);
    char *p = VirtualAlloc2(NULL, NULL, 0x20000, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS, NULL, 0);
    REQUIRE(p);
    FAILS(MapViewOfFile3(h, NULL, p, 0, 0x10000, MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0), 487);
    CHECK(VirtualFree(p, 0x10000, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER));
    char *a = MapViewOfFile3(h, NULL, p, 0, 0x10000, MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0);
    char *b = MapViewOfFile3(h, NULL, p + 0x10000, 0, 0x10000, MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0);
    CHECK(a == p);
    CHECK(b == p + 0x10000);
    REQUIRE(a && b);
    a[0xffff] = 42; /* the mirrored buffer */
    CHECK_EQ(b[0xffff], 42);
    CHECK(UnmapViewOfFileEx(a, MEM_PRESERVE_PLACEHOLDER));
    CHECK_EQ(query(p).State, MEM_RESERVE);
    CHECK(UnmapViewOfFile2(GetCurrentProcess(), b, MEM_PRESERVE_PLACEHOLDER));
    CHECK(VirtualFree(p, 0x20000, MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS));
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
    a = MapViewOfFile(h, FILE_MAP_READ, 0, 0, 0);
    FAILS(UnmapViewOfFileEx(a, MEM_PRESERVE_PLACEHOLDER), 487);
    CHECK(UnmapViewOfFile(a));
    CHECK(CloseHandle(h));
}

int main(void)
{
    creation();
    mapping();
    at_address();
    access_rights();
    caching();
    copies();
    reserve();
    names();
    placeholders();
    protection();
    return CHECK_DONE();
}
