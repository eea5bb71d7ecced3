/* sid.c: security identifiers: made, measured, compared, as text and back. Sets the last error. */
#include <securitybaseapi.h>
#include <sddl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winerror.h>

#include "base/security/sid.h"
#include "host/own.h"
#include "host/utf.h"
#include "win32/win32.h"

#define HEAD __builtin_offsetof(SID, SubAuthority)
#define UNIX_AUTHORITY                                                                                                 \
    {                                                                                                                  \
        {                                                                                                              \
            0, 0, 0, 0, 0, 22                                                                                          \
        }                                                                                                              \
    }

static const SID *known(PSID sid)
{
    return IsValidSid(sid) ? sid : NULL;
}

DWORD GetSidLengthRequired(UCHAR count)
{
    return (DWORD)(HEAD + count * sizeof(DWORD));
}

DWORD GetLengthSid(PSID sid)
{
    return GetSidLengthRequired(((const SID *)sid)->SubAuthorityCount);
}

BOOL IsValidSid(PSID sid)
{
    const SID *s = sid;
    if (s && s->Revision == SID_REVISION && s->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES)
        return TRUE;
    return win32_error(ERROR_INVALID_SID);
}

BOOL InitializeSid(PSID sid, PSID_IDENTIFIER_AUTHORITY authority, BYTE count)
{
    SID *s = sid;
    if (count > SID_MAX_SUB_AUTHORITIES)
        return win32_error(ERROR_INVALID_PARAMETER);
    memset(s, 0, GetSidLengthRequired(count));
    s->Revision = SID_REVISION;
    s->SubAuthorityCount = count;
    s->IdentifierAuthority = *authority;
    return TRUE;
}

BOOL AllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY authority, BYTE count, DWORD s0, DWORD s1, DWORD s2, DWORD s3,
                              DWORD s4, DWORD s5, DWORD s6, DWORD s7, PSID *sid)
{
    const DWORD values[] = {s0, s1, s2, s3, s4, s5, s6, s7};
    if (count > 8)
        return win32_error(ERROR_INVALID_SID);
    SID *made = host_own_take(GetSidLengthRequired(8));
    if (!made)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    InitializeSid(made, authority, count);
    memcpy(made->SubAuthority, values, count * sizeof(DWORD));
    *sid = made;
    return TRUE;
}

PVOID FreeSid(PSID sid)
{
    host_own_give(sid);
    return NULL;
}

BOOL EqualSid(PSID left, PSID right)
{
    const SID *a = known(left), *b = known(right);
    SetLastError(a && b ? ERROR_SUCCESS : ERROR_INVALID_SID); /* documented: told from unequal ones by it */
    return a && b && a->SubAuthorityCount == b->SubAuthorityCount && memcmp(a, b, GetLengthSid(left)) == 0;
}

BOOL EqualPrefixSid(PSID left, PSID right)
{
    const SID *a = known(left), *b = known(right);
    if (!a || !b || a->SubAuthorityCount != b->SubAuthorityCount)
        return FALSE;
    DWORD compared = a->SubAuthorityCount ? (DWORD)a->SubAuthorityCount - 1 : 0;
    return memcmp(a, b, GetSidLengthRequired((UCHAR)compared)) == 0;
}

BOOL CopySid(DWORD size, PSID to, PSID from)
{
    if (!known(from))
        return FALSE;
    if (size < GetLengthSid(from))
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    memmove(to, from, GetLengthSid(from));
    return TRUE;
}

PSID_IDENTIFIER_AUTHORITY GetSidIdentifierAuthority(PSID sid)
{
    SetLastError(ERROR_SUCCESS);
    return &((SID *)sid)->IdentifierAuthority;
}

PDWORD GetSidSubAuthority(PSID sid, DWORD number)
{
    SetLastError(ERROR_SUCCESS);
    return (PDWORD)((char *)sid + HEAD) + number;
}

PUCHAR GetSidSubAuthorityCount(PSID sid)
{
    SetLastError(ERROR_SUCCESS);
    return &((SID *)sid)->SubAuthorityCount;
}

