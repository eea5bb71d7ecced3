/* mmsystem.c: the millisecond clock of multimedia programs. Waits here are as exact as the kernel's in any case: a
 * period is checked and not acted upon. */
#include <mmsystem.h>

#define LONGEST_PERIOD 1000000u /* what Windows' timers tell */

DWORD timeGetTime(void)
{
    return GetTickCount();
}

static MMRESULT check(UINT period)
{
    return period >= 1 && period <= LONGEST_PERIOD ? TIMERR_NOERROR : TIMERR_NOCANDO;
}

MMRESULT timeBeginPeriod(UINT period)
{
    return check(period);
}

MMRESULT timeEndPeriod(UINT period)
{
    return check(period);
}

MMRESULT timeGetDevCaps(LPTIMECAPS caps, UINT size)
{
    if (!caps || size < sizeof *caps)
        return TIMERR_NOCANDO;
    *caps = (TIMECAPS){.wPeriodMin = 1, .wPeriodMax = LONGEST_PERIOD};
    return TIMERR_NOERROR;
}
