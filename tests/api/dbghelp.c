/* dbghelp.c: a walk over the own stack, and the names of the functions on it. */
#include <windows.h>
#include <dbghelp.h>

#include <string.h>

#include "check.h"

static char names[64][64];
static int count;

static void walk(CONTEXT *context)
{
    HANDLE process = GetCurrentProcess();
    STACKFRAME64 frame = {0};
    frame.AddrPC.Offset = context->Rip;
    frame.AddrPC.Mode = AddrModeFlat;
    frame.AddrFrame.Offset = context->Rbp;
    frame.AddrFrame.Mode = AddrModeFlat;
    frame.AddrStack.Offset = context->Rsp;
    frame.AddrStack.Mode = AddrModeFlat;
    while (count < 64 && StackWalk64(IMAGE_FILE_MACHINE_AMD64, process, GetCurrentThread(), &frame, context, NULL,
                                     SymFunctionTableAccess64, SymGetModuleBase64, NULL)) {
        union {
            SYMBOL_INFO info;
            char room[sizeof(SYMBOL_INFO) + MAX_SYM_NAME];
        } symbol = {.info.SizeOfStruct = sizeof(SYMBOL_INFO), .info.MaxNameLen = MAX_SYM_NAME};
        DWORD64 displacement = 0;
        if (SymFromAddr(process, frame.AddrPC.Offset, &displacement, &symbol.info)) {
            CHECK(symbol.info.Address + displacement == frame.AddrPC.Offset);
            strncpy(names[count], symbol.info.Name, 63);
        }
        count++;
    }
}

static __attribute__((noinline)) int deepest(int value)
{
    CONTEXT context;
    RtlCaptureContext(&context);
    walk(&context);
    return value + 1;
}

static __attribute__((noinline)) int between(int value)
{
    return deepest(value) + 1;
}

static int is_after(const char *wanted, int from)
{
    for (int i = from; i < count; i++)
        if (!strncmp(names[i], wanted, strlen(wanted))) /* the compiler may put .constprop behind it */
            return i + 1;
    return 0;
}

int main(void)
{
    HANDLE process = GetCurrentProcess();
    SYMBOL_INFO small = {.SizeOfStruct = sizeof small, .MaxNameLen = 1};
    IMAGEHLP_LINE64 line = {.SizeOfStruct = sizeof line};
    DWORD64 displacement = 99;
    CHECK_EQ(SymSetOptions(SYMOPT_UNDNAME | SYMOPT_LOAD_LINES), SYMOPT_UNDNAME | SYMOPT_LOAD_LINES);
    CHECK(SymInitialize(process, NULL, TRUE));
    CHECK_EQ(between(1), 3);
    int at = is_after("deepest", 0);
    CHECK(at);
    at = is_after("between", at);
    CHECK(at);
    CHECK(is_after("main", at));
    CHECK(SymFromAddr(process, (DWORD64)(ULONG_PTR)deepest, &displacement, &small));
    CHECK(displacement == 0 && small.NameLen == 7 && small.Name[0] == 0);
    CHECK_EQ(SymGetModuleBase64(process, (DWORD64)(ULONG_PTR)deepest), small.ModBase);
    CHECK(!SymFromAddr(process, 0x10, NULL, &small));
    CHECK_EQ(GetLastError(), ERROR_INVALID_ADDRESS);
    small.SizeOfStruct = 4;
    CHECK(!SymFromAddr(process, (DWORD64)(ULONG_PTR)deepest, NULL, &small));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(!SymGetLineFromAddr64(process, (DWORD64)(ULONG_PTR)deepest, (DWORD *)&displacement, &line));
    CHECK_EQ(GetLastError(), ERROR_INVALID_ADDRESS);
    CHECK(SymCleanup(process));
    return CHECK_DONE();
}
