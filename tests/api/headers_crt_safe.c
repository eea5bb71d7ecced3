/* headers_crt_safe.c: the safe forms of Microsoft's C library: what fits, what is cut, what is refused and told to the
 * handler of invalid parameters; numbers, parts of paths, times, sorting with a context, searching of directories.
 * test traits: wide */
#include <direct.h>
#include <errno.h>
#include <float.h>
#include <intrin.h>
#include <io.h>
#include <share.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timeb.h>
#include <tchar.h>
#include <time.h>
#include <windows.h>

#include "check.h"

static int told;

static void count_call(const wchar_t *expression, const wchar_t *function, const wchar_t *file, unsigned line,
                       uintptr_t reserved)
{
    (void)expression, (void)function, (void)file, (void)line, (void)reserved;
    told++;
}

static void printing(void)
{
    char text[8];
    CHECK(sprintf_s(text, sizeof text, "%d", 1234567) == 7 && strcmp(text, "1234567") == 0);
    told = 0;
    CHECK(sprintf_s(text, sizeof text, "%d", 12345678) == -1 && text[0] == 0 && told == 1);
    CHECK(_snprintf_s(text, sizeof text, _TRUNCATE, "%s", "0123456789") == -1 && strcmp(text, "0123456") == 0);
    CHECK(_snprintf_s(text, sizeof text, 3, "%s", "0123456789") == -1 && strcmp(text, "012") == 0 && told == 1);
    memset(text, '#', sizeof text);
    CHECK(_snprintf(text, 4, "123456") == -1 && memcmp(text, "1234####", 8) == 0); /* cut, and not ended */
    CHECK(_snprintf(text, 4, "abcd") == 4 && memcmp(text, "abcd####", 8) == 0);
    CHECK(_snprintf(text, 5, "abcd") == 4 && text[4] == 0);
    const char *volatile six = "123456";
    CHECK(snprintf(text, 4, "%s", six) == 6 && text[3] == 0); /* as the standard has it */
    CHECK(_scprintf("%d-%s", 12, "ab") == 5);
    WCHAR wide[4];
    CHECK(swprintf_s(wide, 4, L"%d", 123) == 3 && wide[3] == 0);
    CHECK(swprintf_s(wide, 4, L"%d", 1234) == -1 && wide[0] == 0);
    CHECK(_snwprintf(wide, 4, L"12345") == -1 && wide[3] == '4');
    CHECK(_snwprintf_s(wide, 4, _TRUNCATE, L"12345") == -1 && wcscmp(wide, L"123") == 0);
    CHECK(_scwprintf(L"%ls", L"abc") == 3);
}

static void copying(void)
{
    char text[6] = "abc";
    told = 0;
    CHECK(strcpy_s(text, 6, "12345") == 0 && strcpy_s(text, 6, "123456") == ERANGE && text[0] == 0 && told == 1);
    CHECK(strcpy_s(NULL, 6, "") == EINVAL && strcpy_s(text, 0, "") == EINVAL && told == 3);
    CHECK(strncpy_s(text, 6, "abcdefgh", 3) == 0 && strcmp(text, "abc") == 0);
    CHECK(strncpy_s(text, 6, "abcdefgh", _TRUNCATE) == STRUNCATE && strcmp(text, "abcde") == 0);
    CHECK(strncpy_s(text, 6, "abcdefgh", 6) == ERANGE && text[0] == 0);
    CHECK(strcat_s(text, 6, "ab") == 0 && strncat_s(text, 6, "cdx", 2) == 0 && strcmp(text, "abcd") == 0);
    CHECK(strncat_s(text, 6, "xyz", _TRUNCATE) == STRUNCATE && strcmp(text, "abcdx") == 0);
    CHECK(strcat_s(text, 6, "y") == ERANGE && text[0] == 0);
    CHECK(memcpy_s(text, 6, "abcdefg", 7) == ERANGE && text[0] == 0 && memcpy_s(text, 6, "hello", 6) == 0);
    CHECK(_strupr_s(text, 6) == 0 && strcmp(_strrev(text), "OLLEH") == 0);
    CHECK(strcmp(_strnset(text, '-', 2), "--LEH") == 0 && strnlen_s(text, 3) == 3);
    CHECK(_memicmp("aB\0c", "Ab\0C", 4) == 0);
    CHECK(strerror_s(text, 6, ENOENT) == 0 && strlen(text) == 5);
    WCHAR wide[6] = L"";
    CHECK(wcscpy_s(wide, 6, L"ab") == 0 && wcscat_s(wide, 6, L"cd") == 0 && wcsncat_s(wide, 6, L"ef", 1) == 0);
    CHECK(wcscmp(wide, L"abcde") == 0 && wcscmp(_wcsrev(wide), L"edcba") == 0);
}

