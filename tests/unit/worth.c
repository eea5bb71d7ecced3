/* worth.c: codes are made where a fault costs much more than they do, and not where it does not; a measurement that
 * something interrupted changes nothing. */
#include "check.h"
#include "pager/worth.h"

static int64_t told;

/* A thousand pages left, each after so many nanoseconds of the processor. */
static bool after(int64_t nanoseconds)
{
    worth_note_time(1000, told += nanoseconds * 1001);
    return worth_codes();
}

int main(void)
{
    CHECK(!after(1000000));
    CHECK(!after(1000000)); /* nobody knows yet what they save */
    for (unsigned i = 0; i < 256; i++)
        worth_note_codes(1400, 1000, 6000);
    /* They save 400 of 3096, so about an eighth of the faults, for seven quarters of 6 us. */
    CHECK(!after(40000));
    CHECK(!after(81000)); /* hardly */
    CHECK(after(100000));
    CHECK(after(81000)); /* hardly, but so it is already */
    CHECK(!after(40000));
    for (unsigned i = 0; i < 256; i++) {
        worth_note_codes(1400, 1000, 1000000000);
        worth_note_codes(1400, 1000, -1000);
    }
    CHECK(after(100000));
    for (unsigned i = 0; i < 1024; i++)
        worth_note_codes(1400, 1400, 6000);
    CHECK(!after(1000000)); /* they save nothing any more */
    return CHECK_DONE();
}
