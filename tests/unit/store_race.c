/* store_race.c: encoded pages are freed by one thread while another compacts their segments: what is compacted follows
 * headers of whole blobs only, never the middle of one that is being freed. The bytes of each look like the header of a
 * page far beyond the page table, which cannot be followed. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "pager/codec.h"
#include "pager/frame.h"
#include "pager/pte.h"
#include "pager/store.h"

#define BLOBS 4096u
#define LENGTH 1400u /* bytes: bits of the map in two words, or three */
#define SECONDS 1.0

static _Atomic place blobs[BLOBS];
static _Atomic int stop, live;
static uint64_t false_headers[512];

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *free_them(void *context)
{
    (void)context;
    for (unsigned i = 0; !atomic_load(&stop); i = (i + 1237) % BLOBS) {
        place at = atomic_load(&live) > (int)(BLOBS / 4 * 3) ? atomic_exchange(&blobs[i], 0) : 0;
        if (!at)
            continue;
        store_free(at);
        atomic_fetch_sub(&live, 1);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;
    unsigned long appended = 0;
    struct store_totals totals;
    CHECK_EQ(frame_start(16384), 0);
    CHECK_EQ(pte_table_start((uintptr_t)1 << 45, (size_t)1 << 30), 0);
    CHECK_EQ(store_start(65536), 0);
    for (unsigned i = 0; i < 512; i++)
        false_headers[i] = 0xffffffffff | (uint64_t)CODEC_RAW << 40 | (uint64_t)64 << 44;
    REQUIRE(pthread_create(&thread, NULL, free_them, NULL) == 0);
    for (double start = now(); now() - start < SECONDS;) {
        for (unsigned i = 0; i < BLOBS; i++) {
            place at = atomic_load(&blobs[i]) || !store_prepare_locked(false)
                           ? 0
                           : store_append_locked(i, CODEC_RAW, false_headers, LENGTH);
            if (!at)
                continue;
            atomic_store(&blobs[i], at);
            atomic_fetch_add(&live, 1);
            if (++appended % 64 == 0)
                store_tidy_locked();
        }
    }
    atomic_store(&stop, 1);
    pthread_join(thread, NULL);
    store_get_totals(&totals);
    printf("%lu appended, %llu segments compacted\n", appended, (unsigned long long)totals.compacted);
    CHECK(appended > BLOBS);
    CHECK(store_check_locked() == NULL);
    return CHECK_DONE();
}
