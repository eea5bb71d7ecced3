/* message.c: FormatMessage: texts of the error codes in use, and formats with inserts %1 to %99 (with !printf! forms of
 * strings and integers, widths from arguments too). Everything is UTF-8 inside; the wide call converts. May allocate.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winbase.h>
#include <winerror.h>

#include "host/own.h"
#include "host/utf.h"
#include "win32/win32.h"

static const struct {
    DWORD code;
    const char *text;
} messages[] = {
    {ERROR_SUCCESS, "The operation completed successfully."},
    {ERROR_INVALID_FUNCTION, "Incorrect function."},
    {ERROR_FILE_NOT_FOUND, "There is no such file."},
    {ERROR_PATH_NOT_FOUND, "There is no such path."},
    {ERROR_TOO_MANY_OPEN_FILES, "Too many files are open."},
    {ERROR_ACCESS_DENIED, "Access is denied."},
    {ERROR_INVALID_HANDLE, "The handle is invalid."},
    {ERROR_NOT_ENOUGH_MEMORY, "There is not enough memory for this call."},
    {ERROR_INVALID_DATA, "The data is invalid."},
    {ERROR_OUTOFMEMORY, "Out of memory."},
    {ERROR_NO_MORE_FILES, "There are no more files."},
    {ERROR_WRITE_PROTECT, "The medium is write-protected."},
    {ERROR_CRC, "Data failed its check."},
    {ERROR_BAD_LENGTH, "The length given does not match what the call takes."},
    {ERROR_GEN_FAILURE, "The operation failed."},
    {ERROR_SHARING_VIOLATION, "Another user of the file does not share it."},
    {ERROR_LOCK_VIOLATION, "Another user has locked a part of the file."},
    {ERROR_HANDLE_EOF, "The end of the file was reached."},
    {ERROR_NOT_SUPPORTED, "The request is not supported."},
    {ERROR_FILE_EXISTS, "The file exists."},
    {ERROR_CANNOT_MAKE, "The file or directory cannot be made."},
    {ERROR_INVALID_PARAMETER, "A parameter is incorrect."},
    {ERROR_BROKEN_PIPE, "The other end of the pipe is closed."},
    {ERROR_OPEN_FAILED, "The file or device cannot be opened."},
    {ERROR_BUFFER_OVERFLOW, "The name of the file is too long."},
    {ERROR_DISK_FULL, "The disk is full."},
    {ERROR_CALL_NOT_IMPLEMENTED, "This function is not implemented here."},
    {ERROR_SEM_TIMEOUT, "The wait timed out."},
    {ERROR_INSUFFICIENT_BUFFER, "The buffer is too small."},
    {ERROR_INVALID_NAME, "The name is malformed."},
    {ERROR_MOD_NOT_FOUND, "There is no such module."},
    {ERROR_PROC_NOT_FOUND, "The module has no such procedure."},
    {ERROR_NEGATIVE_SEEK, "The file pointer would stand before the beginning of the file."},
    {ERROR_DIR_NOT_EMPTY, "The directory is not empty."},
    {ERROR_NOT_LOCKED, "The segment is already unlocked."},
    {ERROR_BAD_PATHNAME, "The path is malformed."},
    {ERROR_BUSY, "The resource is in use."},
    {ERROR_ALREADY_EXISTS, "It exists already."},
    {ERROR_INVALID_ORDINAL, "The module has no procedure of this number."},
    {ERROR_BAD_EXE_FORMAT, "This is no valid image."},
    {ERROR_ENVVAR_NOT_FOUND, "There is no such environment variable."},
    {ERROR_FILENAME_EXCED_RANGE, "The name is too long."},
    {ERROR_PIPE_BUSY, "All instances of the pipe are in use."},
    {ERROR_NO_DATA, "The pipe is being closed, or is empty."},
    {ERROR_PIPE_NOT_CONNECTED, "There is no process at the other end of the pipe."},
    {ERROR_MORE_DATA, "There is more data."},
    {WAIT_TIMEOUT, "The time of the wait ran out."},
    {ERROR_NO_MORE_ITEMS, "There are no more items."},
    {ERROR_DIRECTORY, "The name of a directory is invalid."},
    {ERROR_NOT_OWNER, "The caller does not own the mutex."},
    {ERROR_TOO_MANY_POSTS, "The semaphore would exceed its limit."},
    {ERROR_PARTIAL_COPY, "Only a part of the request could be copied."},
    {ERROR_MR_MID_NOT_FOUND, "No message is known for this code."},
    {ERROR_INVALID_ADDRESS, "The address is invalid for this call."},
    {ERROR_ARITHMETIC_OVERFLOW, "The result does not fit into 32 bits."},
    {ERROR_PIPE_CONNECTED, "There is a process at the other end of the pipe."},
    {ERROR_PIPE_LISTENING, "The pipe waits for a process to open its other end."},
    {ERROR_OPERATION_ABORTED, "The operation was cancelled."},
    {ERROR_IO_INCOMPLETE, "The operation is not over yet."},
    {ERROR_IO_PENDING, "The operation goes on in the background."},
    {ERROR_NOACCESS, "An address is not accessible."},
    {ERROR_SWAPERROR, "A page could not be brought in."},
    {ERROR_STACK_OVERFLOW, "The stack is exhausted."},
    {ERROR_INVALID_FLAGS, "The flags are invalid."},
    {ERROR_FILE_INVALID, "The file is empty or changed, so that it cannot be mapped."},
    {ERROR_NO_UNICODE_TRANSLATION, "A character has no counterpart in the other code page."},
    {ERROR_DLL_INIT_FAILED, "The module could not be initialised."},
    {ERROR_MAPPED_ALIGNMENT, "The base address or the offset is not aligned to the allocation granularity."},
    {ERROR_NOT_FOUND, "There is no such element."},
    {ERROR_USER_MAPPED_FILE, "The file has a mapped section."},
    {ERROR_NOT_ALL_ASSIGNED, "Not all of the privileges were assigned."},
    {ERROR_NO_SUCH_PRIVILEGE, "There is no such privilege."},
    {ERROR_PRIVILEGE_NOT_HELD, "The caller does not hold a privilege that this needs."},
    {ERROR_NO_SYSTEM_RESOURCES, "System resources do not suffice."},
    {ERROR_WORKING_SET_QUOTA, "The working set is too small for that."},
    {ERROR_PAGEFILE_QUOTA, "The quota of the paging file does not suffice."},
    {ERROR_COMMITMENT_LIMIT, "The commit limit is reached: there is not enough memory and paging file."},
    {ERROR_TIMEOUT, "The time ran out."},
    {ERROR_INVALID_USER_BUFFER, "The buffer is not valid for this operation."},
    {ERROR_NOT_ENOUGH_QUOTA, "The quota does not suffice."},
};

/* An HRESULT that stands for an error is that error. */
static const char *system_text(DWORD code)
{
    if ((code & 0xFFFF0000) == 0x80070000)
        code &= 0xFFFF;
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
        if (messages[i].code == code)
            return messages[i].text;
    return NULL;
}

