/* worth.c: codes are made where a fault costs much more than they do, and not where it does not; a measurement that
 * something interrupted changes nothing. */
#include "check.h"
#include "pager/worth.h"

static int64_t told;

/* A thousand pages left, each after so many nanoseconds of the processor; as many are in memory as in the store. */
static bool after(int64_t nanoseconds)
{
    worth_note_time(1000, told += nanoseconds * 1001, 4096, 4096);
    return worth_codes();
}

/* Pages come back when so many have left since they did, in eighths of what is resident. */
static bool returning(unsigned eighths, int64_t nanoseconds)
{
    for (unsigned i = 0; i < 10000; i++)
        worth_note_return(eighths);
    return after(nanoseconds);
}

int main(void)
{
    CHECK(!returning(0, 1000000));
    CHECK(!returning(0, 1000000)); /* nobody knows yet what they save */
    for (unsigned i = 0; i < 256; i++)
        worth_note_codes(1400, 1000, 6000);
    /* They leave room for another tenth of the pages, and cost seven quarters of 6 us: ten and a half. */
    CHECK(returning(0, 20000));
    CHECK(!returning(0, 9000));
    for (unsigned i = 0; i < 12; i++) /* what was is forgotten */
        after(1000);
    CHECK(!returning(3, 1000000)); /* they would have left all the same */
    for (unsigned i = 0; i < 12; i++)
        after(1000);
    CHECK(returning(1, 60000)); /* some would have stayed */
    CHECK(!returning(1, 20000));
    CHECK(!returning(100, 20000));
    for (unsigned i = 0; i < 256; i++) {
        worth_note_codes(1400, 1000, 1000000000);
        worth_note_codes(1400, 1000, -1000);
    }
    for (unsigned i = 0; i < 12; i++)
        after(1000);
    CHECK(returning(0, 20000));
    for (unsigned i = 0; i < 1024; i++)
        worth_note_codes(1400, 1400, 6000);
    CHECK(!returning(0, 1000000)); /* they save nothing any more */
    return CHECK_DONE();
}
