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

static void keep_off(const cpu_set_t *all)
{
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
    if (CPU_COUNT(&all) > 1)
        keep_off(&all);
    CHECK(host_keep_off(0x7ffffff0, -1, 0) < 0);
    return CHECK_DONE();
}
