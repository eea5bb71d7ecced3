/* malloc.c: the C library's allocation calls as a conformance suite would ask them: error codes, limits, alignment,
 * contents kept, zeroed memory, use in constructors, thread-exit destructors and at exit, address-space limits, fork
 * while other threads allocate, or hold the locks of streams. Runs on any malloc; the build runs it on
 * libwinmem-malloc.so. */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static volatile size_t too_much = (size_t)PTRDIFF_MAX + 1, zero;
static pthread_key_t key;

/* Whether a call refuses with this error. */
#define refused(call, error) (errno = 0, (call) == NULL && errno == (error))

static void limits(void)
{
    unsigned char *block = malloc(100);
    memset(block, 7, 100);
    CHECK(refused(malloc(too_much), ENOMEM));
    CHECK(refused(malloc(PTRDIFF_MAX), ENOMEM));
    CHECK(refused(calloc(too_much, 2), ENOMEM));
    CHECK(refused(calloc(SIZE_MAX / 2, 2), ENOMEM));
    CHECK(refused(realloc(NULL, too_much), ENOMEM));
    CHECK(refused(realloc(block, too_much), ENOMEM));
    CHECK(refused(reallocarray(block, too_much, 4), ENOMEM));
    CHECK(refused(pvalloc(SIZE_MAX), ENOMEM));
    CHECK(refused(valloc(SIZE_MAX), ENOMEM));
    CHECK(block[0] == 7 && block[99] == 7);
    block = reallocarray(block, 10, 20);
    CHECK(block && block[99] == 7 && malloc_usable_size(block) >= 200);
    CHECK(realloc(block, zero) == NULL);
    void *a = malloc(0), *b = calloc(0, 5);
    CHECK(a && b && a != b);
    free(a);
    free(b);
    CHECK_EQ(malloc_usable_size(NULL), 0);
    a = malloc(5000);
    b = malloc(50000000);
    errno = 7;
    free(a);
    free(b);
    free(NULL);
    CHECK_EQ(errno, 7);
}

/* Of every size there is a kind of block whose arithmetic might wrap: none may "stay where it is". */
static void growth_beyond_all(void)
{
    for (size_t size = 16; size < (size_t)64 << 20; size += size / 2) {
        unsigned char *block = malloc(size);
        const volatile size_t wish[] = {SIZE_MAX, SIZE_MAX - 4096, too_much, PTRDIFF_MAX, ((size_t)1 << 48) + size};
        REQUIRE(block);
        block[size - 1] = 9;
        for (size_t i = 0; i < sizeof(wish) / sizeof(wish[0]); i++)
            CHECK(refused(realloc(block, wish[i]), ENOMEM));
        CHECK(block[size - 1] == 9 && malloc_usable_size(block) >= size);
        free(block);
    }
}

static void alignment(void)
{
    void *block = &key;
    CHECK_EQ(posix_memalign(&block, zero, 10), EINVAL);
    CHECK_EQ(posix_memalign(&block, 4, 10), EINVAL);
    CHECK_EQ(posix_memalign(&block, 24, 10), EINVAL);
    errno = 5;
    CHECK_EQ(posix_memalign(&block, 64, too_much), ENOMEM);
    CHECK(errno == ENOMEM && block == &key); /* as programs know it of glibc */
    CHECK_EQ(posix_memalign(&block, (size_t)1 << 62, 10), ENOMEM);
    CHECK(block == &key);
    CHECK(refused(aligned_alloc(3 + zero, 9), EINVAL));
    CHECK(refused(aligned_alloc(64, too_much), ENOMEM));
    for (size_t to = 8; to <= (size_t)1 << 24; to *= 2) {
        for (size_t size = 0; size < 300000; size = size * 5 + 3) {
            REQUIRE(posix_memalign(&block, to, size) == 0);
            CHECK_EQ((uintptr_t)block & (to - 1), 0);
            CHECK(malloc_usable_size(block) >= size);
            memset(block, 1, size);
            unsigned char *more = realloc(block, size + 100);
            CHECK(more && (!size || (more[0] == 1 && more[size - 1] == 1)));
            free(more);
        }
    }
    block = valloc(10);
    CHECK_EQ((uintptr_t)block & 4095, 0);
    free(block);
    block = pvalloc(1);
    CHECK(((uintptr_t)block & 4095) == 0 && malloc_usable_size(block) >= 4096);
    free(block);
    size_t same = 0, all = 0;
    for (size_t size = 1; size < 3000000; size += size / 50 + 7) {
        block = malloc(size);
        CHECK_EQ((uintptr_t)block & 15, 0);
        size_t usable = malloc_usable_size(block);
        memset(block, 3, usable); /* all of it is the caller's, and moves with it */
        unsigned char *moved = realloc(block, usable * 3 + 1);
        for (size_t i = 0; i < usable; i++)
            same += moved[i] == 3;
        all += usable;
        free(moved);
    }
    CHECK_EQ(same, all);
}

