/* rtlstring.c: counted strings of the native calls: made, copied, compared, turned from UTF-16 to UTF-8 and back. Those
 * that are allocated lie in the process heap. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <heapapi.h>
#include <ntstatus.h>
#include <string.h>
#include <sysinfoapi.h>
#include <winternl.h>

#include "base/text/wide.h"
#include "host/utf.h"

#define LONGEST 0xFFFEu /* bytes that 16 bits count, a terminator among them */
#define TICKS_TO_1970 116444736000000000ll
#define TICKS_PER_SECOND 10000000ll

VOID NTAPI RtlInitString(PSTRING DestinationString, PCSTR SourceString)
{
    size_t length = SourceString ? strlen(SourceString) : 0;
    if (length > LONGEST)
        length = LONGEST;
    DestinationString->Length = (USHORT)length;
    DestinationString->MaximumLength = SourceString ? (USHORT)(length + 1) : 0;
    DestinationString->Buffer = (PCHAR)SourceString;
}

VOID NTAPI RtlInitAnsiString(PANSI_STRING DestinationString, PCSTR SourceString)
{
    RtlInitString(DestinationString, SourceString);
}

/* A place of `bytes`, new or the string's own. */
static NTSTATUS place(void **buffer, USHORT *most, size_t bytes, BOOLEAN allocate)
{
    if (bytes > LONGEST)
        return STATUS_INVALID_PARAMETER_2;
    if (!allocate)
        return bytes <= *most ? STATUS_SUCCESS : (NTSTATUS)STATUS_BUFFER_OVERFLOW;
    void *made = HeapAlloc(GetProcessHeap(), 0, bytes);
    if (!made)
        return STATUS_NO_MEMORY;
    *buffer = made;
    *most = (USHORT)bytes;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString,
                                            BOOLEAN AllocateDestinationString)
{
    size_t units = host_utf8_to_utf16(SourceString->Buffer, SourceString->Length, NULL, 0, 0);
    void *buffer = DestinationString->Buffer;
    NTSTATUS status =
        place(&buffer, &DestinationString->MaximumLength, (units + 1) * sizeof(WCHAR), AllocateDestinationString);
    if (!NT_SUCCESS(status))
        return status;
    DestinationString->Buffer = buffer;
    host_utf8_to_utf16(SourceString->Buffer, SourceString->Length, buffer, units, 0);
    DestinationString->Buffer[units] = 0;
    DestinationString->Length = (USHORT)(units * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString,
                                            BOOLEAN AllocateDestinationString)
{
    const uint16_t *from = (const uint16_t *)SourceString->Buffer;
    size_t length = SourceString->Length / sizeof(WCHAR), bytes = host_utf16_to_utf8(from, length, NULL, 0, 0);
    void *buffer = DestinationString->Buffer;
    NTSTATUS status = place(&buffer, &DestinationString->MaximumLength, bytes + 1, AllocateDestinationString);
    if (!NT_SUCCESS(status))
        return status;
    DestinationString->Buffer = buffer;
    host_utf16_to_utf8(from, length, buffer, bytes, 0);
    DestinationString->Buffer[bytes] = 0;
    DestinationString->Length = (USHORT)bytes;
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI RtlCreateUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    size_t bytes = (winmem_wcslen(SourceString) + 1) * sizeof(WCHAR);
    void *buffer = bytes <= LONGEST ? HeapAlloc(GetProcessHeap(), 0, bytes) : NULL;
    if (!buffer)
        return FALSE;
    memcpy(buffer, SourceString, bytes);
    *DestinationString = (UNICODE_STRING){(USHORT)(bytes - sizeof(WCHAR)), (USHORT)bytes, buffer};
    return TRUE;
}

BOOLEAN NTAPI RtlCreateUnicodeStringFromAsciiz(PUNICODE_STRING DestinationString, PCSTR SourceString)
{
    ANSI_STRING from;
    RtlInitAnsiString(&from, SourceString);
    return NT_SUCCESS(RtlAnsiStringToUnicodeString(DestinationString, &from, TRUE));
}

VOID NTAPI RtlFreeUnicodeString(PUNICODE_STRING UnicodeString)
{
    if (!UnicodeString->Buffer)
        return;
    HeapFree(GetProcessHeap(), 0, UnicodeString->Buffer);
    *UnicodeString = (UNICODE_STRING){0};
}

VOID NTAPI RtlFreeAnsiString(PANSI_STRING AnsiString)
{
    if (!AnsiString->Buffer)
        return;
    HeapFree(GetProcessHeap(), 0, AnsiString->Buffer);
    *AnsiString = (ANSI_STRING){0};
}

/* What fits; a terminator where there is room for one. No source: empty. */
VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString)
{
    USHORT bytes = SourceString ? SourceString->Length : 0;
    if (bytes > DestinationString->MaximumLength)
        bytes = DestinationString->MaximumLength;
    if (bytes)
        memcpy(DestinationString->Buffer, SourceString->Buffer, bytes);
    DestinationString->Length = bytes;
    if (bytes + sizeof(WCHAR) <= DestinationString->MaximumLength)
        DestinationString->Buffer[bytes / sizeof(WCHAR)] = 0;
}

