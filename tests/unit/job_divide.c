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
        for (int i = 0; i < 8; i++)
            place[i].rate = (place[i].rate + faults_of(place[i].share, i < 2 ? 50 * MIB : 6 * MIB, 1000)) / 2;
        ps_job_divide(place, 8, 160 * MIB, 0);
        CHECK(sum_of(place, 8) <= 160 * MIB);
    }
    for (int i = 0; i < 8; i++) /* everybody's need fits */
        CHECK(place[i].share >= (i < 2 ? 50 * MIB : 6 * MIB) * 95 / 100);
    /* the minimum holds against any need */
    for (int tick = 0; tick < 200; tick++) {
        for (int i = 0; i < 8; i++)
            place[i].rate = i == 0 ? 100000 : 0;
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
    return CHECK_DONE();
}
