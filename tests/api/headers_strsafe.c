/* headers_strsafe.c: the Ex forms of strsafe.h: ends, what is left, fillings. test traits: wide */
#include <windows.h>
#include <strsafe.h>

#include <string.h>

#include "check.h"

int main(void)
{
    char text[8], *end = NULL;
    size_t left = 0;
    WCHAR wide[4], *wide_end = NULL;
    memset(text, 'z', sizeof text);
    CHECK_EQ(StringCchCopyExA(text, 8, "abc", &end, &left, 0), S_OK);
    CHECK(end == text + 3 && left == 5 && !strcmp(text, "abc"));
    CHECK_EQ(StringCchCatExA(text, 8, "de", &end, &left, STRSAFE_FILL_BYTE('#')), S_OK);
    CHECK(end == text + 5 && left == 3 && !memcmp(text, "abcde\0##", 8));
    CHECK_EQ(StringCchCatExA(text, 8, "xyz", &end, &left, 0), STRSAFE_E_INSUFFICIENT_BUFFER);
    CHECK(end == text + 7 && left == 1 && !strcmp(text, "abcdexy"));
    CHECK_EQ(StringCchCopyExA(text, 8, "0123456789", &end, &left, STRSAFE_NO_TRUNCATION),
             STRSAFE_E_INSUFFICIENT_BUFFER);
    CHECK(end == text && left == 8 && !text[0]);
    CHECK_EQ(StringCchCopyExA(text, 8, "0123456789", &end, &left, STRSAFE_FAILURE_BYTE('!')),
             STRSAFE_E_INSUFFICIENT_BUFFER);
    CHECK(!memcmp(text, "!!!!!!!\0", 8) && left == 1);
    CHECK_EQ(StringCchCopyExA(NULL, 0, NULL, &end, &left, STRSAFE_IGNORE_NULLS), S_OK);
    CHECK(!end && left == 0);
    CHECK_EQ(StringCchCopyExA(text, 8, NULL, &end, &left, STRSAFE_IGNORE_NULLS), S_OK);
    CHECK(!text[0] && left == 8);
    CHECK_EQ(StringCchCopyExA(text, 8, "a", &end, &left, 0x8000), STRSAFE_E_INVALID_PARAMETER);
    CHECK_EQ(StringCchCopyA(text, 0, "a"), STRSAFE_E_INVALID_PARAMETER);
    CHECK_EQ(StringCchPrintfExA(text, 8, &end, &left, 0, "%d-%s", 42, "x"), S_OK);
    CHECK(end == text + 4 && left == 4 && !strcmp(text, "42-x"));
    CHECK_EQ(StringCchPrintfExA(text, 8, &end, &left, STRSAFE_NULL_ON_FAILURE, "%s", "0123456789"),
             STRSAFE_E_INSUFFICIENT_BUFFER);
    CHECK(end == text && left == 8 && !text[0]);
    CHECK_EQ(StringCbCopyExW(wide, 7, L"ab", &wide_end, &left, 0), S_OK);
    CHECK(wide_end == wide + 2 && left == 3 && wide[2] == 0);
    CHECK_EQ(StringCbLengthW(wide, sizeof wide, &left), S_OK);
    CHECK_EQ(left, 4);
    CHECK_EQ(StringCbCatNW(wide, sizeof wide, L"cdef", 2), S_OK);
    CHECK(!memcmp(wide, L"abc", 8));
    CHECK_EQ(StringCchPrintfExW(wide, 4, &wide_end, &left, 0, L"%d", 123), S_OK);
    CHECK(wide_end == wide + 3 && left == 1);
    return CHECK_DONE();
}
