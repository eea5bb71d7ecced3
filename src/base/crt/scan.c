/* scan.c: scanf as Microsoft's C library understands it, narrow and wide: `l` is 32 bits before an integer, I64 and I32
 * are known, %s of a wide call is wide, and the _s forms take the room of every text. May allocate. */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/wide.h"
#include "host/own.h"
#include "host/utf.h"

#define END (-1)

struct source {
    const char *narrow;
    const WCHAR *wide;
    FILE *file;
    long taken;
};

struct arguments { /* a va_list that functions can take turns at */
    va_list list;
};

enum size { SIZE_INT, SIZE_CHAR, SIZE_SHORT, SIZE_LONG, SIZE_64, SIZE_LONG_DOUBLE };

struct spec {
    bool skip;
    int width; /* 0: none given */
    enum size size;
    bool wide_text;
    char conversion;
    const void *set; /* behind '[', in the format's own characters */
};

/* One conversion run: where from, how it reads its format, what room it is told. */
struct scan {
    struct source source;
    bool wide, secure;
    struct arguments *arguments;
    int assigned;
};

static int next(struct source *source)
{
    int unit;
    if (source->file)
        unit = fgetc(source->file);
    else if (source->wide)
        unit = *source->wide ? *source->wide++ : END;
    else
        unit = source->narrow && *source->narrow ? (unsigned char)*source->narrow++ : END;
    if (unit == EOF)
        return END;
    source->taken++;
    return unit;
}

static void back(struct source *source, int unit)
{
    if (unit == END)
        return;
    source->taken--;
    if (source->file)
        ungetc(unit, source->file);
    else if (source->wide)
        source->wide--;
    else
        source->narrow--;
}

static bool is_space(int unit)
{
    return unit == ' ' || (unit >= '\t' && unit <= '\r');
}

static void skip_space(struct source *source)
{
    int unit;
    do
        unit = next(source);
    while (is_space(unit));
    back(source, unit);
}

/* ---- the format ---- */

static int format_at(const struct scan *scan, const void *format, size_t index)
{
    return scan->wide ? ((const WCHAR *)format)[index] : ((const unsigned char *)format)[index];
}

static size_t parse_size(const struct scan *scan, const void *format, size_t at, struct spec *spec)
{
    bool wide_given = false;
    for (;; at++) {
        int unit = format_at(scan, format, at);
        if (unit == 'h') {
            spec->size = spec->size == SIZE_SHORT ? SIZE_CHAR : SIZE_SHORT;
            spec->wide_text = false;
            wide_given = true;
        } else if (unit == 'l') {
            spec->size = spec->size == SIZE_LONG ? SIZE_64 : SIZE_LONG;
            spec->wide_text = true;
            wide_given = true;
        } else if (unit == 'w') {
            spec->wide_text = true;
            wide_given = true;
        } else if (unit == 'L') {
            spec->size = SIZE_LONG_DOUBLE;
        } else if (unit == 'z' || unit == 't' || unit == 'j') {
            spec->size = SIZE_64;
        } else if (unit == 'I') {
            int tens = format_at(scan, format, at + 1);
            spec->size = tens == '3' ? SIZE_INT : SIZE_64;
            at += tens == '3' || tens == '6' ? 2 : 0;
        } else {
            break;
        }
    }
    int unit = format_at(scan, format, at);
    if ((unit == 'S' || unit == 'C') && !wide_given)
        spec->wide_text = !scan->wide;
    return at;
}

static size_t parse_spec(const struct scan *scan, const void *format, size_t at, struct spec *spec)
{
    *spec = (struct spec){.wide_text = scan->wide};
    if (format_at(scan, format, at) == '*') {
        spec->skip = true;
        at++;
    }
    for (int unit = format_at(scan, format, at); unit >= '0' && unit <= '9'; unit = format_at(scan, format, ++at))
        spec->width = spec->width < 100000000 ? spec->width * 10 + unit - '0' : spec->width;
    at = parse_size(scan, format, at, spec);
    int unit = format_at(scan, format, at);
    spec->conversion = unit < 128 ? (char)unit : 0;
    if (unit == 0)
        return at;
    at++;
    if (unit != '[')
        return at;
    spec->set = (const char *)format + at * (scan->wide ? sizeof(WCHAR) : 1);
    if (format_at(scan, format, at) == '^')
        at++;
    if (format_at(scan, format, at) == ']')
        at++;
    while (format_at(scan, format, at) && format_at(scan, format, at) != ']')
        at++;
    return format_at(scan, format, at) ? at + 1 : at;
}

