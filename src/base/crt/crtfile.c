/* crtfile.c: where Microsoft's C library meets Windows: descriptors and handles of one file, parts of a path, the
 * environment in its checked forms. Calls libc and ob; sets errno, never the last error. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <ntstatus.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <winbase.h>

#include "base/text/wide.h"
#include "host/own.h"
#include "host/utf.h"
#include "ob/file.h"

#define DESCRIPTORS 8192 /* as many as Microsoft's library has */

/* The handle that was given for a descriptor, 0 for none. Entries are exchanged, never locked. */
static struct {
    HANDLE handle[DESCRIPTORS];
} crtfile_state;

/* Whether the handle still means what the descriptor does: it may have been closed and opened anew meanwhile. */
static bool same_file(HANDLE handle, const struct stat *status)
{
    struct ob_object *object;
    if (!NT_SUCCESS(ob_lookup(handle, &ob_file_type, 0, &object, NULL)))
        return false;
    const struct ob_file *file = (const struct ob_file *)object;
    bool same = file->device == status->st_dev && file->inode == status->st_ino;
    ob_dereference(object);
    return same;
}

static HANDLE wrap(int descriptor)
{
    HANDLE handle = NULL;
    struct ob_file *file = ob_file_create(descriptor, NULL);
    if (!file)
        return NULL;
    file->borrowed = true;
    file->access = (file->readable ? FILE_GENERIC_READ : 0) | (file->writable ? FILE_GENERIC_WRITE : 0);
    bool made = NT_SUCCESS(ob_create_handle(&file->object, file->access, 0, &handle));
    ob_dereference(&file->object);
    return made ? handle : NULL;
}

