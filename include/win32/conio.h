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
#ifndef getch /* the old names; a terminal library may have them */
#define getch() winmem_getch()
#define getche() putchar(winmem_getch())
#define kbhit() winmem_kbhit()
#define putch(character) putchar(character)
#endif

#endif
