/* user.c: message boxes of programs without a window: their text goes to the standard error stream, and the default
 * button is taken. */
#include <stdio.h>
#include <winuser.h>

#include "base/text/wide.h"

static int answer(UINT type)
{
    static const unsigned char buttons[7][4] = {
        {IDOK},        {IDOK, IDCANCEL},    {IDABORT, IDRETRY, IDIGNORE},       {IDYES, IDNO, IDCANCEL},
        {IDYES, IDNO}, {IDRETRY, IDCANCEL}, {IDCANCEL, IDTRYAGAIN, IDCONTINUE},
    };
    unsigned kind = type & 0xf, button = type >> 8 & 3;
    if (kind > MB_CANCELTRYCONTINUE)
        return IDOK;
    return buttons[kind][button] ? buttons[kind][button] : buttons[kind][0];
}

int MessageBoxW(HWND window, LPCWSTR text, LPCWSTR caption, UINT type)
{
    static const WCHAR format[] = {'%', 's', ':', ' ', '%', 's', '\n', 0};
    static const WCHAR error[] = {'E', 'r', 'r', 'o', 'r', 0};
    static const WCHAR nothing[] = {0};
    (void)window;
    winmem_fwprintf(stderr, format, caption ? caption : error, text ? text : nothing);
    return answer(type);
}

int MessageBoxA(HWND window, LPCSTR text, LPCSTR caption, UINT type)
{
    (void)window;
    winmem_fprintf(stderr, "%s: %s\n", caption ? caption : "Error", text ? text : "");
    return answer(type);
}

BOOL MessageBeep(UINT type)
{
    (void)type;
    return fputc('\a', stderr) != EOF;
}
