// headers_crt_safe_cpp.cpp: the safe forms that take the size of the array themselves, narrow, wide and TCHAR.
// test traits: unicode
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tchar.h>
#include <time.h>
#include <windows.h>

#include "check.h"

int main()
{
    char text[8];
    CHECK(sprintf_s(text, "%d", 123) == 3 && strcmp(text, "123") == 0);
    CHECK(sprintf_s(text, "%s", "123456789") == -1 && text[0] == 0);
    CHECK(sprintf_s(text, 8, "%s", "12") == 2);
    CHECK(_snprintf_s(text, _TRUNCATE, "%s", "123456789") == -1 && strcmp(text, "1234567") == 0);
    CHECK(strncpy_s(text, "abcdef", 3) == 0 && strncat_s(text, "xyz", 2) == 0 && strcmp(text, "abcxy") == 0);
    CHECK(strcpy_s(text, "AbC") == 0 && _strlwr_s(text) == 0 && strcmp(text, "abc") == 0);
    TCHAR wide[8];
    CHECK(_stprintf_s(wide, _T("%d"), 5) == 1 && _tcscat_s(wide, _T("ab")) == 0 && _tcscmp(wide, _T("5ab")) == 0);
    CHECK(_tcscpy_s(wide, _T("abcdefgh")) == ERANGE && wide[0] == 0);
    CHECK(_sntprintf_s(wide, _TRUNCATE, _T("%s-%s"), _T("abcd"), _T("efgh")) == -1);
    CHECK(_tcscmp(wide, _T("abcd-ef")) == 0 && _tcsclen(wide) == 7);
    TCHAR words[] = _T("one two");
    CHECK(_tcscmp(_tcstok(words, _T(" ")), _T("one")) == 0 && _tcscmp(_tcstok(nullptr, _T(" ")), _T("two")) == 0);
    CHECK(_tputenv_s(_T("WINMEM_CRT"), _T("value")) == 0 && _tcscmp(_tgetenv(_T("WINMEM_CRT")), _T("value")) == 0);
    CHECK(_itot_s(-5, wide, 8, 10) == 0 && _ttoi(wide) == -5);
    CHECK(_itoa_s(-5, text, 10) == 0 && strcmp(text, "-5") == 0 && _ultoa_s(255UL, text, 16) == 0 &&
          strcmp(text, "ff") == 0);
    CHECK(_ltoa_s(77L, text, 8) == 0 && strcmp(text, "115") == 0 && _i64toa_s(1LL << 40, text, 10) == ERANGE);
    CHECK(_itot_s(12, wide, 10) == 0 && _tcscmp(wide, _T("12")) == 0);
    char drive[_MAX_DRIVE], directory[_MAX_DIR], name[_MAX_FNAME], extension[_MAX_EXT], path[_MAX_PATH];
    CHECK(_splitpath_s("C:\\one\\two.txt", drive, directory, name, extension) == 0 && strcmp(name, "two") == 0);
    CHECK(_makepath_s(path, drive, directory, name, ".c") == 0 && strstr(path, "two.c"));
    size_t needed;
    CHECK(getenv_s(&needed, text, "WINMEM_CRT") == 0 && needed == 6 && strcmp(text, "value") == 0);
    time_t moment = 0;
    char when[32], day[9], hour[9];
    CHECK(ctime_s(when, &moment) == 0 && strlen(when) == 25 && _strdate_s(day) == 0 && _strtime_s(hour) == 0);
    return CHECK_DONE();
}