/* A growing text; `failed` sticks. */
struct text {
    char *bytes;
    size_t length, room;
    bool failed;
};

static void put(struct text *out, const char *bytes, size_t count)
{
    if (out->length + count + 1 > out->room) {
        size_t room = (out->length + count + 1) * 2;
        char *more = host_own_grow(out->bytes, room);
        if (!more) {
            out->failed = true;
            return;
        }
        out->bytes = more;
        out->room = room;
    }
    if (!out->bytes)
        return;
    memcpy(out->bytes + out->length, bytes, count);
    out->length += count;
    out->bytes[out->length] = 0;
}

/* The printf form of an insert: %1!form!. */
struct form {
    char flags[6];
    int width, precision; /* -1: none */
    unsigned stars;       /* how many of them the arguments say, before the value */
    bool quad;
    char size, kind; /* of a text: 'l' and 'w' wide, 'h' narrow */
};

static int number_of(const char **at, const char *end, struct form *form, const uintptr_t *values)
{
    int number = 0;
    if (*at < end && **at == '*') {
        ++*at;
        return (int)values[form->stars++];
    }
    for (; *at < end && **at >= '0' && **at <= '9'; ++*at)
        number = number < 100000 ? number * 10 + (**at - '0') : number;
    return number;
}

static struct form parse_form(const char *at, size_t length, const uintptr_t *values)
{
    struct form form = {.width = -1, .precision = -1, .kind = 's'};
    const char *end = at + length;
    for (size_t count = 0; at < end && strchr("-+ #0", *at) && count < sizeof form.flags - 1; at++)
        form.flags[count++] = *at;
    if (at < end && (*at == '*' || (*at >= '0' && *at <= '9')))
        form.width = number_of(&at, end, &form, values);
    if (at < end && *at == '.') {
        at++;
        form.precision = number_of(&at, end, &form, values);
    }
    form.quad = end - at > 3 && !strncmp(at, "I64", 3);
    at += form.quad ? 3 : 0;
    for (; at < end && strchr("hlwI", *at); at++) {
        form.quad |= *at == 'l' && form.size == 'l';
        form.size = *at;
    }
    if (at < end)
        form.kind = *at;
    return form;
}

