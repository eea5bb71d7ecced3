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
    CHECK_EQ(MulDiv(7, 3, 2), 11);
    CHECK_EQ((DWORD)MulDiv(-7, 3, 2), (DWORD)-11);
    CHECK_EQ((DWORD)MulDiv(1, 1, 0), (DWORD)-1);
    return CHECK_DONE();
}
