/* filesearch.c: listing directories: patterns as Windows reads them, searches as handles that only FindClose closes.
 * Calls libc and path.c; sets the last error. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <errno.h>
#include <fileapi.h>
#include <ntstatus.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <winbase.h>
#include <winerror.h>

#include "base/path.h"
#include "base/text/wide.h"
#include "host/fork.h"
#include "host/list.h"
#include "host/lock.h"
#include "host/own.h"
#include "host/utf.h"
#include "win32/win32.h"

#define LONGEST 256 /* units of a name or a pattern, with the terminator */

/* What the marks of a pattern become, as documented of FsRtlIsNameInExpression: one character, or none before a point
 * or the end; a point, or the end; up to the last point and with it. */
enum { ANY = '*', ONE_OR_END = '>', POINT_OR_END = '"', TO_LAST_POINT = '<' };

struct search {
    struct search *next; /* L */
    struct host_list directory;
    char path[PATH_MAX];
    WCHAR pattern[LONGEST];
};

static struct {
    host_lock lock;       /* L */
    struct search *first; /* L: those that are open; a handle that is not among them is refused unread */
} filesearch_state = {.lock = HOST_LOCK(RANK_HANDLES)};
HOST_LOCK_AT_FORK(filesearch_state.lock, RANK_HANDLES)

/* How FindFirstFile reads a pattern: known from DOS, where a name had a point even if it ended with it. */
static void translate(WCHAR *pattern)
{
    static const WCHAR everything[] = {'*', '.', '*', 0};
    if (winmem_wcscmp(pattern, everything) == 0)
        pattern[1] = 0;
    for (WCHAR *at = pattern; *at; at++) {
        if (*at == '?')
            *at = ONE_OR_END;
        else if (*at == '.' && (at[1] == '?' || at[1] == '*'))
            *at = POINT_OR_END;
        else if (*at == '*' && at[1] == '.' && !at[2])
            at[0] = TO_LAST_POINT, at[1] = 0;
    }
}

static bool matches(const WCHAR *pattern, const WCHAR *name, const WCHAR *last_point)
{
    for (; *pattern; pattern++) {
        switch (*pattern) {
        case ANY:
        case TO_LAST_POINT:
            for (const WCHAR *rest = name;; rest++) {
                if (matches(pattern + 1, rest, last_point))
                    return true;
                if (!*rest || (*pattern == TO_LAST_POINT && last_point && rest > last_point))
                    return false;
            }
        case ONE_OR_END:
            name += *name && *name != '.';
            break;
        case POINT_OR_END:
            if (*name && *name != '.')
                return false;
            name += *name != 0;
            break;
        default:
            if (winmem_wcsncasecmp(pattern, name, 1) != 0 || !*name)
                return false;
            name++;
        }
    }
    return !*name;
}

static bool fits(const struct search *search, const char *entry)
{
    WCHAR name[LONGEST];
    if (host_utf8_to_utf16(entry, SIZE_MAX, (uint16_t *)name, LONGEST, 0) > LONGEST)
        return false;
    bool dots = strcmp(entry, ".") == 0 || strcmp(entry, "..") == 0;
    return matches(search->pattern, name, dots ? NULL : winmem_wcsrchr(name, '.'));
}

/* The next entry that matches: its name and its data. */
static BOOL next_entry(struct search *search, WIN32_FILE_ATTRIBUTE_DATA *data, const char **name)
{
    const char *entry;
    while ((entry = host_list_next(&search->directory, NULL))) {
        char path[PATH_MAX + 256];
        struct stat status;
        if (!fits(search, entry))
            continue;
        snprintf(path, sizeof path, "%s/%s", search->path, entry);
        if (strlen(entry) >= MAX_PATH || stat(path, &status) != 0)
            continue;
        path_describe(&status, data);
        *name = entry;
        return TRUE;
    }
    return FALSE;
}

