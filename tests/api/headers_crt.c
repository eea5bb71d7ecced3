/* headers_crt.c: the C library as a program meets it that is compiled with the flags of pkg-config. test traits: wide
 * Builds with mingw-w64 as well. */
#include <windows.h>

#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "check.h"

#define IS(format, want, ...)                                                                                          \
    do {                                                                                                               \
        char is_text[128];                                                                                             \
        int is_count = snprintf(is_text, 128, format, __VA_ARGS__);                                                    \
        CHECK(strcmp(is_text, want) == 0);                                                                             \
        CHECK_EQ(is_count, strlen(want));                                                                              \
    } while (0)
#define WIDE_IS(format, want, ...)                                                                                     \
    do {                                                                                                               \
        wchar_t is_text[128];                                                                                          \
        _snwprintf(is_text, 128, format, __VA_ARGS__);                                                                 \
        CHECK(wcscmp(is_text, want) == 0);                                                                             \
    } while (0)

static void narrow_formats(void)
{
    DWORD big = 0xFFFFFFFF;
    LONG negative = -5;
    IS("%lu %ld %lx", "4294967295 -5 ffffffff", big, negative, big);
    IS("%I64u|%I64x|%Iu", "18446744073709551615|1234567890ab|7", ~0ull, 0x1234567890abull, (SIZE_T)7);
    IS("%I32d %hu %hhd", "-1 65535 -1", -1, 65535, 255);
    IS("%-6d|%06d|%+d|%#x|%.3d", "42    |000042|+42|0x2a|042", 42, 42, 42, 42, 42);
    IS("%*d|%-*d|%.*f", "   42|42   |3.14", 5, 42, 5, 42, 2, 3.14159);
    IS("%s|%10s|%-10s|%.2s", "abc|       abc|abc       |ab", "abc", "abc", "abc", "abc");
    IS("%S|%ls|%ws", "wide|wide|wide", L"wide", L"wide", L"wide");
    IS("%c%C%%", "xy%", 'x', L'y');
    IS("%p", "000000000012F950", (void *)0x12F950);
    IS("%#p", "0X000000000012F950", (void *)0x12F950);
#ifndef _WIN32
    IS("%Fp %Np", "000000000012F950 000000000012F950", (void *)0x12F950,
       (void *)0x12F950); /* far and near: of old samples */
#endif
    IS("%.1F", "0.5", 0.5);
    IS("%g %e %lf", "0.5 5.000000e-01 0.500000", 0.5, 0.5, 0.5);
    IS("%lld %zu", "-7 9", -7ll, (size_t)9);
    IS("%ls", "\xE2\x82\xAC", L"\u20AC");
}

static void wide_formats(void)
{
    WIDE_IS(L"%s|%S|%hs|%ls", L"wide|narrow|narrow|wide", L"wide", "narrow", "narrow", L"wide");
    WIDE_IS(L"%lu 0x%08X %5s|%-5s|", L"4294967295 0x0000002A    ab|ab   |", (DWORD)-1, 42, L"ab", L"ab");
    WIDE_IS(L"%c%3d%%", L"\u20AC  5%", L'\u20AC', 5);
    wchar_t small[4];
    CHECK(swprintf(small, 4, L"%d", 12345) < 0);
    CHECK_EQ(swprintf(small, 4, L"%d", 123), 3);
}

static void wide_strings(void)
{
    wchar_t text[64] = L"one", *state, *end;
    CHECK_EQ(sizeof(wchar_t), 2);
    CHECK_EQ(wcslen(L"four"), 4);
    CHECK(wcscmp(wcscat(text, L" two"), L"one two") == 0);
    CHECK(wcschr(text, L't') == text + 4 && wcsrchr(text, L'o') == text + 6 && wcsstr(text, L"e t") == text + 2);
    CHECK(wcschr(text, 0) == text + 7 && wcsstr(text, L"zzz") == NULL);
    CHECK(_wcsicmp(L"ABC", L"abc") == 0 && wcsncmp(L"abcd", L"abcx", 3) == 0 && wcscmp(L"a", L"b") < 0);
    wcscpy(text, L"a,b;;c");
    CHECK(wcscmp(wcstok_s(text, L",;", &state), L"a") == 0);
    CHECK(wcscmp(wcstok_s(NULL, L",;", &state), L"b") == 0);
    CHECK(wcscmp(wcstok_s(NULL, L",;", &state), L"c") == 0);
    CHECK(wcstok_s(NULL, L",;", &state) == NULL);
    CHECK_EQ(wcstoul(L"0x1Fz", &end, 0), 31);
    CHECK(*end == L'z');
    CHECK_EQ(_wtoi(L" -12"), -12);
    CHECK(wcstod(L"2.5e1", NULL) == 25.0);
    CHECK(wcscpy_s(text, 3, L"abcdef") != 0 && text[0] == 0);
    CHECK(wcscpy_s(text, 64, L"abc") == 0 && wcscat_s(text, 64, L"def") == 0 && wcslen(text) == 6);
    CHECK_EQ(wmemcmp(text, L"abcdef", 6), 0);
    wchar_t *copy = _wcsdup(text);
    CHECK(copy && wcscmp(_wcsupr(copy), L"ABCDEF") == 0);
    free(copy);
}

