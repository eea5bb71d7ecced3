/* excpt.h: structured exception handling. */
#ifndef WINMEM_EXCPT_H
#define WINMEM_EXCPT_H

#include "winnt.h"

#define EXCEPTION_EXECUTE_HANDLER 1
#define EXCEPTION_CONTINUE_SEARCH 0
#define EXCEPTION_CONTINUE_EXECUTION (-1)

#if __has_include("winmem_seh.h")
#include "winmem_seh.h"
#endif

#endif
