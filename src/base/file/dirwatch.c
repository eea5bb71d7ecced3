/* dirwatch.c: see dirwatch.h. The kernel watches single folders: those below are added as they are met, and what is in
 * a new one already is told as added with it. */
#define WIN32_NO_STATUS
#include <windef.h>

#include "base/file/dirwatch.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <ntstatus.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <winbase.h>

#include "base/path.h"
#include "host/fork.h"
#include "host/list.h"
#include "host/lock.h"
#include "host/own.h"

#define HALF 2 /* ms: the kernel queues both halves of a rename within less */
#define NAMES (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

struct place {
    int watch; /* the kernel's number */
    char *name;
};

struct found {
    struct found *next;
    char name[];
};

struct dirwatch {
    struct dirwatch *next; /* w */
    int fd;                /* -1: to be opened anew */
    bool lost;             /* it is to be told that some changes were lost */
    DWORD filter;
    uint32_t mask;
    bool subtree;
    const char *root;
    struct place *places;
    size_t count, room;
    struct found *found, *told; /* still to be told of; the last that was */
    size_t at, size;            /* of the kernel's records */
    uint32_t moved;             /* the cookie of a name that was told as an old one */
    char name[PATH_MAX];
    _Alignas(struct inotify_event) char records[8192];
};

static struct {
    host_lock lock;         /* w: and what is in every watch that is in the list */
    struct dirwatch *first; /* w */
} dirwatch_state = {.lock = HOST_LOCK(RANK_OBJECT)};

static void forget(struct dirwatch *w);

/* The queue of the kernel is the parent's, which reads it: the child opens one of its own when it asks. What comes
 * until then is told as lost. */
static void after_fork(void)
{
    for (struct dirwatch *w = dirwatch_state.first; w; w = w->next) {
        forget(w);
        w->lost = true;
    }
}

__attribute__((constructor)) static void start(void)
{
    host_at_fork(&(struct host_fork){RANK_OBJECT, &dirwatch_state.lock, .child = after_fork});
}

void dirwatch_acquire(void)
{
    host_lock_acquire(&dirwatch_state.lock);
}

void dirwatch_release(void)
{
    host_lock_release(&dirwatch_state.lock);
}

/* What cannot be watched for want of room is told of; a folder that is gone or closed to us is not. */
static void note(struct dirwatch *w, int error)
{
    w->lost |= error == ENOSPC || error == ENOMEM || error == EMFILE || error == ENFILE;
}

static uint32_t mask_of(DWORD filter, bool subtree)
{
    uint32_t mask = IN_DELETE_SELF | IN_ONLYDIR; /* a mask of nothing is refused */
    if (filter & (FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME) || subtree)
        mask |= NAMES;
    if (filter & (FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_SECURITY))
        mask |= IN_ATTRIB;
    if (filter & (FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE))
        mask |= IN_MODIFY;
    if (filter & FILE_NOTIFY_CHANGE_LAST_ACCESS)
        mask |= IN_ACCESS;
    return mask;
}

static bool wants_name(const struct dirwatch *w, bool folder)
{
    return w->filter & (folder ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME);
}

static bool join(char *path, const char *folder, const char *name)
{
    return (size_t)snprintf(path, PATH_MAX, "%s%s%s", folder, *folder && *name ? "/" : "", name) < PATH_MAX;
}

static bool has_room(struct dirwatch *w)
{
    if (w->count < w->room)
        return true;
    size_t room = w->room ? 2 * w->room : 4;
    struct place *places = host_own_grow(w->places, room * sizeof *places);
    if (!places)
        return false;
    w->places = places;
    w->room = room;
    return true;
}

/* Memory is taken first: what the kernel was asked to watch has a place. */
static int add_place(struct dirwatch *w, const char *name)
{
    char path[PATH_MAX];
    if (!join(path, w->root, name))
        return ENAMETOOLONG;
    char *own = has_room(w) ? host_own_text(name) : NULL;
    if (!own)
        return ENOMEM;
    int number = inotify_add_watch(w->fd, path, w->mask | (*name ? IN_DONT_FOLLOW : 0));
    if (number < 0) {
        int error = errno;
        host_own_give(own);
        return error;
    }
    size_t at = 0;
    while (at < w->count && w->places[at].watch != number)
        at++;
    if (at < w->count) /* the same folder by another name */
        host_own_give(w->places[at].name);
    else
        w->count++;
    w->places[at] = (struct place){number, own};
    return 0;
}

