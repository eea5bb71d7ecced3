/* test traits: tsan */
/* The futex lock excludes, counts and wakes. */
#include "check.h"
#include "host/lock.h"

#include <pthread.h>
#include <stdatomic.h>

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

static atomic_int turns;

static void *hog(void *unused)
{
    (void)unused;
    while (atomic_load(&turns) < 20) {
        host_lock_acquire(&lock);
        for (volatile int i = 0; i < 20000; i++) {}
        host_lock_release(&lock);
    }
    return NULL;
}

/* Gets the lock although two others give it back only to take it again. */
static void have_patience(void)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        REQUIRE(pthread_create(&threads[i], NULL, hog, NULL) == 0);
    while (atomic_load(&turns) < 20) {
        host_lock_acquire(&lock);
        host_lock_release(&lock);
        atomic_fetch_add(&turns, 1);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    have_patience();
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
