/* floatcontrol.c: _controlfp and its kin: MXCSR in the abstract bits of Microsoft's library. The x87, which nothing but
 * `long double` uses, is left alone, as on 64-bit Windows. */
#include <errno.h>

#pragma GCC visibility push(default)
#include <float.h>
int winmem_invalid_parameter(int error);
#pragma GCC visibility pop

#define STATUS_BITS 0x3fU
#define MXCSR_DEFAULT 0x1f80U
#define DENORMALS_ARE_ZERO 0x0040U
#define FLUSH_TO_ZERO 0x8000U
#define MASK_SHIFT 7      /* from a status bit to its mask */
#define ROUNDING_SHIFT 13 /* two bits, in the same order as _RC_ */

/* Status bits of MXCSR, and what Microsoft calls them (_EM_ and _SW_ are the same). */
static const struct {
    unsigned hardware, abstract;
} flags[] = {
    {0x01, _SW_INVALID},  {0x02, _SW_DENORMAL},  {0x04, _SW_ZERODIVIDE},
    {0x08, _SW_OVERFLOW}, {0x10, _SW_UNDERFLOW}, {0x20, _SW_INEXACT},
};
#define FLAGS (sizeof flags / sizeof *flags)

static unsigned load(void)
{
    unsigned value;
    __asm__ volatile("stmxcsr %0" : "=m"(value));
    return value;
}

static void store(unsigned value)
{
    __asm__ volatile("ldmxcsr %0" : : "m"(value));
}

static unsigned abstract_flags(unsigned hardware)
{
    unsigned value = 0;
    for (unsigned i = 0; i < FLAGS; i++)
        value |= hardware & flags[i].hardware ? flags[i].abstract : 0;
    return value;
}

static unsigned abstract_word(unsigned mxcsr)
{
    static const unsigned denormals[4] = {_DN_SAVE, _DN_FLUSH_OPERANDS_SAVE_RESULTS, _DN_SAVE_OPERANDS_FLUSH_RESULTS,
                                          _DN_FLUSH};
    return abstract_flags(mxcsr >> MASK_SHIFT) | (mxcsr >> ROUNDING_SHIFT & 3) << 8 |
           denormals[(mxcsr & DENORMALS_ARE_ZERO ? 1 : 0) | (mxcsr & FLUSH_TO_ZERO ? 2 : 0)];
}

static unsigned mxcsr_of(unsigned word)
{
    unsigned value = (word & _MCW_RC) >> 8 << ROUNDING_SHIFT, denormals = word & _MCW_DN;
    for (unsigned i = 0; i < FLAGS; i++)
        value |= word & flags[i].abstract ? flags[i].hardware << MASK_SHIFT : 0;
    if (denormals == _DN_FLUSH || denormals == _DN_FLUSH_OPERANDS_SAVE_RESULTS)
        value |= DENORMALS_ARE_ZERO;
    if (denormals == _DN_FLUSH || denormals == _DN_SAVE_OPERANDS_FLUSH_RESULTS)
        value |= FLUSH_TO_ZERO;
    return value;
}

unsigned _control87(unsigned value, unsigned mask)
{
    unsigned before = load(), word = abstract_word(before);
    mask &= _MCW_EM | _MCW_RC | _MCW_DN;
    if (mask) {
        word = (word & ~mask) | (value & mask);
        store(mxcsr_of(word) | (before & STATUS_BITS));
    }
    return word;
}

unsigned _controlfp(unsigned value, unsigned mask)
{
    return _control87(value, mask & ~(unsigned)_EM_DENORMAL);
}

int _controlfp_s(unsigned *word, unsigned value, unsigned mask)
{
    unsigned known = _MCW_EM | _MCW_IC | _MCW_RC | _MCW_DN;
    if (value & mask & ~known) { /* the precision cannot be chosen on 64 bits */
        if (word)
            *word = _controlfp(0, 0);
        return winmem_invalid_parameter(EINVAL);
    }
    unsigned now = _controlfp(value, mask);
    if (word)
        *word = now;
    return 0;
}

unsigned _clearfp(void)
{
    unsigned before = load();
    store(before & ~STATUS_BITS);
    return abstract_flags(before);
}

unsigned _statusfp(void)
{
    return abstract_flags(load());
}

void _fpreset(void)
{
    store(MXCSR_DEFAULT);
}
