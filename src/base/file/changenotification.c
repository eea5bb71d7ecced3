/* changenotification.c: handles that are signaled when something in a folder changes. Sets the last error. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <errno.h>
#include <fcntl.h>
#include <fileapi.h>
#include <ntstatus.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "base/file/dirwatch.h"
#include "base/path.h"
#include "host/own.h"
#include "ob/ob.h"
#include "win32/win32.h"

#define FILTERS                                                                                                        \
    (FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME | FILE_NOTIFY_CHANGE_ATTRIBUTES |                      \
     FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_LAST_ACCESS |                        \
     FILE_NOTIFY_CHANGE_CREATION | FILE_NOTIFY_CHANGE_SECURITY)

struct notification {
    struct ob_object object;
    struct dirwatch *watch; /* constant */
    bool signaled;          /* dirwatch_acquire: until the program asks for the next */
    int folder;             /* constant */
    char root[40]; /* constant: the folder, wherever it may be moved, and whichever folder is the current one */
};

/* Changes that come between one notification and the call that asks for the next are kept for that one. Who can no
 * longer be told is signaled: there may be some. */
static NTSTATUS look(struct ob_object *object)
{
    struct notification *n = (struct notification *)object;
    struct dir_change change;
    dirwatch_acquire();
    n->signaled = n->signaled || dirwatch_ready_locked(n->watch) < 0 || dirwatch_next_locked(n->watch, &change);
    bool signaled = n->signaled;
    dirwatch_release();
    return signaled ? STATUS_SUCCESS : STATUS_TIMEOUT;
}

static void place(struct ob_object *object, struct ob_wait_place *where)
{
    (void)object;
    *where = (struct ob_wait_place){.word = NULL};
}

static void destroy(struct ob_object *object)
{
    struct notification *n = (struct notification *)object;
    if (n->watch)
        dirwatch_close(n->watch);
    close(n->folder);
    host_own_give(n);
}

static const struct ob_type notification_type = {
    .name = "File",
    .valid_access = STANDARD_RIGHTS_ALL | SYNCHRONIZE | FILE_LIST_DIRECTORY,
    .mapping = {FILE_LIST_DIRECTORY | SYNCHRONIZE, SYNCHRONIZE, SYNCHRONIZE, FILE_LIST_DIRECTORY | SYNCHRONIZE},
    .destroy = destroy,
    .try_wait = look,
    .wait_place = place,
};

static NTSTATUS open_folder(const char *path, int *folder)
{
    struct stat status;
    *folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*folder >= 0)
        return STATUS_SUCCESS;
    int error = errno;
    bool file = error == ENOTDIR && stat(path, &status) == 0;
    return file ? (NTSTATUS)STATUS_NOT_A_DIRECTORY : path_status(error, path);
}

static NTSTATUS open_notification(const char *path, bool subtree, DWORD filter, HANDLE *handle)
{
    int folder = -1;
    NTSTATUS status = filter == 0 || filter & ~(DWORD)FILTERS ? STATUS_INVALID_PARAMETER : open_folder(path, &folder);
    if (status < 0)
        return status;
    struct notification *n = host_own_zero(1, sizeof *n);
    if (!n) {
        close(folder);
        return STATUS_NO_MEMORY;
    }
    ob_init(&n->object, &notification_type);
    n->folder = folder;
    snprintf(n->root, sizeof n->root, "/proc/self/fd/%d", folder);
    status = dirwatch_open(n->root, filter, subtree, &n->watch);
    if (status >= 0)
        status = ob_create_handle(&n->object, FILE_LIST_DIRECTORY | SYNCHRONIZE, 0, handle);
    ob_dereference(&n->object);
    return status;
}

HANDLE FindFirstChangeNotificationA(LPCSTR name, BOOL subtree, DWORD filter)
{
    char path[PATH_MAX];
    HANDLE handle;
    NTSTATUS status = path_translate(name, path, sizeof path);
    if (status >= 0)
        status = open_notification(path, subtree != 0, filter, &handle);
    return win32_status(status) ? handle : INVALID_HANDLE_VALUE;
}

HANDLE FindFirstChangeNotificationW(LPCWSTR name, BOOL subtree, DWORD filter)
{
    char path[PATH_MAX];
    HANDLE handle;
    NTSTATUS status = path_translate_wide(name, path, sizeof path);
    if (status >= 0)
        status = open_notification(path, subtree != 0, filter, &handle);
    return win32_status(status) ? handle : INVALID_HANDLE_VALUE;
}

BOOL FindNextChangeNotification(HANDLE handle)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(handle, &notification_type, FILE_LIST_DIRECTORY, &object, NULL);
    if (status < 0)
        return win32_error(ERROR_INVALID_HANDLE);
    struct notification *n = (struct notification *)object;
    dirwatch_acquire();
    n->signaled = false;
    dirwatch_release();
    ob_dereference(object);
    return TRUE;
}

BOOL FindCloseChangeNotification(HANDLE handle)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(handle, &notification_type, 0, &object, NULL);
    if (status < 0)
        return win32_error(ERROR_INVALID_HANDLE);
    status = ob_close_handle(handle);
    ob_dereference(object);
    return win32_status(status);
}
