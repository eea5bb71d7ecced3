/* environment.c: the environment, the command line and the current directory of the process, in both alphabets. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <processenv.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "base/copyout.h"
#include "base/narrow.h"
#include "base/path.h"
#include "host/lock.h"
#include "host/own.h"
#include "host/utf.h"
#include "ps/process.h"
#include "win32/win32.h"

#define COMMAND_LINE_UNITS 32768 /* the longest that Windows has */

/* Names differ by case here and not on Windows: the very name is preferred, else one that differs by case only. NULL:
 * none. The entry, "NAME=value". */
static const char *entry_of(const char *name)
{
    size_t length = name ? strlen(name) : 0;
    const char *found = NULL;
    for (char **at = environ; length && at && *at; at++) {
        if (!strncmp(*at, name, length) && (*at)[length] == '=')
            return *at;
        if (!found && !strncasecmp(*at, name, length) && (*at)[length] == '=')
            found = *at;
    }
    return found;
}

static const char *value_of(const char *name)
{
    const char *entry = entry_of(name);
    return entry ? entry + strlen(name) + 1 : NULL;
}

DWORD GetEnvironmentVariableA(LPCSTR name, LPSTR buffer, DWORD size)
{
    const char *value = value_of(name);
    if (!value)
        return (DWORD)win32_error(ERROR_ENVVAR_NOT_FOUND);
    if (!*value)
        SetLastError(NO_ERROR);
    return copy_out(value, buffer, size);
}

DWORD GetEnvironmentVariableW(LPCWSTR name, LPWSTR buffer, DWORD size)
{
    char *text = narrow(name);
    const char *value = value_of(text);
    host_own_give(text);
    if (!value)
        return (DWORD)win32_error(ERROR_ENVVAR_NOT_FOUND);
    if (!*value)
        SetLastError(NO_ERROR);
    return copy_out_wide(value, buffer, size);
}

BOOL SetEnvironmentVariableA(LPCSTR name, LPCSTR value)
{
    if (!name || !*name || strchr(name, '='))
        return win32_error(ERROR_INVALID_PARAMETER);
    const char *entry = entry_of(name);
    if (!value && !entry)
        return TRUE; /* it is not there, as asked */
    char *known = entry ? host_own_part(entry, strlen(name)) : host_own_text(name);
    host_lock_pretend(); /* the C library's lock: a thread stopped with it would keep everybody from the environment */
    int failed = !known || (value ? setenv(known, value, 1) : unsetenv(known));
    host_lock_pretend_end();
    host_own_give(known);
    return failed ? win32_error(ERROR_NOT_ENOUGH_MEMORY) : TRUE;
}

BOOL SetEnvironmentVariableW(LPCWSTR name, LPCWSTR value)
{
    char *text = narrow(name), *content = narrow(value);
    BOOL good = SetEnvironmentVariableA(text, content);
    host_own_give(text);
    host_own_give(content);
    return good;
}

DWORD GetCurrentDirectoryA(DWORD size, LPSTR buffer)
{
    char path[PATH_MAX];
    if (!getcwd(path, sizeof path))
        return (DWORD)win32_error(ERROR_ACCESS_DENIED);
    return copy_out(path, buffer, size);
}

DWORD GetCurrentDirectoryW(DWORD size, LPWSTR buffer)
{
    char path[PATH_MAX];
    if (!getcwd(path, sizeof path))
        return (DWORD)win32_error(ERROR_ACCESS_DENIED);
    return copy_out_wide(path, buffer, size);
}

BOOL SetCurrentDirectoryA(LPCSTR path)
{
    char name[PATH_MAX];
    if (!path || !*path)
        return win32_error(ERROR_INVALID_NAME);
    if (!win32_status(path_translate(path, name, sizeof name)))
        return FALSE;
    if (chdir(name) == 0)
        return TRUE;
    return win32_error(errno == EACCES    ? ERROR_ACCESS_DENIED
                       : errno == ENOTDIR ? ERROR_DIRECTORY
                                          : ERROR_FILE_NOT_FOUND);
}

BOOL SetCurrentDirectoryW(LPCWSTR path)
{
    char *text = narrow(path);
    BOOL good = SetCurrentDirectoryA(text);
    host_own_give(text);
    return good;
}

/* Adds an argument as Windows programs split it: quoted when it is empty or has blanks or quotes, backslashes before a
 * quote doubled. Returns the end; counts only when `at` is NULL. */
static size_t quote(const char *argument, char *at)
{
    size_t n = 0, slashes = 0;
    int quoted = !*argument || strpbrk(argument, " \t\"") != NULL;
#define PUT(c) (at ? (void)(at[n] = (c)) : (void)0, n++)
    if (quoted)
        PUT('"');
    for (; *argument; argument++) {
        for (size_t i = 0; *argument == '"' && i <= slashes; i++)
            PUT('\\');
        slashes = *argument == '\\' ? slashes + 1 : 0;
        PUT(*argument);
    }
    for (size_t i = 0; quoted && i < slashes; i++)
        PUT('\\');
    if (quoted)
        PUT('"');
#undef PUT
    return n;
}

static char command_line[COMMAND_LINE_UNITS];
static uint16_t command_line_wide[COMMAND_LINE_UNITS];