static void numbers(void)
{
    char text[34];
    WCHAR wide[34];
    CHECK(_itoa_s(-123, text, 34, 10) == 0 && strcmp(text, "-123") == 0);
    CHECK(_itoa_s(-1, text, 34, 16) == 0 && strcmp(text, "ffffffff") == 0);
    CHECK(_itoa_s(1000, text, 4, 10) == ERANGE && text[0] == 0);
    CHECK(_i64toa_s(-9000000000LL, text, 34, 10) == 0 && strcmp(text, "-9000000000") == 0);
    CHECK(_itow_s(77, wide, 34, 2) == 0 && wcscmp(wide, L"1001101") == 0);
    CHECK(_rotl(0x80000001u, 1) == 3 && _rotr(3, 1) == 0x80000001u && _rotl64(1, 63) == 0x8000000000000000ull);
    CHECK(_byteswap_ulong(0x01020304u) == 0x04030201u && _abs64(-5) == 5);
    size_t done = 0;
    CHECK(mbstowcs_s(&done, wide, 34, "text", _TRUNCATE) == 0 && done == 5 && wcscmp(wide, L"text") == 0);
    CHECK(wcstombs_s(&done, text, 3, L"text", _TRUNCATE) == STRUNCATE && done == 3 && strcmp(text, "te") == 0);
    int word = 4;
    CHECK(_bittest(&word, 2) == 1 && _bittestandset(&word, 0) == 0 && word == 5 && _bittestandreset(&word, 2) &&
          word == 1);
    CHECK(__mulh(-1, 1) == -1 && __shiftleft128(1ull << 63, 0, 1) == 1);
    CHECK(_fpclass(-1.0) == _FPCLASS_NN && _finite(1.0) && _isnan(0.0 / (word - 1.0)));
}

static int by_value(void *calls, const void *left, const void *right)
{
    ++*(int *)calls;
    return *(const int *)left - *(const int *)right;
}

static void rest(void)
{
    int list[] = {5, 1, 4}, calls = 0, four = 4;
    qsort_s(list, 3, sizeof *list, by_value, &calls);
    CHECK(list[0] == 1 && list[2] == 5 && calls > 0);
    CHECK(bsearch_s(&four, list, 3, sizeof *list, by_value, &calls) == &list[1]);
    unsigned random = 0;
    CHECK(rand_s(&random) == 0 && rand_s(NULL) == EINVAL);
    WCHAR drive[_MAX_DRIVE], folder[_MAX_DIR], name[_MAX_FNAME], extension[_MAX_EXT], path[_MAX_PATH];
    _wsplitpath(L"C:\\one\\two.tar.gz", drive, folder, name, extension);
    CHECK(!wcscmp(drive, L"C:") && !wcscmp(folder, L"\\one\\") && !wcscmp(name, L"two.tar") &&
          !wcscmp(extension, L".gz"));
    _wmakepath(path, L"C", L"\\one", L"two", L"txt");
    CHECK(wcscmp(path, L"C:\\one\\two.txt") == 0);
    struct tm parts;
    time_t time = 86400;
    char text[26];
    CHECK(gmtime_s(&parts, &time) == 0 && parts.tm_mday == 2 && _mkgmtime(&parts) == 86400);
    CHECK(localtime_s(&parts, NULL) == EINVAL && ctime_s(text, 26, &time) == 0 && text[24] == '\n');
    struct _timeb now;
    _ftime(&now);
    CHECK(now.time > 1000000000 && now.millitm < 1000);
    CHECK(__argc == 1 && __argv[0] && strstr(_pgmptr, "crt_safe"));
}

static void files(void)
{
    char folder[MAX_PATH], pattern[MAX_PATH + 8], file[MAX_PATH + 8];
    GetTempPathA(MAX_PATH, folder);
    sprintf_s(file, sizeof file, "%swinmem_crt_%u.txt", folder, (unsigned)GetCurrentProcessId());
    FILE *stream;
    CHECK(fopen_s(&stream, file, "r") == ENOENT && stream == NULL);
    REQUIRE(fopen_s(&stream, file, "wb") == 0);
    fputs("twelve bytes", stream);
    CHECK(_filelength(_fileno(stream)) == 0 && fflush(stream) == 0 && _filelength(_fileno(stream)) == 12);
    CHECK(_fseeki64(stream, 3, SEEK_SET) == 0 && _ftelli64(stream) == 3);
    fclose(stream);
    struct _stat64 status;
    CHECK(_stat64(file, &status) == 0 && status.st_size == 12 && status.st_mode & _S_IFREG);
    WCHAR wide[MAX_PATH];
    CHECK(mbstowcs_s(NULL, wide, MAX_PATH, file, _TRUNCATE) == 0 && _waccess(wide, 0) == 0);
    CHECK(_wstat64(wide, &status) == 0 && status.st_size == 12);
    sprintf_s(pattern, sizeof pattern, "%swinmem_crt_%u.*", folder, (unsigned)GetCurrentProcessId());
    struct _finddata_t found;
    intptr_t search = _findfirst(pattern, &found);
    CHECK(search != -1 && found.size == 12 && strncmp(found.name, "winmem_crt_", 11) == 0);
    CHECK(_findnext(search, &found) == -1 && errno == ENOENT && _findclose(search) == 0);
    CHECK(_wremove(wide) == 0 && _wremove(wide) == -1 && errno == ENOENT);
}

int main(void)
{
    _invalid_parameter_handler before = _set_invalid_parameter_handler(count_call);
    printing();
    copying();
    numbers();
    rest();
    files();
    CHECK(_set_invalid_parameter_handler(before) == count_call);
    return CHECK_DONE();
}
