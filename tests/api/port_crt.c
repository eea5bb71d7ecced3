/* test traits: wide */
/* port_crt.c: names of Microsoft's C library that older programs use: numbers and texts turned round, bytes locked by
 * descriptor, full paths of what is not there, wide forms of streams, times, processes, the environment. */
typedef unsigned __int64 before_any_header; /* a word of the compiler there: the flags bring it */
#include "check.h"

#include <conio.h>
#include <ctype.h>
#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <limits.h>
#include <locale.h>
#include <malloc.h>
#include <math.h>
#include <process.h>
#include <search.h>
#include <share.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/locking.h>
#include <sys/utime.h>
#include <tchar.h>
#include <time.h>
#include <windows.h>

static void texts(void)
{
    char text[64], six[] = "abcdef";
    WCHAR wide[64] = L"wide";
    CHECK(strcmp(itoa(-5, text, 10), "-5") == 0);
    CHECK(strcmp(itoa(-1, text, 16), "ffffffff") == 0);
    CHECK(strcmp(ltoa(255, text, 2), "11111111") == 0);
    CHECK(strcmp(ultoa(4000000000ul, text, 10), "4000000000") == 0);
    CHECK(strcmp(strrev(six), "fedcba") == 0);
    CHECK(strcmp(strnset(six, '*', 2), "**dcba") == 0);
    CHECK(strcmp(strset(six, 'x'), "xxxxxx") == 0);
    CHECK_EQ(_strnset_s(six, sizeof six, 'y', 3), 0);
    CHECK(strcmp(six, "yyyxxx") == 0);
    CHECK(wcsrev(wide)[0] == L'e' && wcsset(wide, L'z')[3] == L'z');
    CHECK_EQ(_gcvt_s(text, sizeof text, 0.5, 5), 0);
    CHECK(strcmp(text, "0.5") == 0);
    CHECK_EQ(_gcvt_s(text, 3, 0.25, 5), ERANGE);
    errno = ENOENT;
    CHECK(strstr(_strerror("file"), "file: ") == _strerror("file"));
    CHECK(_wcserror(ENOENT)[0] != 0 && _wcserror_s(wide, 4, ENOENT) == 0 && wcslen(wide) == 3);
    CHECK(iscsym('_') && iscsymf('_') && !iscsymf('1') && _isctype('a', _HEX | _DIGIT) == _HEX);
    CHECK(_hypot(3, 4) == 5 && _I64_MIN == LLONG_MIN && _UI32_MAX == UINT_MAX);
    CHECK(iswascii(L'a') && !iswascii(0x80));
}

static int by_value(const void *left, const void *right)
{
    return *(const int *)left - *(const int *)right;
}

static int by_value_with(void *context, const void *left, const void *right)
{
    ++*(int *)context;
    return by_value(left, right);
}

static void arrays(void)
{
    int all[5] = {7, 3, 9}, key = 9, more = 4, calls = 0;
    unsigned count = 3;
    CHECK(_lfind(&key, all, &count, sizeof key, by_value) == &all[2]);
    CHECK(_lfind(&more, all, &count, sizeof more, by_value) == NULL);
    CHECK(_lsearch(&more, all, &count, sizeof more, by_value) == &all[3] && count == 4 && all[3] == 4);
    CHECK(_lsearch_s(&more, all, &count, sizeof more, by_value_with, &calls) == &all[3] && count == 4 && calls == 4);
    CHECK(HeapValidate((HANDLE)_get_heap_handle(), 0, NULL));
}

static void files(void)
{
    char name[] = "port_crt_XXXXXX", again[sizeof name], whole[MAX_PATH], *made = NULL;
    CHECK(_mktemp(name) == name && name[9] == 'a' && strspn(name + 10, "0123456789") == 5);
    strcpy(again, "port_crt_XXXXXX");
    int file = _open(name, _O_CREAT | _O_RDWR | _O_BINARY, 0600), other = _open(name, O_RDWR | O_NOINHERIT);
    CHECK(file >= 0 && other >= 0);
    CHECK(_mktemp_s(again, sizeof again) == 0 && again[9] == 'b');
    CHECK_EQ(_mktemp_s(again, sizeof again), EINVAL);
    CHECK_EQ(_write(file, "0123456789", 10), 10);
    CHECK(tell(file) == 10 && eof(file) == 1 && _lseek(file, 0, SEEK_SET) == 0 && eof(file) == 0);
    CHECK_EQ(_locking(file, _LK_NBLCK, 10), 0);
    CHECK(_locking(other, LK_NBLCK, 5) == -1 && errno == EACCES);
    CHECK(locking(file, _LK_UNLCK, 10) == 0 && _locking(other, _LK_LOCK, 5) == 0);
    CHECK_EQ(_locking(other, _LK_UNLCK, 5), 0);
    CHECK(_locking(file, 7, 1) == -1 && errno == EINVAL);
    struct _utimbuf times = {.actime = 1000000000, .modtime = 1100000000};
    struct _stat status;
    CHECK(_futime(file, &times) == 0 && _stat(name, &status) == 0 && status.st_mtime == 1100000000);
    _close(other);
    _close(file);
    CHECK(_fullpath(whole, "no\\such\\..\\file", sizeof whole) && strstr(whole, "/no/file") && whole[0] == '/');
    CHECK((made = _fullpath(NULL, name, 0)) && strstr(made, name));
    CHECK(!_fullpath(whole, name, 4) && errno == ERANGE);
    CHECK(SetEnvironmentVariableA("PORT_CRT", "/nowhere:/bin") && _searchenv_s("sh", "PORT_CRT", whole, MAX_PATH) == 0);
    CHECK(strcmp(whole, "/bin/sh") == 0);
    _searchenv("no such file", "PORT_CRT", whole);
    CHECK(strcmp(whole, "") == 0);
    CHECK_EQ(_unlink(name), 0);
    free(made);
    struct _diskfree_t room;
    CHECK(_getdiskfree(0, &room) == 0 && room.total_clusters >= room.avail_clusters && room.bytes_per_sector);
}