static unsigned stars_in(const char *form, size_t length)
{
    unsigned stars = 0;
    for (size_t i = 0; i < length; i++)
        stars += form[i] == '*';
    return stars;
}

static void put_text(struct text *out, const struct form *form, const char *text)
{
    size_t length = strlen(text);
    if (form->precision >= 0 && (size_t)form->precision < length)
        length = (size_t)form->precision;
    size_t width = form->width > 0 ? (size_t)form->width : 0, blanks = width > length ? width - length : 0;
    bool left = strchr(form->flags, '-') != NULL;
    for (size_t i = 0; i < blanks && !left; i++)
        put(out, " ", 1);
    put(out, text, length);
    for (size_t i = 0; i < blanks && left; i++)
        put(out, " ", 1);
}

static void put_wide_text(struct text *out, const struct form *form, const uint16_t *units, size_t count)
{
    size_t size = host_utf16_to_utf8(units, count, NULL, 0, 0);
    char *narrow = host_own_take(size + 1);
    if (!narrow) {
        out->failed = true;
        return;
    }
    host_utf16_to_utf8(units, count, narrow, size, 0);
    narrow[size] = 0;
    put_text(out, form, narrow);
    host_own_give(narrow);
}

static void put_integer(struct text *out, const struct form *form, uintptr_t value)
{
    char piece[512], printf_form[32];
    char kind = strchr("duxXoi", form->kind) ? form->kind : 'u';
    snprintf(printf_form, sizeof printf_form, "%%%s*.*%s%c", form->flags, form->quad ? "ll" : "", kind);
    int width = form->width < 0 ? 0 : form->width > 400 ? 400 : form->width;
    int precision = form->precision > 400 ? 400 : form->precision;
    int count = form->quad ? snprintf(piece, sizeof piece, printf_form, width, precision, (long long)value)
                           : snprintf(piece, sizeof piece, printf_form, width, precision, (int)value);
    put(out, piece, count > 0 ? (size_t)count : 0);
}

/* `values`: the argument of the insert's number and those behind it. */
static void put_insert(struct text *out, const uintptr_t *values, const char *text, size_t length, bool wide)
{
    struct form form = parse_form(text, length, values);
    uintptr_t value = values[form.stars];
    if (form.size)
        wide = form.size != 'h';
    else if (form.kind == 'S' || form.kind == 'C')
        wide = !wide;
    if (form.kind == 's' || form.kind == 'S') {
        if (wide)
            put_wide_text(out, &form, value ? (const uint16_t *)value : u"(null)", SIZE_MAX);
        else
            put_text(out, &form, value ? (const char *)value : "(null)");
    } else if (form.kind == 'c' || form.kind == 'C') {
        uint16_t unit = wide ? (uint16_t)value : (unsigned char)value;
        put_wide_text(out, &form, &unit, 1);
    } else {
        put_integer(out, &form, value);
    }
}

#pragma GCC diagnostic ignored "-Wformat-nonliteral"

/* A line break of the text: all three kinds are one; where lines are not to be broken, a blank. */
static const char *put_break(struct text *out, const char *at, bool unbroken)
{
    put(out, unbroken ? " " : "\r\n", unbroken ? 1 : 2);
    return at[0] == '\r' && at[1] == '\n' ? at + 1 : at;
}

/* What follows a '%' that is no insert; false: the message ends here. */
static bool put_escape(struct text *out, char what)
{
    switch (what) {
    case 0:
    case '0':
        return false;
    case 'n':
        put(out, "\r\n", 2);
        return true;
    case 'r':
    case 't':
    case 'b':
        put(out, what == 'r' ? "\r" : what == 't' ? "\t" : " ", 1);
        return true;
    default:
        put(out, &what, 1);
        return true;
    }
}

/* An insert: its number and form. */
struct insert {
    unsigned number;
    const char *form;
    size_t length;
};