static bool in_set(const struct scan *scan, const void *set, int wanted)
{
    size_t at = 0;
    bool inverted = format_at(scan, set, 0) == '^', found = false;
    at += inverted;
    for (size_t first = at; format_at(scan, set, at) && (format_at(scan, set, at) != ']' || at == first); at++) {
        int low = format_at(scan, set, at), high = low;
        int after = format_at(scan, set, at + 1) == '-' ? format_at(scan, set, at + 2) : 0;
        if (after && after != ']') {
            high = after;
            at += 2;
        }
        found |= (wanted >= low && wanted <= high) || (wanted >= high && wanted <= low);
    }
    return found != inverted;
}

/* ---- numbers ---- */

/* The longest prefix that can be a number, as C text. */
static size_t take_number(struct scan *scan, const struct spec *spec, const char *letters, char *text, size_t room)
{
    size_t length = 0, most = spec->width && (size_t)spec->width < room - 1 ? (size_t)spec->width : room - 1;
    bool hexadecimal = false;
    while (length < most) {
        int unit = next(&scan->source);
        bool exponent = length && !hexadecimal && (text[length - 1] | 32) == 'e' && strchr(letters, '.');
        bool sign = (unit == '+' || unit == '-') && (length == 0 || exponent);
        size_t digits = length && (text[0] == '+' || text[0] == '-') ? length - 1 : length;
        bool prefix = (unit == 'x' || unit == 'X') && digits == 1 && text[length - 1] == '0' && strchr(letters, 'x');
        if (unit <= 0 || unit > 127 || !(sign || prefix || (unit != 'x' && unit != 'X' && strchr(letters, unit)))) {
            back(&scan->source, unit);
            break;
        }
        if (prefix) {
            hexadecimal = true;
            letters = "0123456789abcdefABCDEF";
        }
        text[length++] = (char)unit;
    }
    text[length] = 0;
    return length;
}

static void store_integer(void *to, enum size size, unsigned long long value)
{
    switch (size) {
    case SIZE_CHAR:
        *(unsigned char *)to = (unsigned char)value;
        break;
    case SIZE_SHORT:
        *(unsigned short *)to = (unsigned short)value;
        break;
    case SIZE_64:
    case SIZE_LONG_DOUBLE:
        *(unsigned long long *)to = value;
        break;
    default:
        *(unsigned *)to = (unsigned)value;
    }
}

static bool scan_integer(struct scan *scan, const struct spec *spec)
{
    char text[128], *end;
    int base = 10;
    const char *letters = "0123456789";
    switch (spec->conversion) {
    case 'o':
        base = 8;
        letters = "01234567";
        break;
    case 'i':
        base = 0;
        letters = "0123456789x";
        break;
    case 'x':
    case 'X':
    case 'p':
        base = 16;
        letters = "0123456789abcdefABCDEFx";
        break;
    default:
        break;
    }
    if (take_number(scan, spec, letters, text, sizeof text) == 0)
        return false;
    unsigned long long value = spec->conversion == 'd' || spec->conversion == 'i'
                                   ? (unsigned long long)strtoll(text, &end, base)
                                   : strtoull(text, &end, base);
    if (end == text)
        return false;
    if (!spec->skip) {
        store_integer(va_arg(scan->arguments->list, void *), spec->conversion == 'p' ? SIZE_64 : spec->size, value);
        scan->assigned++;
    }
    return true;
}