/* What is used is told by mallinfo2, in blocks with mappings of their own or in others. */
static void figures(void)
{
    static const size_t sizes[] = {5000, 1000000, 50000000, 3000000000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct mallinfo2 before = mallinfo2();
        void *block = malloc(sizes[i]);
        struct mallinfo2 with = mallinfo2();
        free(block);
        struct mallinfo2 after = mallinfo2();
        CHECK(with.uordblks + with.hblkhd >= before.uordblks + before.hblkhd + sizes[i]);
        CHECK(with.hblks - before.hblks <= 1 && (with.hblks == before.hblks) == (with.hblkhd == before.hblkhd));
        CHECK(after.uordblks == before.uordblks && after.hblkhd == before.hblkhd && after.hblks == before.hblks);
    }
}

/* glibc's second names are of the same allocator, whoever that is. */
void *__libc_malloc(size_t) __attribute__((weak));
void *__libc_calloc(size_t, size_t) __attribute__((weak));
void *__libc_realloc(void *, size_t) __attribute__((weak));
void *__libc_memalign(size_t, size_t) __attribute__((weak));
void *__libc_valloc(size_t) __attribute__((weak));
void __libc_free(void *) __attribute__((weak));

static void second_names(void)
{
    if (!__libc_malloc || !__libc_calloc || !__libc_realloc || !__libc_memalign || !__libc_valloc || !__libc_free)
        return;
    void *blocks[] = {__libc_malloc(100), __libc_calloc(10, 10), __libc_memalign(256, 100), __libc_valloc(100),
                      __libc_realloc(malloc(10), 100)};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        CHECK(malloc_usable_size(blocks[i]) >= 100);
        blocks[i] = realloc(blocks[i], 20000);
        CHECK(blocks[i] != NULL);
        if (i % 2)
            __libc_free(blocks[i]);
        else
            free(blocks[i]);
    }
}

static void zeroed(void)
{
    for (int round = 0; round < 2; round++) {
        for (size_t size = 1; size < 20000000; size = size * 2 + 3) {
            unsigned char *block = malloc(size);
            memset(block, 0xFF, size);
            free(block);
            block = calloc(1, size);
            size_t dirty = 0;
            for (size_t i = 0; i < size; i++)
                dirty += block[i] != 0;
            CHECK_EQ(dirty, 0);
            free(block);
        }
    }
}

/* --- threads that end, with destructors that allocate --- */

static long faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

static int all_of(const unsigned char *block, size_t size, unsigned char value)
{
    return block[0] == value && memcmp(block, block + 1, size - 1) == 0;
}

/* Large blocks that come and go are not faulted in each time; they are as any other: zero where that was asked for,
 * each of its own, and gone with malloc_trim. */
static void large_in_turn(void)
{
    const size_t size = (size_t)20 << 20;
    unsigned char *block, *other;
    long before = 0;
    for (int round = 0; round < 12; round++) {
        before = round == 4 ? faults() : before;
        block = malloc(size + (size_t)round * 5000);
        memset(block, round, size + (size_t)round * 5000);
        CHECK(all_of(block, size, (unsigned char)round));
        free(block);
    }
    CHECK(faults() - before < 3 * 5120);
    block = malloc(size);
    other = malloc(size);
    memset(block, 1, size);
    memset(other, 2, size);
    CHECK(all_of(block, size, 1));
    block = realloc(block, 2 * size);
    CHECK(block && all_of(block, size, 1) && malloc_usable_size(block) >= 2 * size);
    free(block);
    free(other);
    block = calloc(size, 1);
    CHECK(all_of(block, size, 0));
    free(block);
    struct mallinfo2 full = mallinfo2();
    malloc_trim(0);
    struct mallinfo2 trimmed = mallinfo2();
    CHECK(full.arena + full.hblkhd >= trimmed.arena + trimmed.hblkhd + size);
    before = faults();
    memset(block = malloc(size), 3, size);
    CHECK(faults() - before > 100);
    free(block);
}

