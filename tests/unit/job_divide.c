/* How a job's RAM budget is divided: the sum is kept, who idles gives, who is in need gets, all keep a minimum. */
#include "check.h"

#include <string.h>

#include "ps/job.h"

#define MIB ((uint64_t)1 << 20)

static uint64_t sum_of(const struct ps_job_place *place, unsigned count)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < count; i++)
        sum += place[i].share;
    return sum;
}

/* A member's faults in a tick when it works at random on `hot` bytes. */
static uint32_t faults_of(uint64_t share, uint64_t hot, uint32_t most)
{
    return share >= hot ? 0 : (uint32_t)((double)most * (double)(hot - share) / (double)hot);
}

/* The same for one that is quick where it misses nothing: a few pages too little, and it only brings back. */
static uint32_t faults_at_speed(uint64_t share, uint64_t hot)
{
    uint64_t missing = share >= hot ? 0 : (hot - share) / 4096;
    return missing > 45 ? 2700 : (uint32_t)missing * 60;
}

/* Two members need most of what there is and are quick when they have it; asking them to give costs that each time:
 * they learn to keep it. Now and then one of the others misses a few pages. */
static void learns(void)
{
    struct ps_job_place place[8] = {0};
    unsigned short_of = 0; /* ticks */
    for (int i = 0; i < 8; i++)
        place[i].cap = (i < 2 ? 63 : 18) * MIB;
    for (int tick = 0; tick < 200; tick++) {
        for (int i = 0; i < 8; i++) {
            uint32_t faults = faults_at_speed(place[i].share, i < 2 ? 56 * MIB : 7 * MIB);
            short_of += i < 2 && faults > 500 && tick >= 80;
            if (i >= 2 && (tick + i * 7) % 40 == 0)
                faults += 60;
            place[i].faults = faults;
            place[i].rate = (place[i].rate + faults) / 2;
        }
        ps_job_divide(place, 8, 176 * MIB, 0);
        CHECK(sum_of(place, 8) <= 176 * MIB);
    }
    CHECK(short_of <= 2 * 120 / 10);
}

/* Pages brought back in a tick by one that works at random on `hot` of its bytes and keeps what is not resident in half
 * the room: a page brought back takes as long as thousands of accesses. */
static uint32_t faults_compressed(uint64_t share, uint64_t all, uint64_t hot, uint32_t most)
{
    uint64_t resident = share >= all ? all : 2 * share > all ? 2 * share - all : 0;
    double missed = resident >= hot ? 0 : (double)(hot - resident) / (double)hot;
    return (uint32_t)(most * missed / (missed + 0.0005));
}

/* What all need just fits: nobody is to be short of memory again and again, whoever it is. */
static void settles(void)
{
    struct ps_job_place place[8] = {0};
    unsigned short_of = 0; /* ticks, after the first */
    for (int i = 0; i < 8; i++)
        place[i].cap = (i < 2 ? 63 : 18) * MIB;
    for (int tick = 0; tick < 200; tick++) {
        for (int i = 0; i < 8; i++) {
            place[i].faults = faults_compressed(place[i].share, (i < 2 ? 54 : 14) * MIB, (i < 2 ? 54 : 4) * MIB, 1000);
            place[i].rate = (place[i].rate + place[i].faults) / 2;
            short_of += tick >= 40 && place[i].faults > 100;
        }
        ps_job_divide(place, 8, 176 * MIB, 0);
        CHECK(sum_of(place, 8) <= 176 * MIB);
    }
    CHECK(short_of <= 8);
}

int main(void)
{
    struct ps_job_place place[8];
    memset(place, 0, sizeof(place));
    for (int i = 0; i < 8; i++)
        place[i].cap = 64 * MIB;
    ps_job_divide(place, 8, 160 * MIB, 0);
    for (int i = 0; i < 8; i++)
        CHECK(place[i].share >= 19 * MIB && place[i].share <= 20 * MIB); /* nobody knows better yet */
    for (int tick = 0; tick < 200; tick++) {
        for (int i = 0; i < 8; i++) {
            place[i].faults = faults_of(place[i].share, i < 2 ? 50 * MIB : 6 * MIB, 1000);
            place[i].rate = (place[i].rate + place[i].faults) / 2;
        }
        ps_job_divide(place, 8, 160 * MIB, 0);
        CHECK(sum_of(place, 8) <= 160 * MIB);
    }
    for (int i = 0; i < 8; i++) /* everybody's need fits */
        CHECK(place[i].share >= (i < 2 ? 50 * MIB : 6 * MIB) * 95 / 100);
    /* the minimum holds against any need */
    for (int tick = 0; tick < 200; tick++) {
        for (int i = 0; i < 8; i++)
            place[i].rate = place[i].faults = i == 0 ? 100000 : 0;
        ps_job_divide(place, 8, 160 * MIB, 12 * MIB);
        for (int i = 0; i < 8; i++)
            CHECK(place[i].share >= 12 * MIB * 99 / 100);
    }
    CHECK(place[0].share >= 60 * MIB);
    /* the budget shrinks, a member leaves, nobody is left */
    ps_job_divide(place, 8, 40 * MIB, 0);
    CHECK(sum_of(place, 8) <= 40 * MIB);
    ps_job_divide(place, 1, 40 * MIB, 0);
    CHECK(place[0].share <= 40 * MIB && place[0].share >= 39 * MIB);
    ps_job_divide(place, 0, 40 * MIB, 0);
    learns();
    settles();
    return CHECK_DONE();
}
