/* keyboard.c: keys of a terminal: lines as the console gives them, and single keys, read while the terminal passes on
 * each at once. What is not a terminal is read byte by byte. Sets the last error. */
#include <conio.h>
#include <consoleapi.h>
#include <fileapi.h>
#include <poll.h>
#include <processenv.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>
#include <winuser.h>

#include "base/forklock.h"
#include "host/fork.h"
#include "host/own.h"
#include "host/utf.h"
#include "win32/win32.h"

#define RECORDS 64

static struct {
    pthread_mutex_t lock;
    INPUT_RECORD record[RECORDS]; /* under the lock */
    DWORD count;                  /* under the lock */
    int pushed;                   /* _ungetch; EOF: none */
} keyboard_state = {.lock = PTHREAD_MUTEX_INITIALIZER, .pushed = EOF};

BASE_FREE_FORKED(keyboard_state.lock)

static bool terminal_raw(struct termios *before)
{
    if (tcgetattr(STDIN_FILENO, before) != 0)
        return false;
    struct termios raw = *before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    return tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static bool waits(int milliseconds)
{
    struct pollfd stream = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&stream, 1, milliseconds) > 0 && stream.revents & POLLIN;
}

int winmem_getch(void)
{
    int key = keyboard_state.pushed;
    struct termios before;
    unsigned char byte;
    keyboard_state.pushed = EOF;
    if (key != EOF)
        return key;
    if (!isatty(STDIN_FILENO))
        return getchar();
    fflush(stdout);
    if (!terminal_raw(&before))
        return EOF;
    ssize_t got = read(STDIN_FILENO, &byte, 1);
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    return got == 1 ? (byte == '\n' ? '\r' : byte) : EOF;
}

int winmem_ungetch(int key)
{
    if (keyboard_state.pushed != EOF)
        return EOF;
    return keyboard_state.pushed = key;
}

/* Whether a key was pressed: of a terminal only. */
int winmem_kbhit(void)
{
    struct termios before;
    if (keyboard_state.pushed != EOF)
        return 1;
    if (!isatty(STDIN_FILENO) || !terminal_raw(&before))
        return 0;
    bool pressed = waits(0);
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    return pressed;
}

static bool is_console(HANDLE console)
{
    DWORD mode;
    return GetConsoleMode(console, &mode);
}

/* A line's end is two characters, as the console's. */
BOOL ReadConsoleA(HANDLE console, LPVOID buffer, DWORD wanted, LPDWORD read_in, PCONSOLE_READCONSOLE_CONTROL control)
{
    char *text = buffer;
    DWORD got = 0;
    (void)control;
    if (!is_console(console))
        return FALSE;
    if (!ReadFile(console, text, wanted ? wanted - 1 : 0, &got, NULL))
        return FALSE;
    if (got && text[got - 1] == '\n') {
        text[got - 1] = '\r';
        text[got++] = '\n';
    }
    *read_in = got;
    return TRUE;
}

BOOL ReadConsoleW(HANDLE console, LPVOID buffer, DWORD wanted, LPDWORD read_in, PCONSOLE_READCONSOLE_CONTROL control)
{
    char *text = host_own_take((size_t)wanted + 1);
    DWORD got;
    if (!text)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    BOOL good = ReadConsoleA(console, text, wanted, &got, control);
    if (good) /* never more units than bytes */
        *read_in = (DWORD)host_utf8_to_utf16(text, got, buffer, wanted, 0);
    host_own_give(text);
    return good;
}

