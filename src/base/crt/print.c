/* print.c: printf as Microsoft's C library understands it, narrow and wide: `l` is 32 bits, I64 and I32 are known, %p
 * is sixteen digits, %s of a wide call is wide. Text is built as UTF-8 and converted at the end. May allocate. */
#include <stdbool.h>
#include <string.h>
#include <winuser.h>

#include "base/text/wide.h"
#include "host/own.h"
#include "host/utf.h"

struct text {
    char *data;
    size_t length, capacity;
    bool failed;
    char small[512];
};

struct arguments { /* a va_list that functions can take turns at */
    va_list list;
};

enum size { SIZE_INT, SIZE_CHAR, SIZE_SHORT, SIZE_LONG, SIZE_WIDE, SIZE_64, SIZE_LONG_DOUBLE };

struct spec {
    char flags[8];
    bool left;
    int width, precision; /* precision -1: none given */
    enum size size;
    bool narrow_text; /* `h` */
    char conversion;
};

static void text_start(struct text *text)
{
    text->data = text->small;
    text->length = 0;
    text->capacity = sizeof text->small;
    text->failed = false;
}

static void text_end(struct text *text)
{
    if (text->data != text->small)
        host_own_give(text->data);
}

/* Room for `more` bytes at the end, or NULL. */
static char *text_room(struct text *text, size_t more)
{
    if (text->capacity - text->length < more) {
        size_t capacity = (text->length + more) * 2;
        char *data = text->failed ? NULL : host_own_take(capacity);
        if (!data) {
            text->failed = true;
            return NULL;
        }
        if (text->data && text->length)
            memcpy(data, text->data, text->length);
        text_end(text);
        text->data = data;
        text->capacity = capacity;
    }
    return text->data + text->length;
}

static void text_add(struct text *text, const char *from, size_t length)
{
    char *to = text_room(text, length);
    if (to) {
        memcpy(to, from, length);
        text->length += length;
    }
}

static void text_pad(struct text *text, long count)
{
    if (count <= 0)
        return;
    char *to = text_room(text, (size_t)count);
    if (to) {
        memset(to, ' ', (size_t)count);
        text->length += (size_t)count;
    }
}

static int take_number(const char **at, struct arguments *arguments)
{
    if (**at == '*') {
        ++*at;
        return va_arg(arguments->list, int);
    }
    int number = 0;
    for (; **at >= '0' && **at <= '9'; ++*at)
        number = number < 100000000 ? number * 10 + (**at - '0') : number;
    return number;
}

static void parse_size(const char **at, struct spec *spec)
{
    for (;; ++*at) {
        switch (**at) {
        case 'h':
            spec->size = spec->size == SIZE_SHORT ? SIZE_CHAR : SIZE_SHORT;
            spec->narrow_text = true;
            break;
        case 'l':
            spec->size = spec->size == SIZE_LONG ? SIZE_64 : SIZE_LONG;
            break;
        case 'w':
            spec->size = SIZE_WIDE;
            break;
        case 'j':
        case 'z':
        case 't':
            spec->size = SIZE_64;
            break;
        case 'L':
            spec->size = SIZE_LONG_DOUBLE;
            break;
        case 'F':
        case 'N': /* a far or near pointer, once */
            if ((*at)[1] != 'p')
                return;
            break;
        case 'I':
            spec->size = SIZE_64;
            if ((*at)[1] == '6' && (*at)[2] == '4')
                *at += 2;
            else if ((*at)[1] == '3' && (*at)[2] == '2') {
                *at += 2;
                spec->size = SIZE_INT;
            }
            break;
        default:
            return;
        }
    }
}

static void parse(const char **at, struct spec *spec, struct arguments *arguments)
{
    *spec = (struct spec){.precision = -1};
    for (size_t count = 0; **at && strchr("-+ #0", **at); ++*at) {
        if (!strchr(spec->flags, **at) && count < sizeof spec->flags - 1)
            spec->flags[count++] = **at;
        spec->left |= **at == '-';
    }
    spec->width = take_number(at, arguments);
    if (spec->width < 0) {
        spec->left = true;
        spec->width = spec->width == INT32_MIN ? 0 : -spec->width;
    }
    if (**at == '.') {
        ++*at;
        spec->precision = take_number(at, arguments);
    }
    parse_size(at, spec);
    spec->conversion = **at;
    if (**at)
        ++*at;
}

