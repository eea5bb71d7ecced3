/* profile.c: what programs ask of and write into .ini files. profiletext.c knows their form; here are the files and the
 * faces. Sets the last error. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "base/narrow.h"
#include "base/path.h"
#include "base/file/profiletext.h"
#include "host/own.h"
#include "host/utf.h"
#include "win32/win32.h"

/* A name without a folder is in that of Windows. */
static BOOL file_path(const char *file, char path[PATH_MAX])
{
    char folder[MAX_PATH], joined[PATH_MAX];
    if (!file)
        return win32_error(ERROR_FILE_NOT_FOUND);
    if (!strpbrk(file, "/\\:")) {
        GetWindowsDirectoryA(folder, sizeof folder);
        snprintf(joined, sizeof joined, "%s\\%s", folder, file);
        file = joined;
    }
    return win32_status(path_translate(file, path, PATH_MAX));
}

/* The whole file as UTF-8. */
static bool read_whole(int fd, struct profile_text *text)
{
    char part[4096];
    ssize_t got;
    while ((got = read(fd, part, sizeof part)) > 0)
        profile_add(text, part, (size_t)got);
    if (got < 0 || text->failed)
        return false;
    if (text->length >= 2 && !memcmp(text->data, "\xFF\xFE", 2)) { /* UTF-16 */
        size_t units = text->length / 2 - 1, size = 3 * units;
        char *narrow = host_own_take(size + 1);
        if (!narrow)
            return false;
        text->length = host_utf16_to_utf8((const uint16_t *)(text->data + 2), units, narrow, size, 0);
        host_own_give(text->data);
        text->data = narrow;
    } else if (text->length >= 3 && !memcmp(text->data, "\xEF\xBB\xBF", 3)) {
        text->length -= 3;
        memmove(text->data, text->data + 3, text->length);
    }
    return true;
}

/* A file that is not there is an empty one, and told. */
static bool load(const char *file, struct profile_text *text)
{
    char path[PATH_MAX];
    *text = (struct profile_text){0};
    if (!file_path(file, path))
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return win32_status(path_status(errno, path));
    bool good = flock(fd, LOCK_SH) == 0 && read_whole(fd, text);
    close(fd);
    return good || win32_error(ERROR_NOT_ENOUGH_MEMORY);
}

/* The answer to a question, in UTF-8; a list has a NUL behind each of its texts. */
static bool ask(const char *section, const char *key, const char *otherwise, const char *file,
                struct profile_text *answer)
{
    struct profile_text text;
    *answer = (struct profile_text){0};
    bool good = load(file, &text), list = !section || !key;
    bool found = good && (!section ? profile_sections(&text, answer)
                          : !key   ? profile_keys(&text, section, answer)
                                   : profile_value(&text, section, key, answer));
    if (!found && otherwise) {
        list = false;
        size_t length = strlen(otherwise);
        while (length && otherwise[length - 1] == ' ')
            length--;
        profile_add(answer, otherwise, length);
    }
    if (good && !found)
        SetLastError(ERROR_FILE_NOT_FOUND);
    else if (good)
        SetLastError(ERROR_SUCCESS);
    host_own_give(text.data);
    return list;
}

/* What fits: a list ends with two NULs. */
static DWORD give(struct profile_text *answer, bool list, LPSTR buffer, DWORD size)
{
    DWORD ends = list ? 2 : 1, length = (DWORD)answer->length;
    if (size < ends || !buffer) {
        if (size && buffer)
            *buffer = 0;
        length = 0;
    } else if (list && length + 1 <= size && length) {
        memcpy(buffer, answer->data, length);
        buffer[length] = 0;
    } else {
        if (length > size - ends)
            length = size - ends;
        if (length)
            memcpy(buffer, answer->data, length);
        memset(buffer + length, 0, ends);
    }
    host_own_give(answer->data);
    return length;
}

