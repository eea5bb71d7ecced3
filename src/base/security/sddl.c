/* sddl.c: a security descriptor from its text: O:owner G:group D:flags(entry)... S:flags(entry)... Sets the last error.
 */
#include <sddl.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <winerror.h>

#include "base/security/sid.h"
#include "host/own.h"
#include "host/utf.h"
#include "win32/win32.h"

struct list {
    union {
        ACL acl;
        BYTE room[8192];
    };
    bool present;
    SECURITY_DESCRIPTOR_CONTROL control;
};

struct parsed {
    union base_sid owner, group;
    bool has_owner, has_group;
    struct list dacl, sacl;
};

static const struct {
    char name[4];
    ACCESS_MASK mask;
} rights[] = {
    {"GA", GENERIC_ALL},
    {"GR", GENERIC_READ},
    {"GW", GENERIC_WRITE},
    {"GX", GENERIC_EXECUTE},
    {"RC", READ_CONTROL},
    {"SD", DELETE},
    {"WD", WRITE_DAC},
    {"WO", WRITE_OWNER},
    {"FA", FILE_ALL_ACCESS},
    {"FR", FILE_GENERIC_READ},
    {"CC", 0x1},
    {"DC", 0x2},
    {"LC", 0x4},
    {"SW", 0x8},
    {"RP", 0x10},
    {"WP", 0x20},
    {"DT", 0x40},
    {"LO", 0x80},
    {"CR", 0x100},
    {"FW", FILE_GENERIC_WRITE},
    {"FX", FILE_GENERIC_EXECUTE},
};

static const struct {
    char name[4];
    BYTE flag;
} inheritance[] = {
    {"CI", CONTAINER_INHERIT_ACE}, {"OI", OBJECT_INHERIT_ACE}, {"NP", NO_PROPAGATE_INHERIT_ACE},
    {"IO", INHERIT_ONLY_ACE},      {"ID", INHERITED_ACE},
};

static bool parse_rights(const char *at, const char *end, ACCESS_MASK *mask)
{
    *mask = 0;
    if (at < end && *at >= '0' && *at <= '9') {
        char *stop;
        *mask = (ACCESS_MASK)strtoul(at, &stop, 0);
        return stop == end;
    }
    for (; at + 2 <= end; at += 2) {
        size_t i = 0;
        while (i < sizeof rights / sizeof *rights && memcmp(rights[i].name, at, 2) != 0)
            i++;
        if (i == sizeof rights / sizeof *rights)
            return false;
        *mask |= rights[i].mask;
    }
    return at == end;
}

static bool parse_flags(const char *at, const char *end, BYTE *flags)
{
    *flags = 0;
    for (; at + 2 <= end; at += 2) {
        size_t i = 0;
        while (i < sizeof inheritance / sizeof *inheritance && memcmp(inheritance[i].name, at, 2) != 0)
            i++;
        if (i == sizeof inheritance / sizeof *inheritance)
            return false;
        *flags |= inheritance[i].flag;
    }
    return at == end;
}

/* (type;flags;rights;;;identifier): what stands in the fields of objects must be empty. NULL: it is none. */
static const char *parse_entry(const char *at, struct list *list)
{
    const char *field[6] = {at + 1}, *end = strchr(at, ')');
    int fields = 1;
    for (const char *c = at + 1; end && c < end; c++)
        if (*c == ';') {
            if (fields == 6)
                return NULL;
            field[fields++] = c + 1;
        }
    if (!end || fields != 6 || field[4] - field[3] != 1 || field[5] - field[4] != 1)
        return NULL;
    union base_sid sid;
    ACCESS_MASK mask;
    BYTE flags;
    bool allows = field[1] - field[0] == 2 && field[0][0] == 'A',
         denies = field[1] - field[0] == 2 && field[0][0] == 'D';
    bool label = field[1] - field[0] == 3 && !memcmp(field[0], "ML", 2);
    if (label)
        return base_sid_parse(field[5], &sid) == (size_t)(end - field[5]) ? end + 1 : NULL; /* not kept: none is here */
    if ((!allows && !denies) || !parse_flags(field[1], field[2] - 1, &flags) ||
        !parse_rights(field[2], field[3] - 1, &mask) || base_sid_parse(field[5], &sid) != (size_t)(end - field[5]))
        return NULL;
    BOOL added = allows ? AddAccessAllowedAceEx(&list->acl, ACL_REVISION, flags, mask, &sid)
                        : AddAccessDeniedAceEx(&list->acl, ACL_REVISION, flags, mask, &sid);
    return added ? end + 1 : NULL;
}

