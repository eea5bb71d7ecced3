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

#endif
