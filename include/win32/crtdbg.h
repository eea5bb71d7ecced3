/* crtdbg.h: the debug C runtime's checks: assertions work, the debug heap is not here (the heap's own checks are). */
#ifndef WINMEM_CRTDBG_H
#define WINMEM_CRTDBG_H

#include "crtdefs.h"

#include <assert.h>
#include <malloc.h>
#include <stdlib.h>

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

/* The rest as in a release build of Microsoft's: it compiles to nothing, and the blocks are malloc's. */
#define _FREE_BLOCK 0
#define _NORMAL_BLOCK 1
#define _CRT_BLOCK 2
#define _IGNORE_BLOCK 3
#define _CLIENT_BLOCK 4
#define _MAX_BLOCKS 5
#define _HOOK_ALLOC 1
#define _HOOK_REALLOC 2
#define _HOOK_FREE 3
#define _CRT_ERRCNT 3
#define _CRTDBG_MODE_WNDW 0x4
#define _CRTDBG_REPORT_MODE (-1)
#define _CRTDBG_DELAY_FREE_MEM_DF 0x02
#define _CRTDBG_CHECK_CRT_DF 0x10
#define _CRTDBG_CHECK_EVERY_16_DF 0x00100000
#define _CRTDBG_CHECK_EVERY_128_DF 0x00800000
#define _CRTDBG_CHECK_EVERY_1024_DF 0x04000000
#define _CRTDBG_CHECK_DEFAULT_DF 0
#define _CRTDBG_HFILE_ERROR ((void *)-2)
#define _CRTDBG_INVALID_HFILE ((void *)-1)
#define _CRTDBG_REPORT_FILE ((void *)-6)
#define _BLOCK_TYPE(block) ((block)&0xFFFF)
#define _BLOCK_SUBTYPE(block) (((block) >> 16) & 0xFFFF)
typedef void *_HFILE;
typedef int (*_CRT_REPORT_HOOK)(int, char *, int *);
typedef int (*_CRT_ALLOC_HOOK)(int, void *, size_t, int, long, const unsigned char *, int);
typedef void (*_CRT_DUMP_CLIENT)(void *, size_t);
typedef struct _CrtMemState {
    void *pBlockHeader;
    size_t lCounts[_MAX_BLOCKS];
    size_t lSizes[_MAX_BLOCKS];
    size_t lHighCount;
    size_t lTotalCount;
} _CrtMemState;
#define _CrtMemCheckpoint(state) ((void)(state))
#define _CrtMemDifference(difference, before, after) ((void)(difference), (void)(before), (void)(after), 0)
#define _CrtMemDumpAllObjectsSince(state) ((void)(state))
#define _CrtMemDumpStatistics(state) ((void)(state))
#define _CrtDoForAllClientObjects(visit, context) ((void)(visit), (void)(context))
#define _CrtSetBreakAlloc(number) ((long)((void)(number), 0))
#define _CrtSetAllocHook(hook) ((_CRT_ALLOC_HOOK)((void)(hook), (void *)0))
#define _CrtGetAllocHook() ((_CRT_ALLOC_HOOK)0)
#define _CrtSetDumpClient(client) ((_CRT_DUMP_CLIENT)((void)(client), (void *)0))
#define _CrtGetDumpClient() ((_CRT_DUMP_CLIENT)0)
#define _CrtSetReportHook(hook) ((_CRT_REPORT_HOOK)((void)(hook), (void *)0))
#define _CrtGetReportHook() ((_CRT_REPORT_HOOK)0)
#define _CrtIsValidHeapPointer(pointer) ((void)(pointer), 1)
#define _CrtIsValidPointer(pointer, size, writes) ((void)(pointer), (void)(size), (void)(writes), 1)
#define _CrtIsMemoryBlock(pointer, size, number, file, line) ((void)(pointer), (void)(size), 1)
#define _CrtReportBlockType(pointer) ((void)(pointer), -1)
#define _CrtDbgBreak() ((void)0)
#define _CrtDbgReport(type, file, line, module, ...) ((void)(type), 0)
#define _RPT0(type, text) ((void)0)
#define _RPT1(type, text, ...) ((void)0)
#define _RPT2(type, text, ...) ((void)0)
#define _RPT3(type, text, ...) ((void)0)
#define _RPT4(type, text, ...) ((void)0)
#define _RPTF0(type, text) ((void)0)
#define _RPTF1(type, text, ...) ((void)0)
#define _RPTF2(type, text, ...) ((void)0)
#define _RPTF3(type, text, ...) ((void)0)
#define _RPTF4(type, text, ...) ((void)0)
#define _ASSERT_EXPR(expression, text) assert(expression)
#define _malloc_dbg(size, type, file, line) malloc(size)
#define _calloc_dbg(count, size, type, file, line) calloc((count), (size))
#define _realloc_dbg(memory, size, type, file, line) realloc((memory), (size))
#define _recalloc_dbg(memory, count, size, type, file, line) _recalloc((memory), (count), (size))
#define _expand_dbg(memory, size, type, file, line) _expand((memory), (size))
#define _free_dbg(memory, type) free(memory)
#define _msize_dbg(memory, type) _msize(memory)
#define _aligned_malloc_dbg(size, alignment, file, line) _aligned_malloc((size), (alignment))
#define _aligned_realloc_dbg(memory, size, alignment, file, line) _aligned_realloc((memory), (size), (alignment))
#define _aligned_free_dbg(memory) _aligned_free(memory)
#define _strdup_dbg(text, type, file, line) _strdup(text)
#define _wcsdup_dbg(text, type, file, line) _wcsdup(text)

#endif
