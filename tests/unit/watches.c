/* Watches of folders where the system has little room, and in a child of fork: what cannot be told is told as lost, and
 * parent and child do not take each other's changes. */
#define WIN32_NO_STATUS
#include "check.h"

#include <windows.h>

#include <fcntl.h>
#include <ntstatus.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file/dirwatch.h"

#define NAMES (FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME)

static char top[] = "/tmp/winmem-test-watches-XXXXXX";

static const char *below(const char *name)
{
    static char path[4][200];
    static unsigned next;
    char *at = path[next++ % 4];
    snprintf(at, 200, "%s/%s", top, name);
    return at;
}

static void put(const char *name)
{
    int file = open(below(name), O_WRONLY | O_CREAT, 0600);
    CHECK(file >= 0);
    close(file);
}

/* What is told: "+name", "?" for a loss, "" for nothing. */
static const char *next(struct dirwatch *watch)
{
    static char text[200];
    struct dir_change change;
    text[0] = 0;
    dirwatch_acquire();
    NTSTATUS status = dirwatch_ready_locked(watch);
    if (status < 0)
        snprintf(text, sizeof text, "error %lx", (unsigned long)status);
    else if (dirwatch_next_locked(watch, &change))
        snprintf(text, sizeof text, "%c%s", change.action ? " +-*<>"[change.action] : '?', change.name);
    dirwatch_release();
    return text;
}

#define TELLS(watch, want)                                                                                             \
    do {                                                                                                               \
        const char *tells_have = next(watch);                                                                          \
        CHECK(strcmp(tells_have, want) == 0);                                                                          \
        if (strcmp(tells_have, want) != 0)                                                                             \
            fprintf(stderr, "have '%s', want '%s'\n", tells_have, want);                                               \
    } while (0)

/* The child's failures count. */
static void in_child(void (*what)(void *), void *context)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        what(context);
        _exit(check_failures != 0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void read_in_child(void *watch)
{
    TELLS(watch, "?"); /* what came between the fork and the first look */
    TELLS(watch, "");
    put("child");
    TELLS(watch, "+child");
    TELLS(watch, "");
}

static void forked(void)
{
    struct dirwatch *watch;
    REQUIRE(dirwatch_open(top, NAMES, true, &watch) == 0);
    put("before");
    in_child(read_in_child, watch);
    TELLS(watch, "+before");
    TELLS(watch, "+child");
    TELLS(watch, "");
    dirwatch_close(watch);
    CHECK(unlink(below("before")) == 0 && unlink(below("child")) == 0);
}

static void notify_in_child(void *handle)
{
    CHECK_EQ(WaitForSingleObject(handle, 0), WAIT_OBJECT_0); /* perhaps something has changed */
    CHECK(FindNextChangeNotification(handle));
    CHECK_EQ(WaitForSingleObject(handle, 0), WAIT_TIMEOUT);
    put("child");
    CHECK_EQ(WaitForSingleObject(handle, 5000), WAIT_OBJECT_0);
}

static void forked_handle(void)
{
    HANDLE handle = FindFirstChangeNotificationA(top, FALSE, NAMES);
    REQUIRE(handle != INVALID_HANDLE_VALUE);
    in_child(notify_in_child, handle);
    CHECK_EQ(WaitForSingleObject(handle, 5000), WAIT_OBJECT_0);
    CHECK(FindCloseChangeNotification(handle));
    CHECK(unlink(below("child")) == 0);
}

/* So many watches in a name space of users of its own. */
static bool allow(int watches)
{
    char text[20];
    snprintf(text, sizeof text, "%d", watches);
    int file = open("/proc/sys/user/max_inotify_watches", O_WRONLY);
    bool done = file >= 0 && write(file, text, strlen(text)) > 0;
    close(file);
    return done;
}

static void short_of_room(void *unused)
{
    struct dirwatch *watch, *none = NULL;
    (void)unused;
    if (unshare(CLONE_NEWUSER) != 0 || !allow(2)) {
        fprintf(stderr, "not here: a limit of watches\n");
        return;
    }
    REQUIRE(mkdir(below("one"), 0700) == 0);
    REQUIRE(dirwatch_open(top, NAMES, true, &watch) == 0);
    TELLS(watch, "");
    REQUIRE(mkdir(below("two"), 0700) == 0);
    TELLS(watch, "+two");
    TELLS(watch, "?"); /* nothing of what is in it will be told */
    TELLS(watch, "");
    dirwatch_close(watch);
    CHECK_EQ(dirwatch_open(top, NAMES, true, &none), STATUS_INSUFFICIENT_RESOURCES); /* all of it or none */
    CHECK(!none);
    REQUIRE(dirwatch_open(top, NAMES, false, &watch) == 0); /* nothing is left of that one */
    dirwatch_close(watch);
    CHECK(rmdir(below("one")) == 0 && rmdir(below("two")) == 0);
}

int main(void)
{
    REQUIRE(mkdtemp(top));
    forked();
    forked_handle();
    in_child(short_of_room, NULL);
    CHECK(rmdir(top) == 0);
    return CHECK_DONE();
}
