/* localenumber.c: numbers and amounts of money as the locale writes them. Sets the last error. */
#include <winbase.h>
#include <winerror.h>
#include <winnls.h>

#include <string.h>

#include "base/text/locale.h"
#include "host/utf.h"
#include "win32/win32.h"

#define MOST 1024       /* units of an answer */
#define DIGITS 512      /* of a number before the point */
#define SEPARATOR 8     /* units of a separator or symbol, with the NUL: documented for the locale's own */
#define FRACTION_MOST 9 /* as documented */

struct style {
    UINT fraction, leading, grouping, negative, positive;
    const WCHAR *decimal, *thousand, *symbol; /* symbol NULL: no money */
};

/* "-123.45", taken apart: digits only, without leading zeros. */
struct number {
    bool negative;
    WCHAR whole[DIGITS + 2];
    unsigned whole_count;
    WCHAR fraction[FRACTION_MOST + 1];
};

struct answer {
    WCHAR unit[MOST];
    unsigned count;
    bool whole; /* nothing had to be left out */
};

static void add(struct answer *answer, const WCHAR *text, unsigned count)
{
    answer->whole = answer->whole && count < MOST - answer->count;
    for (unsigned i = 0; answer->whole && i < count; i++)
        answer->unit[answer->count++] = text[i];
}

static unsigned length_of(const WCHAR *text)
{
    return (unsigned)host_utf16_length((const uint16_t *)text);
}

/* One more in the last place that is shown. */
static void round_up(struct number *number, unsigned fraction)
{
    for (unsigned i = fraction; i-- > 0; number->fraction[i] = '0')
        if (number->fraction[i]++ != '9')
            return;
    for (unsigned i = number->whole_count; i-- > 0; number->whole[i] = '0')
        if (number->whole[i]++ != '9')
            return;
    memmove(number->whole + 1, number->whole, number->whole_count * sizeof(WCHAR));
    number->whole[0] = '1';
    number->whole_count++;
}

static bool is_digit(WCHAR unit)
{
    return unit >= '0' && unit <= '9';
}

/* Only digits, one point and a minus before all are allowed. */
static bool read_number(const WCHAR *text, unsigned fraction, struct number *number)
{
    unsigned places = 0;
    WCHAR next = '0';
    *number = (struct number){.negative = *text == '-'};
    for (text += number->negative; is_digit(*text); text++) {
        if (number->whole_count || *text != '0') {
            if (number->whole_count == DIGITS)
                return false;
            number->whole[number->whole_count++] = *text;
        }
    }
    for (unsigned i = 0; i < fraction; i++)
        number->fraction[i] = '0';
    if (*text == '.') {
        for (text++; is_digit(*text); text++, places++) {
            if (places < fraction)
                number->fraction[places] = *text;
            else if (places == fraction)
                next = *text;
        }
    }
    if (next >= '5')
        round_up(number, fraction);
    return *text == 0;
}

static bool is_zero(const struct number *number, unsigned fraction)
{
    for (unsigned i = 0; i < fraction; i++)
        if (number->fraction[i] != '0')
            return false;
    return number->whole_count == 0;
}

/* Whether a separator stands before the last `left` digits: groups of three (3), of three and then two (32), or of any
 * one size. */
static bool separates(unsigned grouping, unsigned left)
{
    unsigned first = grouping < 10 ? grouping : grouping / 10, then = grouping < 10 ? grouping : grouping % 10;
    if (!first || left < first)
        return false;
    return left == first || (then && (left - first) % then == 0);
}

static void put_digits(struct answer *answer, const struct number *number, const struct style *style)
{
    if (!number->whole_count && (style->leading || !style->fraction))
        add(answer, u"0", 1);
    for (unsigned i = 0; i < number->whole_count; i++) {
        if (i && separates(style->grouping, number->whole_count - i))
            add(answer, style->thousand, length_of(style->thousand));
        add(answer, &number->whole[i], 1);
    }
    if (style->fraction) {
        add(answer, style->decimal, length_of(style->decimal));
        add(answer, number->fraction, style->fraction);
    }
}