static void put_string(struct text *text, const struct spec *spec, const void *from, bool wide, bool count_wide)
{
    size_t most = spec->precision < 0 ? SIZE_MAX : (size_t)spec->precision;
    static const char none[] = "(null)";
    if (!from) {
        from = none;
        wide = false;
    }
    if (!wide) {
        size_t length = strnlen(from, most);
        size_t units = count_wide ? host_utf8_to_utf16(from, length, NULL, 0, 0) : length;
        if (!spec->left)
            text_pad(text, spec->width - (long)units);
        text_add(text, from, length);
        if (spec->left)
            text_pad(text, spec->width - (long)units);
        return;
    }
    size_t units = winmem_wcsnlen(from, most), bytes = host_utf16_to_utf8(from, units, NULL, 0, 0);
    long padding = spec->width - (long)(count_wide ? units : bytes);
    if (!spec->left)
        text_pad(text, padding);
    char *to = text_room(text, bytes);
    if (to && bytes) {
        host_utf16_to_utf8(from, units, to, bytes, 0);
        text->length += bytes;
    }
    if (spec->left)
        text_pad(text, padding);
}

/* A conversion that the system's library has too, with the length that the argument really has. */
#define PUT_NATIVE(text, spec, prefix, value)                                                                          \
    do {                                                                                                               \
        char format[32];                                                                                               \
        snprintf(format, sizeof format, "%%%s%s*.*" prefix "%c", (spec)->flags, (spec)->left ? "-" : "",               \
                 (spec)->conversion);                                                                                  \
        int needed = snprintf(NULL, 0, format, (spec)->width, (spec)->precision, value);                               \
        char *to = needed < 0 ? NULL : text_room(text, (size_t)needed + 1);                                            \
        if (to) {                                                                                                      \
            snprintf(to, (size_t)needed + 1, format, (spec)->width, (spec)->precision, value);                         \
            (text)->length += (size_t)needed;                                                                          \
        }                                                                                                              \
    } while (0)

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void put_integer(struct text *text, struct spec *spec, struct arguments *arguments)
{
    bool is_signed = spec->conversion == 'd' || spec->conversion == 'i';
    long long value;
    if (spec->size == SIZE_64)
        value = va_arg(arguments->list, long long);
    else {
        int narrow = va_arg(arguments->list, int);
        if (spec->size == SIZE_SHORT)
            narrow = is_signed ? (short)narrow : (unsigned short)narrow;
        else if (spec->size == SIZE_CHAR)
            narrow = is_signed ? (signed char)narrow : (unsigned char)narrow;
        value = is_signed ? narrow : (long long)(unsigned)narrow;
    }
    PUT_NATIVE(text, spec, "ll", value);
}

static void put_pointer(struct text *text, const struct spec *spec, const void *pointer)
{
    struct spec digits = {.width = spec->width, .left = spec->left, .precision = 16, .conversion = 'X'};
    if (strchr(spec->flags, '#'))
        strcpy(digits.flags, "#");
    unsigned long long value = (uintptr_t)pointer;
    PUT_NATIVE(text, &digits, "ll", value);
}

static void put_character(struct text *text, const struct spec *spec, int value, bool wide, bool count_wide)
{
    WCHAR unit[2] = {(WCHAR)value, 0};
    char byte[2] = {(char)value, 0};
    struct spec one = *spec;
    one.precision = 1;
    if (value != 0)
        put_string(text, &one, wide ? (const void *)unit : byte, wide, count_wide);
    else
        text_add(text, "", 1);
}

/* One conversion; `wide_call` says what %s, %c and their capitals mean. */
static void put(struct text *text, struct spec *spec, struct arguments *arguments, bool wide_call)
{
    bool wide = wide_call;
    switch (spec->conversion) {
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        put_integer(text, spec, arguments);
        return;
    case 'p':
        put_pointer(text, spec, va_arg(arguments->list, void *));
        return;
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
    case 'a':
    case 'A':
        if (spec->size == SIZE_LONG_DOUBLE) {
            long double value = va_arg(arguments->list, long double);
            PUT_NATIVE(text, spec, "L", value);
        } else {
            double value = va_arg(arguments->list, double);
            PUT_NATIVE(text, spec, "", value);
        }
        return;
    case 'S':
    case 'C':
        wide = !wide_call;
        __attribute__((fallthrough));
    case 's':
    case 'c':
        if (spec->size == SIZE_LONG || spec->size == SIZE_WIDE)
            wide = true;
        if (spec->narrow_text)
            wide = false;
        if (spec->conversion == 's' || spec->conversion == 'S')
            put_string(text, spec, va_arg(arguments->list, const void *), wide, wide_call);
        else
            put_character(text, spec, va_arg(arguments->list, int), wide, wide_call);
        return;
    case 'n': /* refused, as Microsoft's library does */
        (void)va_arg(arguments->list, void *);
        return;
    default:
        text_add(text, &spec->conversion, spec->conversion != 0);
    }
}

static void build(struct text *text, const char *format, va_list list, bool wide_call)
{
    struct arguments arguments;
    va_copy(arguments.list, list);
    text_start(text);
    while (*format) {
        size_t plain = strcspn(format, "%");
        text_add(text, format, plain);
        format += plain;
        if (!*format)
            break;
        struct spec spec;
        format++;
        parse(&format, &spec, &arguments);
        put(text, &spec, &arguments, wide_call);
    }
    va_end(arguments.list);
}

