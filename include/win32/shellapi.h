/* shellapi.h: of the shell's calls the one that programs split their command line with. */
#ifndef WINMEM_SHELLAPI_H
#define WINMEM_SHELLAPI_H

#include "minwinbase.h"

WINMEM_BEGIN_DECLS
/* The array and its strings are one block, for LocalFree. */
WINBASEAPI LPWSTR *WINAPI CommandLineToArgvW(LPCWSTR lpCmdLine, int *pNumArgs);
WINMEM_END_DECLS

#endif
