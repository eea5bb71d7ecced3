/* conio.h: keys of the terminal, one at a time; of a standard input that is none, its bytes. */
#ifndef WINMEM_CONIO_H
#define WINMEM_CONIO_H

#include <stdio.h>

#include "winmem_compiler.h"

WINMEM_BEGIN_DECLS
WINMEM_API int winmem_getch(void);
WINMEM_API int winmem_ungetch(int key);
WINMEM_API int winmem_kbhit(void);
WINMEM_END_DECLS
#define _getch() winmem_getch()
#define _getwch() winmem_getch()
#define _ungetch(key) winmem_ungetch(key)
#define _getche() putchar(winmem_getch())
#define _kbhit() winmem_kbhit()
#define _putch(character) putchar(character)
#define _cputs(text) ((void)fputs(text, stdout), 0)
#define _cprintf printf
#define _getwche() putchar(winmem_getch())
#define _ungetwch(key) winmem_ungetch(key)
#define _putwch(character) putwchar(character)
#define _cputws(text) ((void)fputws((text), stdout), 0)
#define _cwprintf wprintf
#define _cprintf_s printf
#define _cwprintf_s wprintf
#define _vcprintf vprintf
#define _vcwprintf vwprintf
#define _cscanf scanf
#define _cscanf_s scanf_s
/* A line of the terminal behind the two bytes that say how much there is place for, and how much came. */
static __inline__ __attribute__((__unused__)) char *_cgets(char *line)
{
    int most = (unsigned char)line[0], length = 0;
    for (int next; length < most - 1 && (next = getchar()) != EOF && next != '\n'; length++)
        line[2 + length] = (char)next;
    line[1] = (char)length;
    line[2 + length] = 0;
    return line + 2;
}
#define cgets _cgets
#define cputs _cputs
#define cprintf _cprintf
#define cscanf _cscanf
#define ungetch _ungetch
#ifndef getch /* the old names; a terminal library may have them */
#define getch() winmem_getch()
#define getche() putchar(winmem_getch())
#define kbhit() winmem_kbhit()
#define putch(character) putchar(character)
#endif

#endif
