/* crossing.c: paths and structures of system calls, longer than the smallest that a call could want, that go on in a
 * page which is paged out while the page where they begin is there. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../check.h"

#define DATA ((size_t)6 << 20)
#define PAGE 4096
static unsigned char *data;
static char *pages; /* two of them */

/* What was not used for a while leaves memory; then the first page comes back, the second does not. */
static char *place(size_t before)
{
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < DATA; i += 256)
            data[i] = (unsigned char)(data[i] * 31u + (i >> 8) + 1);
    char *at = pages + PAGE - before;
    *(volatile char *)at = *at;
    return at;
}

static char *path(const char *name)
{
    static const char slashes[] = "/tmp/////////////////////////////////////////////////////////////////////////////";
    char *at = pages + PAGE - sizeof(slashes) - 10;
    sprintf(at, "%s/crossing.%d.%s", slashes, (int)getpid(), name);
    return place(sizeof(slashes) + 10);
}

int main(void)
{
    char other[64];
    data = calloc(1, DATA);
    pages = aligned_alloc(PAGE, 2 * PAGE);
    memset(pages, 1, 2 * PAGE);
    sprintf(other, "/tmp/crossing.%d.b", (int)getpid());
    int fd = (int)syscall(SYS_open, path("a"), O_CREAT | O_RDWR, 0600);
    CHECK(fd >= 0);
    CHECK_EQ(syscall(SYS_fstat, fd, place(100)), 0);
    CHECK_EQ(syscall(SYS_fstatfs, fd, place(80)), 0);
    CHECK_EQ(syscall(SYS_uname, place(300)), 0);
    CHECK_EQ(syscall(SYS_getrusage, 0, place(70)), 0);
    CHECK_EQ(syscall(SYS_access, path("a"), R_OK), 0);
    CHECK_EQ(syscall(SYS_chmod, path("a"), 0644), 0);
    CHECK_EQ(syscall(SYS_truncate, path("a"), 5), 0);
    CHECK_EQ(syscall(SYS_rename, path("a"), other), 0);
    CHECK_EQ(syscall(SYS_link, other, path("c")), 0);
    CHECK_EQ(syscall(SYS_unlink, path("c")), 0);
    CHECK_EQ(unlink(other), 0);
    int ends[2];
    CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
    CHECK_EQ(write(ends[0], "one", 3), 3);
    CHECK_EQ(write(ends[0], "two", 3), 3);
    struct iovec vectors[2];
    struct mmsghdr messages[2];
    memset(messages, 0, sizeof(messages));
    for (int i = 0; i < 2; i++) {
        vectors[i] = (struct iovec){pages + i * PAGE + 8, 100};
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    struct mmsghdr *moved = memcpy(pages + PAGE - 70, messages, sizeof(messages));
    place(70);
    CHECK_EQ(recvmmsg(ends[1], moved, 2, 0, NULL), 2);
    CHECK(memcmp(pages + 8, "one", 3) == 0 && memcmp(pages + PAGE + 8, "two", 3) == 0);
    return CHECK_DONE();
}
