/* dbghelp.c: names of functions and walks over stacks, of this process; lines of sources and dumps are not here. Sets
 * the last error. */
#include <dbghelp.h>

#include <stdatomic.h>
#include <string.h>
#include <winbase.h>
#include <winerror.h>

#include "base/module/elfsymbols.h"
#include "win32/win32.h"

static struct {
    _Atomic DWORD options;
} dbghelp_state = {.options = SYMOPT_UNDNAME};

DWORD SymSetOptions(DWORD options)
{
    dbghelp_state.options = options;
    return options;
}

DWORD SymGetOptions(VOID)
{
    return dbghelp_state.options;
}

static BOOL own_only(HANDLE process)
{
    DWORD id = process == GetCurrentProcess() ? GetCurrentProcessId() : GetProcessId(process);
    if (id == 0)
        return win32_error(ERROR_INVALID_HANDLE);
    return id == GetCurrentProcessId() ? TRUE : win32_error(ERROR_NOT_SUPPORTED);
}

/* Nothing is prepared: files are looked at when they are asked about. */
BOOL SymInitialize(HANDLE process, PCSTR path, BOOL invade)
{
    (void)path, (void)invade;
    return own_only(process);
}

BOOL SymInitializeW(HANDLE process, PCWSTR path, BOOL invade)
{
    (void)path, (void)invade;
    return own_only(process);
}

BOOL SymCleanup(HANDLE process)
{
    return own_only(process);
}

DWORD64 SymGetModuleBase64(HANDLE process, DWORD64 address)
{
    PVOID base = NULL;
    if (!own_only(process))
        return 0;
    if (!RtlPcToFileHeader((PVOID)address, &base))
        return (DWORD64)win32_error(ERROR_MOD_NOT_FOUND);
    return (DWORD64)base;
}

PVOID SymFunctionTableAccess64(HANDLE process, DWORD64 address)
{
    DWORD64 base;
    return own_only(process) ? RtlLookupFunctionEntry(address, &base, NULL) : NULL;
}

static BOOL find(HANDLE process, DWORD64 address, struct base_symbol *symbol)
{
    if (!own_only(process))
        return FALSE;
    return base_symbol_find(address, symbol) ? TRUE : win32_error(ERROR_INVALID_ADDRESS);
}

/* What fits of a name, terminated. */
static void put_name(char *to, ULONG room, const char *name)
{
    if (room == 0)
        return;
    size_t length = strlen(name);
    if (length >= room)
        length = room - 1;
    memcpy(to, name, length);
    to[length] = 0;
}

BOOL SymFromAddr(HANDLE process, DWORD64 address, PDWORD64 displacement, PSYMBOL_INFO to)
{
    struct base_symbol symbol;
    if (!to || to->SizeOfStruct != sizeof *to)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!find(process, address, &symbol))
        return FALSE;
    to->TypeIndex = to->Index = to->Register = to->Scope = 0;
    to->Size = (ULONG)symbol.size;
    to->ModBase = symbol.module;
    to->Flags = SYMFLAG_FUNCTION;
    to->Value = to->Address = symbol.address;
    to->Tag = 5; /* a function */
    to->NameLen = (ULONG)strlen(symbol.name);
    put_name(to->Name, to->MaxNameLen, symbol.name);
    if (displacement)
        *displacement = address - symbol.address;
    return TRUE;
}

BOOL SymGetSymFromAddr64(HANDLE process, DWORD64 address, PDWORD64 displacement, PIMAGEHLP_SYMBOL64 to)
{
    struct base_symbol symbol;
    if (!to || to->SizeOfStruct != sizeof *to)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!find(process, address, &symbol))
        return FALSE;
    to->Address = symbol.address;
    to->Size = (DWORD)symbol.size;
    to->Flags = SYMFLAG_FUNCTION;
    put_name(to->Name, to->MaxNameLength, symbol.name);
    if (displacement)
        *displacement = address - symbol.address;
    return TRUE;
}

/* As without line numbers in the symbols. */
BOOL SymGetLineFromAddr64(HANDLE process, DWORD64 address, PDWORD displacement, PIMAGEHLP_LINE64 line)
{
    struct base_symbol symbol;
    (void)displacement, (void)line;
    return find(process, address, &symbol) && win32_error(ERROR_INVALID_ADDRESS);
}

/* Names of another compiler's are not known here: they come back as they are. */
DWORD UnDecorateSymbolName(PCSTR name, PSTR to, DWORD room, DWORD flags)
{
    (void)flags;
    put_name(to, room, name);
    return room ? (DWORD)strlen(to) : 0;
}

BOOL MiniDumpWriteDump(HANDLE process, DWORD id, HANDLE file, MINIDUMP_TYPE type,
                       PMINIDUMP_EXCEPTION_INFORMATION exception, PMINIDUMP_USER_STREAM_INFORMATION streams,
                       PMINIDUMP_CALLBACK_INFORMATION callback)
{
    (void)process, (void)id, (void)file, (void)type, (void)exception, (void)streams, (void)callback;
    return win32_error(ERROR_NOT_SUPPORTED);
}

/* ---- walks ---- */

/* One frame up: the context becomes the caller's. False: there is none. */
static bool step(CONTEXT *context)
{
    DWORD64 base, establisher = 0, stack = context->Rsp;
    PVOID data = NULL;
    PRUNTIME_FUNCTION function = RtlLookupFunctionEntry(context->Rip, &base, NULL);
    if (!function)
        return false;
    RtlVirtualUnwind(0, base, context->Rip, function, context, &data, &establisher, NULL);
    return context->Rip != 0 && context->Rsp > stack;
}

static void show(STACKFRAME64 *frame, const CONTEXT *context)
{
    frame->AddrPC = (ADDRESS64){.Offset = context->Rip, .Mode = AddrModeFlat};
    frame->AddrStack = (ADDRESS64){.Offset = context->Rsp, .Mode = AddrModeFlat};
    frame->AddrFrame = (ADDRESS64){.Offset = context->Rbp, .Mode = AddrModeFlat};
    CONTEXT caller = *context;
    frame->AddrReturn = (ADDRESS64){.Offset = step(&caller) ? caller.Rip : 0, .Mode = AddrModeFlat};
}

/* The first call shows the frame of the context itself, each further one its caller. Memory is read as it is. */
BOOL StackWalk64(DWORD machine, HANDLE process, HANDLE thread, LPSTACKFRAME64 frame, PVOID record,
                 PREAD_PROCESS_MEMORY_ROUTINE64 read, PFUNCTION_TABLE_ACCESS_ROUTINE64 table,
                 PGET_MODULE_BASE_ROUTINE64 base, PTRANSLATE_ADDRESS_ROUTINE64 translate)
{
    CONTEXT *context = record;
    (void)thread, (void)read, (void)table, (void)base, (void)translate;
    if (machine != IMAGE_FILE_MACHINE_AMD64 || !context || !frame)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!own_only(process))
        return FALSE;
    if (frame->Virtual && !step(context))
        return FALSE;
    if (!frame->Virtual && frame->AddrPC.Offset)
        context->Rip = frame->AddrPC.Offset;
    if (context->Rip == 0)
        return FALSE;
    show(frame, context);
    frame->Virtual = TRUE;
    return TRUE;
}