/* As CreateProcess was told it, else as it would have been told. */
__attribute__((constructor)) static void read_command_line(void)
{
    static char arguments[COMMAND_LINE_UNITS];
    const char *told = ps_block_line();
    if (told && strlen(told) < sizeof command_line) {
        strcpy(command_line, told);
        host_utf8_to_utf16(command_line, SIZE_MAX, command_line_wide, COMMAND_LINE_UNITS, 0);
        return;
    }
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, arguments, sizeof arguments - 1);
    if (fd >= 0)
        close(fd);
    size_t to = 0;
    for (ssize_t at = 0; at < length; at += (ssize_t)strlen(arguments + at) + 1) {
        if (to + 2 * strlen(arguments + at) + 4 > sizeof command_line)
            break;
        if (to)
            command_line[to++] = ' ';
        to += quote(arguments + at, command_line + to);
    }
    host_utf8_to_utf16(command_line, SIZE_MAX, command_line_wide, COMMAND_LINE_UNITS, 0);
}

LPSTR GetCommandLineA(void)
{
    return command_line;
}

LPWSTR GetCommandLineW(void)
{
    return (LPWSTR)command_line_wide;
}

BOOL GetComputerNameA(LPSTR buffer, LPDWORD size)
{
    char name[256] = "";
    if (gethostname(name, sizeof name - 1) != 0)
        return win32_error(ERROR_GEN_FAILURE);
    DWORD length = copy_out(name, buffer, *size);
    BOOL good = length < *size;
    *size = length;
    return good ? TRUE : win32_error(ERROR_BUFFER_OVERFLOW);
}

BOOL GetComputerNameW(LPWSTR buffer, LPDWORD size)
{
    char name[256] = "";
    if (gethostname(name, sizeof name - 1) != 0)
        return win32_error(ERROR_GEN_FAILURE);
    DWORD length = copy_out_wide(name, buffer, *size);
    BOOL good = length < *size;
    *size = length;
    return good ? TRUE : win32_error(ERROR_BUFFER_OVERFLOW);
}

/* The name of the machine in its domain, as far as the kernel knows it; NetBIOS has the first 15 letters of the first
 * part, in capitals. */
static BOOL name_of_kind(COMPUTER_NAME_FORMAT kind, char name[512])
{
    char host[256] = "", domain[256] = "";
    if ((unsigned)kind >= ComputerNameMax)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (gethostname(host, sizeof host - 1) != 0 || getdomainname(domain, sizeof domain - 1) != 0)
        return win32_error(ERROR_GEN_FAILURE);
    char *dot = strchr(host, '.');
    const char *rest = dot ? dot + 1 : strcmp(domain, "(none)") != 0 ? domain : "";
    if (dot)
        *dot = 0;
    switch (kind % ComputerNamePhysicalNetBIOS) { /* a machine alone: the physical names are the same */
    case ComputerNameNetBIOS:
        snprintf(name, 16, "%.15s", host);
        for (char *at = name; *at; at++)
            *at = (char)(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at);
        break;
    case ComputerNameDnsHostname:
        snprintf(name, 512, "%s", host);
        break;
    case ComputerNameDnsDomain:
        snprintf(name, 512, "%s", rest);
        break;
    default:
        snprintf(name, 512, "%s%s%s", host, *rest ? "." : "", rest);
    }
    return TRUE;
}

/* *size: with the NUL where it does not fit, else without. */
BOOL GetComputerNameExA(COMPUTER_NAME_FORMAT kind, LPSTR buffer, LPDWORD size)
{
    char name[512];
    if (!size || (!buffer && *size))
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!name_of_kind(kind, name))
        return FALSE;
    DWORD length = (DWORD)strlen(name);
    bool fits = length < *size;
    if (fits)
        memcpy(buffer, name, length + 1);
    *size = length + !fits;
    return fits ? TRUE : win32_error(ERROR_MORE_DATA);
}

BOOL GetComputerNameExW(COMPUTER_NAME_FORMAT kind, LPWSTR buffer, LPDWORD size)
{
    char name[512];
    if (!size || (!buffer && *size))
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!name_of_kind(kind, name))
        return FALSE;
    DWORD units = (DWORD)host_utf8_to_utf16(name, SIZE_MAX, NULL, 0, 0); /* with the NUL */
    bool fits = units <= *size;
    if (fits)
        host_utf8_to_utf16(name, SIZE_MAX, (uint16_t *)buffer, units, 0);
    *size = units - fits;
    return fits ? TRUE : win32_error(ERROR_MORE_DATA);
}

/* The sizes count the NUL, as they do here and not in GetComputerName. */
static void user_name(char *name, size_t size)
{
    struct passwd entry, *found = NULL;
    char text[2048];
    if (getpwuid_r(geteuid(), &entry, text, sizeof text, &found) == 0 && found)
        snprintf(name, size, "%s", entry.pw_name);
    else
        snprintf(name, size, "%u", (unsigned)geteuid());
}

BOOL GetUserNameA(LPSTR buffer, LPDWORD size)
{
    char name[257];
    user_name(name, sizeof name);
    DWORD length = copy_out(name, buffer, *size);
    BOOL good = length < *size;
    *size = good ? length + 1 : (DWORD)strlen(name) + 1;
    return good ? TRUE : win32_error(ERROR_INSUFFICIENT_BUFFER);
}

BOOL GetUserNameW(LPWSTR buffer, LPDWORD size)
{
    char name[257];
    user_name(name, sizeof name);
    DWORD length = copy_out_wide(name, buffer, *size);
    BOOL good = length < *size;
    *size = good ? length + 1 : (DWORD)host_utf8_to_utf16(name, SIZE_MAX, NULL, 0, 0);
    return good ? TRUE : win32_error(ERROR_INSUFFICIENT_BUFFER);
}