static void tell_found(struct dirwatch *w, const char *name)
{
    struct found **link = &w->found;
    struct found *found = host_own_take(sizeof *found + strlen(name) + 1);
    if (!found) {
        w->lost = true;
        return;
    }
    strcpy(found->name, name);
    found->next = NULL;
    while (*link)
        link = &(*link)->next;
    *link = found;
}

static bool is_folder(const struct dirwatch *w, const char *name)
{
    char path[PATH_MAX];
    struct stat status;
    return join(path, w->root, name) && lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* What lies in one of the folders: others are places, too; `fresh`: what there is is told as added. */
static void add_inner(struct dirwatch *w, size_t place, bool fresh)
{
    char folder[PATH_MAX], path[PATH_MAX];
    struct host_list list;
    unsigned char type;
    snprintf(folder, sizeof folder, "%s", w->places[place].name); /* which may move */
    int error = join(path, w->root, folder) ? host_list_open(&list, path) : -ENAMETOOLONG;
    if (error) {
        note(w, -error);
        return;
    }
    for (const char *entry; (entry = host_list_next(&list, &type));) {
        if (!strcmp(entry, ".") || !strcmp(entry, "..") || !join(path, folder, entry))
            continue;
        bool is = type == DT_DIR || (type == DT_UNKNOWN && is_folder(w, path));
        if (fresh && wants_name(w, is))
            tell_found(w, path);
        if (is)
            note(w, add_place(w, path));
    }
    host_list_close(&list);
}

/* The folder and those below it, however deep: who waits may have a small stack. 0 or an errno of the folder itself. */
static int add_tree(struct dirwatch *w, const char *name, bool fresh)
{
    size_t place = w->count;
    int error = add_place(w, name);
    for (; !error && w->subtree && place < w->count; place++)
        add_inner(w, place, fresh);
    return error;
}

static bool is_below(const char *name, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(name, folder, length) == 0 && (name[length] == 0 || name[length] == '/');
}

static void drop_place(struct dirwatch *w, size_t at)
{
    host_own_give(w->places[at].name);
    w->places[at] = w->places[--w->count];
}

/* A folder has gone to another place, or for ever. */
static void drop_tree(struct dirwatch *w, const char *name)
{
    for (size_t i = w->count; i-- > 0;)
        if (*w->places[i].name && is_below(w->places[i].name, name)) {
            (void)inotify_rm_watch(w->fd, w->places[i].watch);
            drop_place(w, i);
        }
}

/* Of the kernel's and of what is still to be told nothing is left. */
static void forget(struct dirwatch *w)
{
    while (w->count)
        drop_place(w, w->count - 1);
    while (w->found) {
        struct found *next = w->found->next;
        host_own_give(w->found);
        w->found = next;
    }
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
    w->at = w->size = 0;
    w->moved = 0;
}

/* All of the tree, or an error and nothing. */
static NTSTATUS begin(struct dirwatch *w)
{
    bool lost = w->lost;
    w->lost = false;
    w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    int error = w->fd < 0 ? errno : add_tree(w, "", false);
    if (!error && w->lost)
        error = ENOSPC;
    w->lost = lost;
    if (!error)
        return STATUS_SUCCESS;
    forget(w);
    return error == EMFILE || error == ENOSPC ? (NTSTATUS)STATUS_INSUFFICIENT_RESOURCES : path_status(error, w->root);
}

NTSTATUS dirwatch_open(const char *path, DWORD filter, bool subtree, struct dirwatch **watch)
{
    struct dirwatch *w = host_own_zero(1, sizeof *w);
    if (!w)
        return STATUS_NO_MEMORY;
    w->filter = filter;
    w->subtree = subtree;
    w->mask = mask_of(filter, subtree);
    w->root = path;
    NTSTATUS status = begin(w);
    if (status < 0) {
        host_own_give(w->places);
        host_own_give(w);
        return status;
    }
    dirwatch_acquire();
    w->next = dirwatch_state.first;
    dirwatch_state.first = w;
    dirwatch_release();
    *watch = w;
    return STATUS_SUCCESS;
}

void dirwatch_close(struct dirwatch *w)
{
    dirwatch_acquire();
    struct dirwatch **link = &dirwatch_state.first;
    while (*link != w)
        link = &(*link)->next;
    *link = w->next;
    dirwatch_release();
    forget(w);
    host_own_give(w->told);
    host_own_give(w->places);
    host_own_give(w);
}

NTSTATUS dirwatch_ready_locked(struct dirwatch *w)
{
    host_lock_assert(&dirwatch_state.lock);
    return w->fd < 0 ? begin(w) : STATUS_SUCCESS;
}

int dirwatch_descriptor_locked(const struct dirwatch *w)
{
    host_lock_assert(&dirwatch_state.lock);
    return w->lost || w->found || w->at < w->size ? -1 : w->fd;
}

static const struct inotify_event *peek(struct dirwatch *w)
{
    if (w->at >= w->size) {
        ssize_t got = read(w->fd, w->records, sizeof w->records);
        w->at = 0;
        w->size = got > 0 ? (size_t)got : 0;
    }
    return w->at < w->size ? (const struct inotify_event *)(const void *)(w->records + w->at) : NULL;
}

/* A move within one folder is told as an old name and a new one: the kernel says both in a row, but we may have come
 * between them. */
static bool is_renamed(struct dirwatch *w, const struct inotify_event *from)
{
    int folder = from->wd;
    uint32_t cookie = from->cookie;
    const struct inotify_event *to = peek(w);
    if (!to) {
        (void)poll(&(struct pollfd){w->fd, POLLIN, 0}, 1, HALF);
        to = peek(w);
    }
    w->moved = to && to->mask & IN_MOVED_TO && to->cookie == cookie && to->wd == folder ? cookie : 0;
    return w->moved != 0;
}

static DWORD name_action(struct dirwatch *w, const struct inotify_event *event)
{
    if (event->mask & IN_CREATE)
        return FILE_ACTION_ADDED;
    if (event->mask & IN_DELETE)
        return FILE_ACTION_REMOVED;
    if (event->mask & IN_MOVED_FROM)
        return is_renamed(w, event) ? FILE_ACTION_RENAMED_OLD_NAME : FILE_ACTION_REMOVED;
    return w->moved && w->moved == event->cookie ? FILE_ACTION_RENAMED_NEW_NAME : FILE_ACTION_ADDED;
}

/* What one record of the kernel's means; 0: nothing that is asked for. The record is a copy. */
static DWORD action_of(struct dirwatch *w, const struct inotify_event *event, const char *name)
{
    size_t place = 0;
    bool folder = event->mask & IN_ISDIR;
    while (place < w->count && w->places[place].watch != event->wd)
        place++;
    if (place == w->count)
        return 0;
    if (event->mask & IN_IGNORED)
        drop_place(w, place);
    if (!*name || event->mask & IN_IGNORED || !join(w->name, w->places[place].name, name))
        return 0;
    if (!(event->mask & NAMES))
        return FILE_ACTION_MODIFIED;
    DWORD action = name_action(w, event);
    if (folder && w->subtree && event->mask & (IN_MOVED_FROM | IN_DELETE))
        drop_tree(w, w->name);
    else if (folder && w->subtree)
        note(w, add_tree(w, w->name, event->mask & IN_CREATE));
    return wants_name(w, folder) ? action : 0;
}

/* Some changes were lost, and with them perhaps folders: they are looked for anew. What was still to be told is no
 * more: who hears of the loss looks at everything. */
static bool tell_lost(struct dirwatch *w, struct dir_change *change, bool anew)
{
    if (anew && w->subtree) {
        forget(w);
        (void)begin(w);
    }
    w->lost = false;
    *change = (struct dir_change){0, ""};
    return true;
}

bool dirwatch_next_locked(struct dirwatch *w, struct dir_change *change)
{
    host_lock_assert(&dirwatch_state.lock);
    if (w->lost)
        return tell_lost(w, change, false);
    host_own_give(w->told);
    w->told = w->found;
    if (w->found) {
        w->found = w->found->next;
        *change = (struct dir_change){FILE_ACTION_ADDED, w->told->name};
        return true;
    }
    for (const struct inotify_event *record; (record = peek(w));) {
        struct inotify_event event = *record;
        char name[NAME_MAX + 1];
        snprintf(name, sizeof name, "%s", event.len ? record->name : "");
        w->at += sizeof event + event.len;
        if (event.mask & IN_Q_OVERFLOW)
            return tell_lost(w, change, true);
        *change = (struct dir_change){action_of(w, &event, name), w->name};
        if (change->action)
            return true;
        if (w->lost)
            return tell_lost(w, change, false);
    }
    return false;
}
