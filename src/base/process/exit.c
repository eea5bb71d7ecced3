/* exit.c: the end of the process by its own hand. */
#include <processthreadsapi.h>
#include <errhandlingapi.h>
#include <stdio.h>
#include <stdlib.h>

/* Destructors of shared objects run, as DLLs are told on Windows; a parent
 * that made this process by CreateProcess sees all 32 bits of the code, another one the low eight. */
VOID ExitProcess(UINT code)
{
    exit((int)code);
}

VOID FatalAppExitA(UINT action, LPCSTR text)
{
    (void)action;
    fprintf(stderr, "%s\n", text ? text : "fatal application exit");
    fflush(NULL);
    _Exit(1);
}
