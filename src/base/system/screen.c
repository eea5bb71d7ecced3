/* screen.c: a terminal as a console screen: its size from the kernel, colours by the terminal's own codes. Calls libc
 * and the console's mode; sets the last error. */
#include <consoleapi.h>
#include <fileapi.h>
#include <pthread.h>
#include <processenv.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "base/forklock.h"
#include "host/fork.h"
#include "host/own.h"
#include "host/utf.h"
#include "win32/win32.h"

#define PLAIN (FOREGROUND_RED | FOREGROUND_GREEN | FOREGROUND_BLUE)

/* As last set: a terminal does not tell. */
static struct {
    _Atomic unsigned short attributes;
    _Atomic bool cursor_hidden;
    _Atomic unsigned cursor; /* row and column */
    pthread_mutex_t lock;
    char title[1024]; /* under the lock; empty: the program's name */
} screen_state = {.attributes = PLAIN, .lock = PTHREAD_MUTEX_INITIALIZER};

BASE_FREE_FORKED(screen_state.lock)

/* The size does not depend on which of the standard streams is asked, so the first that is a terminal answers. */
static BOOL window_size(struct winsize *size)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (ioctl(fd, TIOCGWINSZ, size) == 0 && size->ws_col)
            return TRUE;
    *size = (struct winsize){.ws_col = 80, .ws_row = 25}; /* a terminal that does not know: a serial line */
    return TRUE;
}

BOOL GetConsoleScreenBufferInfo(HANDLE console, PCONSOLE_SCREEN_BUFFER_INFO information)
{
    DWORD mode;
    struct winsize size;
    if (!GetConsoleMode(console, &mode) || !window_size(&size))
        return FALSE;
    const COORD whole = {(SHORT)size.ws_col, (SHORT)size.ws_row};
    *information = (CONSOLE_SCREEN_BUFFER_INFO){
        .dwSize = whole,
        .dwCursorPosition = {(SHORT)(atomic_load(&screen_state.cursor) & 0xffff),
                             (SHORT)(atomic_load(&screen_state.cursor) >> 16)},
        .wAttributes = atomic_load(&screen_state.attributes),
        .srWindow = {0, 0, (SHORT)(whole.X - 1), (SHORT)(whole.Y - 1)},
        .dwMaximumWindowSize = whole,
    };
    return TRUE;
}

static BOOL send(HANDLE console, const char *code, int length)
{
    DWORD mode, written;
    return GetConsoleMode(console, &mode) && WriteFile(console, code, (DWORD)length, &written, NULL);
}

/* Windows counts blue, green, red from the low bit on; terminals red, green, blue. */
static int colour(WORD bits)
{
    return (bits & 4) >> 2 | (bits & 2) | (bits & 1) << 2;
}

BOOL SetConsoleTextAttribute(HANDLE console, WORD attributes)
{
    char code[32];
    int length = attributes == PLAIN
                     ? snprintf(code, sizeof code, "\033[0m")
                     : snprintf(code, sizeof code, "\033[0;%d;%dm",
                                (attributes & FOREGROUND_INTENSITY ? 90 : 30) + colour(attributes & 7),
                                (attributes & BACKGROUND_INTENSITY ? 100 : 40) + colour((WORD)(attributes >> 4) & 7));
    if (!send(console, code, length))
        return FALSE;
    atomic_store(&screen_state.attributes, attributes);
    return TRUE;
}

BOOL SetConsoleCursorPosition(HANDLE console, COORD place)
{
    char code[32];
    if (place.X < 0 || place.Y < 0)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!send(console, code, snprintf(code, sizeof code, "\033[%d;%dH", place.Y + 1, place.X + 1)))
        return FALSE;
    atomic_store(&screen_state.cursor, (unsigned)place.Y << 16 | (unsigned)place.X);
    return TRUE;
}

BOOL GetConsoleCursorInfo(HANDLE console, PCONSOLE_CURSOR_INFO information)
{
    DWORD mode;
    if (!GetConsoleMode(console, &mode))
        return FALSE;
    *information = (CONSOLE_CURSOR_INFO){.dwSize = 25, .bVisible = !atomic_load(&screen_state.cursor_hidden)};
    return TRUE;
}

