/* console.c: what console programs ask of streams that are no console, and the title. */
#include <windows.h>

#include <conio.h>
#include <string.h>

#include "check.h"

static void not_a_console(void)
{
    HANDLE null = CreateFileA("NUL", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    CONSOLE_CURSOR_INFO cursor = {25, TRUE};
    INPUT_RECORD record;
    const COORD place = {0, 0};
    char text[8];
    DWORD count;
    CHECK_EQ(GetFileType(null), FILE_TYPE_CHAR);
    CHECK(!GetConsoleMode(null, &count) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(!ReadConsoleA(null, text, sizeof text, &count, NULL) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(!SetConsoleCursorPosition(null, place) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(!SetConsoleCursorInfo(null, &cursor) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(!FillConsoleOutputCharacterA(null, ' ', 10, place, &count) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(!PeekConsoleInput(null, &record, 1, &count) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(!FlushConsoleInputBuffer(null) && GetLastError() == ERROR_INVALID_HANDLE);
    CloseHandle(null);
}

int main(void)
{
    char title[64];
    WCHAR wide[64];
    not_a_console();
    CHECK(SetConsoleTitleA("a title"));
    CHECK_EQ(GetConsoleTitleA(title, sizeof title), 7);
    CHECK(strcmp(title, "a title") == 0);
    CHECK(SetConsoleTitleW((const WCHAR[]){'w', 'i', 0}));
    CHECK(GetConsoleTitleW(wide, 64) == 2 && wide[1] == 'i' && !wide[2]);
    return CHECK_DONE();
}