static WORD virtual_key(unsigned char byte)
{
    if (byte >= 'a' && byte <= 'z')
        return (WORD)(byte - 'a' + 'A');
    if ((byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9'))
        return byte;
    switch (byte) {
    case '\n':
    case '\r':
        return VK_RETURN;
    case '\t':
        return VK_TAB;
    case ' ':
        return VK_SPACE;
    case 8:
    case 127:
        return VK_BACK;
    case 27:
        return VK_ESCAPE;
    default:
        return 0;
    }
}

static void put_locked(WORD key, unsigned char character)
{
    for (BOOL down = TRUE; down >= FALSE && keyboard_state.count < RECORDS; down--) {
        INPUT_RECORD *record = &keyboard_state.record[keyboard_state.count++];
        *record = (INPUT_RECORD){.EventType = KEY_EVENT};
        record->Event.KeyEvent.bKeyDown = down;
        record->Event.KeyEvent.wRepeatCount = 1;
        record->Event.KeyEvent.wVirtualKeyCode = key;
        record->Event.KeyEvent.uChar.UnicodeChar = character;
        if (character >= 'A' && character <= 'Z')
            record->Event.KeyEvent.dwControlKeyState = SHIFT_PRESSED;
    }
}

/* The sequences that terminals send for keys without a character: ESC [ and a letter. */
static void put_bytes_locked(const unsigned char *bytes, size_t count)
{
    static const WORD cursor[] = {
        ['A'] = VK_UP, ['B'] = VK_DOWN, ['C'] = VK_RIGHT, ['D'] = VK_LEFT, ['F'] = VK_END, ['H'] = VK_HOME};
    for (size_t i = 0; i < count; i++) {
        unsigned char letter = i + 2 < count && bytes[i] == 27 && bytes[i + 1] == '[' ? bytes[i + 2] : 0;
        if (letter && letter < sizeof cursor / sizeof *cursor && cursor[letter]) {
            put_locked(cursor[letter], 0);
            i += 2;
        } else {
            put_locked(virtual_key(bytes[i]), bytes[i] == '\n' ? '\r' : bytes[i] == 127 ? 8 : bytes[i]);
        }
    }
}

/* Fills the list from the terminal; waits for the first record if asked to. */
static void gather_locked(bool wait)
{
    struct termios before;
    unsigned char bytes[16];
    if (keyboard_state.count > RECORDS / 2 || !terminal_raw(&before))
        return;
    if ((wait && keyboard_state.count == 0) || waits(0)) {
        ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
        if (got > 0)
            put_bytes_locked(bytes, (size_t)got);
    }
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

static BOOL take(HANDLE console, PINPUT_RECORD records, DWORD length, LPDWORD count, bool remove)
{
    if (!is_console(console))
        return FALSE;
    pthread_mutex_lock(&keyboard_state.lock);
    gather_locked(remove);
    DWORD taken = length < keyboard_state.count ? length : keyboard_state.count;
    memcpy(records, keyboard_state.record, taken * sizeof *records);
    if (remove) {
        keyboard_state.count -= taken;
        memmove(keyboard_state.record, keyboard_state.record + taken, keyboard_state.count * sizeof *records);
    }
    pthread_mutex_unlock(&keyboard_state.lock);
    *count = taken;
    return TRUE;
}

BOOL ReadConsoleInputA(HANDLE console, PINPUT_RECORD records, DWORD length, LPDWORD count)
{
    return take(console, records, length, count, true);
}

BOOL ReadConsoleInputW(HANDLE console, PINPUT_RECORD records, DWORD length, LPDWORD count)
{
    return take(console, records, length, count, true);
}

BOOL PeekConsoleInputA(HANDLE console, PINPUT_RECORD records, DWORD length, LPDWORD count)
{
    return take(console, records, length, count, false);
}

BOOL PeekConsoleInputW(HANDLE console, PINPUT_RECORD records, DWORD length, LPDWORD count)
{
    return take(console, records, length, count, false);
}

BOOL GetNumberOfConsoleInputEvents(HANDLE console, LPDWORD count)
{
    INPUT_RECORD records[RECORDS];
    return take(console, records, RECORDS, count, false);
}

BOOL FlushConsoleInputBuffer(HANDLE console)
{
    if (!is_console(console))
        return FALSE;
    pthread_mutex_lock(&keyboard_state.lock);
    keyboard_state.count = 0;
    pthread_mutex_unlock(&keyboard_state.lock);
    tcflush(STDIN_FILENO, TCIFLUSH);
    return TRUE;
}
