/* excpt.h: structured exception handling for programs: filter verdicts and the __try family. */
#ifndef WINMEM_EXCPT_H
#define WINMEM_EXCPT_H

#include "winnt.h"

#include "winmem_seh.h"

#ifndef EXCEPTION_EXECUTE_HANDLER
#define EXCEPTION_EXECUTE_HANDLER 1
#define EXCEPTION_CONTINUE_SEARCH 0
#define EXCEPTION_CONTINUE_EXECUTION (-1)
#endif

/* Called for a structured exception where a C++ try block could take what it throws; the calling thread's.
 * docs/exceptions.md says what it needs. */
typedef void(__cdecl *_se_translator_function)(unsigned int, struct _EXCEPTION_POINTERS *);
WINMEM_BEGIN_DECLS
WINMEM_API _se_translator_function winmem_set_translator(_se_translator_function function, int (*raise)(void *));
WINMEM_END_DECLS
#ifdef __cplusplus
extern "C" int winmem_raise_cxx(void *) __asm__("_Unwind_RaiseException");
inline _se_translator_function __cdecl _set_se_translator(_se_translator_function function)
{
    return winmem_set_translator(function, winmem_raise_cxx);
}
#endif

#endif
