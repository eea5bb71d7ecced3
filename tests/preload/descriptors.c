/* descriptors.c: a program that closes, or puts its own files on, every descriptor it can think of, as daemons do,
 * keeps its memory although most of it is paged out. Run plain and under winmem-run. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define PAGES 3072u

static uint8_t *memory;

static void fill(unsigned version)
{
    for (uint32_t page = 0; page < PAGES; page++)
        for (unsigned i = 0; i < 512; i++)
            ((uint64_t *)(memory + (size_t)page * 4096))[i] = ((uint64_t)page << 20 | i) * (version * 2654435761u + 1);
}

static unsigned wrong(unsigned version)
{
    unsigned count = 0;
    for (uint32_t page = 0; page < PAGES; page++)
        for (unsigned i = 0; i < 512; i += 17)
            count += ((uint64_t *)(memory + (size_t)page * 4096))[i] !=
                     ((uint64_t)page << 20 | i) * (version * 2654435761u + 1);
    return count;
}

static void try_all(unsigned version)
{
    for (int fd = 3; fd < 1100; fd++)
        (void)close(fd);
    CHECK_EQ(wrong(version), 0);
    int null = open("/dev/null", O_RDWR);
    CHECK_EQ(null, 3);
    for (int fd = 4; fd < 1024; fd++)
        (void)dup2(null, fd);
    CHECK_EQ(wrong(version), 0);
    CHECK_EQ(close_range(3, ~0u, 0), 0);
    CHECK_EQ(wrong(version), 0);
    fill(version + 1);
    closefrom(3);
    CHECK_EQ(wrong(version + 1), 0);
    CHECK(fcntl(3, F_GETFD) < 0 && errno == EBADF);
}

int main(void)
{
    memory = mmap(NULL, (size_t)PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    fill(1);
    CHECK_EQ(wrong(1), 0);
    pid_t child = fork();
    if (child == 0) {
        closefrom(3);
        _exit(wrong(1) ? 1 : 0);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK_EQ(wrong(1), 0);
    try_all(1);
    return CHECK_DONE();
}
