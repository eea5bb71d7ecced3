/* message.c: FormatMessage: texts of the error codes in use, and formats with inserts %1 to %99 (with !printf! forms of
 * strings and integers). Everything is UTF-8 inside; the wide call converts. May allocate. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winbase.h>
#include <winerror.h>

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
    {ERROR_HANDLE_EOF, "The end of the file was reached."},
    {ERROR_NOT_SUPPORTED, "The request is not supported."},
    {ERROR_FILE_EXISTS, "The file exists."},
    {ERROR_INVALID_PARAMETER, "A parameter is incorrect."},
    {ERROR_BROKEN_PIPE, "The other end of the pipe is closed."},
    {ERROR_DISK_FULL, "The disk is full."},
    {ERROR_CALL_NOT_IMPLEMENTED, "This function is not implemented here."},
    {ERROR_SEM_TIMEOUT, "The wait timed out."},
    {ERROR_INSUFFICIENT_BUFFER, "The buffer is too small."},
    {ERROR_INVALID_NAME, "The name is malformed."},
    {ERROR_MOD_NOT_FOUND, "There is no such module."},
    {ERROR_PROC_NOT_FOUND, "The module has no such procedure."},
    {ERROR_DIR_NOT_EMPTY, "The directory is not empty."},
    {ERROR_NOT_LOCKED, "The segment is already unlocked."},
    {ERROR_BAD_PATHNAME, "The path is malformed."},
    {ERROR_BUSY, "The resource is in use."},
    {ERROR_ALREADY_EXISTS, "It exists already."},
    {ERROR_BAD_EXE_FORMAT, "This is no valid image."},
    {ERROR_ENVVAR_NOT_FOUND, "There is no such environment variable."},
    {ERROR_FILENAME_EXCED_RANGE, "The name is too long."},
    {ERROR_MORE_DATA, "There is more data."},
    {ERROR_NO_MORE_ITEMS, "There are no more items."},
    {ERROR_DIRECTORY, "The name of a directory is invalid."},
    {ERROR_NOT_OWNER, "The caller does not own the mutex."},
    {ERROR_TOO_MANY_POSTS, "The semaphore would exceed its limit."},
    {ERROR_PARTIAL_COPY, "Only a part of the request could be copied."},
    {ERROR_MR_MID_NOT_FOUND, "No message is known for this code."},
    {ERROR_INVALID_ADDRESS, "The address is invalid for this call."},
    {ERROR_ARITHMETIC_OVERFLOW, "The result does not fit into 32 bits."},
    {ERROR_OPERATION_ABORTED, "The operation was cancelled."},
    {ERROR_IO_PENDING, "The operation goes on in the background."},
    {ERROR_NOACCESS, "An address is not accessible."},
    {ERROR_SWAPERROR, "A page could not be brought in."},
    {ERROR_STACK_OVERFLOW, "The stack is exhausted."},
    {ERROR_FILE_INVALID, "The file is empty or changed, so that it cannot be mapped."},
    {ERROR_MAPPED_ALIGNMENT, "The base address or the offset is not aligned to the allocation granularity."},
    {ERROR_USER_MAPPED_FILE, "The file has a mapped section."},
    {ERROR_NOT_ALL_ASSIGNED, "Not all of the privileges were assigned."},
    {ERROR_NO_SUCH_PRIVILEGE, "There is no such privilege."},
    {ERROR_PRIVILEGE_NOT_HELD, "The caller does not hold a privilege that this needs."},
    {ERROR_NO_SYSTEM_RESOURCES, "System resources do not suffice."},
    {ERROR_WORKING_SET_QUOTA, "The working set is too small for that."},
    {ERROR_COMMITMENT_LIMIT, "The commit limit is reached: there is not enough memory and paging file."},
    {ERROR_TIMEOUT, "The time ran out."},
};

static const char *system_text(DWORD code)
{
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
        char *more = realloc(out->bytes, room);
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

/* The arguments come from a va_list or an array: both are gathered once, since inserts may come in any order. */
static void put_insert(struct text *out, uintptr_t value, const char *form, size_t length, bool wide)
{
    char piece[512], printf_form[32] = "%";
    bool text = length == 0 || strchr("sS", form[length - 1]);
    if (text && (wide ^ (length && form[length - 1] == 'S'))) {
        const uint16_t *units = value ? (const uint16_t *)value : u"(null)";
        size_t size = host_utf16_to_utf8(units, SIZE_MAX, NULL, 0, 0);
        char *narrow = malloc(size);
        if (!narrow) {
            out->failed = true;
            return;
        }
        host_utf16_to_utf8(units, SIZE_MAX, narrow, size, 0);
        put(out, narrow, size - 1);
        free(narrow);
        return;
    }
    if (text) {
        const char *string = value ? (const char *)value : "(null)";
        put(out, string, strlen(string));
        return;
    }
    bool quad = strstr(form, "I64") || strstr(form, "ll");
    size_t at = 1;
    for (size_t i = 0; i + 1 < length && at < sizeof printf_form - 4; i++)
        if (strchr("-+ #0123456789.", form[i]) && !(i > 0 && form[i - 1] == 'I') && !(i > 1 && form[i - 2] == 'I'))
            printf_form[at++] = form[i];
    char kind = strchr("duxXoic", form[length - 1]) ? form[length - 1] : 'u';
    snprintf(printf_form + at, sizeof printf_form - at, "%s%c", quad ? "ll" : "", kind);
    int count = quad ? snprintf(piece, sizeof piece, printf_form, (long long)value)
                     : snprintf(piece, sizeof piece, printf_form, (int)value);
    put(out, piece, count > 0 ? (size_t)count : 0);
}