static bool scan_real(struct scan *scan, const struct spec *spec)
{
    char text[512], *end;
    if (take_number(scan, spec, "0123456789.eE", text, sizeof text) == 0)
        return false;
    long double value = strtold(text, &end);
    if (end == text)
        return false;
    if (spec->skip)
        return true;
    void *to = va_arg(scan->arguments->list, void *);
    if (spec->size == SIZE_LONG)
        *(double *)to = (double)value;
    else if (spec->size == SIZE_LONG_DOUBLE)
        *(long double *)to = value;
    else
        *(float *)to = (float)value;
    scan->assigned++;
    return true;
}

/* ---- text ---- */

struct units {
    int *unit;
    size_t count, capacity;
};

static bool keep(struct units *units, int unit)
{
    if (units->count == units->capacity) {
        size_t capacity = units->capacity ? units->capacity * 2 : 64;
        int *grown = host_own_grow(units->unit, capacity * sizeof *grown);
        if (!grown)
            return false;
        units->unit = grown;
        units->capacity = capacity;
    }
    units->unit[units->count++] = unit;
    return true;
}

static bool wanted(const struct scan *scan, const struct spec *spec, int unit)
{
    if (unit == END)
        return false;
    switch (spec->conversion) {
    case 's':
    case 'S':
        return !is_space(unit);
    case '[':
        return in_set(scan, spec->set, unit);
    default:
        return true;
    }
}

/* The units as text of the other width, or the same: what is stored in all, or 0 when there is no room. */
static size_t store_text(const struct scan *scan, const struct spec *spec, const struct units *units, void *to,
                         size_t room, bool ends)
{
    bool from_wide = scan->source.wide != NULL;
    size_t size = (units->count + 1) * 4, count = 0;
    char *bytes = host_own_take(size * 2);
    if (!bytes)
        return 0;
    if (from_wide) {
        for (; count < units->count; count++)
            ((WCHAR *)bytes)[count] = (WCHAR)units->unit[count];
        if (!spec->wide_text)
            count = host_utf16_to_utf8((const uint16_t *)bytes, units->count, bytes + size, size, 0);
    } else {
        for (; count < units->count; count++)
            bytes[count] = (char)units->unit[count];
        if (spec->wide_text && count)
            count = host_utf8_to_utf16(bytes, units->count, (uint16_t *)(bytes + size), size / 2, 0);
    }
    const char *text = from_wide == spec->wide_text ? bytes : bytes + size;
    size_t width = spec->wide_text ? sizeof(WCHAR) : 1;
    bool fits = count + ends <= room;
    if (fits)
        memcpy(to, text, count * width);
    if (ends && room)
        memset((char *)to + (fits ? count * width : 0), 0, width);
    host_own_give(bytes);
    return fits;
}

static bool scan_text(struct scan *scan, const struct spec *spec)
{
    bool ends = spec->conversion != 'c' && spec->conversion != 'C', fine = true;
    size_t most = spec->width ? (size_t)spec->width : ends ? SIZE_MAX : 1;
    struct units units = {NULL, 0, 0};
    while (fine && units.count < most) {
        int unit = next(&scan->source);
        if (!wanted(scan, spec, unit)) {
            back(&scan->source, unit);
            break;
        }
        fine = keep(&units, unit);
    }
    fine = fine && units.count && (ends || units.count == most);
    if (fine && !spec->skip) {
        void *to = va_arg(scan->arguments->list, void *);
        size_t room = scan->secure ? va_arg(scan->arguments->list, unsigned) : SIZE_MAX;
        fine = store_text(scan, spec, &units, to, room, ends);
        scan->assigned += fine;
        if (!fine)
            errno = ENOMEM;
    }
    host_own_give(units.unit);
    return fine;
}

static bool convert(struct scan *scan, const struct spec *spec)
{
    switch (spec->conversion) {
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
    case 'p':
        return scan_integer(scan, spec);
    case 'a':
    case 'A':
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
        return scan_real(scan, spec);
    case 's':
    case 'S':
    case '[':
    case 'c':
    case 'C':
        return scan_text(scan, spec);
    case 'n':
        if (!spec->skip)
            store_integer(va_arg(scan->arguments->list, void *), spec->size, (unsigned long long)scan->source.taken);
        return true;
    default:
        return false;
    }
}