/* One that waited in vain goes when the program takes other memory, though it frees no large block again. */
static void large_in_vain(void)
{
    const size_t size = (size_t)20 << 20;
    static void *small[4096];
    for (int round = 0; round < 4; round++)
        free(memset(malloc(size), round, size));
    struct mallinfo2 full = mallinfo2();
    usleep(1100000);
    for (int i = 0; i < 4096; i++)
        small[i] = malloc(1000);
    struct mallinfo2 later = mallinfo2();
    CHECK(full.arena + full.hblkhd + ((size_t)8 << 20) >= later.arena + later.hblkhd + size);
    for (int i = 0; i < 4096; i++)
        free(small[i]);
}

/* A block that takes a longer one's memory has some of the rest behind it: not for calls to see, to grow into, and gone
 * with malloc_trim. */
static void large_with_slack(void)
{
    const size_t size = (size_t)20 << 20, less = size / 4 * 3 + 1;
    unsigned char *block;
    for (int round = 0; round < 4; round++) {
        memset(block = malloc(size), 1, size);
        free(block);
    }
    long before = faults();
    memset(block = malloc(less), 2, less);
    CHECK(malloc_usable_size(block) == less);
    free(block);
    memset(block = malloc(size), 3, size);
    CHECK(faults() - before < 1280); /* the last quarter is not new */
    free(block);
    memset(block = malloc(less), 4, less);
    struct mallinfo2 full = mallinfo2();
    malloc_trim(0);
    struct mallinfo2 trimmed = mallinfo2();
    CHECK(full.hblkhd - trimmed.hblkhd >= size / 5 && trimmed.hblkhd >= less);
    CHECK(all_of(block, less, 4));
    block = realloc(block, size);
    memset(block + less, 4, size - less);
    CHECK(all_of(block, size, 4));
    free(block);
    memset(block = malloc(size), 5, size);
    free(block);
    memset(block = malloc(less), 6, less);
    block = realloc(block, less + 100000); /* what was slack stays its own */
    memset(block + less, 6, 100000);
    malloc_trim(0);
    CHECK(all_of(block, less + 100000, 6));
    free(block);
    malloc_trim(0);
}

static void at_thread_end(void *block)
{
    free(block);
    free(malloc(1000));
}

static void *short_life(void *unused)
{
    (void)unused;
    pthread_setspecific(key, malloc(77));
    return malloc(5000);
}

static void threads_end(void)
{
    REQUIRE(pthread_key_create(&key, at_thread_end) == 0);
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < 500; i++) {
        pthread_t thread;
        void *block;
        REQUIRE(pthread_create(&thread, NULL, short_life, NULL) == 0);
        pthread_join(thread, &block);
        free(block);
    }
    CHECK(mallinfo2().uordblks < before + 100000);
}

/* --- fork while other threads allocate --- */

static atomic_int stop;

static void *churn(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;
    unsigned char *blocks[200] = {0};
    while (!stop) {
        seed = seed * 1103515245 + 12345;
        unsigned i = (seed >> 8) % 200;
        if (blocks[i] && blocks[i][0] != i)
            abort();
        free(blocks[i]);
        blocks[i] = malloc(1 + (seed >> 12) % (seed % 50 ? 2000 : 300000));
        blocks[i][0] = (unsigned char)i;
    }
    for (int i = 0; i < 200; i++)
        free(blocks[i]);
    return NULL;
}

static void in_the_child(int round, void *kept)
{
    void *blocks[100], *result;
    pthread_t thread;
    for (size_t i = 0; i < 100; i++)
        blocks[i] = malloc(i * 100 + 1);
    for (int i = 0; i < 100; i++)
        free(blocks[i]);
    free(kept);
    if (round % 4 == 0 && pthread_create(&thread, NULL, short_life, NULL) == 0) {
        pthread_join(thread, &result);
        free(result);
    }
    if (round % 8 == 0 && fork() == 0)
        free(malloc(1000));
    _exit(0);
}

static void forks(void)
{
    pthread_t threads[3];
    for (uintptr_t i = 0; i < 3; i++)
        REQUIRE(pthread_create(&threads[i], NULL, churn, (void *)(i + 1)) == 0);
    for (int round = 0; round < 100; round++) {
        void *kept = malloc(100 + (size_t)round * 70);
        int status = -1;
        pid_t pid = fork();
        if (pid == 0) {
            alarm(30);
            in_the_child(round, kept);
        }
        CHECK_EQ(waitpid(pid, &status, 0), pid);
        CHECK_EQ(status, 0);
        free(kept);
    }
    stop = 1;
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
}