BOOL SetConsoleCursorInfo(HANDLE console, const CONSOLE_CURSOR_INFO *information)
{
    if (information->dwSize < 1 || information->dwSize > 100)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!send(console, information->bVisible ? "\033[?25h" : "\033[?25l", 6))
        return FALSE;
    atomic_store(&screen_state.cursor_hidden, !information->bVisible);
    return TRUE;
}

/* The cells from `place` on, line after line; the cursor stays where it is. */
BOOL FillConsoleOutputCharacterW(HANDLE console, WCHAR character, DWORD count, COORD place, LPDWORD written)
{
    CONSOLE_SCREEN_BUFFER_INFO screen;
    const uint16_t unit = (uint16_t)character;
    char bytes[4];
    if (!GetConsoleScreenBufferInfo(console, &screen))
        return FALSE;
    size_t each = host_utf16_to_utf8(&unit, 1, bytes, sizeof bytes, 0);
    if (place.X < 0 || place.Y < 0)
        return win32_error(ERROR_INVALID_PARAMETER);
    int room = screen.dwSize.X * (screen.dwSize.Y - place.Y) - place.X;
    DWORD cells = room < 0 ? 0 : count < (DWORD)room ? count : (DWORD)room;
    char *text = host_own_take(64 + cells * each);
    if (!text)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    int length = snprintf(text, 32, "\0337\033[%d;%dH", place.Y + 1, place.X + 1);
    for (DWORD i = 0; i < cells; i++, length += (int)each)
        memcpy(text + length, bytes, each);
    memcpy(text + length, "\0338", 2);
    BOOL good = send(console, text, length + 2);
    host_own_give(text);
    if (good)
        *written = cells;
    return good;
}

BOOL FillConsoleOutputCharacterA(HANDLE console, CHAR character, DWORD count, COORD place, LPDWORD written)
{
    return FillConsoleOutputCharacterW(console, (WCHAR)(unsigned char)character, count, place, written);
}

BOOL FillConsoleOutputAttribute(HANDLE console, WORD attributes, DWORD count, COORD place, LPDWORD written)
{
    DWORD mode;
    (void)attributes, (void)place;
    if (!GetConsoleMode(console, &mode))
        return FALSE;
    *written = count;
    return TRUE;
}

/* Kept; a terminal among the standard streams shows it. */
BOOL SetConsoleTitleA(LPCSTR title)
{
    if (strlen(title) >= sizeof screen_state.title)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    pthread_mutex_lock(&screen_state.lock);
    strcpy(screen_state.title, title);
    pthread_mutex_unlock(&screen_state.lock);
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
        if (isatty(fd)) {
            dprintf(fd, "\033]0;%s\a", title);
            break;
        }
    return TRUE;
}

BOOL SetConsoleTitleW(LPCWSTR title)
{
    char text[sizeof screen_state.title];
    size_t size = host_utf16_to_utf8((const uint16_t *)title, SIZE_MAX, text, sizeof text - 1, 0);
    if (size >= sizeof text)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    text[size] = 0;
    return SetConsoleTitleA(text);
}

/* The whole title and its length, or as much as fits, ended, and its whole length. */
DWORD GetConsoleTitleA(LPSTR title, DWORD size)
{
    pthread_mutex_lock(&screen_state.lock);
    if (!screen_state.title[0])
        GetModuleFileNameA(NULL, screen_state.title, sizeof screen_state.title);
    size_t length = strlen(screen_state.title);
    snprintf(title, size, "%s", screen_state.title);
    pthread_mutex_unlock(&screen_state.lock);
    return (DWORD)length;
}

DWORD GetConsoleTitleW(LPWSTR title, DWORD size)
{
    char text[sizeof screen_state.title];
    GetConsoleTitleA(text, sizeof text);
    size_t length = host_utf8_to_utf16(text, strlen(text), (uint16_t *)title, size ? size - 1 : 0, 0);
    if (size)
        title[length < size ? length : size - 1] = 0;
    return (DWORD)length;
}

HWND GetConsoleWindow(void)
{
    return NULL;
}

BOOL AllocConsole(void)
{
    return win32_error(ERROR_ACCESS_DENIED); /* there is one */
}

BOOL AttachConsole(DWORD process)
{
    (void)process;
    return win32_error(ERROR_ACCESS_DENIED);
}

BOOL FreeConsole(void)
{
    return win32_error(ERROR_NOT_SUPPORTED);
}
