/* FormatMessage: system texts, inserts in any order, allocated buffers, the wide form, its errors. */
#include "check.h"

#include <string.h>
#include <windows.h>

static DWORD format(char *buffer, DWORD size, const char *text, ...)
{
    va_list arguments;
    va_start(arguments, text);
    DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_STRING, text, 0, 0, buffer, size, &arguments);
    va_end(arguments);
    return length;
}

/* Widths and precisions, from arguments too: %1!*.*s! takes the first three of them. */
static void forms(void)
{
    char text[256];
    CHECK_EQ(format(text, sizeof text, "%1!05u!|%2!x!|%3!hs!|%4!ls!|%5!c!", 12, 255, "q", u"wide", 'z'), 17);
    CHECK(!strcmp(text, "00012|ff|q|wide|z"));
    format(text, sizeof text, "%1!*u!|%3!-4s!|%3!4s!", 5, 12, "q");
    CHECK(!strcmp(text, "   12|q   |   q"));
    format(text, sizeof text, "%1!*.*s! %4 %5!*s!", 4, 2, "Bill", "Bob", 6, "Bill");
    CHECK(!strcmp(text, "  Bi Bob   Bill"));
    format(text, sizeof text, "%1!I64x! %2!u!", 0x123456789abcull, 7);
    CHECK(!strcmp(text, "123456789abc 7"));
    CHECK_EQ(format(text, sizeof text, "%1!99999999999999999999d!", 5), 0);
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
}

static const char *plain(DWORD flags, const char *format)
{
    static char text[256];
    return FormatMessageA(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_IGNORE_INSERTS | flags, format, 0, 0, text,
                          sizeof text, NULL)
               ? text
               : "";
}

static void breaks(void)
{
    char text[64];
    CHECK(!strcmp(plain(0, "a\r\nb\nc\r"), "a\r\nb\r\nc\r\n"));
    CHECK(!strcmp(plain(FORMAT_MESSAGE_MAX_WIDTH_MASK, "a\r\nb\nc"), "a b c"));
    CHECK(!strcmp(plain(9, "one two\nthree abcdefghijkl m%nn"), "one two\r\nthree\r\nabcdefghijkl\r\nm\r\nn"));
    CHECK(!strcmp(plain(7, "one two"), "one two") && !strcmp(plain(6, "one two"), "one\r\ntwo"));
    format(text, sizeof text, "a%%b%!c%.d%rx%n%0 not this");
    CHECK(!strcmp(text, "a%b!c.d\rx\r\n"));
    CHECK(!strcmp(plain(0, "%1 stays %2!u!"), "%1 stays %2!u!"));
}

static void refusals(void)
{
    char text[64];
    HMODULE kernel = GetModuleHandleA("kernel32.dll"), native = GetModuleHandleA("ntdll.dll");
    SetLastError(0);
    CHECK(!FormatMessageA(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM, NULL, 5, 0, NULL, 0, NULL));
    CHECK_EQ(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    CHECK(!FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 5, 0, NULL, 64, NULL));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(!FormatMessageA(0, NULL, 5, 0, text, 64, NULL));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(!FormatMessageA(FORMAT_MESSAGE_FROM_STRING, NULL, 0, 0, text, 64, NULL));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(!FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "%1", 0, 0, text, 64, NULL));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(!FormatMessageA(FORMAT_MESSAGE_FROM_HMODULE, kernel, 0x77777, 0, text, 64, NULL));
    CHECK_EQ(GetLastError(), ERROR_MR_MID_NOT_FOUND);
    CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_HMODULE, kernel, ERROR_ACCESS_DENIED, 0, text, 64, NULL) > 0);
    CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_HMODULE, native, 0xC0000022, 0, text, 64, NULL) > 0);
    CHECK(!strcmp(text, "Access is denied.\r\n"));
    CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x80070005, 0, text, 64, NULL) > 0); /* an HRESULT */
    CHECK(!strcmp(text, "Access is denied.\r\n"));
    SetLastError(77);
    CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0, 0, text, 64, NULL) > 0);
    CHECK_EQ(GetLastError(), 77);
}

static void languages(void)
{
    char text[256];
    CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 5, MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), text, 256,
                         NULL));
    CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 5, LANG_USER_DEFAULT, text, 256, NULL));
    SetLastError(0);
    CHECK(!FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 5, MAKELANGID(0x3ff, 0x3f), text, 256, NULL));
    CHECK_EQ(GetLastError(), ERROR_RESOURCE_LANG_NOT_FOUND);
}

int main(void)
{
    char text[256], *allocated = NULL;
    DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, ERROR_ACCESS_DENIED,
                                  0, text, sizeof text, NULL);
    CHECK(length > 2 && length == strlen(text) && !strcmp(text + length - 2, "\r\n"));
    CHECK(!FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x12345, 0, text, sizeof text, NULL));
    CHECK_EQ(GetLastError(), ERROR_MR_MID_NOT_FOUND);
    CHECK(!FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, ERROR_ACCESS_DENIED, 0, text, 3, NULL));
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(format(text, sizeof text, "%2 %1!d! %%", 7, "seven"), 9);
    CHECK(!strcmp(text, "seven 7 %"));
    DWORD_PTR array[] = {(DWORD_PTR) "one", 0x1F};
    CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY, "%1-%2!x!", 0, 0, text,
                         sizeof text, (va_list *)array));
    CHECK(!strcmp(text, "one-1f"));
    static const WCHAR pattern[] = {'a', '%', '1', 'b', 0};
    static const WCHAR insert[] = {0xE9, 0};
    DWORD_PTR wide_array[] = {(DWORD_PTR)insert};
    WCHAR wide[16];
    CHECK_EQ(FormatMessageW(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY, pattern, 0, 0, wide, 16,
                            (va_list *)wide_array),
             3);
    CHECK(wide[1] == 0xE9 && wide[2] == 'b' && wide[3] == 0);
    if (FormatMessageA(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM, NULL, ERROR_INVALID_HANDLE, 0,
                       (LPSTR)&allocated, 0, NULL)) {
        CHECK(strlen(allocated) > 2);
        CHECK(LocalFree(allocated) == NULL);
    }
    forms();
    breaks();
    refusals();
    CHECK_EQ(MulDiv(7, 3, 2), 11);
    CHECK_EQ((DWORD)MulDiv(-7, 3, 2), (DWORD)-11);
    CHECK_EQ((DWORD)MulDiv(1, 1, 0), (DWORD)-1);
    languages();
    return CHECK_DONE();
}