static DWORD give_wide(struct profile_text *answer, bool list, LPWSTR buffer, DWORD size)
{
    size_t units = answer->length ? host_utf8_to_utf16(answer->data, answer->length, NULL, 0, 0) : 0;
    uint16_t *wide = host_own_take((units + 2) * sizeof *wide);
    DWORD ends = list ? 2 : 1, length = wide ? (DWORD)units : 0;
    if (wide && units)
        host_utf8_to_utf16(answer->data, answer->length, wide, units, 0);
    if (size < ends || !buffer) {
        if (size && buffer)
            *buffer = 0;
        length = 0;
    } else if (list && length + 1 <= size && length) {
        memcpy(buffer, wide, length * sizeof *buffer);
        buffer[length] = 0;
    } else {
        if (length > size - ends)
            length = size - ends;
        if (length)
            memcpy(buffer, wide, length * sizeof *buffer);
        memset(buffer + length, 0, ends * sizeof *buffer);
    }
    host_own_give(wide);
    host_own_give(answer->data);
    return length;
}

DWORD GetPrivateProfileStringA(LPCSTR section, LPCSTR key, LPCSTR otherwise, LPSTR buffer, DWORD size, LPCSTR file)
{
    struct profile_text answer;
    bool list = ask(section, key, otherwise, file, &answer);
    return give(&answer, list, buffer, size);
}

DWORD GetPrivateProfileStringW(LPCWSTR section, LPCWSTR key, LPCWSTR otherwise, LPWSTR buffer, DWORD size, LPCWSTR file)
{
    struct profile_text answer;
    char *texts[] = {narrow(section), narrow(key), narrow(otherwise), narrow(file)};
    bool list = ask(texts[0], texts[1], texts[2], texts[3], &answer);
    for (int i = 0; i < 4; i++)
        host_own_give(texts[i]);
    return give_wide(&answer, list, buffer, size);
}

UINT GetPrivateProfileIntA(LPCSTR section, LPCSTR key, INT otherwise, LPCSTR file)
{
    char text[64];
    struct profile_text answer;
    ask(section ? section : "", key ? key : "", "", file, &answer);
    DWORD length = give(&answer, false, text, sizeof text);
    return length ? profile_number(text) : (UINT)otherwise;
}

UINT GetPrivateProfileIntW(LPCWSTR section, LPCWSTR key, INT otherwise, LPCWSTR file)
{
    char *texts[] = {narrow(section), narrow(key), narrow(file)};
    UINT number = GetPrivateProfileIntA(texts[0], texts[1], otherwise, texts[2]);
    for (int i = 0; i < 3; i++)
        host_own_give(texts[i]);
    return number;
}

DWORD GetPrivateProfileSectionNamesA(LPSTR buffer, DWORD size, LPCSTR file)
{
    return GetPrivateProfileStringA(NULL, NULL, NULL, buffer, size, file);
}

DWORD GetPrivateProfileSectionNamesW(LPWSTR buffer, DWORD size, LPCWSTR file)
{
    return GetPrivateProfileStringW(NULL, NULL, NULL, buffer, size, file);
}

static void ask_lines(const char *section, const char *file, struct profile_text *answer)
{
    struct profile_text text;
    *answer = (struct profile_text){0};
    if (load(file, &text))
        SetLastError(profile_lines(&text, section, answer) ? ERROR_SUCCESS : ERROR_FILE_NOT_FOUND);
    host_own_give(text.data);
}

DWORD GetPrivateProfileSectionA(LPCSTR section, LPSTR buffer, DWORD size, LPCSTR file)
{
    struct profile_text answer;
    if (!section || !file)
        return (DWORD)win32_error(ERROR_INVALID_PARAMETER);
    ask_lines(section, file, &answer);
    return give(&answer, true, buffer, size);
}

DWORD GetPrivateProfileSectionW(LPCWSTR section, LPWSTR buffer, DWORD size, LPCWSTR file)
{
    struct profile_text answer;
    if (!section || !file)
        return (DWORD)win32_error(ERROR_INVALID_PARAMETER);
    char *texts[] = {narrow(section), narrow(file)};
    ask_lines(texts[0] ? texts[0] : "", texts[1], &answer);
    host_own_give(texts[0]), host_own_give(texts[1]);
    return give_wide(&answer, true, buffer, size);
}

/* ---- writing: the file is read, changed and written while nobody else does ---- */