/* ---- those that are the same everywhere ---- */

static const struct {
    WELL_KNOWN_SID_TYPE type;
    char letters[3]; /* of the descriptors' language */
    BYTE authority, count;
    DWORD sub[2];
} well_known[] = {
    {WinNullSid, "", 0, 1, {0, 0}},
    {WinWorldSid, "WD", 1, 1, {0, 0}},
    {WinLocalSid, "", 2, 1, {0, 0}},
    {WinCreatorOwnerSid, "CO", 3, 1, {0, 0}},
    {WinCreatorGroupSid, "CG", 3, 1, {1, 0}},
    {WinNetworkSid, "NU", 5, 1, {2, 0}},
    {WinBatchSid, "", 5, 1, {3, 0}},
    {WinInteractiveSid, "IU", 5, 1, {4, 0}},
    {WinServiceSid, "SU", 5, 1, {6, 0}},
    {WinAnonymousSid, "AN", 5, 1, {7, 0}},
    {WinAuthenticatedUserSid, "AU", 5, 1, {11, 0}},
    {WinLocalSystemSid, "SY", 5, 1, {18, 0}},
    {WinLocalServiceSid, "LS", 5, 1, {19, 0}},
    {WinNetworkServiceSid, "NS", 5, 1, {20, 0}},
    {WinBuiltinDomainSid, "", 5, 1, {32, 0}},
    {WinBuiltinAdministratorsSid, "BA", 5, 2, {32, 544}},
    {WinBuiltinUsersSid, "BU", 5, 2, {32, 545}},
    {WinBuiltinGuestsSid, "BG", 5, 2, {32, 546}},
    {WinUntrustedLabelSid, "", 16, 1, {0, 0}},
    {WinLowLabelSid, "LW", 16, 1, {SECURITY_MANDATORY_LOW_RID, 0}},
    {WinMediumLabelSid, "ME", 16, 1, {SECURITY_MANDATORY_MEDIUM_RID, 0}},
    {WinHighLabelSid, "HI", 16, 1, {SECURITY_MANDATORY_HIGH_RID, 0}},
    {WinSystemLabelSid, "SI", 16, 1, {SECURITY_MANDATORY_SYSTEM_RID, 0}},
};
#define WELL_KNOWN (sizeof well_known / sizeof *well_known)

static void fill(union base_sid *sid, size_t i)
{
    SID_IDENTIFIER_AUTHORITY authority = {{0, 0, 0, 0, 0, well_known[i].authority}};
    InitializeSid(sid, &authority, well_known[i].count);
    memcpy(sid->room + HEAD, well_known[i].sub, well_known[i].count * sizeof(DWORD));
}

bool base_sid_well_known(union base_sid *sid, WELL_KNOWN_SID_TYPE type)
{
    for (size_t i = 0; i < WELL_KNOWN; i++)
        if (well_known[i].type == type) {
            fill(sid, i);
            return true;
        }
    return false;
}

BOOL CreateWellKnownSid(WELL_KNOWN_SID_TYPE type, PSID domain, PSID sid, DWORD *size)
{
    union base_sid made;
    (void)domain;
    if (!base_sid_well_known(&made, type))
        return win32_error(ERROR_INVALID_PARAMETER);
    DWORD needed = GetLengthSid(&made), room = *size;
    *size = needed;
    if (!sid || room < needed)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    memcpy(sid, &made, needed);
    return TRUE;
}

BOOL IsWellKnownSid(PSID sid, WELL_KNOWN_SID_TYPE type)
{
    union base_sid made;
    return base_sid_well_known(&made, type) && EqualSid(&made, sid);
}

static void unix_sid(union base_sid *sid, DWORD kind, DWORD number)
{
    SID_IDENTIFIER_AUTHORITY authority = UNIX_AUTHORITY;
    InitializeSid(sid, &authority, 2);
    DWORD sub[2] = {kind, number};
    memcpy(sid->room + HEAD, sub, sizeof sub);
}

void base_sid_of_user(union base_sid *sid, DWORD number)
{
    unix_sid(sid, 1, number);
}

