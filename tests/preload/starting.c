/* starting.c: paging starts while other threads wait in the kernel for data that goes to memory nobody has touched. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define READERS 3
#define STARTS 8
#define SIZE ((size_t)8 << 20)
#define PIECE ((size_t)16384)
#define PIECES 200

static int ends[READERS][2];

static const char *read_all(const int *end)
{
    uint8_t *into = mmap(NULL, PIECE * PIECES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (into == MAP_FAILED)
        return "no memory";
    for (size_t i = 0; i < PIECES; i++) {
        for (size_t done = 0; done < PIECE;) {
            ssize_t got = read(end[0], into + i * PIECE + done, PIECE - done);
            if (got <= 0)
                return strerror(errno);
            done += (size_t)got;
        }
    }
    for (size_t i = 0; i < PIECE * PIECES; i++)
        if (into[i] != (uint8_t)(i % PIECE * 7 >> 3))
            return "other bytes";
    return NULL;
}

static void *reader(void *place)
{
    const char *said = read_all(place);
    close(*(int *)place); /* its writer ends with it */
    return (void *)(uintptr_t)said;
}

static void feed(void)
{
    static uint8_t piece[PIECE];
    for (unsigned r = 0; r < READERS; r++)
        close(ends[r][0]); /* readers that failed end it, too */
    for (size_t i = 0; i < PIECE; i++)
        piece[i] = (uint8_t)(i * 7 >> 3);
    for (unsigned i = 0; i < PIECES; i++) {
        for (unsigned r = 0; r < READERS; r++)
            if (write(ends[r][1], piece, PIECE) != (ssize_t)PIECE)
                _exit(1);
        usleep(20);
    }
    _exit(0);
}

static int start_once(void)
{
    pthread_t thread[READERS];
    int bad = 0;
    void *said;
    for (unsigned r = 0; r < READERS; r++)
        REQUIRE(pipe(ends[r]) == 0);
    if (fork() == 0)
        feed();
    for (unsigned r = 0; r < READERS; r++)
        close(ends[r][1]);
    for (unsigned r = 0; r < READERS; r++)
        REQUIRE(pthread_create(&thread[r], NULL, reader, ends[r]) == 0);
    usleep(1000);
    /* More than the budget: paging starts. */
    volatile uint8_t *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < SIZE; i += 4096)
        memory[i] = (uint8_t)i;
    for (unsigned r = 0; r < READERS; r++) {
        pthread_join(thread[r], &said);
        if (said)
            fprintf(stderr, "reader %u: %s\n", r, (const char *)said);
        bad |= said != NULL;
    }
    return bad;
}

/* Editors and shells have a handler for every signal that ends a program. */
static void ends_all(int number)
{
    _exit(100 + number);
}

int main(void)
{
    int status;
    CHECK(signal(SIGSYS, ends_all) != SIG_ERR);
    for (unsigned i = 0; i < STARTS; i++) {
        pid_t pid = fork();
        REQUIRE(pid >= 0);
        if (pid == 0)
            _exit(start_once());
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECK_EQ(status, 0);
    }
    CHECK(signal(SIGSYS, SIG_DFL) == ends_all);
    return CHECK_DONE();
}