/* `1` is the digits, `$` the symbol; the documented orders. */
static const char *const numbers[] = {"(1)", "-1", "- 1", "1-", "1 -"};
static const char *const debts[] = {"($1)", "-$1",  "$-1",  "$1-",  "(1$)", "-1$",  "1-$",   "1$-",
                                    "-1 $", "-$ 1", "1 $-", "$ 1-", "$ -1", "1- $", "($ 1)", "(1 $)"};
static const char *const amounts[] = {"$1", "1$", "$ 1", "1 $"};

static const char *pattern_of(const struct style *style, bool negative)
{
    if (style->symbol)
        return negative ? debts[style->negative] : amounts[style->positive];
    return negative ? numbers[style->negative] : "1";
}

static void put(struct answer *answer, const struct number *number, const struct style *style)
{
    bool negative = number->negative && !is_zero(number, style->fraction);
    answer->count = 0;
    answer->whole = true;
    for (const char *at = pattern_of(style, negative); *at; at++) {
        WCHAR unit = (WCHAR)*at;
        if (*at == '1')
            put_digits(answer, number, style);
        else if (*at == '$')
            add(answer, style->symbol, length_of(style->symbol));
        else
            add(answer, &unit, 1);
    }
    answer->unit[answer->count++] = 0;
}

static const struct style number_style = {2, 1, 3, 1, 0, u".", u",", NULL};
static const struct style money_style = {2, 1, 3, 0, 0, u".", u",", u"$"};

static bool valid_grouping(UINT grouping)
{
    return grouping <= 9 || grouping == 32; /* as documented */
}

static bool style_of_number(const NUMBERFMTW *format, struct style *style)
{
    *style = format ? (struct style){format->NumDigits,
                                     format->LeadingZero,
                                     format->Grouping,
                                     format->NegativeOrder,
                                     0,
                                     format->lpDecimalSep,
                                     format->lpThousandSep,
                                     NULL}
                    : number_style;
    return style->fraction <= FRACTION_MOST && style->leading <= 1 && valid_grouping(style->grouping) &&
           style->negative <= 4 && style->decimal && style->thousand;
}

static bool style_of_money(const CURRENCYFMTW *format, struct style *style)
{
    *style = format ? (struct style){format->NumDigits,     format->LeadingZero,     format->Grouping,
                                     format->NegativeOrder, format->PositiveOrder,   format->lpDecimalSep,
                                     format->lpThousandSep, format->lpCurrencySymbol}
                    : money_style;
    return style->fraction <= FRACTION_MOST && style->leading <= 1 && valid_grouping(style->grouping) &&
           style->negative <= 15 && style->positive <= 3 && style->decimal && style->thousand && style->symbol;
}

static DWORD make(bool known, DWORD flags, LPCWSTR value, bool formed, bool valid, const struct style *style,
                  struct answer *answer)
{
    struct number number;
    if (flags & ~(DWORD)LOCALE_NOUSEROVERRIDE || (formed && flags))
        return ERROR_INVALID_FLAGS;
    if (!known || !value || !valid || !read_number(value, style->fraction, &number))
        return ERROR_INVALID_PARAMETER;
    put(answer, &number, style);
    return answer->whole ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
}

static int give(DWORD error, const struct answer *answer, LPWSTR to, int size)
{
    if (!error && (size < 0 || (size && !to)))
        error = ERROR_INVALID_PARAMETER;
    if (!error && size && (unsigned)size < answer->count)
        error = ERROR_INSUFFICIENT_BUFFER;
    if (error)
        return win32_error(error);
    if (size)
        memcpy(to, answer->unit, answer->count * sizeof(WCHAR));
    return (int)answer->count;
}

static int number_format(bool known, DWORD flags, LPCWSTR value, const NUMBERFMTW *format, LPWSTR to, int size)
{
    struct style style;
    struct answer answer;
    bool valid = style_of_number(format, &style);
    return give(make(known, flags, value, format != NULL, valid, &style, &answer), &answer, to, size);
}

