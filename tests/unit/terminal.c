/* terminal.c: a terminal as the console: what is typed, and what is written for it. */
#include <conio.h>
#include <pty.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <windows.h>

#include "check.h"

static int child(void)
{
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE), out = GetStdHandle(STD_OUTPUT_HANDLE);
    CONSOLE_SCREEN_BUFFER_INFO screen;
    const COORD place = {4, 2};
    INPUT_RECORD record[4];
    WCHAR line[16];
    DWORD mode, count;
    CHECK(GetConsoleMode(in, &mode) && GetConsoleMode(out, &mode));
    CHECK(ReadConsoleW(in, line, 16, &count, NULL));
    CHECK(count == 6 && line[0] == 'l' && line[4] == '\r' && line[5] == '\n');
    CHECK(ReadConsoleInputW(in, record, 2, &count) && count == 2);
    CHECK(record[0].EventType == KEY_EVENT && record[0].Event.KeyEvent.wVirtualKeyCode == VK_UP);
    CHECK(record[0].Event.KeyEvent.bKeyDown && !record[1].Event.KeyEvent.bKeyDown);
    CHECK(ReadConsoleInputW(in, record, 4, &count) && count == 2);
    CHECK(record[0].Event.KeyEvent.wVirtualKeyCode == 'Q' && record[0].Event.KeyEvent.uChar.AsciiChar == 'q');
    CHECK(write(STDOUT_FILENO, "ready", 5) == 5);
    CHECK_EQ(_getch(), 'k');
    CHECK(_ungetch('u') == 'u' && _kbhit() && _getch() == 'u' && !_kbhit());
    CHECK(SetConsoleCursorPosition(out, place) && GetConsoleScreenBufferInfo(out, &screen));
    CHECK(screen.dwCursorPosition.X == 4 && screen.dwCursorPosition.Y == 2);
    CHECK(FillConsoleOutputCharacterA(out, '#', 3, place, &count) && count == 3);
    CHECK(SetConsoleTitleA("named"));
    return CHECK_DONE();
}

static char seen[4096];
static size_t seen_size;

static int wait_for(int terminal, const char *what)
{
    while (!memmem(seen, seen_size, what, strlen(what))) {
        ssize_t got = read(terminal, seen + seen_size, sizeof seen - seen_size);
        if (got <= 0)
            return 0;
        seen_size += (size_t)got;
    }
    return 1;
}

int main(void)
{
    int terminal, status;
    pid_t process = forkpty(&terminal, NULL, NULL, NULL);
    if (process < 0)
        return 77;
    if (process == 0)
        return child();
    CHECK(write(terminal, "line\n\033[Aq", 9) == 9);
    CHECK(wait_for(terminal, "ready"));
    CHECK(write(terminal, "k", 1) == 1);
    CHECK(wait_for(terminal, "\033[3;5H"));
    CHECK(wait_for(terminal, "###\0338"));
    CHECK(wait_for(terminal, "\033]0;named\a"));
    while (read(terminal, seen, sizeof seen) > 0) {}
    CHECK(waitpid(process, &status, 0) == process && status == 0);
    return CHECK_DONE();
}
