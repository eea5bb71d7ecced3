/* test traits: tsan */
/* The futex lock excludes, counts and wakes. */
#include "check.h"
#include "host/lock.h"

#include <pthread.h>

static host_lock lock = HOST_LOCK(RANK_HOST);
static long counter;

static void *count(void *unused)
{
    (void)unused;
    for (int i = 0; i < 200000; i++) {
        host_lock_acquire(&lock);
        counter++;
        host_lock_release(&lock);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        REQUIRE(pthread_create(&threads[i], NULL, count, NULL) == 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(counter, 800000);
    CHECK(host_lock_try(&lock));
    CHECK(!host_lock_try(&lock));
    host_lock_release(&lock);
    return CHECK_DONE();
}
