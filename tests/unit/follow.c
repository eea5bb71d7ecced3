/* host_follow: the calling thread goes where another one runs. */
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
        CHECK_EQ(host_follow(atomic_load(&other)), 0);
        CHECK_EQ(sched_getcpu(), processor);
        atomic_store(&done, 1);
        pthread_join(thread, NULL);
    }
    CHECK(host_follow(0x7ffffff0) < 0);
    return CHECK_DONE();
}
