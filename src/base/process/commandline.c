/* commandline.c: a command line in its arguments, as CreateProcess splits it for programs; the face for those that do
 * it themselves. */
#include <shellapi.h>

#include <limits.h>
#include <string.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "base/process/launch.h"
#include "host/own.h"
#include "host/process.h"
#include "host/utf.h"
#include "win32/win32.h"

#define MAX_ARGUMENTS 16384u

/* Who splits: the C run-time, or the shell's call. They differ in the program's name and after two quotes in quotes. */
enum splitter { BY_RUNTIME, BY_SHELL };

/* The shell's call takes what stands between quotes as the program's name, and else all up to the first blank: what
 * follows the second quote is the next argument already. */
static const char *split_program(const char *in, char *out)
{
    bool quoted = *in == '"';
    in += quoted;
    size_t length = strcspn(in, quoted ? "\"" : " \t");
    memcpy(out, in, length);
    out[length] = 0;
    return in + length + (quoted && in[length]);
}

/* One argument: blanks end it outside quotes; 2n backslashes and a quote are n and a quote mark, 2n+1 and a quote are
 * n and a quote that stands for itself; two quotes inside quotes are one, with which the shell's call ends the quotes
 * (known from programs that quote for it). The program's own name knows no escapes. */
static const char *split_one(const char *in, char *out, bool program, enum splitter by)
{
    bool quoted = false;
    for (; *in && (quoted || (*in != ' ' && *in != '\t')); in++) {
        size_t slashes = program ? 0 : strspn(in, "\\");
        if (slashes && in[slashes] == '"') {
            memset(out, '\\', slashes / 2);
            out += slashes / 2;
            in += slashes;
            if (slashes % 2) {
                *out++ = '"';
                continue;
            }
        }
        if (*in != '"') {
            *out++ = *in;
        } else if (!program && quoted && in[1] == '"') {
            *out++ = '"';
            in++;
            quoted = by == BY_RUNTIME;
        } else {
            quoted = !quoted;
        }
    }
    *out = 0;
    return in;
}

static char **split_line(const char *line, char *storage, enum splitter by, unsigned *arguments_found)
{
    char **arguments = host_own_zero(MAX_ARGUMENTS + 1, sizeof(char *));
    unsigned count = 0;
    for (; arguments && count < MAX_ARGUMENTS; count++) {
        line += strspn(line, " \t");
        if (!*line && count > 0)
            break;
        arguments[count] = storage;
        bool program = count == 0;
        line = program && by == BY_SHELL ? split_program(line, storage) : split_one(line, storage, program, by);
        storage += strlen(storage) + 1;
    }
    *arguments_found = count;
    return arguments;
}

char **launch_split_line(const char *line, char *storage, unsigned *arguments_found)
{
    return split_line(line, storage, BY_RUNTIME, arguments_found);
}

/* The array, then the strings. */
static LPWSTR *widen(char *const *arguments, unsigned count)
{
    size_t units = 0;
    for (unsigned i = 0; i < count; i++)
        units += strlen(arguments[i]) + 1; /* never fewer than in UTF-16 */
    LPWSTR *list = LocalAlloc(LMEM_FIXED, (count + 1) * sizeof(LPWSTR) + units * sizeof(WCHAR));
    if (!list)
        return NULL;
    LPWSTR at = (LPWSTR)(list + count + 1);
    for (unsigned i = 0; i < count; i++) {
        size_t length = strlen(arguments[i]) + 1;
        list[i] = at;
        at += host_utf8_to_utf16(arguments[i], length, (uint16_t *)at, length, 0);
    }
    list[count] = NULL;
    return list;
}

static LPWSTR *split(const char *line, int *count)
{
    unsigned found = 0;
    char *storage = host_own_take(2 * strlen(line) + 4);
    char **arguments = storage ? split_line(line, storage, BY_SHELL, &found) : NULL;
    LPWSTR *list = arguments ? widen(arguments, found) : NULL;
    host_own_give(arguments);
    host_own_give(storage);
    if (!list)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    else
        *count = (int)found;
    return list;
}

LPWSTR *WINAPI CommandLineToArgvW(LPCWSTR lpCmdLine, int *pNumArgs)
{
    char own[PATH_MAX + 2] = "\"";
    if (!lpCmdLine || !pNumArgs) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (!*lpCmdLine) { /* the program itself */
        (void)host_process_image(0, own + 1, PATH_MAX);
        return split(own, pNumArgs);
    }
    size_t units = host_utf16_length((const uint16_t *)lpCmdLine), size = 3 * units + 1;
    size_t quotes = *lpCmdLine == ' ' || *lpCmdLine == '\t' ? 2 : 0; /* documented: the program's name is empty then */
    char *line = host_own_take(size + quotes);
    if (!line) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    memset(line, '"', quotes);
    line[quotes + host_utf16_to_utf8((const uint16_t *)lpCmdLine, units, line + quotes, size - 1, 0)] = 0;
    LPWSTR *list = split(line, pNumArgs);
    host_own_give(line);
    return list;
}
