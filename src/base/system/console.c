/* console.c: debug output and what console programs ask first. A console is a terminal; its code page is UTF-8. */
#include <consoleapi.h>
#include <debugapi.h>
#include <fileapi.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "host/features.h"
#include "host/own.h"
#include "host/utf.h"
#include "ob/file.h"
#include "ob/ob.h"
#include "win32/win32.h"

/* To the debugger, as on Windows: without one, nowhere. Under a debugger the terminal shows it. */
void OutputDebugStringA(LPCSTR text)
{
    if (text && IsDebuggerPresent() && write(STDERR_FILENO, text, strlen(text)) < 0)
        return;
}

static char *narrow(const uint16_t *wide, size_t length, size_t *size)
{
    *size = host_utf16_to_utf8(wide, length, NULL, 0, 0);
    char *text = host_own_take(*size + 1);
    if (text) {
        host_utf16_to_utf8(wide, length, text, *size, 0);
        text[*size] = 0;
    }
    return text;
}

void OutputDebugStringW(LPCWSTR text)
{
    size_t size;
    char *bytes = text ? narrow((const uint16_t *)text, SIZE_MAX, &size) : NULL;
    OutputDebugStringA(bytes);
    host_own_give(bytes);
}

/* A character device that is none, as the null device, is no console. */
static bool is_console(HANDLE console)
{
    struct ob_object *object;
    if (GetFileType(console) != FILE_TYPE_CHAR || ob_lookup(console, &ob_file_type, 0, &object, NULL) < 0)
        return false;
    bool terminal = isatty(((struct ob_file *)object)->fd);
    ob_dereference(object);
    return terminal;
}

BOOL GetConsoleMode(HANDLE console, LPDWORD mode)
{
    if (!is_console(console))
        return win32_error(ERROR_INVALID_HANDLE);
    *mode = 0x0007; /* lines, echo and processing: a terminal's cooked mode */
    return TRUE;
}

/* The terminal's own settings serve; what a program asks for is accepted: virtual terminal sequences work always. */
BOOL SetConsoleMode(HANDLE console, DWORD mode)
{
    const DWORD known = 0x03FF;
    if (!is_console(console))
        return win32_error(ERROR_INVALID_HANDLE);
    return mode & ~known ? win32_error(ERROR_INVALID_PARAMETER) : TRUE;
}

UINT GetConsoleOutputCP(void)
{
    return 65001;
}

UINT GetConsoleCP(void)
{
    return 65001;
}

BOOL SetConsoleOutputCP(UINT page)
{
    return page == 65001 ? TRUE : win32_error(ERROR_INVALID_PARAMETER);
}

BOOL SetConsoleCP(UINT page)
{
    return SetConsoleOutputCP(page);
}

BOOL WriteConsoleA(HANDLE console, const VOID *text, DWORD count, LPDWORD written, LPVOID reserved)
{
    DWORD mode, done = 0;
    (void)reserved;
    if (!GetConsoleMode(console, &mode))
        return FALSE;
    BOOL good = WriteFile(console, text, count, &done, NULL);
    if (good && written)
        *written = done;
    return good;
}

BOOL WriteConsoleW(HANDLE console, const VOID *text, DWORD count, LPDWORD written, LPVOID reserved)
{
    size_t size;
    char *bytes = narrow(text, count, &size);
    BOOL good =
        bytes ? WriteConsoleA(console, bytes, (DWORD)size, NULL, reserved) : win32_error(ERROR_NOT_ENOUGH_MEMORY);
    if (good && written)
        *written = count;
    host_own_give(bytes);
    return good;
}

DWORD GetCurrentProcessorNumber(void)
{
    int processor = sched_getcpu();
    return processor < 0 ? 0 : (DWORD)processor;
}

/* The numbers of winnt.h's PF_ constants; what x86-64 has always, and what cpuid says. */
BOOL IsProcessorFeaturePresent(DWORD feature)
{
    switch (feature) {
    case 2:  /* compare-exchange double */
    case 3:  /* MMX */
    case 6:  /* SSE */
    case 8:  /* RDTSC */
    case 9:  /* PAE */
    case 10: /* SSE2 */
    case 12: /* NX */
    case 14: /* compare-exchange 128 */
    case 23: /* fast fail */
        return TRUE;
    case 13:
        return host_has(HOST_SSE3);
    case 36:
        return host_has(HOST_SSSE3);
    case 37:
        return host_has(HOST_SSE41);
    case 38:
        return host_has(HOST_SSE42);
    case 39:
        return host_has(HOST_AVX);
    case 40:
        return host_has(HOST_AVX2);
    case 41:
        return host_has(HOST_AVX512F);
    default:
        return FALSE;
    }
}