/* --- fork in a signal handler, whatever it interrupts --- */

static volatile sig_atomic_t forked, failed;

static void rearm(void)
{
    setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_usec = 150}, NULL);
}

static void fork_here(int number)
{
    int status = -1;
    (void)number;
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
        failed++;
    forked++;
    rearm();
}

static void fork_in_handler(void)
{
    struct sigaction old, action = {.sa_handler = fork_here, .sa_flags = SA_RESTART};
    REQUIRE(sigaction(SIGALRM, &action, &old) == 0);
    rearm();
    for (unsigned round = 0; forked < 200; round++) {
        void *blocks[20];
        for (size_t i = 0; i < 20; i++) /* every kind, and those that need the address space most */
            REQUIRE((blocks[i] = malloc(i % 4 ? ((size_t)10 << 20) + (i << 20) : i * 9000)) != NULL);
        for (size_t i = 0; i < 20; i++)
            free(blocks[i]);
        if (round % 4 == 0) { /* and other forks */
            int status = -1;
            pid_t pid = fork();
            if (pid == 0)
                _exit(0);
            CHECK(waitpid(pid, &status, 0) == pid && status == 0);
        }
    }
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    sigaction(SIGALRM, &old, NULL);
    CHECK_EQ(failed, 0);
}

/* --- a limit on the address space: ENOMEM, and what was freed can be had again in another size --- */

static void address_space(void)
{
    struct rlimit limit;
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%zu", &pages) != 1 || getrlimit(RLIMIT_AS, &limit))
        return;
    fclose(file);
    limit.rlim_cur = pages * 4096 + ((size_t)64 << 20);
    REQUIRE(setrlimit(RLIMIT_AS, &limit) == 0);
    void **list = NULL, **block;
    int count = 0;
    errno = 0;
    while ((block = malloc(100000)) != NULL) {
        *block = list;
        list = block;
        count++;
    }
    CHECK_EQ(errno, ENOMEM);
    CHECK(count > 300 && count < 700);
    while (list) {
        block = *list;
        free(list);
        list = block;
    }
    block = malloc(20000000);
    CHECK(block != NULL);
    free(block);
}

__attribute__((constructor)) static void early(void)
{
    free(malloc(100000));
}

__attribute__((destructor)) static void late(void)
{
    free(malloc(100000));
}

/* --- fork while one thread flushes all streams and others allocate with their stream locked --- */

static volatile int finished;

static void *read_lines(void *stream)
{
    while (!finished) {
        char *line = NULL; /* a new one each time: getline allocates inside */
        size_t room = 0;
        rewind(stream);
        CHECK_EQ(getline(&line, &room, stream), 50001);
        free(line);
    }
    return NULL;
}

static void *flush_all(void *unused)
{
    (void)unused;
    for (; !finished; usleep(100)) /* or nobody else gets the lock of the list */
        CHECK_EQ(fflush(NULL), 0);
    return NULL;
}

static void streams(void)
{
    pthread_t threads[5];
    FILE *file[4];
    for (int i = 0; i < 4; i++) {
        REQUIRE((file[i] = tmpfile()) != NULL);
        for (int at = 0; at < 50000; at++)
            fputc('x', file[i]);
        fputc('\n', file[i]);
        REQUIRE(pthread_create(&threads[i], NULL, read_lines, file[i]) == 0);
    }
    REQUIRE(pthread_create(&threads[4], NULL, flush_all, NULL) == 0);
    time_t end = time(NULL) + 2; /* how often it comes to its turn is the C library's matter */
    do {
        int status = -1;
        pid_t pid = fork();
        if (pid == 0)
            _exit(7);
        CHECK_EQ(waitpid(pid, &status, 0), pid);
        CHECK_EQ(status, 7 << 8);
    } while (time(NULL) < end);
    finished = 1;
    for (int i = 0; i < 5; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 4; i++)
        fclose(file[i]);
}

int main(void)
{
    limits();
    growth_beyond_all();
    alignment();
    figures();
    second_names();
    zeroed();
    large_in_turn();
    large_with_slack();
    large_in_vain();
    fork_in_handler();
    threads_end();
    forks();
    streams();
    CHECK_EQ(mallopt(M_MMAP_THRESHOLD, 1 << 20), 1);
    malloc_trim(0);
    malloc_stats();
    CHECK_EQ(malloc_info(0, stdout), 0);
    address_space();
    return check_done();
}