static bool build_wide(struct text *text, const WCHAR *format, va_list list)
{
    size_t bytes = host_utf16_to_utf8((const uint16_t *)format, SIZE_MAX, NULL, 0, 0);
    char *narrow = host_own_take(bytes);
    if (!narrow)
        return false;
    host_utf16_to_utf8((const uint16_t *)format, SIZE_MAX, narrow, bytes, 0);
    build(text, narrow, list, true);
    host_own_give(narrow);
    return true;
}

int winmem_vsnprintf(char *to, size_t size, const char *format, va_list list)
{
    struct text text;
    build(&text, format, list, false);
    if (size > 0 && to) {
        size_t count = text.length < size - 1 ? text.length : size - 1;
        memcpy(to, text.data, count);
        to[count] = 0;
    }
    int result = text.failed || text.length > INT32_MAX ? -1 : (int)text.length;
    text_end(&text);
    return result;
}

int winmem_vsprintf(char *to, const char *format, va_list list)
{
    return winmem_vsnprintf(to, INT32_MAX, format, list);
}

static int write_text(FILE *file, struct text *text)
{
    int result = (int)text->length;
    if (text->failed || fwrite(text->data, 1, text->length, file) != text->length)
        result = -1;
    text_end(text);
    return result;
}

int winmem_vfprintf(FILE *file, const char *format, va_list list)
{
    struct text text;
    build(&text, format, list, false);
    return write_text(file, &text);
}

int winmem_vprintf(const char *format, va_list list)
{
    return winmem_vfprintf(stdout, format, list);
}

int winmem_vfwprintf(FILE *file, const WCHAR *format, va_list list)
{
    struct text text;
    return build_wide(&text, format, list) ? write_text(file, &text) : -1;
}

int winmem_vwprintf(const WCHAR *format, va_list list)
{
    return winmem_vfwprintf(stdout, format, list);
}

/* -1 when it does not fit; what fits is there and terminated. */
int winmem_vswprintf(WCHAR *to, size_t size, const WCHAR *format, va_list list)
{
    struct text text;
    int result = -1;
    if (!build_wide(&text, format, list))
        return -1;
    size_t needed = text.length ? host_utf8_to_utf16(text.data, text.length, NULL, 0, 0) : 0;
    if (!text.failed && !to && size == 0)
        result = (int)needed;
    else if (!text.failed && to && size > 0) {
        WCHAR *whole = needed < size ? to : host_own_take(needed * sizeof *whole);
        if (whole && needed)
            host_utf8_to_utf16(text.data, text.length, (uint16_t *)whole, needed, 0);
        if (whole && whole != to)
            memcpy(to, whole, (size - 1) * sizeof *to);
        to[whole ? (needed < size ? needed : size - 1) : 0] = 0;
        if (whole != to)
            host_own_give(whole);
        else
            result = (int)needed;
    }
    text_end(&text);
    return result;
}

#define VARIADIC(name, parameters, last, call)                                                                         \
    int name parameters                                                                                                \
    {                                                                                                                  \
        va_list list;                                                                                                  \
        va_start(list, last);                                                                                          \
        int result = call;                                                                                             \
        va_end(list);                                                                                                  \
        return result;                                                                                                 \
    }
VARIADIC(winmem_printf, (const char *format, ...), format, winmem_vfprintf(stdout, format, list))
VARIADIC(winmem_fprintf, (FILE * file, const char *format, ...), format, winmem_vfprintf(file, format, list))
VARIADIC(winmem_sprintf, (char *to, const char *format, ...), format, winmem_vsprintf(to, format, list))
VARIADIC(winmem_snprintf, (char *to, size_t size, const char *format, ...), format,
         winmem_vsnprintf(to, size, format, list))
VARIADIC(winmem_wprintf, (const WCHAR *format, ...), format, winmem_vfwprintf(stdout, format, list))
VARIADIC(winmem_fwprintf, (FILE * file, const WCHAR *format, ...), format, winmem_vfwprintf(file, format, list))
VARIADIC(winmem_swprintf, (WCHAR * to, size_t size, const WCHAR *format, ...), format,
         winmem_vswprintf(to, size, format, list))

/* The window manager's pair: at most 1024 characters with the terminator. */
#define USER_MOST 1024
int wvsprintfA(LPSTR to, LPCSTR format, __builtin_va_list list)
{
    int length = winmem_vsnprintf(to, USER_MOST, format, list);
    return length < USER_MOST ? length : USER_MOST - 1;
}

int wvsprintfW(LPWSTR to, LPCWSTR format, __builtin_va_list list)
{
    int length = winmem_vswprintf(to, USER_MOST, format, list);
    return length < 0 ? (int)winmem_wcsnlen(to, USER_MOST) : length;
}
VARIADIC(wsprintfA, (LPSTR to, LPCSTR format, ...), format, wvsprintfA(to, format, list))
VARIADIC(wsprintfW, (LPWSTR to, LPCWSTR format, ...), format, wvsprintfW(to, format, list))
