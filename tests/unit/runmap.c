/* The run map against a plain array of pages, its structure validated as it changes. */
#include "check.h"
#include "mm/runmap.h"

#include <string.h>

#define PAGES 4096

static uint64_t model[PAGES];
static uint64_t seed = 88172645463325252u;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void compare_runs(const struct runmap *map)
{
    for (uint64_t page = 0; page < PAGES;) {
        struct run run = runmap_find(map, page);
        REQUIRE(run.start == page && run.end > page && run.end <= PAGES);
        for (uint64_t i = run.start; i < run.end; i++)
            REQUIRE(model[i] == run.value);
        page = run.end;
    }
}

static bool model_fits(uint64_t at, const struct runmap_query *query)
{
    for (uint64_t i = 0; i < query->size; i++) {
        if (at + i >= query->high || model[at + i] != 0)
            return false;
    }
    return true;
}

static bool model_find(const struct runmap_query *query, uint64_t *place)
{
    uint64_t step = query->alignment;
    bool found = false;
    for (uint64_t at = (query->low + step - 1) / step * step; at + query->size <= query->high; at += step) {
        if (!model_fits(at, query))
            continue;
        *place = at;
        found = true;
        if (!query->top_down)
            return true;
    }
    return found;
}

static void compare_search(struct runmap *map)
{
    struct runmap_query query = {.size = 1 + next_random() % 60, .high = PAGES, .alignment = 16};
    if (next_random() % 2)
        query.alignment <<= next_random() % 4;
    query.top_down = next_random() % 2;
    if (next_random() % 2) {
        query.low = next_random() % PAGES;
        query.high = query.low + 1 + next_random() % (PAGES - query.low);
    }
    uint64_t have = 0, want = 0;
    bool found = runmap_find_free(map, &query, &have);
    REQUIRE(found == model_find(&query, &want));
    REQUIRE(!found || have == want);
}

/* Allocations in a row, some of which go again in their order: the short ways of both. */
static void take_and_free(struct runmap *map)
{
    uint64_t taken[24], size[24];
    unsigned count = 0;
    for (unsigned i = 0; i < 24; i++) {
        struct runmap_query query = {.size = 1 + next_random() % 20, .high = PAGES, .alignment = 16};
        uint64_t want, have, value = 3 + (i & 1);
        REQUIRE(runmap_prepare(map, 2) == 0);
        if (!model_find(&query, &want))
            break;
        if (!runmap_take(map, 0, query.size, value, &have)) {
            REQUIRE(runmap_find_free(map, &query, &have));
            runmap_set(map, have, have + query.size, value);
        }
        REQUIRE(have == want);
        taken[count] = have;
        size[count++] = query.size;
        for (uint64_t page = have; page < have + query.size; page++)
            model[page] = value;
    }
    for (unsigned i = 0; i < count; i++) {
        REQUIRE(runmap_prepare(map, 2) == 0);
        runmap_set(map, taken[i], taken[i] + size[i], 0);
        for (uint64_t page = taken[i]; page < taken[i] + size[i]; page++)
            model[page] = 0;
        REQUIRE(runmap_validate(map) == NULL);
    }
    compare_runs(map);
}

int main(void)
{
    struct runmap map;
    REQUIRE(runmap_start(&map, PAGES, 0) == 0);
    for (int step = 0; step < 60000; step++) {
        uint64_t longest = step / 6000 % 3 == 0 ? 4 : step / 6000 % 3 == 1 ? 60 : 2000;
        uint64_t start = next_random() % PAGES;
        uint64_t end = start + 1 + next_random() % longest;
        end = end < PAGES ? end : PAGES;
        uint64_t value = next_random() % 3;
        REQUIRE(runmap_prepare(&map, 1) == 0);
        size_t nodes = map.nodes.free_count;
        runmap_set(&map, start, end, value);
        CHECK(nodes <= map.nodes.total_count);
        for (uint64_t i = start; i < end; i++)
            model[i] = value;
        const char *wrong = runmap_validate(&map);
        if (wrong)
            fprintf(stderr, "step %d: %s\n", step, wrong);
        REQUIRE(wrong == NULL);
        compare_search(&map);
        if (step % 16 == 0)
            compare_runs(&map);
        if (step % 64 == 0)
            take_and_free(&map);
    }
    return CHECK_DONE();
}
