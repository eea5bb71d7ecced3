/* conform_native.c: the Nt calls of virtual memory: which status, in which order of checks, and what they answer in
 * their base and size. */
#include "conform.h"

static NTSTATUS allocate(void *at, ULONG_PTR bits, SIZE_T size, ULONG type, ULONG protect)
{
    PVOID base = at;
    NTSTATUS status = NtAllocateVirtualMemory(SELF, &base, bits, &size, type, protect);
    if (NT_SUCCESS(status)) {
        size = 0;
        STATUS(NtFreeVirtualMemory(SELF, &base, &size, MEM_RELEASE), STATUS_SUCCESS);
    }
    return status;
}

static NTSTATUS release(void *at, SIZE_T size, ULONG type)
{
    return NtFreeVirtualMemory(SELF, &at, &size, type);
}

static NTSTATUS protect(void *at, SIZE_T size, ULONG access, ULONG *old)
{
    return NtProtectVirtualMemory(SELF, &at, &size, access, old);
}

/* To 31 a count of zero bits below bit 32, above that a mask; either way eleven bits must be left. */
static void zero_bits(void)
{
    for (ULONG_PTR bits = 22; bits <= 64; bits++)
        STATUS(allocate(NULL, bits, 0x1000, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_3);
    STATUS(allocate(NULL, 0x3ff, 0x1000, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_3);
    STATUS(allocate(NULL, 16, 0x1000, MEM_RESERVE, PAGE_READWRITE), STATUS_NO_MEMORY);
    STATUS(allocate(NULL, 21, 0x1000, MEM_RESERVE, PAGE_READWRITE), STATUS_NO_MEMORY);
    STATUS(allocate(NULL, 0x7fffffff, 0x90000000, MEM_RESERVE, PAGE_READWRITE), STATUS_NO_MEMORY);
    STATUS(allocate(NULL, (ULONG_PTR)-1, 0x1000, MEM_RESERVE, PAGE_READWRITE), STATUS_SUCCESS);
    PVOID base = NULL;
    SIZE_T size = 0x1000;
    STATUS(NtAllocateVirtualMemory(SELF, &base, 0x1aaaaaaa, &size, MEM_RESERVE, PAGE_READWRITE), STATUS_SUCCESS);
    CHECK((ULONG_PTR)base < 0x20000000);
    STATUS(release(base, 0, MEM_RELEASE), STATUS_SUCCESS);
}

static void types(void)
{
    static const ULONG bad[] = {
        0,
        MEM_TOP_DOWN,
        MEM_WRITE_WATCH,
        MEM_WRITE_WATCH | MEM_COMMIT,
        MEM_PHYSICAL,
        MEM_PHYSICAL | MEM_COMMIT,
        MEM_PHYSICAL | MEM_RESERVE | MEM_COMMIT,
        MEM_RESET | MEM_COMMIT,
        MEM_RESET | MEM_RESET_UNDO,
        MEM_DECOMMIT,
        MEM_RELEASE | MEM_COMMIT,
        MEM_FREE | MEM_COMMIT,
        MEM_PRIVATE | MEM_COMMIT,
        MEM_MAPPED | MEM_COMMIT,
        MEM_RESERVE | MEM_LARGE_PAGES,
        MEM_COMMIT | 0x80000000,
        MEM_RESERVE | MEM_RESERVE_PLACEHOLDER,
        MEM_RESERVE | MEM_REPLACE_PLACEHOLDER,
    };
    for (unsigned i = 0; i < ARRAYSIZE(bad); i++)
        STATUS(allocate(NULL, 0, 0x1000, bad[i], PAGE_READWRITE), STATUS_INVALID_PARAMETER_5);
    STATUS(allocate(NULL, 0, 0x1000, MEM_PHYSICAL | MEM_RESERVE, PAGE_READONLY), STATUS_INVALID_PARAMETER_6);
}

static void protections(void)
{
    static const ULONG bad[] = {
        0,     3,     5,     6,     7,      8,         9, 0x30, 0x41, 0x80, 0x88, 0x100, 0x101, 0x201, 0x204 | 0x100,
        0x401, 0x604, 0x504, 0x804, 0x1004, 0x80000004};
    static const ULONG good[] = {1, 2, 4, 0x10, 0x20, 0x40, 0x102, 0x104, 0x110, 0x120, 0x140, 0x204, 0x402, 0x440};
    for (unsigned i = 0; i < ARRAYSIZE(bad); i++) {
        STATUS(allocate(NULL, 0, 0x1000, MEM_COMMIT, bad[i]), STATUS_INVALID_PAGE_PROTECTION);
        STATUS(allocate(NULL, 0, 0x1000, MEM_RESERVE, bad[i]), STATUS_INVALID_PAGE_PROTECTION);
    }
    for (unsigned i = 0; i < ARRAYSIZE(good); i++) {
        STATUS(allocate(NULL, 0, 0x1000, MEM_COMMIT, good[i]), STATUS_SUCCESS);
        STATUS(allocate(NULL, 0, 0x1000, MEM_RESERVE, good[i]), STATUS_SUCCESS);
    }
}

/* Bits, type and protection first, then the pointers, base and size, and the handle last. */
static void order_of_checks(void)
{
    PVOID base = NULL;
    SIZE_T size = 0;
    ULONG old;
    STATUS(allocate(AT(-1), 22, 0, 0, 0), STATUS_INVALID_PARAMETER_3);
    STATUS(allocate(AT(-1), 0, 0, 0, 0), STATUS_INVALID_PARAMETER_5);
    STATUS(allocate(AT(-1), 0, 0, MEM_COMMIT, 0), STATUS_INVALID_PAGE_PROTECTION);
    STATUS(NtAllocateVirtualMemory(SELF, NULL, 0, NULL, MEM_COMMIT, 0), STATUS_INVALID_PAGE_PROTECTION);
    STATUS(NtAllocateVirtualMemory(NOBODY, NULL, 0, &size, MEM_COMMIT, PAGE_READWRITE), STATUS_ACCESS_VIOLATION);
    STATUS(allocate(AT(-1), 0, 0, MEM_COMMIT, PAGE_READWRITE), STATUS_INVALID_PARAMETER_2);
    STATUS(NtAllocateVirtualMemory(NOBODY, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4);
    size = 0x1000;
    STATUS(NtAllocateVirtualMemory(NOBODY, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE), STATUS_INVALID_HANDLE);
    STATUS(NtProtectVirtualMemory(NOBODY, &base, &size, 0, NULL), STATUS_INVALID_PAGE_PROTECTION);
    STATUS(NtProtectVirtualMemory(NOBODY, &base, &size, PAGE_READONLY, NULL), STATUS_ACCESS_VIOLATION);
    STATUS(NtProtectVirtualMemory(NOBODY, &base, &size, PAGE_READONLY, &old), STATUS_INVALID_HANDLE);
    CHECK(base == NULL && size == 0x1000);
}

static void limits(void)
{
    STATUS(allocate(AT(0x7ffffffeffff), 0, 2, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4);
    STATUS(allocate(AT(0x7ffffffe0000), 0, 0x20000, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4);
    STATUS(allocate(AT(0x10000), 0, 0x7ffffffe0001, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4);
    STATUS(allocate(AT(0x10000), 0, 0x7ffffffe0000, MEM_RESERVE, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES);
    STATUS(allocate(NULL, 0, 0x7fffffff0000, MEM_RESERVE, PAGE_READWRITE), STATUS_NO_MEMORY);
    STATUS(allocate(NULL, 0, 0x800000000000, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4);
    STATUS(allocate(AT(1), 0, 0x1000, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_2);
    STATUS(allocate(AT(0x61000000), 0, 0x1000, MEM_COMMIT, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES);
    STATUS(allocate(AT(0x61000000), 0, 0x1000, MEM_RESET, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES);
}

static void freeing(char *region)
{
    static const ULONG bad[] = {0, MEM_RELEASE | MEM_DECOMMIT, MEM_COMMIT, 1, 2, MEM_RELEASE | 3, MEM_DECOMMIT | 1};
    for (unsigned i = 0; i < ARRAYSIZE(bad); i++)
        STATUS(release(region, 0x1000, bad[i]), STATUS_INVALID_PARAMETER_4);
    STATUS(release(region, 0, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER), STATUS_INVALID_PARAMETER_3);
    STATUS(release(AT(-1), 0, MEM_RELEASE), STATUS_INVALID_PARAMETER_2);
    STATUS(release(region, (SIZE_T)-1, MEM_RELEASE), STATUS_INVALID_PARAMETER_3);
    STATUS(release(NULL, 0, MEM_RELEASE), STATUS_MEMORY_NOT_ALLOCATED);
    STATUS(release(region + 0x1000, 0, MEM_RELEASE), STATUS_FREE_VM_NOT_AT_BASE);
    STATUS(release(region + 0x1000, 0, MEM_DECOMMIT), STATUS_FREE_VM_NOT_AT_BASE);
    STATUS(release(region, 0x10001, MEM_RELEASE), STATUS_UNABLE_TO_FREE_VM);
    STATUS(release(region, 0x10001, MEM_DECOMMIT), STATUS_UNABLE_TO_FREE_VM);
    PVOID base = region + 0x1234;
    SIZE_T size = 0x1000;
    STATUS(NtFreeVirtualMemory(SELF, &base, &size, MEM_DECOMMIT), STATUS_SUCCESS);
    CHECK(base == region + 0x1000 && size == 0x2000);
}

static void protecting(char *region)
{
    ULONG old = 77;
    STATUS(protect(region, 0x1000, PAGE_READWRITE, &old), STATUS_NOT_COMMITTED);
    STATUS(protect(region, 0, PAGE_READWRITE, &old), STATUS_INVALID_PARAMETER_3);
    STATUS(protect(region, (SIZE_T)-1, PAGE_READWRITE, &old), STATUS_INVALID_PARAMETER_3);
    STATUS(protect(AT(-1), 0x1000, PAGE_READWRITE, &old), STATUS_INVALID_PARAMETER_2);
    STATUS(protect(region, 0x1000, PAGE_WRITECOPY, &old), STATUS_INVALID_PARAMETER_4);
    STATUS(protect(region, 0x11000, PAGE_READWRITE, &old), STATUS_CONFLICTING_ADDRESSES);
    STATUS(protect(AT(0x61000000), 0x1000, PAGE_READWRITE, &old), STATUS_CONFLICTING_ADDRESSES);
    CHECK_EQ(old, 77);
    PVOID base = region;
    SIZE_T size = 0x3000;
    STATUS(NtAllocateVirtualMemory(SELF, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    base = region + 0x123;
    size = 0x1000;
    STATUS(NtProtectVirtualMemory(SELF, &base, &size, PAGE_READONLY, &old), STATUS_SUCCESS);
    CHECK(base == region && size == 0x2000 && old == PAGE_READWRITE);
}

/* A page of which only a part is of no more interest keeps what it holds. */
static void reset_of_parts(char *region)
{
    CHECK(VirtualAlloc(region, 0x4000, MEM_COMMIT, PAGE_READWRITE) == region);
    for (int i = 0; i < 4; i++)
        region[i * 0x1000] = region[i * 0x1000 + 0xfff] = (char)(i + 1);
    CHECK(VirtualAlloc(region + 0x100, 0x1000, MEM_RESET, PAGE_READWRITE) != NULL);
    CHECK(VirtualAlloc(region + 0x2fff, 0x1000, MEM_RESET, PAGE_READWRITE) != NULL);
    for (int i = 0; i < 4; i++)
        CHECK(region[i * 0x1000] == i + 1 && region[i * 0x1000 + 0xfff] == i + 1);
}

static OBJECT_ATTRIBUTES *named(const char *text, ULONG flags)
{
    static WCHAR wide[64];
    static UNICODE_STRING string;
    static OBJECT_ATTRIBUTES attributes;
    size_t length = 0;
    for (; text[length]; length++)
        wide[length] = (WCHAR)text[length];
    string = (UNICODE_STRING){.Length = (USHORT)(length * 2), .MaximumLength = (USHORT)(length * 2), .Buffer = wide};
    InitializeObjectAttributes(&attributes, &string, flags, NULL, NULL);
    return &attributes;
}

/* Which error a name is that means no section: whether a part of it has no name, is not there, or is a directory. */
static void names(void)
{
    static const struct {
        const char *name;
        NTSTATUS create, open;
    } bad[] = {
        {"x", STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_OBJECT_PATH_SYNTAX_BAD},
        {"\\", STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_TYPE_MISMATCH},
        {"\\BaseNamedObjects", STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_TYPE_MISMATCH},
        {"\\BaseNamedObjects\\", STATUS_OBJECT_NAME_INVALID, STATUS_OBJECT_NAME_INVALID},
        {"\\BaseNamedObjects\\\\x", STATUS_OBJECT_NAME_INVALID, STATUS_OBJECT_NAME_INVALID},
        {"\\\\BaseNamedObjects\\x", STATUS_OBJECT_NAME_INVALID, STATUS_OBJECT_NAME_INVALID},
        {"\\BaseNamedObjects\\no\\x", STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND},
        {"\\NoDirectory\\x", STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND},
    };
    LARGE_INTEGER size = {.QuadPart = 0x1000};
    HANDLE h = (HANDLE)7;
    for (unsigned i = 0; i < ARRAYSIZE(bad); i++) {
        STATUS(NtCreateSection(&h, SECTION_ALL_ACCESS, named(bad[i].name, 0), &size, PAGE_READWRITE, SEC_COMMIT, NULL),
               bad[i].create);
        STATUS(NtOpenSection(&h, SECTION_MAP_READ, named(bad[i].name, 0)), bad[i].open);
    }
    HANDLE made = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, "winmem conform Name");
    STATUS(NtOpenSection(&h, SECTION_MAP_READ, named("\\BaseNamedObjects\\winmem conform name", OBJ_CASE_INSENSITIVE)),
           STATUS_OBJECT_NAME_NOT_FOUND); /* a difference: Windows finds it */
    CHECK(CloseHandle(made));
    OBJECT_ATTRIBUTES *attributes = named("x", 0);
    attributes->RootDirectory = NOBODY;
    STATUS(NtOpenSection(&h, SECTION_MAP_READ, attributes), STATUS_INVALID_HANDLE);
    attributes->RootDirectory = CreateEventA(NULL, FALSE, FALSE, NULL);
    STATUS(NtOpenSection(&h, SECTION_MAP_READ, attributes), STATUS_OBJECT_TYPE_MISMATCH);
    CHECK(CloseHandle(attributes->RootDirectory));
    attributes = named("", 0);
    STATUS(NtOpenSection(&h, SECTION_MAP_READ, attributes), STATUS_OBJECT_PATH_SYNTAX_BAD);
    attributes->Length--;
    STATUS(NtCreateSection(&h, SECTION_ALL_ACCESS, attributes, &size, PAGE_READWRITE, SEC_COMMIT, NULL),
           STATUS_INVALID_PARAMETER);
    CHECK(h == (HANDLE)7);
}

int main(void)
{
    zero_bits();
    types();
    protections();
    order_of_checks();
    limits();
    names();
    char *region = VirtualAlloc(NULL, 0x10000, MEM_RESERVE, PAGE_READWRITE);
    REQUIRE(region);
    freeing(region);
    protecting(region);
    reset_of_parts(region);
    STATUS(release(region + 0xfff, 0, MEM_RELEASE), STATUS_SUCCESS);
    return CHECK_DONE();
}