static void wide_files(void)
{
    WCHAR name[] = L"port_crt_XXXXXX", path[MAX_PATH], text[32], *made = NULL;
    CHECK(_wmktemp(name) == name && name[9] == L'a');
    int file = _wcreat(name, 0600);
    FILE *stream = _wfdopen(file, L"w");
    CHECK(stream && fputs("first", stream) >= 0);
    CHECK((stream = _wfreopen(name, L"a", stream)) && fputs(" second", stream) >= 0 && fclose(stream) == 0);
    CHECK((stream = _wfsopen(name, L"r", _SH_DENYNO)) && fgetws(text, 32, stream) && fclose(stream) == 0);
    CHECK(wcscmp(text, L"first second") == 0);
    CHECK(_wsopen_s(&file, name, _O_RDONLY, SH_DENYNO, 0) == 0 && _close(file) == 0);
    CHECK(_wfullpath(path, name, MAX_PATH) && wcsstr(path, name) && (made = _wfullpath(NULL, L"x", 0)) &&
          made[0] == L'/');
    CHECK(_wchmod(name, 0400) == 0 && _waccess_s(name, 4) == 0);
    CHECK(_wremove(name) == 0 && _waccess_s(name, 0) == ENOENT);
    CHECK((stream = _wpopen(L"echo piped", L"r")) && fgetws(text, 32, stream) && _pclose(stream) == 0);
    CHECK(wcscmp(text, L"piped\n") == 0);
    free(made);
}

static void wide_times(void)
{
    WCHAR text[32];
    struct tm parts = {.tm_year = 100, .tm_mon = 1, .tm_mday = 29, .tm_wday = 2};
    CHECK(_wasctime_s(text, 32, &parts) == 0 && wcscmp(text, L"Tue Feb 29 00:00:00 2000\n") == 0);
    CHECK(_wasctime(&parts)[0] == L'T' && _wctime(&(time_t){0})[24] == L'\n');
    CHECK(wcslen(_wstrdate(text)) == 8 && _wstrtime_s(text, 9) == 0 && text[2] == L':');
    CHECK(_wsetlocale(LC_ALL, L"C") && _wsetlocale(LC_ALL, NULL)[0] == L'C' && !_wsetlocale(LC_ALL, L"none such"));
    CHECK_EQ(_configthreadlocale(0), _DISABLE_PER_THREAD_LOCALE);
}

static void processes(void)
{
    const WCHAR *arguments[] = {L"sh", L"-c", L"\"exit $PORT_CODE\"", NULL}, *variables[] = {L"PORT_CODE=7", NULL};
    CHECK_EQ(_wspawnve(_P_WAIT, L"/bin/sh", arguments, variables), 7);
    CHECK_EQ(_wspawnlp(_P_WAIT, L"sh", L"sh", L"-c", L"\"exit 3\"", NULL), 3);
    CHECK(_wspawnv(_P_WAIT, L"/no/such", arguments) == -1 && errno == ENOENT);
    _putenv("PORT_SEEN=1");
    WCHAR **environment = _wenviron;
    CHECK(environment == _wenviron);
    int seen = 0;
    for (int i = 0; environment[i]; i++)
        seen += wcscmp(environment[i], L"PORT_SEEN=1") == 0;
    CHECK_EQ(seen, 1);
    CHECK(wcsstr(_wpgmptr, L"port_crt") != NULL);
}

static volatile int breaks;

static void on_break(int number)
{
    breaks += number == SIGBREAK;
}

int main(void)
{
    texts();
    arrays();
    files();
    wide_files();
    wide_times();
    processes();
    CHECK(signal(SIGBREAK, on_break) != SIG_ERR && raise(SIGBREAK) == 0 && breaks == 1);
    CHECK_EQ(sizeof(before_any_header), 8);
    return CHECK_DONE();
}
