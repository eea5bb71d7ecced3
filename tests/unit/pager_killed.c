/* pager_killed.c: a process that pages is killed at any moment: nothing of its paging file stays behind, and the file
 * that it was told to use is there for the next one. */
/* test traits: protection */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "exception/exception.h"
#include "host/options.h"
#include "mm/mm.h"
#include "pager/pager.h"

#define PAGES 2048u /* 8 MiB, with a budget of 3 */
#define ROUNDS 12

static char directory[] = "/tmp/winmem-killed-XXXXXX";
static char named[64];
static uint8_t *memory;

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void *scribble(void *seed_of)
{
    uint64_t seed = (uintptr_t)seed_of * 77 + 1;
    for (;;) {
        volatile uint64_t *page = (volatile uint64_t *)(memory + next(&seed) % PAGES * 4096);
        for (unsigned i = 0; i < 512; i += 2)
            page[i] = next(&seed);
    }
    return NULL;
}

/* Tells by the pipe that pages have gone to the file, and goes on until it is killed. */
static void page_for_ever(const char *file, int out)
{
    size_t size = (size_t)PAGES * 4096;
    pthread_t thread;
    struct pager_statistics s;
    setenv("TMPDIR", directory, 1);
    exception_start();
    host_option_set(OPTION_RAM, "3M");
    host_option_set(OPTION_PAGEFILE, file);
    if (mm_allocate((void **)&memory, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL) != 0)
        _exit(1);
    if (mm_start_paging() != 0 || !pager_on)
        _exit(77);
    for (uintptr_t i = 0; i < 2; i++)
        pthread_create(&thread, NULL, scribble, (void *)i);
    do {
        pager_get_statistics(&s);
        usleep(1000);
    } while (!s.file_writes);
    (void)!write(out, "x", 1);
    for (;;)
        pause();
}

static unsigned entries(void)
{
    unsigned count = 0;
    DIR *list = opendir(directory);
    REQUIRE(list != NULL);
    for (struct dirent *entry; (entry = readdir(list)) != NULL;)
        count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    closedir(list);
    return count;
}

int main(void)
{
    uint64_t seed = (uint64_t)getpid() * 2654435761u;
    bool paged = true;
    REQUIRE(mkdtemp(directory) != NULL);
    snprintf(named, sizeof(named), "%s/named", directory);
    for (int round = 0; round < ROUNDS && paged; round++) {
        int told[2], status = 0;
        char byte;
        REQUIRE(pipe(told) == 0);
        pid_t pid = fork();
        if (pid == 0)
            page_for_ever(round % 2 ? named : "32M", told[1]);
        close(told[1]);
        paged = read(told[0], &byte, 1) == 1; /* not: it ended, having said why */
        usleep((unsigned)(next(&seed) % 20000));
        kill(pid, SIGKILL);
        CHECK(waitpid(pid, &status, 0) == pid);
        close(told[0]);
        if (!paged && WIFEXITED(status) && WEXITSTATUS(status) == 77)
            break;
        CHECK(paged);
        CHECK_EQ(entries(), round > 0); /* the named one */
    }
    unlink(named);
    CHECK_EQ(rmdir(directory), 0);
    if (!paged)
        SKIP("no userfaultfd here");
    return CHECK_DONE();
}