static void multibyte(void)
{
    wchar_t wide[16];
    char text[16];
    CHECK_EQ(mbstowcs(wide, "abc", 16), 3);
    CHECK(wcscmp(wide, L"abc") == 0);
    CHECK_EQ(wcstombs(text, L"xyz", 16), 3);
    CHECK(strcmp(text, "xyz") == 0);
    static const wchar_t pair[] = {'a', 0xD83D, 0xDE00, 'b', 0}; /* whole characters only, as many as fit */
    text[1] = 'z';
    CHECK(wcstombs(text, pair, 4) == 1 && text[0] == 'a' && text[1] == 0);
    CHECK(wcstombs(text, pair, 5) == 5 && !memcmp(text, "a\xF0\x9F\x98\x80", 5));
    wchar_t *much = malloc(2000001 * sizeof *much); /* its start is had at once */
    REQUIRE(much);
    wmemset(much, 'm', 2000000)[2000000] = 0;
    CHECK_EQ(wcstombs(text, much, sizeof text), sizeof text);
    free(much);
}

static void files(void)
{
    wchar_t line[32];
    FILE *file = tmpfile();
    REQUIRE(file);
    fwprintf(file, L"%s %d\n", L"wide", 7);
    fprintf(file, "narrow %lu\n", (DWORD)8);
    fputws(L"last", file);
    rewind(file);
    CHECK(fgetws(line, 32, file) && wcscmp(line, L"wide 7\n") == 0);
    CHECK(fgetws(line, 32, file) && wcscmp(line, L"narrow 8\n") == 0);
    CHECK_EQ(fgetwc(file), L'l');
    CHECK(fgetws(line, 3, file) && wcscmp(line, L"as") == 0);
    CHECK(fgetws(line, 32, file) && wcscmp(line, L"t") == 0);
    CHECK(fgetws(line, 32, file) == NULL && fgetwc(file) == WEOF);
    fclose(file);
}

/* Bytes that are no character are one replacement, and what follows them is read. */
static void ill_formed(void)
{
    static const char *const bytes[] = {"\xE2\x82X", "\xF0\x9F\x98X", "\xF4\x90\x80\x80X", "\x80X", "\xC0\x80X"};
    for (size_t i = 0; i < _countof(bytes); i++) {
        FILE *file = tmpfile();
        REQUIRE(file);
        fputs(bytes[i], file);
        rewind(file);
        CHECK_EQ(fgetwc(file), 0xFFFD);
        CHECK_EQ(fgetwc(file), L'X');
        CHECK(fgetwc(file) == WEOF);
        fclose(file);
    }
}

static void long_widths(void)
{
    char text[8];
    volatile int least = INT_MIN; /* not for the compiler to judge */
    CHECK(snprintf(text, sizeof text, "%.1000000000s|", "a") == 2 && strcmp(text, "a|") == 0);
    CHECK(snprintf(text, sizeof text, "%*s|", least, "a") == 2 && strcmp(text, "a|") == 0);
}

static void microsoft_names(void)
{
    char text[16];
    CHECK(_stricmp("ABC", "abc") == 0 && _strnicmp("ABx", "aby", 2) == 0);
    CHECK(strcpy_s(text, sizeof text, "abc") == 0 && strcat_s(text, sizeof text, "def") == 0);
    CHECK(strcmp(text, "abcdef") == 0 && strcpy_s(text, 3, "abcdef") != 0);
    CHECK(strcmp(_itoa(-42, text, 10), "-42") == 0 && strcmp(_itoa(255, text, 16), "ff") == 0);
    void *aligned = _aligned_malloc(100, 4096);
    CHECK(aligned && (ULONG_PTR)aligned % 4096 == 0);
    _aligned_free(aligned);
    CHECK_EQ(_countof(text), 16);
    char made[32];
    wsprintfA(made, "%s-%lu", "x", (DWORD)9);
    CHECK(strcmp(made, "x-9") == 0);
    wchar_t wide[32];
    wsprintfW(wide, L"%s-%d", L"y", 5);
    CHECK(wcscmp(wide, L"y-5") == 0);
}

int main(void)
{
    narrow_formats();
    wide_formats();
    wide_strings();
    multibyte();
    files();
    ill_formed();
    long_widths();
    microsoft_names();
    return CHECK_DONE();
}
