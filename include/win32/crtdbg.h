/* crtdbg.h: the debug C runtime's checks: assertions work, the debug heap is not here (the heap's own checks are). */
#ifndef WINMEM_CRTDBG_H
#define WINMEM_CRTDBG_H

#include "crtdefs.h"

#include <assert.h>

#define _CRT_WARN 0
#define _CRT_ERROR 1
#define _CRT_ASSERT 2
#define _CRTDBG_ALLOC_MEM_DF 0x01
#define _CRTDBG_CHECK_ALWAYS_DF 0x04
#define _CRTDBG_LEAK_CHECK_DF 0x20
#define _CRTDBG_REPORT_FLAG (-1)
#define _CRTDBG_MODE_FILE 0x1
#define _CRTDBG_MODE_DEBUG 0x2
#define _CRTDBG_FILE_STDOUT ((void *)-4)
#define _CRTDBG_FILE_STDERR ((void *)-5)
#define _ASSERT(expression) assert(expression)
#define _ASSERTE(expression) assert(expression)
#define _CrtSetDbgFlag(flags) ((int)((void)(flags), 0))
#define _CrtSetReportMode(type, mode) ((int)((void)(type), (void)(mode), 0))
#define _CrtSetReportFile(type, file) ((void)(type), (void)(file))
#define _CrtCheckMemory() 1
#define _CrtDumpMemoryLeaks() 0

#endif
