/* searchpath.c: files that are looked for in several places, and programs that are started by a command line alone.
 * Sets the last error. */
#include <limits.h>
#include <processenv.h>
#include <processthreadsapi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "base/copyout.h"
#include "base/narrow.h"
#include "base/path.h"
#include "host/own.h"
#include "win32/win32.h"

/* Whether `name` is there below `folder` (NULL: by itself); its full name goes to `found`. */
static bool is_there(const char *folder, size_t length, const char *name, char *found)
{
    char path[PATH_MAX];
    struct stat status;
    if (folder && (size_t)snprintf(path, sizeof path, "%.*s/%s", (int)length, folder, name) >= sizeof path)
        return false;
    if (stat(folder ? path : name, &status) != 0)
        return false;
    return realpath(folder ? path : name, found) != NULL;
}

/* The folders of a list, one after the other. */
static bool in_list(const char *list, const char *separators, const char *name, char *found)
{
    while (list && *list) {
        size_t length = strcspn(list, separators);
        if (length && is_there(list, length, name, found))
            return true;
        list += length + (list[length] != 0);
    }
    return false;
}

/* Where the system looks by itself: the program's folder, the current one, PATH. */
static bool anywhere(const char *name, char *found)
{
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    while (length > 0 && program[length - 1] != '/')
        length--;
    return (length > 0 && is_there(program, (size_t)length, name, found)) || is_there(".", 1, name, found) ||
           in_list(getenv("PATH"), ":", name, found);
}

static bool look(const char *folders, const char *file, const char *extension, char *found)
{
    char name[PATH_MAX];
    const char *last = strrchr(file, '/');
    bool bare = !strchr(last ? last : file, '.');
    if ((size_t)snprintf(name, sizeof name, "%s%s", file, bare && extension ? extension : "") >= sizeof name)
        return win32_error(ERROR_FILENAME_EXCED_RANGE);
    bool there = last      ? is_there(NULL, 0, name, found)
                 : folders ? in_list(folders, ";", name, found)
                           : anywhere(name, found);
    return there ? true : win32_error(ERROR_FILE_NOT_FOUND);
}

DWORD SearchPathA(LPCSTR folders, LPCSTR file, LPCSTR extension, DWORD size, LPSTR buffer, LPSTR *part)
{
    char name[PATH_MAX], list[32768], found[PATH_MAX];
    if (!file || !*file)
        return (DWORD)win32_error(ERROR_INVALID_PARAMETER);
    if (!win32_status(path_translate(file, name, sizeof name)))
        return 0;
    if (folders && strlen(folders) >= sizeof list)
        return (DWORD)win32_error(ERROR_FILENAME_EXCED_RANGE);
    size_t length = 0; /* drives go and backslashes turn, folder by folder */
    for (const char *at = folders; at && *at; at++) {
        bool start = at == folders || at[-1] == ';';
        if (start && at[1] == ':' && ((*at | 32) >= 'a' && (*at | 32) <= 'z') && *++at == ':')
            continue;
        list[length++] = *at == '\\' ? '/' : *at;
    }
    list[length] = 0;
    if (!look(folders ? list : NULL, name, extension, found))
        return 0;
    DWORD units = copy_out(found, buffer, size);
    if (units < size && part)
        *part = strrchr(buffer, '/') + 1;
    return units;
}

DWORD SearchPathW(LPCWSTR folders, LPCWSTR file, LPCWSTR extension, DWORD size, LPWSTR buffer, LPWSTR *part)
{
    char found[PATH_MAX], *list = narrow(folders), *name = narrow(file), *suffix = narrow(extension);
    DWORD units = SearchPathA(list, name, suffix, sizeof found, found, NULL);
    if (units) {
        units = copy_out_wide(found, buffer, size);
        if (units < size && part)
            for (*part = buffer + units; (*part)[-1] != '/';)
                --*part;
    }
    host_own_give(list);
    host_own_give(name);
    host_own_give(suffix);
    return units;
}

/* Above 31 all went well; below stand a few errors of their own. */
UINT WinExec(LPCSTR line, UINT show)
{
    STARTUPINFOA startup = {.cb = sizeof startup, .dwFlags = STARTF_USESHOWWINDOW, .wShowWindow = (WORD)show};
    PROCESS_INFORMATION process;
    char *copy = line ? host_own_text(line) : NULL;
    BOOL started = copy && CreateProcessA(NULL, copy, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process);
    host_own_give(copy);
    if (!started)
        return GetLastError() == ERROR_PATH_NOT_FOUND ? ERROR_PATH_NOT_FOUND : ERROR_FILE_NOT_FOUND;
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return 33;
}

/* As many as a program wants: nothing limits them but memory. */
UINT SetHandleCount(UINT count)
{
    return count;
}