/* At a digit behind '%'; the last character of it. */
static const char *parse_insert(const char *at, struct insert *insert)
{
    insert->number = (unsigned)(*at - '0');
    if (at[1] >= '0' && at[1] <= '9')
        insert->number = insert->number * 10 + (unsigned)(*++at - '0');
    const char *end = at[1] == '!' ? strchr(at + 2, '!') : NULL;
    insert->form = at + 2;
    insert->length = end ? (size_t)(end - insert->form) : 0;
    return end ? end : at;
}

static bool expand(struct text *out, const char *format, const uintptr_t *arguments, DWORD flags, bool wide)
{
    bool ignore = flags & FORMAT_MESSAGE_IGNORE_INSERTS;
    bool unbroken = (flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) != 0;
    for (const char *at = format; *at && !out->failed; at++) {
        struct insert insert;
        if (*at == '\r' || *at == '\n') {
            at = put_break(out, at, unbroken);
        } else if (*at != '%') {
            put(out, at, 1);
        } else if (at[1] >= '1' && at[1] <= '9') {
            const char *start = at;
            at = parse_insert(at + 1, &insert);
            if (ignore)
                put(out, start, (size_t)(at - start) + 1);
            else if (!arguments)
                return false;
            else
                put_insert(out, arguments + insert.number - 1, insert.form, insert.length, wide);
        } else if (!put_escape(out, *++at)) {
            break;
        }
    }
    return !out->failed;
}

static size_t characters_in(const char *bytes, size_t count)
{
    size_t characters = 0;
    for (size_t i = 0; i < count; i++)
        characters += (bytes[i] & 0xC0) != 0x80;
    return characters;
}

/* Lines of at most `width` characters, broken at blanks only; a longer word has a line of its own. */
static void wrap(struct text *text, size_t width)
{
    struct text lines = {0};
    size_t column = 0;
    for (const char *at = text->bytes; at && *at;) {
        size_t blanks = strspn(at, " \t"), word = strcspn(at + blanks, " \t\r\n");
        size_t wide = characters_in(at + blanks, word);
        if (blanks + word == 0) { /* a break that the text asked for */
            put(&lines, at++, 1);
            column = 0;
            continue;
        }
        bool breaks = column && word && column + blanks + wide > width;
        put(&lines, breaks ? "\r\n" : at, breaks ? 2 : blanks);
        put(&lines, at + blanks, word);
        column = wide + (breaks ? 0 : column + blanks);
        at += blanks + word;
    }
    put(&lines, "", 0);
    lines.failed |= text->failed;
    host_own_give(text->bytes);
    *text = lines;
}

/* How many arguments the inserts of a text ask for. */
static unsigned arguments_of(const char *text)
{
    unsigned highest = 0;
    for (const char *at = text ? text : ""; *at; at++) {
        struct insert insert;
        if (*at != '%')
            continue;
        if (*++at == 0)
            break;
        if (*at < '1' || *at > '9')
            continue;
        at = parse_insert(at, &insert);
        unsigned last = insert.number + stars_in(insert.form, insert.length);
        highest = last > highest ? last : highest;
    }
    return highest;
}

/* The text that is meant: the program's own, a module's (the system's modules know errors and statuses), the system's.
 * NULL with the last error set. */
static const char *find_text(DWORD flags, const void *source, DWORD code)
{
    const char *text = NULL;
    if (flags & FORMAT_MESSAGE_FROM_STRING) {
        if (!source)
            SetLastError(ERROR_INVALID_PARAMETER);
        return source;
    }
    if (!(flags & (FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_FROM_HMODULE))) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (flags & FORMAT_MESSAGE_FROM_SYSTEM || source)
        text = system_text(code);
    if (!text && flags & FORMAT_MESSAGE_FROM_HMODULE && source && code & 0x80000000)
        text = system_text(RtlNtStatusToDosError((NTSTATUS)code));
    if (!text)
        SetLastError(source || flags & FORMAT_MESSAGE_FROM_SYSTEM ? ERROR_MR_MID_NOT_FOUND
                                                                  : ERROR_RESOURCE_TYPE_NOT_FOUND);
    return text;
}

/* The message as UTF-8, or NULL with the last error set. The arguments come from a list or an array; a list is gathered
 * first, since inserts may come in any order. */
