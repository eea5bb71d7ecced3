/* uuid.c: identifiers of 128 bits: made by chance, compared, written and read. Texts are blocks of the process heap. */
#include <combaseapi.h>
#include <heapapi.h>
#include <ntsecapi.h>
#include <rpcdce.h>
#include <stdbool.h>
#include <string.h>

#define TEXT_LENGTH 36 /* 8-4-4-4-12 digits */

RPC_STATUS UuidCreate(UUID *uuid)
{
    if (!RtlGenRandom(uuid, sizeof *uuid))
        return RPC_S_UUID_NO_ADDRESS;
    uuid->Data3 = (unsigned short)((uuid->Data3 & 0x0FFF) | 0x4000); /* by chance: version 4, RFC 4122 */
    uuid->Data4[0] = (unsigned char)((uuid->Data4[0] & 0x3F) | 0x80);
    return RPC_S_OK;
}

/* No address of the machine's is told: as where there is no network adapter. */
RPC_STATUS UuidCreateSequential(UUID *uuid)
{
    RPC_STATUS status = UuidCreate(uuid);
    return status == RPC_S_OK ? (RPC_STATUS)RPC_S_UUID_LOCAL_ONLY : status;
}

HRESULT CoCreateGuid(GUID *guid)
{
    if (!guid)
        return E_INVALIDARG;
    return UuidCreate(guid) == RPC_S_OK ? S_OK : E_FAIL;
}

RPC_STATUS UuidCreateNil(UUID *nil)
{
    memset(nil, 0, sizeof *nil);
    return RPC_S_OK;
}

static unsigned char *put(unsigned char *to, unsigned value, int digits, bool capital)
{
    const char *letters = capital ? "0123456789ABCDEF" : "0123456789abcdef";
    for (int i = digits - 1; i >= 0; i--)
        *to++ = (unsigned char)letters[value >> 4 * i & 15];
    return to;
}

static void write_text(const UUID *uuid, bool capital, unsigned char text[TEXT_LENGTH + 1])
{
    unsigned char *to = put(text, uuid->Data1, 8, capital);
    *to++ = '-';
    to = put(to, uuid->Data2, 4, capital);
    *to++ = '-';
    to = put(to, uuid->Data3, 4, capital);
    for (int i = 0; i < 8; i++) {
        if (i == 0 || i == 2)
            *to++ = '-';
        to = put(to, uuid->Data4[i], 2, capital);
    }
    *to = 0;
}

static const UUID nil_uuid;

RPC_STATUS UuidToStringA(const UUID *uuid, RPC_CSTR *string)
{
    unsigned char *text = HeapAlloc(GetProcessHeap(), 0, TEXT_LENGTH + 1);
    if (!text)
        return RPC_S_OUT_OF_MEMORY;
    write_text(uuid ? uuid : &nil_uuid, false, text);
    *string = text;
    return RPC_S_OK;
}

RPC_STATUS UuidToStringW(const UUID *uuid, RPC_WSTR *string)
{
    unsigned char text[TEXT_LENGTH + 1];
    WCHAR *wide = HeapAlloc(GetProcessHeap(), 0, sizeof(WCHAR) * (TEXT_LENGTH + 1));
    if (!wide)
        return RPC_S_OUT_OF_MEMORY;
    write_text(uuid ? uuid : &nil_uuid, false, text);
    for (int i = 0; i <= TEXT_LENGTH; i++)
        wide[i] = text[i];
    *string = wide;
    return RPC_S_OK;
}

/* In braces and capitals; 0: there is no room. */
int StringFromGUID2(REFGUID guid, LPWSTR text, int room)
{
    unsigned char plain[TEXT_LENGTH + 1];
    if (room < TEXT_LENGTH + 3)
        return 0;
    write_text(guid, true, plain);
    text[0] = '{';
    for (int i = 0; i < TEXT_LENGTH; i++)
        text[i + 1] = plain[i];
    text[TEXT_LENGTH + 1] = '}';
    text[TEXT_LENGTH + 2] = 0;
    return TEXT_LENGTH + 3;
}

static int digit(WCHAR letter)
{
    return letter >= '0' && letter <= '9'   ? letter - '0'
           : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10
           : letter >= 'A' && letter <= 'F' ? letter - 'A' + 10
                                            : -1;
}

static RPC_STATUS read_text(const WCHAR text[TEXT_LENGTH + 1], UUID *uuid)
{
    unsigned char bytes[16];
    int nibbles = 0;
    for (int i = 0; i < TEXT_LENGTH; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        int value = digit(text[i]);
        if (dash ? text[i] != '-' : value < 0)
            return RPC_S_INVALID_STRING_UUID;
        if (!dash) {
            bytes[nibbles / 2] = (unsigned char)(nibbles % 2 ? bytes[nibbles / 2] | value : value << 4);
            nibbles++;
        }
    }
    if (text[TEXT_LENGTH])
        return RPC_S_INVALID_STRING_UUID;
    uuid->Data1 = (unsigned)bytes[0] << 24 | (unsigned)bytes[1] << 16 | (unsigned)bytes[2] << 8 | bytes[3];
    uuid->Data2 = (unsigned short)(bytes[4] << 8 | bytes[5]);
    uuid->Data3 = (unsigned short)(bytes[6] << 8 | bytes[7]);
    memcpy(uuid->Data4, bytes + 8, sizeof uuid->Data4);
    return RPC_S_OK;
}

RPC_STATUS UuidFromStringW(RPC_WSTR string, UUID *uuid)
{
    WCHAR text[TEXT_LENGTH + 1] = {0};
    if (!string)
        return UuidCreateNil(uuid);
    for (int i = 0; i <= TEXT_LENGTH && (i == 0 || text[i - 1]); i++)
        text[i] = string[i];
    return read_text(text, uuid);
}

RPC_STATUS UuidFromStringA(RPC_CSTR string, UUID *uuid)
{
    WCHAR text[TEXT_LENGTH + 1] = {0};
    if (!string)
        return UuidCreateNil(uuid);
    for (int i = 0; i <= TEXT_LENGTH && (i == 0 || text[i - 1]); i++)
        text[i] = string[i];
    return read_text(text, uuid);
}

RPC_STATUS RpcStringFreeA(RPC_CSTR *string)
{
    if (*string)
        HeapFree(GetProcessHeap(), 0, *string);
    *string = NULL;
    return RPC_S_OK;
}

RPC_STATUS RpcStringFreeW(RPC_WSTR *string)
{
    if (*string)
        HeapFree(GetProcessHeap(), 0, *string);
    *string = NULL;
    return RPC_S_OK;
}

/* By their fields, from the first on. */
int UuidCompare(UUID *first, UUID *second, RPC_STATUS *status)
{
    const UUID *one = first ? first : &nil_uuid, *other = second ? second : &nil_uuid;
    *status = RPC_S_OK;
    if (one->Data1 != other->Data1)
        return one->Data1 < other->Data1 ? -1 : 1;
    if (one->Data2 != other->Data2)
        return one->Data2 < other->Data2 ? -1 : 1;
    if (one->Data3 != other->Data3)
        return one->Data3 < other->Data3 ? -1 : 1;
    int order = memcmp(one->Data4, other->Data4, sizeof one->Data4);
    return order < 0 ? -1 : order > 0;
}

int UuidEqual(UUID *first, UUID *second, RPC_STATUS *status)
{
    return UuidCompare(first, second, status) == 0;
}

int UuidIsNil(UUID *uuid, RPC_STATUS *status)
{
    return UuidCompare(uuid, NULL, status) == 0;
}
