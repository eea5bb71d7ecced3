/* screen.c: a terminal as a console screen: its size from the kernel, colours by the terminal's own codes. Calls libc
 * and the console's mode; sets the last error. */
#include <consoleapi.h>
#include <fileapi.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <winerror.h>

#include "win32/win32.h"

#define PLAIN (FOREGROUND_RED | FOREGROUND_GREEN | FOREGROUND_BLUE)

static _Atomic unsigned short screen_attributes = PLAIN; /* as last set: a terminal does not tell */

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
        .wAttributes = atomic_load(&screen_attributes),
        .srWindow = {0, 0, (SHORT)(whole.X - 1), (SHORT)(whole.Y - 1)},
        .dwMaximumWindowSize = whole,
    };
    return TRUE;
}

/* Windows counts blue, green, red from the low bit on; terminals red, green, blue. */
static int colour(WORD bits)
{
    return (bits & 4) >> 2 | (bits & 2) | (bits & 1) << 2;
}

BOOL SetConsoleTextAttribute(HANDLE console, WORD attributes)
{
    DWORD mode, written;
    char code[32];
    if (!GetConsoleMode(console, &mode))
        return FALSE;
    int length = attributes == PLAIN
                     ? snprintf(code, sizeof code, "\033[0m")
                     : snprintf(code, sizeof code, "\033[0;%d;%dm",
                                (attributes & FOREGROUND_INTENSITY ? 90 : 30) + colour(attributes & 7),
                                (attributes & BACKGROUND_INTENSITY ? 100 : 40) + colour((WORD)(attributes >> 4) & 7));
    atomic_store(&screen_attributes, attributes);
    return WriteFile(console, code, (DWORD)length, &written, NULL);
}
