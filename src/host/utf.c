/* utf.c: the conversions of utf.h. Calls nothing. */
#include "host/utf.h"

#define REPLACEMENT 0xFFFDu
#define ILL_FORMED UINT32_MAX

size_t host_utf16_length(const uint16_t *wide)
{
    size_t n = 0;
    while (wide[n])
        n++;
    return n;
}

static uint32_t take_utf16(const uint16_t *wide, size_t length, size_t *at)
{
    uint32_t unit = wide[(*at)++];
    if (unit < 0xD800 || unit > 0xDFFF)
        return unit;
    if (unit > 0xDBFF || *at >= length || wide[*at] < 0xDC00 || wide[*at] > 0xDFFF)
        return ILL_FORMED;
    return 0x10000 + ((unit - 0xD800) << 10) + (wide[(*at)++] - 0xDC00u);
}

/* Overlong forms, surrogates and values above U+10FFFF are ill-formed; a bad byte is consumed alone. */
static uint32_t take_utf8(const char *text, size_t length, size_t *at)
{
    static const uint32_t lowest[] = {0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)text[(*at)++];
    if (first < 0x80)
        return first;
    unsigned more = first >= 0xF0 && first < 0xF8   ? 3
                    : first >= 0xE0 && first < 0xF0 ? 2
                    : first >= 0xC2 && first < 0xE0 ? 1
                                                    : 0;
    if (!more || *at + more > length)
        return ILL_FORMED;
    uint32_t code = first & (0x3Fu >> more);
    for (unsigned i = 0; i < more; i++) {
        unsigned char next = (unsigned char)text[*at + i];
        if ((next & 0xC0) != 0x80)
            return ILL_FORMED;
        code = code << 6 | (next & 0x3F);
    }
    if (code < lowest[more] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return ILL_FORMED;
    *at += more;
    return code;
}

static unsigned put_utf8(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    unsigned more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char marks[] = {0, 0xC0, 0xE0, 0xF0};
    for (unsigned i = more; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)(marks[more] | code);
    return more + 1;
}

size_t host_utf16_to_utf8(const uint16_t *wide, size_t length, char *text, size_t size, int strict)
{
    size_t needed = 0;
    if (length == SIZE_MAX)
        length = host_utf16_length(wide) + 1;
    for (int writing = 0; writing < 2; writing++) {
        size_t to = 0;
        for (size_t at = 0; at < length;) {
            char bytes[4];
            uint32_t code = take_utf16(wide, length, &at);
            if (code == ILL_FORMED && strict)
                return 0;
            unsigned count = put_utf8(code == ILL_FORMED ? REPLACEMENT : code, bytes);
            for (unsigned i = 0; writing && i < count; i++)
                text[to + i] = bytes[i];
            to += count;
        }
        needed = to;
        if (needed > size)
            break;
    }
    return needed;
}

size_t host_utf8_to_utf16(const char *text, size_t length, uint16_t *wide, size_t size, int strict)
{
    size_t needed = 0;
    if (length == SIZE_MAX)
        for (length = 1; text[length - 1]; length++) {}
    for (int writing = 0; writing < 2; writing++) {
        size_t to = 0;
        for (size_t at = 0; at < length;) {
            uint32_t code = take_utf8(text, length, &at);
            if (code == ILL_FORMED && strict)
                return 0;
            code = code == ILL_FORMED ? REPLACEMENT : code;
            unsigned count = code >= 0x10000 ? 2 : 1;
            if (writing && count == 2) {
                wide[to] = (uint16_t)(0xD800 + ((code - 0x10000) >> 10));
                wide[to + 1] = (uint16_t)(0xDC00 + ((code - 0x10000) & 0x3FF));
            } else if (writing)
                wide[to] = (uint16_t)code;
            to += count;
        }
        needed = to;
        if (needed > size)
            break;
    }
    return needed;
}