NTSTATUS NTAPI RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source)
{
    if (Source->Length + Destination->Length > Destination->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    char *end = (char *)Destination->Buffer + Destination->Length;
    if (Source->Length)
        memmove(end, Source->Buffer, Source->Length);
    Destination->Length = (USHORT)(Destination->Length + Source->Length);
    if (Destination->Length + sizeof(WCHAR) <= Destination->MaximumLength)
        Destination->Buffer[Destination->Length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source)
{
    UNICODE_STRING text;
    RtlInitUnicodeString(&text, Source);
    return RtlAppendUnicodeStringToString(Destination, &text);
}

LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive)
{
    size_t left = String1->Length / sizeof(WCHAR), right = String2->Length / sizeof(WCHAR);
    for (size_t i = 0; i < left && i < right; i++) {
        WCHAR a = String1->Buffer[i], b = String2->Buffer[i];
        if (a != b && (!CaseInSensitive || winmem_wcsncasecmp(&a, &b, 1) != 0))
            return (LONG)a - (LONG)b;
    }
    return (LONG)left - (LONG)right;
}

BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive)
{
    return String1->Length == String2->Length && RtlCompareUnicodeString(String1, String2, CaseInSensitive) == 0;
}

NTSTATUS NTAPI RtlUnicodeToMultiByteSize(PULONG BytesInMultiByteString, PWCH UnicodeString, ULONG BytesInUnicodeString)
{
    *BytesInMultiByteString =
        (ULONG)host_utf16_to_utf8((const uint16_t *)UnicodeString, BytesInUnicodeString / sizeof(WCHAR), NULL, 0, 0);
    return STATUS_SUCCESS;
}

/* FALSE: the moment does not fit into 32 bits of seconds. */
BOOLEAN NTAPI RtlTimeToSecondsSince1970(PLARGE_INTEGER Time, PULONG ElapsedSeconds)
{
    LONGLONG seconds = (Time->QuadPart - TICKS_TO_1970) / TICKS_PER_SECOND;
    if (Time->QuadPart < TICKS_TO_1970 || seconds > 0xFFFFFFFFll)
        return FALSE;
    *ElapsedSeconds = (ULONG)seconds;
    return TRUE;
}

/* Lehmer's generator, as documented: the seed is what it gives. */
ULONG NTAPI RtlUniform(PULONG Seed)
{
    return *Seed = (ULONG)(((ULONGLONG)*Seed * 0x7FFFFFED + 0x7FFFFFC3) % 0x7FFFFFFF);
}

NTSTATUS NTAPI NtQuerySystemTime(PLARGE_INTEGER SystemTime)
{
    FILETIME now;
    GetSystemTimePreciseAsFileTime(&now);
    SystemTime->LowPart = now.dwLowDateTime;
    SystemTime->HighPart = (LONG)now.dwHighDateTime;
    return STATUS_SUCCESS;
}