/* P: protected; AR, AI: about inheritance. */
static const char *parse_list(const char *at, struct list *list, SECURITY_DESCRIPTOR_CONTROL present,
                              SECURITY_DESCRIPTOR_CONTROL is_protected)
{
    list->present = true;
    list->control = present;
    InitializeAcl(&list->acl, sizeof list->room, ACL_REVISION);
    for (;; at++) {
        if (*at == 'P')
            list->control |= is_protected;
        else if (*at == 'A' && (at[1] == 'R' || at[1] == 'I'))
            at++;
        else
            break;
    }
    while (at && *at == '(')
        at = parse_entry(at, list);
    if (at) {
        LPVOID end;
        FindFirstFreeAce(&list->acl, &end);
        list->acl.AclSize = end ? (WORD)((char *)end - (char *)list->room) : list->acl.AclSize;
    }
    return at;
}

static bool parse(const char *at, struct parsed *parsed)
{
    while (at && *at) {
        size_t length = 0;
        if (at[1] != ':')
            return false;
        switch (at[0]) {
        case 'O':
        case 'G':
            length = base_sid_parse(at + 2, at[0] == 'O' ? &parsed->owner : &parsed->group);
            parsed->has_owner |= at[0] == 'O';
            parsed->has_group |= at[0] == 'G';
            at = length ? at + 2 + length : NULL;
            break;
        case 'D':
            at = parse_list(at + 2, &parsed->dacl, SE_DACL_PRESENT, SE_DACL_PROTECTED);
            break;
        case 'S':
            at = parse_list(at + 2, &parsed->sacl, SE_SACL_PRESENT, SE_SACL_PROTECTED);
            break;
        default:
            return false;
        }
    }
    return at != NULL;
}

static BOOL make(struct parsed *parsed, PSECURITY_DESCRIPTOR *made, PULONG size)
{
    SECURITY_DESCRIPTOR parts = {.Revision = SECURITY_DESCRIPTOR_REVISION};
    DWORD needed = 0;
    parts.Control = parsed->dacl.control | parsed->sacl.control;
    parts.Owner = parsed->has_owner ? &parsed->owner : NULL;
    parts.Group = parsed->has_group ? &parsed->group : NULL;
    parts.Dacl = parsed->dacl.present ? &parsed->dacl.acl : NULL;
    parts.Sacl = parsed->sacl.present ? &parsed->sacl.acl : NULL;
    MakeSelfRelativeSD(&parts, NULL, &needed);
    *made = LocalAlloc(LMEM_FIXED, needed);
    if (!*made)
        return FALSE;
    if (size)
        *size = needed;
    return MakeSelfRelativeSD(&parts, *made, &needed);
}

BOOL ConvertStringSecurityDescriptorToSecurityDescriptorA(LPCSTR text, DWORD revision, PSECURITY_DESCRIPTOR *made,
                                                          PULONG size)
{
    if (!text || !made)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (revision != SDDL_REVISION_1)
        return win32_error(ERROR_UNKNOWN_REVISION);
    struct parsed *parsed = host_own_zero(1, sizeof *parsed);
    if (!parsed)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    DWORD before = GetLastError();
    BOOL good = parse(text, parsed);
    if (good)
        SetLastError(before);
    good = good ? make(parsed, made, size) : win32_error(ERROR_INVALID_ACL);
    host_own_give(parsed);
    return good;
}

BOOL ConvertStringSecurityDescriptorToSecurityDescriptorW(LPCWSTR text, DWORD revision, PSECURITY_DESCRIPTOR *made,
                                                          PULONG size)
{
    if (!text || !made)
        return win32_error(ERROR_INVALID_PARAMETER);
    size_t bytes = host_utf16_to_utf8((const uint16_t *)text, SIZE_MAX, NULL, 0, 0);
    char *plain = host_own_take(bytes);
    if (!plain)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    host_utf16_to_utf8((const uint16_t *)text, SIZE_MAX, plain, bytes, 0);
    BOOL good = ConvertStringSecurityDescriptorToSecurityDescriptorA(plain, revision, made, size);
    host_own_give(plain);
    return good;
}
