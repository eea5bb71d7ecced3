/* nativeloader.c: the native calls on modules, and those that print for a debugger. The last error is left alone. */
#include <debugapi.h>
#include <libloaderapi.h>
#include <stdarg.h>
#include <stdio.h>
#include <ntstatus.h>
#include <string.h>
#include <winbase.h>
#include <winerror.h>
#include <winmem_native.h>

#include "base/base.h"
#include "host/own.h"
#include "host/utf.h"
#include "win32/win32.h"

/* A counted text, ended with a zero; the caller frees it. */
static WCHAR *ended(PCUNICODE_STRING text)
{
    size_t count = text->Length / sizeof(WCHAR);
    WCHAR *copy = host_own_take((count + 1) * sizeof *copy);
    if (copy) {
        memcpy(copy, text->Buffer, count * sizeof *copy);
        copy[count] = 0;
    }
    return copy;
}

static NTSTATUS module_by_name(HMODULE (*find)(LPCWSTR), PCUNICODE_STRING name, PVOID *module)
{
    DWORD before = GetLastError();
    WCHAR *text = ended(name);
    HMODULE found = text ? find(text) : NULL;
    host_own_give(text);
    SetLastError(before);
    if (!found)
        return text ? STATUS_DLL_NOT_FOUND : STATUS_NO_MEMORY;
    *module = found;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI LdrLoadDll(PWSTR SearchPath, PULONG LoadFlags, PUNICODE_STRING Name, PVOID *BaseAddress)
{
    (void)SearchPath, (void)LoadFlags;
    return module_by_name(LoadLibraryW, Name, BaseAddress);
}

NTSTATUS NTAPI LdrUnloadDll(PVOID BaseAddress)
{
    DWORD before = GetLastError();
    BOOL done = FreeLibrary((HMODULE)BaseAddress);
    SetLastError(before);
    return done ? STATUS_SUCCESS : (NTSTATUS)STATUS_DLL_NOT_FOUND;
}

NTSTATUS NTAPI LdrGetDllHandle(PWSTR SearchPath, PULONG LoadFlags, PUNICODE_STRING Name, PVOID *BaseAddress)
{
    (void)SearchPath, (void)LoadFlags;
    return module_by_name(GetModuleHandleW, Name, BaseAddress);
}

NTSTATUS NTAPI LdrGetProcedureAddress(PVOID BaseAddress, PANSI_STRING Name, ULONG Ordinal, PVOID *Procedure)
{
    DWORD before = GetLastError();
    if (!Name)
        return Ordinal ? STATUS_ORDINAL_NOT_FOUND : STATUS_INVALID_PARAMETER; /* modules here have no ordinals */
    char *text = host_own_part(Name->Buffer, Name->Length);
    if (!text)
        return STATUS_NO_MEMORY;
    FARPROC found = GetProcAddress((HMODULE)BaseAddress, text);
    DWORD error = GetLastError();
    host_own_give(text);
    SetLastError(before);
    if (!found)
        return error == ERROR_MOD_NOT_FOUND ? STATUS_DLL_NOT_FOUND : STATUS_ENTRYPOINT_NOT_FOUND;
    memcpy(Procedure, &found, sizeof *Procedure);
    return STATUS_SUCCESS;
}

/* The headers of a PE in memory, as a file's view has them; the program's own modules are ELF and have none. */
PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID base)
{
    const IMAGE_DOS_HEADER *dos = base;
    if (!base || base == INVALID_HANDLE_VALUE || dos->e_magic != IMAGE_DOS_SIGNATURE || dos->e_lfanew < 0 ||
        dos->e_lfanew > 0x10000000)
        return NULL;
    PIMAGE_NT_HEADERS headers = (PIMAGE_NT_HEADERS)((char *)base + dos->e_lfanew);
    return headers->Signature == IMAGE_NT_SIGNATURE ? headers : NULL;
}

/* To the debugger, as OutputDebugString. */
ULONG DbgPrint(PCSTR format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    DWORD before = GetLastError();
    OutputDebugStringA(text);
    SetLastError(before);
    return STATUS_SUCCESS;
}

VOID NTAPI DbgBreakPoint(VOID)
{
    DebugBreak();
}