#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static bool expand(struct text *out, const char *format, const uintptr_t *arguments, bool ignore, bool wide)
{
    for (const char *at = format; *at && !out->failed; at++) {
        if (*at != '%' || ignore) {
            put(out, at, 1);
            continue;
        }
        at++;
        if (*at >= '1' && *at <= '9') {
            unsigned number = (unsigned)(*at - '0');
            if (at[1] >= '0' && at[1] <= '9')
                number = number * 10 + (unsigned)(*++at - '0');
            const char *form = at + 2, *end = at[1] == '!' ? strchr(form, '!') : NULL;
            if (!arguments)
                return false;
            put_insert(out, arguments[number - 1], form, end ? (size_t)(end - form) : 0, wide);
            at = end ? end : at;
        } else if (*at == '0') {
            break;
        } else if (*at == 'n' || *at == 'r' || *at == 't' || *at == 'b') {
            put(out, *at == 'n' ? "\r\n" : *at == 'r' ? "\r" : *at == 't' ? "\t" : " ", *at == 'n' ? 2 : 1);
        } else if (*at) {
            put(out, at, 1);
        } else
            break;
    }
    return !out->failed;
}

/* The message as UTF-8, or NULL with the last error set. */
static char *build(DWORD flags, const char *source, DWORD code, va_list *list, bool wide)
{
    struct text out = {0};
    uintptr_t gathered[99];
    const uintptr_t *arguments = NULL;
    if (list && (flags & FORMAT_MESSAGE_ARGUMENT_ARRAY))
        arguments = (const uintptr_t *)list;
    else if (list && !(flags & FORMAT_MESSAGE_IGNORE_INSERTS)) {
        unsigned highest = 0;
        for (const char *at = source ? source : ""; (at = strchr(at, '%')); at++)
            if (at[1] >= '1' && at[1] <= '9' && strtoul(at + 1, NULL, 10) > highest && strtoul(at + 1, NULL, 10) < 100)
                highest = (unsigned)strtoul(at + 1, NULL, 10);
        for (unsigned i = 0; i < highest; i++)
            gathered[i] = va_arg(*list, uintptr_t);
        arguments = gathered;
    }
    if (!(flags & (FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_FROM_SYSTEM))) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    const char *text = flags & FORMAT_MESSAGE_FROM_STRING ? source : system_text(code);
    if (!text) {
        SetLastError(flags & FORMAT_MESSAGE_FROM_STRING ? ERROR_INVALID_PARAMETER : ERROR_MR_MID_NOT_FOUND);
        return NULL;
    }
    bool good = expand(&out, text, arguments, flags & FORMAT_MESSAGE_IGNORE_INSERTS, wide);
    if (good && !(flags & FORMAT_MESSAGE_FROM_STRING))
        put(&out, (flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) ? " " : "\r\n",
            (flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) ? 1 : 2);
    if (good && !out.bytes)
        put(&out, "", 0);
    if (!good || out.failed) {
        free(out.bytes);
        SetLastError(out.failed ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return out.bytes;
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
    (void)language;
    char *text = build(flags, source, code, arguments, false);
    DWORD length = text ? deliver(flags, buffer, size, text, strlen(text), 1) : 0;
    free(text);
    return length;
}

DWORD FormatMessageW(DWORD flags, LPCVOID source, DWORD code, DWORD language, LPWSTR buffer, DWORD size,
                     va_list *arguments)
{
    (void)language;
    char *narrow = NULL;
    if (source && (flags & FORMAT_MESSAGE_FROM_STRING)) {
        size_t bytes = host_utf16_to_utf8(source, SIZE_MAX, NULL, 0, 0);
        narrow = malloc(bytes);
        if (narrow)
            host_utf16_to_utf8(source, SIZE_MAX, narrow, bytes, 0);
    }
    char *text = build(flags, narrow, code, arguments, true);
    free(narrow);
    if (!text)
        return 0;
    size_t units = host_utf8_to_utf16(text, SIZE_MAX, NULL, 0, 0);
    uint16_t *wide = malloc(units * sizeof *wide);
    DWORD length = 0;
    if (wide) {
        host_utf8_to_utf16(text, SIZE_MAX, wide, units, 0);
        length = deliver(flags, buffer, size, wide, units - 1, sizeof *wide);
    } else
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    free(wide);
    free(text);
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