void base_sid_of_group(union base_sid *sid, DWORD number)
{
    unix_sid(sid, 2, number);
}

/* ---- as text ---- */

#define LONGEST_TEXT 200

static bool write_text(PSID sid, char text[LONGEST_TEXT])
{
    const SID *s = known(sid);
    if (!s)
        return false;
    unsigned long long authority = 0;
    for (int i = 0; i < 6; i++)
        authority = authority << 8 | s->IdentifierAuthority.Value[i];
    int at = snprintf(text, LONGEST_TEXT, authority >> 32 ? "S-1-0x%012llX" : "S-1-%llu", authority);
    for (DWORD i = 0; i < s->SubAuthorityCount; i++)
        at += snprintf(text + at, (size_t)(LONGEST_TEXT - at), "-%u", *GetSidSubAuthority(sid, i));
    return true;
}

BOOL ConvertSidToStringSidA(PSID sid, LPSTR *to)
{
    char text[LONGEST_TEXT];
    if (!to)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!write_text(sid, text))
        return FALSE;
    *to = LocalAlloc(LMEM_FIXED, strlen(text) + 1);
    if (!*to)
        return FALSE;
    strcpy(*to, text);
    return TRUE;
}

BOOL ConvertSidToStringSidW(PSID sid, LPWSTR *to)
{
    char text[LONGEST_TEXT];
    if (!to)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!write_text(sid, text))
        return FALSE;
    size_t units = strlen(text) + 1;
    *to = LocalAlloc(LMEM_FIXED, units * sizeof(WCHAR));
    if (!*to)
        return FALSE;
    host_utf8_to_utf16(text, SIZE_MAX, (uint16_t *)*to, units, 0);
    return TRUE;
}

static size_t parse_numbers(const char *text, union base_sid *sid)
{
    SID_IDENTIFIER_AUTHORITY authority;
    char *end;
    unsigned long long value = strtoull(text + 4, &end, 0);
    if (end == text + 4 || value >> 48)
        return 0;
    for (int i = 0; i < 6; i++)
        authority.Value[i] = (BYTE)(value >> (40 - 8 * i));
    BYTE count = 0;
    DWORD sub[SID_MAX_SUB_AUTHORITIES];
    while (*end == '-' && count < SID_MAX_SUB_AUTHORITIES) {
        const char *from = end + 1;
        value = strtoull(from, &end, 0);
        if (end == from || value >> 32)
            return 0;
        sub[count++] = (DWORD)value;
    }
    if (count == 0 || *end == '-')
        return 0;
    InitializeSid(sid, &authority, count);
    memcpy(sid->room + HEAD, sub, count * sizeof(DWORD));
    return (size_t)(end - text);
}

size_t base_sid_parse(const char *text, union base_sid *sid)
{
    if (!strncasecmp(text, "S-1-", 4))
        return parse_numbers(text, sid);
    for (size_t i = 0; i < WELL_KNOWN; i++)
        if (well_known[i].letters[0] && !strncasecmp(text, well_known[i].letters, 2)) {
            fill(sid, i);
            return 2;
        }
    return 0;
}

BOOL ConvertStringSidToSidA(LPCSTR text, PSID *sid)
{
    union base_sid made;
    if (!text || !sid)
        return win32_error(ERROR_INVALID_PARAMETER);
    size_t length = base_sid_parse(text, &made);
    if (length == 0 || text[length])
        return win32_error(ERROR_INVALID_SID);
    *sid = LocalAlloc(LMEM_FIXED, GetLengthSid(&made));
    if (!*sid)
        return FALSE;
    memcpy(*sid, &made, GetLengthSid(&made));
    return TRUE;
}

BOOL ConvertStringSidToSidW(LPCWSTR text, PSID *sid)
{
    char plain[LONGEST_TEXT];
    if (!text || !sid)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (host_utf16_to_utf8((const uint16_t *)text, SIZE_MAX, plain, sizeof plain, 0) > sizeof plain)
        return win32_error(ERROR_INVALID_SID);
    return ConvertStringSidToSidA(plain, sid);
}