static char *build(DWORD flags, const void *source, DWORD code, va_list *list, bool wide)
{
    struct text out = {0};
    uintptr_t gathered[128] = {0};
    const uintptr_t *arguments = NULL;
    const char *text = find_text(flags, source, code);
    if (!text)
        return NULL;
    if (list && (flags & FORMAT_MESSAGE_ARGUMENT_ARRAY))
        arguments = (const uintptr_t *)list;
    else if (list && !(flags & FORMAT_MESSAGE_IGNORE_INSERTS)) {
        for (unsigned i = 0, count = arguments_of(text); i < count && i < 128; i++)
            gathered[i] = va_arg(*list, uintptr_t);
        arguments = gathered;
    }
    DWORD width = flags & FORMAT_MESSAGE_MAX_WIDTH_MASK;
    bool good = expand(&out, text, arguments, flags, wide);
    if (good && !(flags & FORMAT_MESSAGE_FROM_STRING))
        put(&out, width ? " " : "\r\n", width ? 1 : 2);
    if (good && !out.bytes)
        put(&out, "", 0);
    if (good && width && width != FORMAT_MESSAGE_MAX_WIDTH_MASK)
        wrap(&out, width);
    if (!good || out.failed) {
        host_own_give(out.bytes);
        SetLastError(out.failed ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return out.bytes;
}

/* Where the message goes must be said. */
static bool has_place(DWORD flags, const void *buffer)
{
    if (buffer)
        return true;
    return win32_error(flags & FORMAT_MESSAGE_ALLOCATE_BUFFER ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER);
}

/* The messages are English; the defaults of user and system are too. */
static bool has_language(DWORD flags, DWORD language)
{
    const DWORD english = MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US);
    if (flags & FORMAT_MESSAGE_FROM_STRING || !language || language == english || language == LANG_USER_DEFAULT ||
        language == LANG_SYSTEM_DEFAULT)
        return true;
    return win32_error(ERROR_RESOURCE_LANG_NOT_FOUND);
}

/* Hands `units` units of `width` bytes over: into the caller's buffer, or a LocalAlloc block that it frees. */
static DWORD deliver(DWORD flags, void *buffer, DWORD size, const void *text, size_t units, size_t width)
{
    void *to = buffer;
    if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
        size_t room = units + 1 > size ? units + 1 : size;
        to = LocalAlloc(LMEM_FIXED, room * width);
        if (!to)
            return 0;
        *(void **)buffer = to;
    } else if (units + 1 > size) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    memcpy(to, text, (units + 1) * width);
    return (DWORD)units;
}

DWORD FormatMessageA(DWORD flags, LPCVOID source, DWORD code, DWORD language, LPSTR buffer, DWORD size,
                     va_list *arguments)
{
    char *text =
        has_language(flags, language) && has_place(flags, buffer) ? build(flags, source, code, arguments, false) : NULL;
    DWORD length = text ? deliver(flags, buffer, size, text, strlen(text), 1) : 0;
    host_own_give(text);
    return length;
}

DWORD FormatMessageW(DWORD flags, LPCVOID source, DWORD code, DWORD language, LPWSTR buffer, DWORD size,
                     va_list *arguments)
{
    char *narrow = NULL;
    if (!has_language(flags, language) || !has_place(flags, buffer))
        return 0;
    if (source && (flags & FORMAT_MESSAGE_FROM_STRING)) {
        size_t bytes = host_utf16_to_utf8(source, SIZE_MAX, NULL, 0, 0);
        narrow = host_own_take(bytes);
        if (narrow)
            host_utf16_to_utf8(source, SIZE_MAX, narrow, bytes, 0);
    }
    char *text = build(flags, flags & FORMAT_MESSAGE_FROM_STRING ? narrow : source, code, arguments, true);
    host_own_give(narrow);
    if (!text)
        return 0;
    size_t units = host_utf8_to_utf16(text, SIZE_MAX, NULL, 0, 0);
    uint16_t *wide = host_own_take(units * sizeof *wide);
    DWORD length = 0;
    if (wide) {
        host_utf8_to_utf16(text, SIZE_MAX, wide, units, 0);
        length = deliver(flags, buffer, size, wide, units - 1, sizeof *wide);
    } else
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    host_own_give(wide);
    host_own_give(text);
    return length;
}

int MulDiv(int number, int numerator, int denominator)
{
    if (denominator == 0)
        return -1;
    long long product = (long long)number * numerator;
    long long half = llabs((long long)denominator) / 2;
    long long result = (llabs(product) + half) / llabs((long long)denominator);
    if ((product < 0) != (denominator < 0))
        result = -result;
    return result > INT32_MAX || result < INT32_MIN ? -1 : (int)result;
}
