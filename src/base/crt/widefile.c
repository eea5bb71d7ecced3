/* widefile.c: wide text to and from C streams: the stream is UTF-8 and keeps no orientation, so that narrow and wide
 * calls mix, as on Windows. May allocate. */
#include <stdlib.h>
#include <string.h>

#include "base/text/wide.h"
#include "host/utf.h"

#define WIDE_EOF 0xFFFFu

int winmem_fputws(const WCHAR *text, FILE *file)
{
    char bytes[3 * 64];
    size_t length = winmem_wcslen(text);
    while (length > 0) {
        size_t part = length < 64 ? length : 64;
        if (part < length && (text[part - 1] & 0xFC00) == 0xD800)
            part--; /* a pair stays together */
        size_t count = host_utf16_to_utf8((const uint16_t *)text, part, bytes, sizeof bytes, 0);
        if (fwrite(bytes, 1, count, file) != count)
            return -1;
        text += part;
        length -= part;
    }
    return 0;
}

/* Half a pair waits for the other half. */
unsigned winmem_fputwc(WCHAR wide, FILE *file)
{
    static __thread WCHAR waiting;
    WCHAR text[3] = {wide, 0, 0};
    if ((wide & 0xFC00) == 0xD800) {
        waiting = wide;
        return wide;
    }
    if ((wide & 0xFC00) == 0xDC00 && waiting) {
        text[0] = waiting;
        text[1] = wide;
    }
    waiting = 0;
    if (!wide)
        return fputc(0, file) < 0 ? WIDE_EOF : wide;
    return winmem_fputws(text, file) < 0 ? WIDE_EOF : wide;
}

unsigned winmem_putwc(WCHAR wide, FILE *file)
{
    return winmem_fputwc(wide, file);
}

unsigned winmem_putwchar(WCHAR wide)
{
    return winmem_fputwc(wide, stdout);
}

/* One character: its units (1 or 2) into `units`, U+FFFD for bytes that are none; 0 at the end. */
static int take(FILE *file, WCHAR units[2])
{
    char bytes[4];
    int first = getc(file);
    if (first == EOF)
        return 0;
    size_t count = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    bytes[0] = (char)first;
    for (size_t i = 1; i < count; i++) {
        int next = getc(file);
        if ((next & 0xC0) != 0x80 || next == EOF) {
            ungetc(next, file);
            count = i;
            break;
        }
        bytes[i] = (char)next;
    }
    units[0] = 0xFFFD;
    size_t made = host_utf8_to_utf16(bytes, count, (uint16_t *)units, 2, 1);
    return made ? (int)made : 1;
}

/* The second half of a pair, for the next call on the same stream. */
static __thread struct {
    FILE *file;
    WCHAR unit;
} kept;

static int take_unit(FILE *file, WCHAR *unit)
{
    WCHAR units[2];
    if (kept.file == file) {
        kept.file = NULL;
        *unit = kept.unit;
        return 1;
    }
    int count = take(file, units);
    if (count == 0)
        return 0;
    if (count == 2) {
        kept.file = file;
        kept.unit = units[1];
    }
    *unit = units[0];
    return 1;
}

unsigned winmem_fgetwc(FILE *file)
{
    WCHAR unit;
    return take_unit(file, &unit) ? unit : WIDE_EOF;
}

unsigned winmem_getwc(FILE *file)
{
    return winmem_fgetwc(file);
}

unsigned winmem_getwchar(void)
{
    return winmem_fgetwc(stdin);
}

WCHAR *winmem_fgetws(WCHAR *to, int size, FILE *file)
{
    int length = 0;
    while (length < size - 1 && take_unit(file, &to[length]))
        if (to[length++] == '\n')
            break;
    if (size <= 0 || length == 0)
        return NULL;
    to[length] = 0;
    return to;
}

FILE *winmem_wfopen(const WCHAR *path, const WCHAR *mode)
{
    char narrow_path[4096], narrow_mode[32];
    if (host_utf16_to_utf8((const uint16_t *)path, SIZE_MAX, narrow_path, sizeof narrow_path, 1) > sizeof narrow_path ||
        host_utf16_to_utf8((const uint16_t *)mode, SIZE_MAX, narrow_mode, sizeof narrow_mode, 1) > sizeof narrow_mode)
        return NULL;
    char *set = strchr(narrow_mode, ','); /* ",ccs=UTF-8": streams are UTF-8 anyway */
    if (set)
        *set = 0;
    return winmem_fopen(narrow_path, narrow_mode);
}