static DWORD split(struct search *search, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *pattern = slash ? slash + 1 : path;
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (*pattern == 0 || host_utf8_to_utf16(pattern, SIZE_MAX, (uint16_t *)search->pattern, LONGEST, 0) > LONGEST)
        return ERROR_FILE_NOT_FOUND;
    translate(search->pattern);
    strcpy(search->path, !slash ? "." : length == 0 ? "/" : "");
    if (length)
        memcpy(search->path, path, length), search->path[length] = 0;
    int error = host_list_open(&search->directory, search->path);
    if (!error)
        return 0;
    struct stat status;
    return error == -ENOTDIR && stat(search->path, &status) == 0 ? ERROR_DIRECTORY : ERROR_PATH_NOT_FOUND;
}

/* "." and ".." at the end are directories, and found by their names. */
static struct search *open_search(NTSTATUS translated, char *path)
{
    char full[PATH_MAX];
    if (translated >= 0) {
        const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
        if (strcmp(last, ".") == 0 || strcmp(last, "..") == 0) {
            translated = path_full(path, full, sizeof full);
            path = full;
        }
    }
    if (!win32_status(translated))
        return NULL;
    struct search *search = host_own_zero(1, sizeof *search);
    DWORD error = search ? split(search, path) : ERROR_NOT_ENOUGH_MEMORY;
    if (error) {
        host_own_give(search);
        SetLastError(error);
        return NULL;
    }
    host_lock_acquire(&filesearch_state.lock);
    search->next = filesearch_state.first;
    filesearch_state.first = search;
    host_lock_release(&filesearch_state.lock);
    return search;
}

/* The search of the handle, taken out of the list if wanted. NULL with the last error. */
static struct search *search_of(HANDLE handle, bool take)
{
    host_lock_acquire(&filesearch_state.lock);
    struct search **at = &filesearch_state.first;
    while (*at && *at != handle)
        at = &(*at)->next;
    struct search *search = *at;
    if (search && take)
        *at = search->next;
    host_lock_release(&filesearch_state.lock);
    if (!search)
        SetLastError(ERROR_INVALID_HANDLE);
    return search;
}

BOOL FindClose(HANDLE handle)
{
    struct search *search = search_of(handle, true);
    if (!search)
        return FALSE;
    host_list_close(&search->directory);
    host_own_give(search);
    return TRUE;
}

/* Both forms begin with the fields of the data. */
static BOOL find(struct search *search, void *found, bool wide, DWORD none)
{
    WIN32_FILE_ATTRIBUTE_DATA data;
    LPWIN32_FIND_DATAA narrow_form = found;
    LPWIN32_FIND_DATAW wide_form = found;
    const char *name;
    if (!next_entry(search, &data, &name))
        return win32_error(none);
    memset(found, 0, wide ? sizeof *wide_form : sizeof *narrow_form);
    memcpy(found, &data, sizeof data);
    if (wide)
        host_utf8_to_utf16(name, SIZE_MAX, (uint16_t *)wide_form->cFileName, MAX_PATH, 0);
    else
        strcpy(narrow_form->cFileName, name);
    return TRUE;
}

static HANDLE find_first(NTSTATUS translated, char *path, void *found, bool wide)
{
    struct search *search = open_search(translated, path);
    if (search && find(search, found, wide, ERROR_FILE_NOT_FOUND))
        return search;
    if (search)
        FindClose(search);
    return INVALID_HANDLE_VALUE;
}

static BOOL find_next(HANDLE handle, void *found, bool wide)
{
    struct search *search = search_of(handle, false);
    return search && find(search, found, wide, ERROR_NO_MORE_FILES);
}

HANDLE FindFirstFileA(LPCSTR name, LPWIN32_FIND_DATAA found)
{
    char path[PATH_MAX];
    return find_first(path_translate_pattern(name, path, sizeof path), path, found, false);
}

HANDLE FindFirstFileW(LPCWSTR name, LPWIN32_FIND_DATAW found)
{
    char path[PATH_MAX];
    return find_first(path_translate_pattern_wide(name, path, sizeof path), path, found, true);
}

BOOL FindNextFileA(HANDLE handle, LPWIN32_FIND_DATAA found)
{
    return find_next(handle, found, false);
}

BOOL FindNextFileW(HANDLE handle, LPWIN32_FIND_DATAW found)
{
    return find_next(handle, found, true);
}
