/* inside.c: a Linux program that knows nothing of winmem: the C library itself makes system calls on its memory, waits
 * on futexes in it, and its handlers run on it, while it is paged out. Passes without winmem as well. */
#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define SIZE ((size_t)24 << 20)
#define PAGE 4096u

struct meeting {
    pthread_mutex_t mutex;
    char between[2 * PAGE];
    pthread_cond_t changed;
    char after[2 * PAGE];
    sem_t ended;
    int turn;
};

static uint8_t *memory;

static void churn(void)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < SIZE; i += PAGE)
        sum += ((volatile uint8_t *)memory)[i];
    CHECK(sum != 1);
}

/* Long reads and writes go from the stream's file straight to the caller's memory. */
static void streams(void)
{
    FILE *file = tmpfile();
    REQUIRE(file != NULL);
    memset(memory, 'x', SIZE / 2);
    churn();
    CHECK_EQ(fwrite(memory, 1, SIZE / 2, file), SIZE / 2);
    rewind(file);
    memset(memory, 0, SIZE / 2);
    churn();
    CHECK_EQ(fread(memory, 1, SIZE / 2, file), SIZE / 2);
    size_t wrong = 0;
    for (size_t i = 0; i < SIZE / 2; i++)
        wrong += memory[i] != 'x';
    CHECK_EQ(wrong, 0);
    char *text = (char *)memory + SIZE / 2;
    memset(text, 'y', 300000);
    text[300000] = 0;
    churn();
    rewind(file);
    CHECK(fputs(text, file) >= 0);
    CHECK(fflush(file) == 0);
    fclose(file);
}

static void *partner(void *argument)
{
    struct meeting *meeting = argument;
    for (int i = 0; i < 40; i++) {
        pthread_mutex_lock(&meeting->mutex);
        while (meeting->turn != 2 * i + 1)
            pthread_cond_wait(&meeting->changed, &meeting->mutex);
        meeting->turn++;
        pthread_cond_broadcast(&meeting->changed);
        pthread_mutex_unlock(&meeting->mutex);
    }
    sem_post(&meeting->ended);
    return NULL;
}

static void futexes(void)
{
    struct meeting *meeting = (struct meeting *)(memory + SIZE / 2 + 64);
    memset(meeting, 0, sizeof(*meeting));
    pthread_mutex_init(&meeting->mutex, NULL);
    pthread_cond_init(&meeting->changed, NULL);
    sem_init(&meeting->ended, 0, 0);
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, partner, meeting) == 0);
    for (int i = 0; i < 40; i++) {
        churn();
        pthread_mutex_lock(&meeting->mutex);
        meeting->turn++;
        pthread_cond_broadcast(&meeting->changed);
        while (meeting->turn != 2 * i + 2)
            pthread_cond_wait(&meeting->changed, &meeting->mutex);
        pthread_mutex_unlock(&meeting->mutex);
    }
    while (sem_wait(&meeting->ended) != 0) {}
    pthread_join(thread, NULL);
}

static sigjmp_buf back;
static void *volatile fault_address;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    fault_address = info->si_addr;
    siglongjmp(back, 1);
}

/* A page that is in memory and closed: the program's own handler is told, again and again, as runtimes use it. */
static void closed_pages(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO}, before;
    sigemptyset(&action.sa_mask);
    CHECK(sigaction(SIGSEGV, &action, &before) == 0);
    for (int i = 0; i < 20; i++) {
        uint8_t *page = memory + (size_t)i * 7 * PAGE;
        *(volatile uint8_t *)page = 7;
        CHECK(mprotect(page, PAGE, i % 2 ? PROT_NONE : PROT_READ) == 0);
        fault_address = NULL;
        if (sigsetjmp(back, 1) == 0)
            *(volatile uint8_t *)page = 8;
        CHECK(fault_address == page);
        CHECK(mprotect(page, PAGE, PROT_READ | PROT_WRITE) == 0);
        CHECK_EQ(*(volatile uint8_t *)page, 7);
    }
    sigaction(SIGSEGV, &before, NULL);
}

static volatile sig_atomic_t heard;

static void on_alarm(int signal)
{
    (void)signal;
    churn(); /* faults while the mask of sigsuspend holds */
    heard = 1;
}

static void masks(void)
{
    struct sigaction action = {.sa_handler = on_alarm}, old;
    sigset_t all, but_alarm;
    sigfillset(&all);
    sigfillset(&action.sa_mask);
    sigfillset(&but_alarm);
    sigdelset(&but_alarm, SIGALRM);
    CHECK(sigaction(SIGALRM, &action, &old) == 0);
    CHECK(sigprocmask(SIG_BLOCK, &all, NULL) == 0);
    churn();
    alarm(1);
    while (!heard)
        sigsuspend(&but_alarm);
    CHECK(sigprocmask(SIG_UNBLOCK, &all, NULL) == 0);
    sigaction(SIGALRM, &old, NULL);
}

/* The environment and the locale are in memory of malloc by then; children come by every way. */
static void children(void)
{
    CHECK(setenv("WINMEM_TEST_WORD", "seen", 1) == 0);
    setlocale(LC_ALL, "C.UTF-8");
    churn();
    CHECK_EQ(system("test \"$WINMEM_TEST_WORD\" = seen"), 0);
    churn();
    FILE *pipe = popen("echo $WINMEM_TEST_WORD", "r");
    char line[16] = "";
    CHECK(pipe && fgets(line, sizeof(line), pipe) && strcmp(line, "seen\n") == 0);
    CHECK(pipe && pclose(pipe) == 0);
    char *arguments[] = {strdup("true"), NULL};
    pid_t child;
    int status = -1;
    churn();
    CHECK(posix_spawnp(&child, arguments[0], NULL, NULL, arguments, environ) == 0);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    free(arguments[0]);
    memory[5 * PAGE] = 99;
    churn();
    child = fork();
    if (child == 0) {
        churn();
        _exit(memory[5 * PAGE] == 99 ? 0 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    churn();
}

/* A file, and moved pages, inside a reservation. */
static void guests(void)
{
    uint8_t *hall = mmap(NULL, 64 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    REQUIRE(hall != MAP_FAILED);
    FILE *file = tmpfile();
    REQUIRE(file != NULL);
    CHECK(ftruncate(fileno(file), 4 * PAGE) == 0 && pwrite(fileno(file), "guest", 5, 0) == 5);
    CHECK(mmap(hall + 8 * PAGE, 4 * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fileno(file), 0) == hall + 8 * PAGE);
    CHECK(memcmp(hall + 8 * PAGE, "guest", 5) == 0);
    CHECK(mprotect(hall + 8 * PAGE, PAGE, PROT_READ | PROT_WRITE) == 0);
    hall[8 * PAGE] = 'q';
    CHECK(mprotect(hall, 4 * PAGE, PROT_READ | PROT_WRITE) == 0);
    hall[PAGE] = 5;
    CHECK(mremap(hall, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, hall + 20 * PAGE) == hall + 20 * PAGE);
    CHECK_EQ(hall[21 * PAGE], 5);
    CHECK(mprotect(hall + 20 * PAGE, 2 * PAGE, PROT_NONE) == 0);
    CHECK(madvise(hall + 20 * PAGE, 20 * PAGE, MADV_DONTNEED) == 0);
    CHECK(munmap(hall, 64 * PAGE) == 0 || errno == EINVAL);
    fclose(file);
}

int main(void)
{
    memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    memset(memory, 1, SIZE);
    streams();
    futexes();
    closed_pages();
    masks();
    children();
    guests();
    return CHECK_DONE();
}
