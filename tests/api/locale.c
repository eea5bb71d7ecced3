/* test traits: wide */
/* locale.c: the locale of every program: what it says of itself, order and letters of text, dates and times. */
#include "check.h"

#include <windows.h>

#include <string.h>

static int same(const WCHAR *left, const WCHAR *right)
{
    return lstrcmpW(left, right) == 0;
}

static void which(void)
{
    WCHAR name[LOCALE_NAME_MAX_LENGTH];
    char text[32];
    DWORD number = 0;
    LCID user = GetUserDefaultLCID();
    CHECK(user == MAKELCID(MAKELANGID(LANG_ENGLISH, 0x01), SORT_DEFAULT) && IsValidLocale(user, 0));
    CHECK(!IsValidLocale(0x0407, 0) && !SetThreadLocale(0x0407) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(GetUserDefaultLocaleName(name, LOCALE_NAME_MAX_LENGTH) == 6 && same(name, L"en-US"));
    CHECK(LCIDToLocaleName(LOCALE_INVARIANT, name, 10, 0) == 1 && name[0] == 0);
    CHECK(LocaleNameToLCID(L"EN-us", 0) == user && LocaleNameToLCID(L"xx-YY", 0) == 0);
    CHECK(GetLocaleInfoA(user, LOCALE_SDECIMAL, text, sizeof text) == 2 && !strcmp(text, "."));
    CHECK(GetLocaleInfoW(user, LOCALE_SMONTHNAME1 + 2, name, 64) == 6 && same(name, L"March"));
    CHECK(GetLocaleInfoEx(NULL, LOCALE_ILANGUAGE | LOCALE_RETURN_NUMBER, (LPWSTR)&number, 2) == 2 && number == 0x409);
    CHECK(GetLocaleInfoW(user, LOCALE_ILANGUAGE | LOCALE_RETURN_NUMBER, name, -1) == 0 &&
          GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(GetLocaleInfoW(user, LOCALE_ILANGUAGE | LOCALE_RETURN_NUMBER, NULL, 2) == 0 &&
          GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(GetLocaleInfoA(user, LOCALE_SDAYNAME1, text, 3) == 0 && GetLastError() == ERROR_INSUFFICIENT_BUFFER);
    CHECK(GetLocaleInfoA(user, LOCALE_SDAYNAME1, NULL, 0) == 7);
    CHECK(GetLocaleInfoA(user, LOCALE_SENGCURRNAME, text, sizeof text) == 10 && !strcmp(text, "US Dollar"));
    /* What a CURRENCYFMT is filled from. */
    static const LCTYPE money[] = {LOCALE_ICURRDIGITS, LOCALE_ICURRENCY, LOCALE_INEGCURR};
    for (int i = 0; i < 3; i++)
        CHECK(GetLocaleInfoEx(L"en-US", money[i] | LOCALE_RETURN_NUMBER, (LPWSTR)&number, 2) == 2 &&
              number == (i ? 0 : 2));
    CHECK(GetLocaleInfoA(user, 0xfffe, text, 32) == 0 && GetLastError() == ERROR_INVALID_FLAGS);
    CHECK(GetLocaleInfoA(0x0407, LOCALE_SDECIMAL, text, 32) == 0 && GetLastError() == ERROR_INVALID_PARAMETER);
    CPINFO page;
    CHECK(GetCPInfo(CP_ACP, &page) && page.MaxCharSize == 4 && page.LeadByte[0] == 0 && !IsDBCSLeadByte(0x81));
    CHECK(!GetCPInfo(932, &page) && GetLastError() == ERROR_INVALID_PARAMETER);
}

#define COMPARE(flags, left, right) CompareStringW(LOCALE_USER_DEFAULT, flags, left, -1, right, -1)

static void order(void)
{
    CHECK_EQ(COMPARE(0, L"apple", L"Banana"), CSTR_LESS_THAN);
    CHECK_EQ(COMPARE(0, L"Zebra", L"apple"), CSTR_GREATER_THAN);
    CHECK_EQ(COMPARE(0, L"abc", L"ABC"), CSTR_LESS_THAN);
    CHECK_EQ(COMPARE(0, L"ABC", L"abd"), CSTR_LESS_THAN);
    CHECK_EQ(COMPARE(NORM_IGNORECASE, L"abc", L"ABC"), CSTR_EQUAL);
    CHECK_EQ(COMPARE(0, L"_a", L"1"), CSTR_LESS_THAN);
    CHECK_EQ(COMPARE(0, L"9", L"a"), CSTR_LESS_THAN);
    CHECK_EQ(COMPARE(0, L"ab", L"abc"), CSTR_LESS_THAN);
    CHECK_EQ(COMPARE(NORM_IGNORESYMBOLS, L"a-b", L"ab"), CSTR_EQUAL);
    CHECK_EQ(CompareStringA(LOCALE_INVARIANT, NORM_IGNORECASE, "\xc3\x84x", 3, "\xc3\xa4X", -1), CSTR_EQUAL);
    CHECK_EQ(CompareStringEx(L"en-US", 0, L"a", 1, L"ab", 1, NULL, NULL, 0), CSTR_EQUAL);
    CHECK(COMPARE(0x400, L"a", L"b") == 0 && GetLastError() == ERROR_INVALID_FLAGS);
    CHECK(CompareStringW(0x0407, 0, L"a", 1, L"b", 1) == 0 && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(COMPARE(0, L"a", NULL) == 0 && GetLastError() == ERROR_INVALID_PARAMETER);
}

static void letters(void)
{
    WCHAR wide[16];
    char text[16] = "gr\xc3\xb6\xc3\x9f"
                    "e1";
    WORD types[4];
    CHECK(LCMapStringW(LOCALE_USER_DEFAULT, LCMAP_UPPERCASE, L"ab\x00e4", -1, wide, 16) == 4 &&
          same(wide, L"AB\x00c4"));
    CHECK(LCMapStringEx(NULL, LCMAP_LOWERCASE, L"AB", 2, NULL, 0, NULL, NULL, 0) == 2);
    CHECK(LCMapStringW(0x409, LCMAP_UPPERCASE, L"ab", -1, wide, 2) == 0 && GetLastError() == ERROR_INSUFFICIENT_BUFFER);
    CHECK(LCMapStringW(0x409, LCMAP_SORTKEY, L"ab", -1, wide, 16) == 0 && GetLastError() == ERROR_INVALID_FLAGS);
    CHECK(LCMapStringA(0x409, LCMAP_UPPERCASE, "q\xc3\xa4", -1, text + 10, 6) == 4 && !strcmp(text + 10, "Q\xc3\x84"));
    CHECK(CharUpperA(text) == text && !strcmp(text, "GR\xc3\x96\xc3\x9f"
                                                    "E1"));
    CHECK(CharLowerBuffA(text, 2) == 2 && text[0] == 'g' && text[1] == 'r' && text[5] != 0);
    CHECK(CharUpperW((LPWSTR)L'q') == (LPWSTR)L'Q' && CharLowerA((LPSTR)'Q') == (LPSTR)'q');
    CHECK(CharNextA(text + 2) == text + 4 && CharPrevA(text, text + 4) == text + 2 && *CharNextA("") == 0);
    CHECK(CharNextW(wide) == wide + 1 && CharPrevW(wide, wide) == wide);
    CHECK(IsCharAlphaW(0xe4) && !IsCharAlphaA('1') && IsCharAlphaNumericA('1') && IsCharUpperA('A') &&
          !IsCharLowerA('A'));
    CHECK(GetStringTypeW(CT_CTYPE1, L"A1 ", 3, types));
    CHECK(types[0] == (C1_UPPER | C1_ALPHA | C1_XDIGIT | C1_DEFINED) &&
          types[1] == (C1_DIGIT | C1_XDIGIT | C1_DEFINED));
    CHECK_EQ(types[2], C1_SPACE | C1_BLANK | C1_DEFINED);
    CHECK(!GetStringTypeExA(0x409, 99, "A", 1, types) && GetLastError() == ERROR_INVALID_FLAGS);
}

static void times(void)
{
    SYSTEMTIME time = {.wYear = 2024, .wMonth = 2, .wDay = 9, .wHour = 15, .wMinute = 4, .wSecond = 5}, wrong = time;
    char text[64];
    WCHAR wide[64];
    CHECK(GetDateFormatA(LOCALE_USER_DEFAULT, 0, &time, NULL, text, sizeof text) == 9 && !strcmp(text, "2/9/2024"));
    CHECK(GetDateFormatA(0x409, DATE_LONGDATE, &time, NULL, text, 64) && !strcmp(text, "Friday, February 9, 2024"));
    CHECK(GetDateFormatW(0x409, 0, &time, L"ddd dd.MM.yy 'd''d'", wide, 64) && same(wide, L"Fri 09.02.24 d'd"));
    CHECK(GetTimeFormatA(0x409, 0, &time, NULL, text, 64) && !strcmp(text, "3:04:05 PM"));
    CHECK(GetTimeFormatA(0x409, TIME_NOSECONDS, &time, NULL, text, 64) && !strcmp(text, "3:04 PM"));
    CHECK(GetTimeFormatA(0x409, TIME_FORCE24HOURFORMAT | TIME_NOTIMEMARKER, &time, NULL, text, 64) &&
          !strcmp(text, "15:04:05"));
    CHECK(GetTimeFormatEx(L"", 0, &time, L"HH'h'mm t", wide, 64) && same(wide, L"15h04 P"));
    CHECK(GetTimeFormatA(0x409, 0, &time, "HH:mm", NULL, 0) == 6);
    CHECK(!GetTimeFormatA(0x409, 0, &time, "HH:mm", text, 5) && GetLastError() == ERROR_INSUFFICIENT_BUFFER);
    wrong.wMonth = 13;
    CHECK(!GetDateFormatA(0x409, 0, &wrong, NULL, text, 64) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(!GetDateFormatA(0x409, DATE_LONGDATE, &time, "d", text, 64) && GetLastError() == ERROR_INVALID_FLAGS);
    /* a picture may be of any length */
    static char long_picture[3001], long_text[5000];
    static WCHAR long_wide[3001], answer[5000];
    for (int i = 0; i < 3000; i++)
        long_picture[i] = i % 2 ? '.' : 'M', long_wide[i] = (WCHAR)long_picture[i];
    CHECK_EQ(GetDateFormatA(0x409, 0, &time, long_picture, NULL, 0), 3001);
    CHECK(GetDateFormatA(0x409, 0, &time, long_picture, long_text, sizeof long_text) == 3001 &&
          !strcmp(long_text + 2996, "2.2."));
    CHECK(GetDateFormatW(0x409, 0, &time, long_wide, answer, 5000) == 3001 && same(answer + 2996, L"2.2."));
}

static int is_number(LPCWSTR value, const NUMBERFMTW *format, LPCWSTR want)
{
    WCHAR made[64];
    return GetNumberFormatW(LOCALE_USER_DEFAULT, 0, value, format, made, 64) == lstrlenW(want) + 1 && same(made, want);
}

static int is_money(LPCWSTR value, const CURRENCYFMTW *format, LPCWSTR want)
{
    WCHAR made[64];
    return GetCurrencyFormatEx(L"en-US", 0, value, format, made, 64) == lstrlenW(want) + 1 && same(made, want);
}

static void numbers(void)
{
    char text[64];
    WCHAR wide[16], point[] = L",", dot[] = L".", euro[] = L"EUR";
    NUMBERFMTW format = {3, 0, 32, point, dot, 3};
    CURRENCYFMTW money = {2, 1, 3, point, dot, 8, 3, euro};
    CHECK(is_number(L"1234567.891", NULL, L"1,234,567.89") && is_number(L"-1234.5", NULL, L"-1,234.50"));
    CHECK(is_number(L"0", NULL, L"0.00") && is_number(L"007", NULL, L"7.00") &&
          is_number(L"999.995", NULL, L"1,000.00"));
    CHECK(is_number(L"-123456789.0004", &format, L"12.34.56.789,000-") && is_number(L".5", &format, L",500"));
    format = (NUMBERFMTW){0, 1, 0, point, dot, 0};
    CHECK(is_number(L"-12345.5", &format, L"(12346)") && is_number(L"0.2", &format, L"0"));
    CHECK(is_money(L"1234.5", NULL, L"$1,234.50"));
    CHECK(is_money(L"-1234.5", &money, L"-1.234,50 EUR") && is_money(L"1", &money, L"1,00 EUR"));
    CHECK(GetNumberFormatA(0x409, 0, "-1234", NULL, text, sizeof text) == 10 && !strcmp(text, "-1,234.00"));
    CHECK(GetCurrencyFormatA(0x409, 0, "5", NULL, text, sizeof text) == 6 && !strcmp(text, "$5.00"));
    CHECK_EQ(GetNumberFormatEx(L"en-US", 0, L"1234", NULL, NULL, 0), 9);
    CHECK(!GetNumberFormatW(0x409, 0, L"1234", NULL, wide, 8) && GetLastError() == ERROR_INSUFFICIENT_BUFFER);
    CHECK(!GetNumberFormatW(0x409, 0, L"12a", NULL, wide, 16) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(!GetNumberFormatW(0x409, 0, L"1.2.3", NULL, wide, 16) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(!GetNumberFormatW(0x409, LOCALE_NOUSEROVERRIDE, L"1", &format, wide, 16) &&
          GetLastError() == ERROR_INVALID_FLAGS);
    static WCHAR digits[501], much[2000], far_apart[] = L" and then ";
    for (int i = 0; i < 500; i++)
        digits[i] = '1';
    CHECK_EQ(GetNumberFormatW(0x409, 0, digits, NULL, much, 2000), 500 + 166 + 3 + 1);
    NUMBERFMTW wordy = {2, 1, 3, dot, far_apart, 1};
    CHECK(!GetNumberFormatW(0x409, 0, digits, &wordy, much, 2000) && GetLastError() == ERROR_INVALID_PARAMETER);
    format.NegativeOrder = 5;
    CHECK(!GetNumberFormatW(0x409, 0, L"1", &format, wide, 16) && GetLastError() == ERROR_INVALID_PARAMETER);
}

int main(void)
{
    numbers();
    which();
    order();
    letters();
    times();
    return CHECK_DONE();
}
