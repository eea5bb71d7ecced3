/* errhandlingapi.h: the last error, vectored handlers, raising. */
#ifndef WINMEM_ERRHANDLINGAPI_H
#define WINMEM_ERRHANDLINGAPI_H

#include "minwinbase.h"
#include "winmem_longs.h"

#define SEM_FAILCRITICALERRORS 0x0001
#define SEM_NOGPFAULTERRORBOX 0x0002
#define SEM_NOALIGNMENTFAULTEXCEPT 0x0004
#define SEM_NOOPENFILEERRORBOX 0x8000
#define FAIL_FAST_GENERATE_EXCEPTION_ADDRESS 0x1
#define FAIL_FAST_NO_HARD_ERROR_DLG 0x2

typedef LONG (*PTOP_LEVEL_EXCEPTION_FILTER)(struct _EXCEPTION_POINTERS *ExceptionInfo);
typedef PTOP_LEVEL_EXCEPTION_FILTER LPTOP_LEVEL_EXCEPTION_FILTER;

WINMEM_BEGIN_DECLS
WINBASEAPI DWORD WINAPI GetLastError(VOID);
WINBASEAPI VOID WINAPI SetLastError(DWORD dwErrCode);
WINBASEAPI VOID WINAPI RestoreLastError(DWORD dwErrCode);
WINBASEAPI PVOID WINAPI AddVectoredExceptionHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler);
WINBASEAPI ULONG WINAPI RemoveVectoredExceptionHandler(PVOID Handle);
WINBASEAPI PVOID WINAPI AddVectoredContinueHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler);
WINBASEAPI ULONG WINAPI RemoveVectoredContinueHandler(PVOID Handle);
WINBASEAPI LPTOP_LEVEL_EXCEPTION_FILTER WINAPI
SetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER lpTopLevelExceptionFilter);
WINBASEAPI LONG WINAPI UnhandledExceptionFilter(struct _EXCEPTION_POINTERS *ExceptionInfo);
WINBASEAPI VOID WINAPI RaiseException(DWORD dwExceptionCode, DWORD dwExceptionFlags, DWORD nNumberOfArguments,
                                      const ULONG_PTR *lpArguments);
WINBASEAPI VOID WINAPI RaiseFailFastException(PEXCEPTION_RECORD pExceptionRecord, PCONTEXT pContextRecord,
                                              DWORD dwFlags);
WINBASEAPI UINT WINAPI SetErrorMode(UINT uMode);
WINBASEAPI UINT WINAPI GetErrorMode(VOID);
WINBASEAPI BOOL WINAPI SetThreadErrorMode(DWORD dwNewMode, LPDWORD lpOldMode);
WINBASEAPI DWORD WINAPI GetThreadErrorMode(VOID);
WINBASEAPI VOID WINAPI FatalAppExitA(UINT uAction, LPCSTR lpMessageText);
WINBASEAPI VOID WINAPI RtlCaptureContext(PCONTEXT ContextRecord);
WINBASEAPI VOID WINAPI RtlRestoreContext(PCONTEXT ContextRecord, struct _EXCEPTION_RECORD *ExceptionRecord);
WINBASEAPI WORD WINAPI RtlCaptureStackBackTrace(DWORD FramesToSkip, DWORD FramesToCapture, PVOID *BackTrace,
                                                PDWORD BackTraceHash);
WINMEM_END_DECLS
#define CaptureStackBackTrace RtlCaptureStackBackTrace

#if defined(WINMEM_LONGS) && defined(__cplusplus)
#define SetUnhandledExceptionFilter(...) SetUnhandledExceptionFilter(WINMEM_IF1(WINMEM_FILTER_1, __VA_ARGS__))
#define AddVectoredExceptionHandler(...) AddVectoredExceptionHandler(WINMEM_IF2(WINMEM_FILTER_2, __VA_ARGS__))
#define AddVectoredContinueHandler(...) AddVectoredContinueHandler(WINMEM_IF2(WINMEM_FILTER_2, __VA_ARGS__))
#endif

#endif
