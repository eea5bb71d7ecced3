/* host_follow: the calling thread goes where another one runs; host_keep_off: a thread leaves it to others. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "check.h"
#include "host/follow.h"

static _Atomic int other;
static _Atomic int done;

static void *stay(void *processor)
{
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(*(unsigned *)processor, &only);
    CHECK_EQ(sched_setaffinity(0, sizeof only, &only), 0);
    atomic_store(&other, gettid());
    while (!atomic_load(&done))
        usleep(1000);
    return NULL;
}

static void *keep_off(void *argument)
{
    const cpu_set_t *all = argument;
    cpu_set_t now;
    int before = -1;
    for (int processor = 0; processor < 64; processor++) {
        if (!CPU_ISSET((unsigned)processor, all))
            continue;
        CHECK_EQ(host_keep_off(host_thread_number(), before, processor), 0);
        REQUIRE(sched_getaffinity(0, sizeof now, &now) == 0);
        CHECK(!CPU_ISSET((unsigned)processor, &now) && CPU_COUNT(&now) == CPU_COUNT(all) - 1);
        CHECK(sched_getcpu() != processor);
        before = processor;
    }
    for (int processor = 0; processor < 64; processor++) { /* the last one left it stays on */
        if (CPU_ISSET((unsigned)processor, &now) && CPU_COUNT(&now) > 1) {
            CHECK_EQ(host_keep_off(0, -1, processor), 0);
            CPU_CLR((unsigned)processor, &now);
        }
    }
    for (int processor = 0; processor < 64; processor++) {
        if (CPU_ISSET((unsigned)processor, &now))
            CHECK(host_keep_off(0, -1, processor) < 0 && sched_getcpu() == processor);
    }
    return NULL;
}

/* Where the process may not go any more the thread does not go either. */
static void *stay_inside(void *argument)
{
    cpu_set_t inside, now;
    int processor = *(int *)argument, outside = processor ? 0 : 1;
    CPU_ZERO(&inside);
    CPU_SET((unsigned)processor, &inside);
    CHECK_EQ(sched_setaffinity(0, sizeof inside, &inside), 0);
    CHECK(host_keep_off(0, outside, processor) < 0);
    CHECK(sched_getaffinity(0, sizeof now, &now) == 0 && CPU_EQUAL(&now, &inside));
    return NULL;
}

static void run_beside(void *(*routine)(void *), void *argument)
{
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, routine, argument) == 0);
    pthread_join(thread, NULL);
}

int main(void)
{
    cpu_set_t all;
    REQUIRE(sched_getaffinity(0, sizeof all, &all) == 0);
    for (unsigned processor = 0; processor < 64; processor++) {
        if (!CPU_ISSET(processor, &all))
            continue;
        pthread_t thread;
        atomic_store(&other, 0);
        atomic_store(&done, 0);
        REQUIRE(pthread_create(&thread, NULL, stay, &processor) == 0);
        while (!atomic_load(&other))
            usleep(1000);
        CHECK_EQ(host_follow(atomic_load(&other)), (int)processor);
        CHECK_EQ(sched_getcpu(), processor);
        atomic_store(&done, 1);
        pthread_join(thread, NULL);
    }
    CHECK(host_follow(0x7ffffff0) < 0);
    REQUIRE(sched_setaffinity(0, sizeof all, &all) == 0);
    CHECK_EQ(host_processors(), CPU_COUNT(&all));
    if (CPU_COUNT(&all) > 1) {
        cpu_set_t one;
        int processor = sched_getcpu();
        run_beside(keep_off, &all);
        CPU_ZERO(&one);
        CPU_SET((unsigned)processor, &one);
        REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
        run_beside(stay_inside, &processor);
        REQUIRE(sched_setaffinity(0, sizeof all, &all) == 0);
    }
    CHECK(host_keep_off(0x7ffffff0, -1, 0) < 0);
    return CHECK_DONE();
}
