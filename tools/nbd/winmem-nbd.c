/* winmem-nbd: the helper process through which the pager reaches an NBD export as its paging file. It links libnbd, so
 * that the library need not: libnbd allocates, which a page fault must not. Requests of all channels are under way at
 * once; a connection that is lost is made again and what was under way repeated, for RETRY seconds; then they fail.
 * usage: winmem-nbd URI RETRY   (channels are descriptors 3 and up; ends when they are closed) */
#include <errno.h>
#include <libnbd.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "host/nbd_message.h"

#define CONNECT_MOST 5000  /* ms that one attempt may take */
#define PAUSE 200          /* ms between attempts */
#define FAIL_SOON 1000     /* ms that a request waits when the connection has been gone for long */
#define FIRST_CONNECT 3000 /* ms until the first attempts are given up: nothing depends on it yet */

enum step { FREE, WAITING, ISSUED, ENDED };

static struct pending {
    enum step step;
    int channel, error;
    int64_t deadline;
    struct nbd_request request;
    char *bytes;
} table[NBD_REQUESTS_MOST];

static struct nbd_handle *handle; /* NULL: not connected */
static const char *uri;
static int64_t retry, down_since, next_attempt;
static uint64_t export_size;

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool transfer(int fd, void *bytes, size_t size, bool out)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = out ? send(fd, (char *)bytes + done, size - done, MSG_NOSIGNAL)
                        : recv(fd, (char *)bytes + done, size - done, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

/* ---- the connection ---- */

/* What was under way is to be done again. */
static void disconnect(void)
{
    if (!handle)
        return;
    nbd_close(handle);
    handle = NULL;
    down_since = now();
    for (unsigned i = 0; i < NBD_REQUESTS_MOST; i++) {
        if (table[i].step == ISSUED || (table[i].step == ENDED && table[i].error))
            table[i].step = WAITING;
    }
}

static bool turn(int timeout)
{
    unsigned direction = nbd_aio_get_direction(handle);
    struct pollfd one = {.fd = nbd_aio_get_fd(handle)};
    one.events = (short)((direction & LIBNBD_AIO_DIRECTION_READ ? POLLIN : 0) |
                         (direction & LIBNBD_AIO_DIRECTION_WRITE ? POLLOUT : 0));
    if (poll(&one, 1, timeout) <= 0)
        return true;
    if (one.revents & (POLLIN | POLLHUP | POLLERR) && direction & LIBNBD_AIO_DIRECTION_READ)
        return nbd_aio_notify_read(handle) == 0;
    return nbd_aio_notify_write(handle) == 0;
}

static void connect_once(void)
{
    int64_t end = now() + CONNECT_MOST;
    handle = nbd_create();
    bool alive = handle && nbd_aio_connect_uri(handle, uri) == 0;
    while (alive && !nbd_aio_is_ready(handle))
        alive = now() < end && !nbd_aio_is_dead(handle) && !nbd_aio_is_closed(handle) && turn(100);
    int64_t size = alive ? nbd_get_size(handle) : -1;
    if (size >= 0 && nbd_is_read_only(handle) != 1 && (!export_size || (uint64_t)size >= export_size)) {
        export_size = export_size ? export_size : (uint64_t)size;
        return;
    }
    if (handle)
        nbd_close(handle);
    handle = NULL;
    next_attempt = now() + PAUSE;
}

/* ---- requests ---- */

static int completed(void *of, int *error)
{
    struct pending *pending = of;
    pending->step = ENDED;
    pending->error = *error ? -*error : 0;
    return 1; /* retire it */
}

#define END_OF(pending) ((nbd_completion_callback){.callback = completed, .user_data = (pending)})

static void issue(struct pending *pending)
{
    const struct nbd_request *request = &pending->request;
    pending->step = ISSUED;
    int64_t cookie = request->operation == NBD_READ
                         ? nbd_aio_pread(handle, pending->bytes, request->length, request->offset, END_OF(pending), 0)
                         : nbd_aio_pwrite(handle, pending->bytes, request->length, request->offset, END_OF(pending), 0);
    if (cookie < 0 && (nbd_aio_is_dead(handle) || nbd_aio_is_closed(handle))) {
        pending->step = WAITING;
    } else if (cookie < 0 && pending->step == ISSUED) {
        pending->error = -nbd_get_errno();
        pending->step = ENDED;
    }
}

static bool answer(struct pending *pending)
{
    int fd = NBD_FIRST_FD + pending->channel;
    struct nbd_reply reply = {.tag = pending->request.tag, .error = pending->error, .size = export_size};
    pending->step = FREE;
    if (!transfer(fd, &reply, sizeof(reply), true))
        return false;
    bool data = pending->request.operation == NBD_READ && !pending->error;
    return !data || transfer(fd, pending->bytes, pending->request.length, true);
}

/* False: the channel is closed, and with it this process' reason to be. */
static bool take(int channel)
{
    struct pending *pending = table;
    while (pending->step != FREE)
        pending++; /* the other side never has more under way than the table holds */
    if (!transfer(NBD_FIRST_FD + channel, &pending->request, sizeof(pending->request), false) ||
        pending->request.length > NBD_LENGTH_MOST)
        return false;
    if (!pending->bytes)
        pending->bytes = malloc(NBD_LENGTH_MOST);
    if (!pending->bytes)
        return false;
    if (pending->request.operation == NBD_WRITE &&
        !transfer(NBD_FIRST_FD + channel, pending->bytes, pending->request.length, false))
        return false;
    int64_t until = handle ? now() + retry : down_since + retry;
    pending->deadline = until < now() + FAIL_SOON ? now() + FAIL_SOON : until;
    pending->channel = channel;
    pending->step = WAITING;
    return true;
}

/* Ends what is done or too late; begins what waits. */
static bool advance(void)
{
    int64_t time = now();
    if (handle && (nbd_aio_is_dead(handle) || nbd_aio_is_closed(handle)))
        disconnect();
    for (unsigned i = 0; i < NBD_REQUESTS_MOST; i++) {
        if (table[i].step == ISSUED && time > table[i].deadline)
            disconnect(); /* the server does not answer: its buffers are ours again */
    }
    for (unsigned i = 0; i < NBD_REQUESTS_MOST; i++) {
        if (table[i].step == ENDED && table[i].error == -ESHUTDOWN)
            disconnect();
        if (table[i].step == WAITING && time > table[i].deadline) {
            table[i].error = -EIO;
            table[i].step = ENDED;
        }
    }
    if (!handle && time >= next_attempt)
        connect_once();
    for (unsigned i = 0; i < NBD_REQUESTS_MOST; i++) {
        if (table[i].step == WAITING && handle)
            issue(&table[i]);
        if (table[i].step == ENDED && !answer(&table[i]))
            return false;
    }
    return true;
}

static bool serve(void)
{
    struct pollfd files[NBD_CHANNELS + 1];
    for (int i = 0; i < NBD_CHANNELS; i++)
        files[i] = (struct pollfd){.fd = NBD_FIRST_FD + i, .events = POLLIN};
    unsigned direction = handle ? nbd_aio_get_direction(handle) : 0;
    files[NBD_CHANNELS] = (struct pollfd){.fd = handle ? nbd_aio_get_fd(handle) : -1};
    files[NBD_CHANNELS].events = (short)((direction & LIBNBD_AIO_DIRECTION_READ ? POLLIN : 0) |
                                         (direction & LIBNBD_AIO_DIRECTION_WRITE ? POLLOUT : 0));
    if (poll(files, NBD_CHANNELS + 1, PAUSE) < 0)
        return errno == EINTR;
    for (int i = 0; i < NBD_CHANNELS; i++) {
        if (files[i].revents && !take(i))
            return false;
    }
    short events = files[NBD_CHANNELS].revents;
    if (events & (POLLIN | POLLHUP | POLLERR) && direction & LIBNBD_AIO_DIRECTION_READ)
        (void)nbd_aio_notify_read(handle);
    else if (events)
        (void)nbd_aio_notify_write(handle);
    return advance();
}

int main(int count, char **arguments)
{
    if (count != 3)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN); /* meant for the program: it ends, then so does this process */
    signal(SIGHUP, SIG_IGN);
    uri = arguments[1];
    retry = strtol(arguments[2], NULL, 10) * 1000;
    int64_t end = now() + (retry < FIRST_CONNECT ? retry : FIRST_CONNECT);
    for (connect_once(); !handle && now() < end; connect_once())
        usleep(PAUSE * 1000);
    struct nbd_reply hello = {.error = handle ? 0 : -ECONNREFUSED, .size = export_size};
    down_since = now();
    if (!transfer(NBD_FIRST_FD, &hello, sizeof(hello), true))
        return 1;
    while (serve()) {}
    return 0;
}
