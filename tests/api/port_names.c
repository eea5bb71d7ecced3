/* port_names.c: functions that programs written for Windows call their own, by names that the system's <unistd.h> has;
 * the headers of the C runtime that Windows has do not bring it. Builds with mingw-w64 as well. test traits: wide */
#if !defined(_M_X64) && !defined(__MINGW32__)
#error "the compiler knows the machine before any header"
#endif
#include <windows.h>

#include <direct.h>
#include <io.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>

#include "../check.h"

static int slept;
const char *optarg;
int getopt(int count, char **arguments, const char *options, int from);

int getopt(int count, char **arguments, const char *options, int from)
{
    optarg = arguments[from];
    return from < count ? options[0] : EOF;
}

static void sleep(int milliseconds)
{
    Sleep((DWORD)milliseconds);
    slept = milliseconds;
}

static void pause(const char *text)
{
    puts(text);
}

static int link(int from, int to)
{
    return from + to;
}

static void sync(void)
{
    slept = 0;
}

int main(void)
{
    char program[] = "program", option[] = "-x", directory[MAX_PATH];
    char *arguments[] = {program, option};
    char got;
    int pair[2];
    CHECK(getopt(2, arguments, "x", 1) == 'x' && optarg == option);
    sleep(1);
    CHECK_EQ(slept, 1);
    sync();
    pause("Press any key");
    CHECK(link(1, 2) == 3 && slept == 0);
    CHECK(_getcwd(directory, sizeof directory) && access(directory, 0) == 0);
    CHECK(_pipe(pair, 4096, 0) == 0 && write(pair[1], "w", 1) == 1 && read(pair[0], &got, 1) == 1 && got == 'w');
    CHECK(_close(pair[0]) == 0 && close(pair[1]) == 0);
    CHECK(getpid() == _getpid() && (DWORD)_getpid() == GetCurrentProcessId());
    return CHECK_DONE();
}