static int currency_format(bool known, DWORD flags, LPCWSTR value, const CURRENCYFMTW *format, LPWSTR to, int size)
{
    struct style style;
    struct answer answer;
    bool valid = style_of_money(format, &style);
    return give(make(known, flags, value, format != NULL, valid, &style, &answer), &answer, to, size);
}

int GetNumberFormatW(LCID locale, DWORD flags, LPCWSTR value, const NUMBERFMTW *format, LPWSTR to, int size)
{
    return number_format(base_locale_known(locale), flags, value, format, to, size);
}

int GetNumberFormatEx(LPCWSTR name, DWORD flags, LPCWSTR value, const NUMBERFMTW *format, LPWSTR to, int size)
{
    return number_format(base_locale_named(name), flags, value, format, to, size);
}

int GetCurrencyFormatW(LCID locale, DWORD flags, LPCWSTR value, const CURRENCYFMTW *format, LPWSTR to, int size)
{
    return currency_format(base_locale_known(locale), flags, value, format, to, size);
}

int GetCurrencyFormatEx(LPCWSTR name, DWORD flags, LPCWSTR value, const CURRENCYFMTW *format, LPWSTR to, int size)
{
    return currency_format(base_locale_named(name), flags, value, format, to, size);
}

/* ---- the same in the code page: every text here is the caller's, and short ---- */

#define TEXT_MOST 600

static LPWSTR widen(const char *text, WCHAR *wide, unsigned size)
{
    if (!text || host_utf8_to_utf16(text, SIZE_MAX, NULL, 0, 0) > size)
        return NULL;
    host_utf8_to_utf16(text, SIZE_MAX, (uint16_t *)wide, size, 0);
    return wide;
}

static int give_narrow(int made, const WCHAR *wide, LPSTR to, int size)
{
    if (made <= 0)
        return made;
    size_t units = host_utf16_to_utf8((const uint16_t *)wide, SIZE_MAX, NULL, 0, 0); /* with the NUL */
    if (size < 0 || (size && !to))
        return win32_error(ERROR_INVALID_PARAMETER);
    if (size && (size_t)size < units)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    if (size)
        host_utf16_to_utf8((const uint16_t *)wide, SIZE_MAX, to, units, 0);
    return (int)units;
}

int GetNumberFormatA(LCID locale, DWORD flags, LPCSTR value, const NUMBERFMTA *format, LPSTR to, int size)
{
    WCHAR text[TEXT_MOST], decimal[SEPARATOR], thousand[SEPARATOR], made[MOST];
    NUMBERFMTW wide;
    if (format)
        wide = (NUMBERFMTW){format->NumDigits,
                            format->LeadingZero,
                            format->Grouping,
                            widen(format->lpDecimalSep, decimal, SEPARATOR),
                            widen(format->lpThousandSep, thousand, SEPARATOR),
                            format->NegativeOrder};
    int count = GetNumberFormatW(locale, flags, widen(value, text, TEXT_MOST), format ? &wide : NULL, made, MOST);
    return give_narrow(count, made, to, size);
}

int GetCurrencyFormatA(LCID locale, DWORD flags, LPCSTR value, const CURRENCYFMTA *format, LPSTR to, int size)
{
    WCHAR text[TEXT_MOST], decimal[SEPARATOR], thousand[SEPARATOR], symbol[SEPARATOR * 2], made[MOST];
    CURRENCYFMTW wide;
    if (format)
        wide = (CURRENCYFMTW){format->NumDigits,
                              format->LeadingZero,
                              format->Grouping,
                              widen(format->lpDecimalSep, decimal, SEPARATOR),
                              widen(format->lpThousandSep, thousand, SEPARATOR),
                              format->NegativeOrder,
                              format->PositiveOrder,
                              widen(format->lpCurrencySymbol, symbol, SEPARATOR * 2)};
    int count = GetCurrencyFormatW(locale, flags, widen(value, text, TEXT_MOST), format ? &wide : NULL, made, MOST);
    return give_narrow(count, made, to, size);
}