static bool literal(struct scan *scan, int expected)
{
    int unit = next(&scan->source);
    if (unit == expected)
        return true;
    back(&scan->source, unit);
    return false;
}

static bool at_end(struct scan *scan)
{
    int unit = next(&scan->source);
    back(&scan->source, unit);
    return unit == END;
}

static int run(struct scan *scan, const void *format)
{
    for (size_t at = 0; format_at(scan, format, at);) {
        int unit = format_at(scan, format, at++);
        if (is_space(unit)) {
            skip_space(&scan->source);
            continue;
        }
        struct spec spec = {.conversion = '%'};
        if (unit == '%')
            at = parse_spec(scan, format, at, &spec);
        else if (!literal(scan, unit))
            return scan->assigned || !at_end(scan) ? scan->assigned : EOF;
        if (unit != '%')
            continue;
        if (!strchr("cC[n", spec.conversion))
            skip_space(&scan->source);
        bool nothing = spec.conversion != 'n' && at_end(scan);
        if (nothing || !(spec.conversion == '%' ? literal(scan, '%') : convert(scan, &spec)))
            return scan->assigned == 0 && nothing ? EOF : scan->assigned;
    }
    return scan->assigned;
}

static int start(struct source source, const void *format, bool wide, bool secure, va_list list)
{
    struct arguments arguments;
    struct scan scan = {.source = source, .wide = wide, .secure = secure, .arguments = &arguments};
    va_copy(arguments.list, list);
    int result = run(&scan, format);
    va_end(arguments.list);
    return result;
}

#define FROM_TEXT(text) ((struct source){.narrow = (text)})
#define FROM_WIDE(text) ((struct source){.wide = (text)})
#define FROM_FILE(from) ((struct source){.file = (from)})

/* Each in the plain and in the _s form, with its list and with its arguments. */
#define SCAN(name, type, from, wide, ...)                                                                              \
    int winmem_v##name(__VA_ARGS__, const type *format, va_list list)                                                  \
    {                                                                                                                  \
        return start(from, format, wide, false, list);                                                                 \
    }                                                                                                                  \
    int winmem_##name(__VA_ARGS__, const type *format, ...)                                                            \
    {                                                                                                                  \
        va_list list;                                                                                                  \
        va_start(list, format);                                                                                        \
        int result = start(from, format, wide, false, list);                                                           \
        va_end(list);                                                                                                  \
        return result;                                                                                                 \
    }                                                                                                                  \
    int winmem_##name##_s(__VA_ARGS__, const type *format, ...)                                                        \
    {                                                                                                                  \
        va_list list;                                                                                                  \
        va_start(list, format);                                                                                        \
        int result = start(from, format, wide, true, list);                                                            \
        va_end(list);                                                                                                  \
        return result;                                                                                                 \
    }
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC visibility push(default)
SCAN(sscanf, char, FROM_TEXT(text), false, const char *text)
SCAN(swscanf, WCHAR, FROM_WIDE(text), true, const WCHAR *text)
SCAN(fscanf, char, FROM_FILE(file), false, FILE *file)
SCAN(fwscanf, WCHAR, FROM_FILE(file), true, FILE *file)

#define SCAN_INPUT(name, type, wide, secure)                                                                           \
    int winmem_##name(const type *format, ...)                                                                         \
    {                                                                                                                  \
        va_list list;                                                                                                  \
        va_start(list, format);                                                                                        \
        int result = start(FROM_FILE(stdin), format, wide, secure, list);                                              \
        va_end(list);                                                                                                  \
        return result;                                                                                                 \
    }
SCAN_INPUT(scanf, char, false, false)
SCAN_INPUT(scanf_s, char, false, true)
SCAN_INPUT(wscanf, WCHAR, true, false)
SCAN_INPUT(wscanf_s, WCHAR, true, true)
#pragma GCC visibility pop