static BOOL write_whole(int fd, const struct profile_text *text)
{
    for (size_t done = 0; done < text->length;) {
        ssize_t put = pwrite(fd, text->data + done, text->length - done, (off_t)done);
        if (put <= 0)
            return win32_status(errno_status(errno));
        done += (size_t)put;
    }
    return ftruncate(fd, (off_t)text->length) == 0 ? TRUE : win32_status(errno_status(errno));
}

static BOOL change(const char *section, const char *key, const char *value, const char *file)
{
    char path[PATH_MAX];
    struct profile_text text = {0}, changed = {0};
    if (!section) { /* what the system keeps is to be written: nothing is kept here */
        if (!file_path(file, path))
            return FALSE;
        return win32_error(ERROR_FILE_NOT_FOUND);
    }
    if (!file_path(file, path))
        return FALSE;
    int fd = open(path, O_RDWR | O_CLOEXEC | (value ? O_CREAT : 0), 0666);
    if (fd < 0)
        return win32_status(path_status(errno, path));
    BOOL good = flock(fd, LOCK_EX) == 0 && read_whole(fd, &text);
    if (good)
        profile_set(&text, section, key, value, &changed);
    good = good && !changed.failed ? write_whole(fd, &changed) : win32_error(ERROR_NOT_ENOUGH_MEMORY);
    host_own_give(text.data);
    host_own_give(changed.data);
    close(fd);
    return good;
}

BOOL WritePrivateProfileStringA(LPCSTR section, LPCSTR key, LPCSTR value, LPCSTR file)
{
    return change(section, key, key ? value : NULL, file);
}

BOOL WritePrivateProfileStringW(LPCWSTR section, LPCWSTR key, LPCWSTR value, LPCWSTR file)
{
    char *texts[] = {narrow(section), narrow(key), narrow(value), narrow(file)};
    BOOL good = WritePrivateProfileStringA(texts[0], texts[1], texts[2], texts[3]);
    for (int i = 0; i < 4; i++)
        host_own_give(texts[i]);
    return good;
}

/* All of a section anew: texts with a NUL behind each. */
BOOL WritePrivateProfileSectionA(LPCSTR section, LPCSTR lines, LPCSTR file)
{
    char path[PATH_MAX];
    if (!section)
        return change(NULL, NULL, NULL, file);
    if (file_path(file, path) && access(path, F_OK) == 0 && !change(section, NULL, NULL, file))
        return FALSE;
    BOOL good = TRUE;
    for (; good && lines && *lines; lines += strlen(lines) + 1) {
        const char *equals = strchr(lines, '=');
        char *key = equals ? host_own_part(lines, (size_t)(equals - lines)) : host_own_text(lines);
        good = key && change(section, key, equals ? equals + 1 : "", file);
        host_own_give(key);
    }
    return good;
}

BOOL WritePrivateProfileSectionW(LPCWSTR section, LPCWSTR lines, LPCWSTR file)
{
    size_t units = 0;
    while (lines && lines[units])
        units += host_utf16_length((const uint16_t *)lines + units) + 1;
    char *list = lines ? host_own_zero(1, 3 * units + 2) : NULL, *texts[] = {narrow(section), narrow(file)};
    if (list)
        host_utf16_to_utf8((const uint16_t *)lines, units, list, 3 * units, 0);
    BOOL good =
        !lines || list ? WritePrivateProfileSectionA(texts[0], list, texts[1]) : win32_error(ERROR_NOT_ENOUGH_MEMORY);
    host_own_give(list), host_own_give(texts[0]), host_own_give(texts[1]);
    return good;
}

/* ---- the file of the system ---- */

static const char system_file[] = "win.ini";

DWORD GetProfileStringA(LPCSTR section, LPCSTR key, LPCSTR otherwise, LPSTR buffer, DWORD size)
{
    return GetPrivateProfileStringA(section, key, otherwise, buffer, size, system_file);
}

UINT GetProfileIntA(LPCSTR section, LPCSTR key, INT otherwise)
{
    return GetPrivateProfileIntA(section, key, otherwise, system_file);
}

BOOL WriteProfileStringA(LPCSTR section, LPCSTR key, LPCSTR value)
{
    return WritePrivateProfileStringA(section, key, value, system_file);
}
