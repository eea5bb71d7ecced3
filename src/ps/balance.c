/* balance.c: who of a job's members has how much of its RAM budget. Whoever comes by first in a tick divides anew, by
 * what the members have told of themselves; each takes its share itself, and grows only into what others have left.
 * Nothing here needs a lock: a member that dies in the middle leaves a division that the next tick makes again. */
#include "ps/job.h"

#include "host/futex.h"
#include "pager/pager.h"

#define PAGE_BYTES ((uint64_t)4096)
#define TICK_NS 90000000
#define SLACK ((uint64_t)2 << 20) /* beside its committed memory a member needs the pager's tables */
#define QUIET 4u                  /* pages brought back in a tick that mean nothing */
#define GIVES 24u                 /* who needs less than the others gives up to this part of its share in a tick */
#define HOLD 4u                   /* ticks for which a member does not try to do with less than it needed */
#define HOLD_MOST 64u             /* the same for one that missed each time what it gave */
#define CALM 12u   /* ticks of trying that did not hurt: what was learned before does not count any more */
#define MARGIN 32u /* it keeps so much more than it once was in need with */

static struct {
    ps_job_budgeter *set_budget;
    int64_t last; /* the agent thread's: when this process looked last */
} balance_state;

void ps_job_set_budgeter(ps_job_budgeter *set_budget)
{
    balance_state.set_budget = set_budget;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The need of a member: what a page more would save it is about what it brings back for each page that it has. */
static double need_of(const struct ps_job_place *place)
{
    return (double)place->rate / (double)(place->share + 1);
}

/* Gives `left` away by need or evenly, nobody more than its cap; returns what nobody could take. */
static uint64_t hand_out(struct ps_job_place *place, unsigned count, uint64_t left, bool by_need)
{
    uint64_t rest = left;
    double weights = 0;
    for (unsigned i = 0; i < count; i++)
        if (place[i].share < place[i].cap)
            weights += by_need ? need_of(&place[i]) : 1;
    for (unsigned i = 0; i < count && weights > 0; i++) {
        if (place[i].share >= place[i].cap)
            continue;
        uint64_t part = (uint64_t)((double)left * (by_need ? need_of(&place[i]) : 1) / weights);
        part = smaller(smaller(part, place[i].cap - place[i].share), rest);
        place[i].share += part;
        rest -= part;
    }
    return rest;
}

/* In need with the share that it has: it keeps more than that, and what it gave below its floor was missed. The
 * smoothed rate tells of need for some ticks after the share has grown: those say nothing of the new one. */
static void note_need(struct ps_job_place *place)
{
    if (place->faults < place->rate / 2)
        return;
    if (place->patience < HOLD)
        place->patience = HOLD;
    if (place->trying && (place->patience *= 2) > HOLD_MOST)
        place->patience = HOLD_MOST;
    place->trying = 0;
    place->hold = place->patience;
    place->floor = place->share;
}

/* Not in need: who has nothing to hold any more tries to do with less than it once needed. */
static void note_ease(struct ps_job_place *place)
{
    if (place->hold)
        place->hold--;
    else if (place->trying && ++place->trying > CALM)
        place->patience = HOLD;
}

static uint64_t offer_of(const struct ps_job_place *place)
{
    uint64_t part = place->share / GIVES, keeps = place->floor + place->floor / MARGIN;
    if (!place->hold)
        return part;
    return place->share > keeps ? smaller(part, place->share - keeps) : 0;
}

static void give(struct ps_job_place *place, double part)
{
    place->share -= (uint64_t)((double)offer_of(place) * part);
    if (!place->hold && place->share < place->floor) {
        place->floor = place->share;
        place->trying += !place->trying;
    }
}

/* Who needs less than half of what all need on the average gives a little of its share: all together no more than
 * twice what the others brought back, as a few pages missed here are not worth a thousand there. */
static void give_back(struct ps_job_place *place, unsigned count)
{
    uint64_t offers = 0, missed = 0, rates = 0, shares = 1;
    for (unsigned i = 0; i < count; i++) {
        rates += place[i].rate;
        shares += place[i].share;
    }
    if (rates <= QUIET)
        return;
    double half = (double)rates / (double)shares / 2;
    for (unsigned i = 0; i < count; i++) {
        if (need_of(&place[i]) > half) {
            note_need(&place[i]);
            missed += 2 * PAGE_BYTES * place[i].rate;
        } else if (!place[i].busy) {
            note_ease(&place[i]);
            offers += offer_of(&place[i]);
        }
    }
    double part = offers > missed ? (double)missed / (double)offers : 1;
    for (unsigned i = 0; i < count; i++)
        if (need_of(&place[i]) <= half && !place[i].busy)
            give(&place[i], part);
}

uint64_t ps_job_least_share(uint64_t ram, unsigned count, uint64_t minimum)
{
    uint64_t least = ram / count / 4;
    return smaller(least < minimum ? minimum : least, ram / count);
}

void ps_job_divide(struct ps_job_place *place, unsigned count, uint64_t ram, uint64_t minimum)
{
    uint64_t sum = 0;
    if (count == 0)
        return;
    uint64_t floor = ps_job_least_share(ram, count, minimum);
    for (unsigned i = 0; i < count; i++) {
        if (place[i].share == 0)
            place[i].share = ram / count;
        place[i].cap = place[i].cap < floor ? floor : place[i].cap;
        place[i].share = smaller(place[i].share, place[i].cap);
    }
    give_back(place, count);
    for (unsigned i = 0; i < count; i++) {
        place[i].share = place[i].share < floor ? floor : place[i].share;
        sum += place[i].share;
    }
    if (sum > ram) { /* what is above the minimum shrinks alike */
        double part = (double)(ram - floor * count) / (double)(sum - floor * count);
        for (unsigned i = 0; i < count; i++)
            place[i].share = floor + (uint64_t)((double)(place[i].share - floor) * part);
        return;
    }
    uint64_t left = hand_out(place, count, ram - sum, true);
    for (unsigned pass = 0; pass < 3 && left > PAGE_BYTES * count; pass++)
        left = hand_out(place, count, left, false);
    for (unsigned i = 0; i < count; i++) /* what nobody needs now is there for whoever grows next */
        place[i].share += left / count;
}

/* A change of a share by less is not worth the work. */
static uint64_t small_part(const struct ps_job_ledger *ledger)
{
    return atomic_load(&ledger->ram) / 256;
}

/* What it gave last it has not let go of yet: it is slow, and gives no more until it has. */
static bool is_shrinking(const struct ps_job_ledger *ledger, const struct ps_job_member *member)
{
    uint64_t applied = atomic_load(&member->applied) * PAGE_BYTES;
    return applied > atomic_load(&member->share) + 2 * small_part(ledger);
}

static void divide_ledger(struct ps_job_ledger *ledger)
{
    struct ps_job_place place[PS_JOB_MEMBERS];
    struct ps_job_member *member[PS_JOB_MEMBERS];
    unsigned count = 0;
    for (unsigned i = 0; i < ps_job_places(ledger); i++) {
        struct ps_job_member *one = &ledger->member[i];
        if (atomic_load(&one->pid) <= 0 || !atomic_load(&one->managed))
            continue;
        uint32_t faults = atomic_load(&one->faults), before = atomic_exchange(&one->seen, faults);
        uint32_t rate = (atomic_load(&one->rate) + (faults - before)) / 2;
        atomic_store(&one->rate, rate);
        uint64_t committed = atomic_load(&one->pages) * PAGE_BYTES;
        place[count] = (struct ps_job_place){.share = atomic_load(&one->share),
                                             .cap = committed + committed / 8 + SLACK,
                                             .rate = rate,
                                             .faults = faults - before,
                                             .floor = atomic_load(&one->floor),
                                             .hold = atomic_load(&one->hold),
                                             .busy = is_shrinking(ledger, one),
                                             .patience = atomic_load(&one->patience),
                                             .trying = atomic_load(&one->trying)};
        member[count++] = one;
    }
    ps_job_divide(place, count, atomic_load(&ledger->ram), atomic_load(&ledger->minimum_working_set));
    for (unsigned i = 0; i < count; i++) {
        atomic_store(&member[i]->share, place[i].share);
        atomic_store(&member[i]->hold, place[i].hold);
        atomic_store(&member[i]->patience, place[i].patience);
        atomic_store(&member[i]->trying, place[i].trying);
        atomic_store(&member[i]->floor, place[i].floor);
    }
}

/* A share shrinks at once; it grows into what the others neither use any more nor have been promised. */
static void take_share(struct ps_job_ledger *ledger, struct ps_job_member *self)
{
    uint64_t ram = atomic_load(&ledger->ram), others = 0, share = atomic_load(&self->share);
    uint64_t applied = atomic_load(&self->applied) * PAGE_BYTES;
    for (unsigned i = 0; i < ps_job_places(ledger); i++) {
        struct ps_job_member *one = &ledger->member[i];
        if (one == self || atomic_load(&one->pid) <= 0 || !atomic_load(&one->managed))
            continue;
        uint64_t used = atomic_load(&one->applied) * PAGE_BYTES, promised = atomic_load(&one->share);
        others += used > promised ? used : promised;
    }
    uint64_t room = others < ram ? ram - others : 0, take = share;
    if (take > applied && take > room)
        take = room > applied ? room : applied;
    if (take == 0)
        take = share / 8; /* just joined, before the others have shrunk */
    uint64_t difference = take > applied ? take - applied : applied - take;
    if (difference <= small_part(ledger) || !balance_state.set_budget)
        return;
    if (take > applied) /* told before it is used, so that two who grow at once see each other */
        atomic_store(&self->applied, (uint32_t)(take / PAGE_BYTES));
    balance_state.set_budget(take);
    atomic_store(&self->applied, (uint32_t)(take / PAGE_BYTES));
}

void ps_job_balance_now(struct ps_job_ledger *ledger, struct ps_job_member *self)
{
    struct pager_statistics statistics;
    if (atomic_load(&ledger->ram) == 0) {
        if (atomic_exchange(&self->applied, 0) && balance_state.set_budget)
            balance_state.set_budget(0); /* the job has lost its budget */
        atomic_store(&self->managed, 0);
        return;
    }
    pager_get_statistics(&statistics);
    atomic_store(&self->used, (uint32_t)pager_in_use());
    atomic_store(&self->faults, (uint32_t)(statistics.hard + statistics.soft));
    atomic_store(&self->managed, 1);
    int64_t now = host_now(), last = atomic_load(&ledger->balanced);
    if ((now - last >= TICK_NS || now < last || atomic_load(&self->share) == 0) &&
        atomic_compare_exchange_strong(&ledger->balanced, &last, now))
        divide_ledger(ledger);
    take_share(ledger, self);
}

bool ps_job_tick_is_due(void)
{
    int64_t now = host_now();
    if (now - balance_state.last < TICK_NS)
        return false;
    balance_state.last = now;
    return true;
}