intptr_t _get_osfhandle(int descriptor)
{
    struct stat status;
    if (descriptor < 0 || descriptor >= DESCRIPTORS || fstat(descriptor, &status) != 0) {
        errno = EBADF;
        return -1;
    }
    if (descriptor < 3)
        return (intptr_t)GetStdHandle(STD_INPUT_HANDLE - (DWORD)descriptor);
    HANDLE *entry = &crtfile_state.handle[descriptor];
    HANDLE known = __atomic_load_n(entry, __ATOMIC_ACQUIRE);
    if (known && same_file(known, &status))
        return (intptr_t)known;
    HANDLE made = wrap(descriptor);
    if (!made) {
        errno = ENOMEM;
        return -1;
    }
    if (!__atomic_compare_exchange_n(entry, &known, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        ob_close_handle(made);
        return (intptr_t)known;
    }
    if (known)
        ob_close_handle(known); /* of a file that the descriptor no longer means; an error says it was closed */
    return (intptr_t)made;
}

int _open_osfhandle(intptr_t handle, int flags)
{
    struct ob_object *object;
    (void)flags;
    int descriptor = -1;
    if (NT_SUCCESS(ob_lookup((HANDLE)handle, &ob_file_type, 0, &object, NULL))) {
        descriptor = fcntl(((struct ob_file *)object)->fd, F_DUPFD_CLOEXEC, 3);
        ob_dereference(object);
    }
    if (descriptor < 0 || descriptor >= DESCRIPTORS) {
        if (descriptor >= 0)
            close(descriptor);
        errno = descriptor < 0 ? EBADF : EMFILE;
        return -1;
    }
    HANDLE old = __atomic_exchange_n(&crtfile_state.handle[descriptor], (HANDLE)handle, __ATOMIC_ACQ_REL);
    if (old && old != (HANDLE)handle)
        ob_close_handle(old);
    return descriptor;
}

/* Closes the handle that was given for the descriptor, too. */
int _close(int descriptor)
{
    if (descriptor >= 3 && descriptor < DESCRIPTORS) {
        HANDLE old = __atomic_exchange_n(&crtfile_state.handle[descriptor], NULL, __ATOMIC_ACQ_REL);
        struct stat status;
        if (old && fstat(descriptor, &status) == 0 && same_file(old, &status))
            ob_close_handle(old);
    }
    return close(descriptor);
}

long long _filelengthi64(int descriptor)
{
    struct stat status;
    return fstat(descriptor, &status) == 0 ? status.st_size : -1;
}

/* ---- paths */

struct part {
    const char *text;
    size_t length;
};

/* "C:", everything to the last slash, the name to its last dot, the rest. */
static void split(const char *path, struct part part[4])
{
    size_t drive = path[0] && path[1] == ':' ? 2 : 0;
    const char *name = path + drive, *dot = NULL;
    for (const char *at = name; *at; at++)
        if (*at == '/' || *at == '\\')
            name = at + 1;
    for (const char *at = name; *at; at++)
        if (*at == '.')
            dot = at;
    size_t length = strlen(name), stem = dot ? (size_t)(dot - name) : length;
    part[0] = (struct part){path, drive};
    part[1] = (struct part){path + drive, (size_t)(name - path) - drive};
    part[2] = (struct part){name, stem};
    part[3] = (struct part){name + stem, length - stem};
}

int _splitpath_s(const char *path, char *drive, size_t drive_size, char *folder, size_t folder_size, char *name,
                 size_t name_size, char *extension, size_t extension_size)
{
    char *const to[4] = {drive, folder, name, extension};
    const size_t size[4] = {drive_size, folder_size, name_size, extension_size};
    struct part part[4];
    int error = path ? 0 : EINVAL;
    for (int i = 0; i < 4; i++)
        if (!to[i] != !size[i])
            error = EINVAL;
    if (!error)
        split(path, part);
    for (int i = 0; !error && i < 4; i++)
        if (to[i] && part[i].length >= size[i])
            error = ERANGE;
    for (int i = 0; i < 4; i++) {
        if (!to[i] || !size[i])
            continue;
        size_t length = error ? 0 : part[i].length;
        memcpy(to[i], error ? "" : part[i].text, length);
        to[i][length] = 0;
    }
    if (error)
        errno = error;
    return error;
}

void _splitpath(const char *path, char *drive, char *folder, char *name, char *extension)
{
    _splitpath_s(path, drive, drive ? _MAX_DRIVE : 0, folder, folder ? _MAX_DIR : 0, name, name ? _MAX_FNAME : 0,
                 extension, extension ? _MAX_EXT : 0);
}

int _makepath_s(char *path, size_t size, const char *drive, const char *folder, const char *name, const char *extension)
{
    if (!path || !size) {
        errno = EINVAL;
        return EINVAL;
    }
    size_t length = folder ? strlen(folder) : 0;
    bool colon = drive && *drive, dot = extension && *extension && *extension != '.';
    bool slash = length && folder[length - 1] != '/' && folder[length - 1] != '\\';
    int needed =
        snprintf(path, size, "%.*s%s%s%s%s%s%s", colon, colon ? drive : "", colon ? ":" : "", folder ? folder : "",
                 slash ? "\\" : "", name ? name : "", dot ? "." : "", extension ? extension : "");
    if (needed >= 0 && (size_t)needed < size)
        return 0;
    path[0] = 0;
    errno = ERANGE;
    return ERANGE;
}

void _makepath(char *path, const char *drive, const char *folder, const char *name, const char *extension)
{
    _makepath_s(path, _MAX_PATH, drive, folder, name, extension);
}

/* ---- the environment */

int _putenv_s(const char *name, const char *value)
{
    if (!name || !value || !*name || strchr(name, '='))
        return errno = EINVAL;
    return (*value ? setenv(name, value, 1) : unsetenv(name)) == 0 ? 0 : errno;
}

int getenv_s(size_t *needed, char *to, size_t size, const char *name)
{
    if (!needed || !name || (!to && size))
        return errno = EINVAL;
    const char *value = getenv(name);
    *needed = value ? strlen(value) + 1 : 0;
    if (size)
        *to = 0;
    if (!value || !size)
        return 0;
    if (*needed > size)
        return errno = ERANGE;
    memcpy(to, value, *needed);
    return 0;
}

int _dupenv_s(char **to, size_t *size, const char *name)
{
    if (!to || !name)
        return errno = EINVAL;
    const char *value = getenv(name);
    *to = value ? strdup(value) : NULL;
    if (size)
        *size = *to ? strlen(value) + 1 : 0;
    return value && !*to ? (errno = ENOMEM) : 0;
}

static bool narrow(const WCHAR *wide, char *to, size_t size)
{
    return wide && host_utf16_to_utf8((const uint16_t *)wide, SIZE_MAX, to, size, 0) <= size;
}

WCHAR *winmem_wgetenv(const WCHAR *name)
{
    static __thread WCHAR *last;
    char text[256];
    const char *value = narrow(name, text, sizeof text) ? getenv(text) : NULL;
    if (!value)
        return NULL;
    size_t units = host_utf8_to_utf16(value, SIZE_MAX, NULL, 0, 0);
    WCHAR *wide = host_own_grow(last, units * sizeof *wide);
    if (!wide)
        return NULL;
    last = wide;
    host_utf8_to_utf16(value, SIZE_MAX, (uint16_t *)wide, units, 0);
    return wide;
}

int winmem_wputenv_s(const WCHAR *name, const WCHAR *value)
{
    char text[256];
    size_t size = value ? host_utf16_to_utf8((const uint16_t *)value, SIZE_MAX, NULL, 0, 0) : 0;
    char *content = size && narrow(name, text, sizeof text) ? host_own_take(size) : NULL;
    if (!content)
        return errno = EINVAL;
    host_utf16_to_utf8((const uint16_t *)value, SIZE_MAX, content, size, 0);
    int error = _putenv_s(text, content);
    host_own_give(content);
    return error;
}
