/* native_strings.c: counted strings and the small native calls beside them; what a handle is, by NtQueryObject. */
#include <windows.h>
#include <winternl.h>

#include <string.h>

#include "check.h"

static void conversions(void)
{
    static const WCHAR wide[] = {'a', 0xe4, 0x20ac, 0};
    ANSI_STRING text, back;
    UNICODE_STRING string, own;
    WCHAR room[4];
    RtlInitAnsiString(&text, "a\xc3\xa4\xe2\x82\xac");
    CHECK_EQ(text.Length, 6);
    CHECK_EQ(text.MaximumLength, 7);
    RtlInitAnsiString(&back, NULL);
    CHECK(back.Length == 0 && back.MaximumLength == 0 && !back.Buffer);
    CHECK_EQ(RtlAnsiStringToUnicodeString(&string, &text, TRUE), 0);
    CHECK(string.Length == 6 && string.MaximumLength == 8 && !memcmp(string.Buffer, wide, 8));
    CHECK_EQ(RtlUnicodeStringToAnsiString(&back, &string, TRUE), 0);
    CHECK(back.Length == 6 && back.MaximumLength == 7 && !strcmp(back.Buffer, text.Buffer));
    RtlFreeAnsiString(&back);
    CHECK(!back.Buffer);
    RtlFreeUnicodeString(&string);
    CHECK(!string.Buffer && !string.Length);
    own = (UNICODE_STRING){0, sizeof room, room};
    CHECK_EQ(RtlAnsiStringToUnicodeString(&own, &text, FALSE), 0);
    CHECK_EQ(own.Length, 6);
    own = (UNICODE_STRING){0, 6, room};
    room[0] = 'x';
    CHECK_EQ((DWORD)RtlAnsiStringToUnicodeString(&own, &text, FALSE), 0x80000005u);
    CHECK(own.Length == 0 && room[0] == 'x');
}

static void building(void)
{
    static const WCHAR one[] = {'A', 'b', 0}, other[] = {'a', 'B', 0}, longer[] = {'a', 'b', 'c', 0};
    WCHAR room[4] = {1, 1, 1, 1};
    UNICODE_STRING to = {0, sizeof room, room}, a, b, c;
    RtlInitUnicodeString(&a, one);
    RtlInitUnicodeString(&b, other);
    RtlInitUnicodeString(&c, longer);
    CHECK(!RtlEqualUnicodeString(&a, &b, FALSE) && RtlEqualUnicodeString(&a, &b, TRUE));
    CHECK(RtlCompareUnicodeString(&a, &c, TRUE) < 0 && RtlCompareUnicodeString(&c, &a, TRUE) > 0);
    RtlCopyUnicodeString(&to, &a);
    CHECK(to.Length == 4 && room[0] == 'A' && room[2] == 0);
    CHECK_EQ(RtlAppendUnicodeStringToString(&to, &b), 0);
    CHECK(to.Length == 8 && room[2] == 'a' && room[3] == 'B');
    CHECK_EQ((DWORD)RtlAppendUnicodeToString(&to, one), 0xC0000023u); /* STATUS_BUFFER_TOO_SMALL */
    CHECK_EQ(to.Length, 8);
    CHECK(RtlCreateUnicodeString(&to, longer));
    CHECK(to.Length == 6 && to.MaximumLength == 8 && to.Buffer != longer);
    RtlFreeUnicodeString(&to);
    CHECK(RtlCreateUnicodeStringFromAsciiz(&to, "abc"));
    CHECK(RtlEqualUnicodeString(&to, &c, FALSE));
    RtlFreeUnicodeString(&to);
}

static void moments(void)
{
    LARGE_INTEGER now, early = {.QuadPart = 1};
    FILETIME file;
    ULONG seconds = 0;
    CHECK_EQ(NtQuerySystemTime(&now), 0);
    GetSystemTimeAsFileTime(&file);
    LONGLONG later = (LONGLONG)((ULONGLONG)file.dwHighDateTime << 32 | file.dwLowDateTime);
    CHECK(later - now.QuadPart < 600000000 && now.QuadPart - later < 600000000);
    CHECK(RtlTimeToSecondsSince1970(&now, &seconds) && seconds > 1500000000u);
    CHECK(!RtlTimeToSecondsSince1970(&early, &seconds));
}

static void handles(void)
{
    union {
        PUBLIC_OBJECT_TYPE_INFORMATION type;
        PUBLIC_OBJECT_BASIC_INFORMATION basic;
        char room[256];
    } about;
    ULONG length = 0;
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NULL), twin;
    REQUIRE(section);
    REQUIRE(DuplicateHandle(GetCurrentProcess(), section, GetCurrentProcess(), &twin, SECTION_MAP_READ, TRUE, 0));
    CHECK_EQ(NtQueryObject(twin, ObjectBasicInformation, &about, sizeof about.basic, &length), 0);
    CHECK_EQ(length, 56);
    CHECK(about.basic.GrantedAccess == SECTION_MAP_READ && about.basic.HandleCount == 2);
    CHECK_EQ(about.basic.Attributes, OBJ_INHERIT);
    CHECK_EQ((DWORD)NtQueryObject(twin, ObjectBasicInformation, &about, 55, &length), 0xC0000004u);
    CHECK_EQ(NtQueryObject(twin, ObjectTypeInformation, &about, sizeof about, &length), 0);
    CHECK(about.type.TypeName.Length == 14 && about.type.TypeName.Buffer[0] == 'S');
    CHECK_EQ((DWORD)NtQueryObject(twin, ObjectTypeInformation, &about, 50, &length), 0xC0000004u);
    CHECK(length >= sizeof about.type + 16);
    CHECK_EQ((DWORD)NtQueryObject((HANDLE)(ULONG_PTR)0xABCDE0, ObjectTypeInformation, &about, sizeof about, &length),
             0xC0000008u);
    CloseHandle(twin);
    CloseHandle(section);
}

int main(void)
{
    conversions();
    building();
    moments();
    handles();
    return CHECK_DONE();
}
