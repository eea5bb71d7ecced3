/* conio.h: keys: whole lines of the standard input stand in for them. */
#ifndef WINMEM_CONIO_H
#define WINMEM_CONIO_H

#include <stdio.h>

#define _getch() getchar()
#define _getche() getchar()
#define _kbhit() 0
#define _putch(character) putchar(character)
#define _cprintf printf

#endif
