/* security.c: identifiers, lists and descriptors as programs build them for what they share; what a token says. */
#include <windows.h>
#include <aclapi.h>
#include <sddl.h>

#include <stdlib.h>
#include <string.h>

#include "check.h"

static void identifiers(void)
{
    SID_IDENTIFIER_AUTHORITY world = {SECURITY_WORLD_SID_AUTHORITY}, nt = {SECURITY_NT_AUTHORITY};
    PSID everyone = NULL, admins = NULL, parsed = NULL;
    char room[SECURITY_MAX_SID_SIZE], *text = NULL;
    DWORD size = 0;
    REQUIRE(AllocateAndInitializeSid(&world, 1, SECURITY_WORLD_RID, 0, 0, 0, 0, 0, 0, 0, &everyone));
    REQUIRE(AllocateAndInitializeSid(&nt, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS, 0, 0, 0, 0, 0, 0,
                                     &admins));
    CHECK(IsValidSid(everyone) && GetLengthSid(everyone) == 12 && GetLengthSid(admins) == 16);
    CHECK(!EqualSid(everyone, admins));
    CHECK(*GetSidSubAuthorityCount(admins) == 2 && *GetSidSubAuthority(admins, 1) == 544);
    REQUIRE(ConvertSidToStringSidA(admins, &text));
    CHECK(!strcmp(text, "S-1-5-32-544"));
    REQUIRE(ConvertStringSidToSidA(text, &parsed));
    CHECK(EqualSid(parsed, admins));
    LocalFree(text);
    LocalFree(parsed);
    REQUIRE(ConvertStringSidToSidA("WD", &parsed));
    CHECK(EqualSid(parsed, everyone) && IsWellKnownSid(parsed, WinWorldSid));
    LocalFree(parsed);
    CHECK(!ConvertStringSidToSidA("S-1-", &parsed));
    CHECK_EQ(GetLastError(), ERROR_INVALID_SID);
    CHECK(!CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, NULL, &size));
    CHECK(GetLastError() == ERROR_INSUFFICIENT_BUFFER && size == 16);
    CHECK(CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, room, &size) && EqualSid(room, admins));
    CHECK(!CopySid(8, room, admins));
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    FreeSid(everyone);
    FreeSid(admins);
}

static void lists(void)
{
    union {
        ACL acl;
        char room[64];
    } list;
    char everyone[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof everyone;
    ACCESS_ALLOWED_ACE *ace;
    ACL_SIZE_INFORMATION sizes;
    REQUIRE(CreateWellKnownSid(WinWorldSid, NULL, everyone, &size));
    CHECK(!InitializeAcl(&list.acl, 4, ACL_REVISION));
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    REQUIRE(InitializeAcl(&list.acl, sizeof list, ACL_REVISION));
    CHECK(AddAccessDeniedAce(&list.acl, ACL_REVISION, DELETE, everyone));
    CHECK(AddAccessAllowedAce(&list.acl, ACL_REVISION, GENERIC_READ, everyone));
    CHECK(!AddAccessAllowedAce(&list.acl, ACL_REVISION, GENERIC_READ, everyone) ||
          !AddAccessAllowedAce(&list.acl, ACL_REVISION, GENERIC_READ, everyone));
    CHECK_EQ(GetLastError(), ERROR_ALLOTTED_SPACE_EXCEEDED);
    CHECK(IsValidAcl(&list.acl));
    CHECK(GetAce(&list.acl, 1, (LPVOID *)&ace) && ace->Mask == GENERIC_READ && EqualSid(&ace->SidStart, everyone));
    CHECK(GetAclInformation(&list.acl, &sizes, sizeof sizes, AclSizeInformation));
    CHECK_EQ(sizes.AclBytesInUse + sizes.AclBytesFree, sizeof list);
    CHECK(DeleteAce(&list.acl, 0) && GetAce(&list.acl, 0, (LPVOID *)&ace) && ace->Mask == GENERIC_READ);
}

/* The documented way to a descriptor for a new object. */
static void descriptors(void)
{
    EXPLICIT_ACCESS_A entry = {.grfAccessPermissions = FILE_MAP_ALL_ACCESS, .grfAccessMode = SET_ACCESS};
    SECURITY_DESCRIPTOR absolute;
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, &absolute, FALSE};
    PACL acl = NULL, found = NULL;
    BOOL present = FALSE, defaulted = TRUE;
    char everyone[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof everyone;
    REQUIRE(CreateWellKnownSid(WinWorldSid, NULL, everyone, &size));
    entry.Trustee.TrusteeForm = TRUSTEE_IS_SID;
    entry.Trustee.TrusteeType = TRUSTEE_IS_WELL_KNOWN_GROUP;
    entry.Trustee.ptstrName = (LPSTR)everyone;
    CHECK_EQ(SetEntriesInAclA(1, &entry, NULL, &acl), ERROR_SUCCESS);
    REQUIRE(acl && InitializeSecurityDescriptor(&absolute, SECURITY_DESCRIPTOR_REVISION));
    CHECK(SetSecurityDescriptorDacl(&absolute, TRUE, acl, FALSE));
    CHECK(GetSecurityDescriptorDacl(&absolute, &present, &found, &defaulted) && present && found == acl && !defaulted);
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, 4096, NULL);
    CHECK(section);
    CloseHandle(section);
    size = 0;
    CHECK(!MakeSelfRelativeSD(&absolute, NULL, &size));
    CHECK(GetLastError() == ERROR_INSUFFICIENT_BUFFER && size == 20u + acl->AclSize);
    LocalFree(acl);
}

static void from_text(void)
{
    PSECURITY_DESCRIPTOR made = NULL;
    ULONG size = 0;
    PACL acl = NULL;
    PSID owner = NULL;
    BOOL present, defaulted;
    SECURITY_DESCRIPTOR_CONTROL control;
    DWORD revision;
    ACCESS_ALLOWED_ACE *ace;
    CHECK(ConvertStringSecurityDescriptorToSecurityDescriptorA(
        "O:BAD:P(D;OICI;GA;;;BG)(A;OICI;GRGWGX;;;AU)(A;;0x1f;;;S-1-5-18)", SDDL_REVISION_1, &made, &size));
    REQUIRE(made);
    CHECK(IsValidSecurityDescriptor(made) && size == GetSecurityDescriptorLength(made));
    CHECK(GetSecurityDescriptorControl(made, &control, &revision) && control & SE_DACL_PROTECTED &&
          control & SE_SELF_RELATIVE);
    CHECK(GetSecurityDescriptorOwner(made, &owner, &defaulted) && IsWellKnownSid(owner, WinBuiltinAdministratorsSid));
    CHECK(GetSecurityDescriptorDacl(made, &present, &acl, &defaulted) && present && acl && acl->AceCount == 3);
    CHECK(GetAce(acl, 0, (LPVOID *)&ace) && ace->Header.AceType == ACCESS_DENIED_ACE_TYPE);
    CHECK(ace->Header.AceFlags == (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE) && ace->Mask == GENERIC_ALL);
    CHECK(GetAce(acl, 2, (LPVOID *)&ace) && ace->Mask == 0x1f && IsWellKnownSid(&ace->SidStart, WinLocalSystemSid));
    LocalFree(made);
    CHECK(!ConvertStringSecurityDescriptorToSecurityDescriptorA("D:(A;;GA;;;ZZ)", SDDL_REVISION_1, &made, NULL));
    CHECK(!ConvertStringSecurityDescriptorToSecurityDescriptorA("D:", 7, &made, NULL));
    CHECK_EQ(GetLastError(), ERROR_UNKNOWN_REVISION);
}

static void tokens(void)
{
    HANDLE token;
    union {
        TOKEN_USER user;
        TOKEN_MANDATORY_LABEL label;
        TOKEN_PRIVILEGES privileges;
        char room[512];
    } about;
    TOKEN_ELEVATION elevation;
    DWORD size = 0, needed = 0;
    REQUIRE(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    CHECK(!GetTokenInformation(token, TokenUser, NULL, 0, &needed));
    CHECK(GetLastError() == ERROR_INSUFFICIENT_BUFFER && needed > sizeof(TOKEN_USER));
    CHECK(GetTokenInformation(token, TokenUser, &about, needed, &size) && size == needed);
    CHECK(IsValidSid(about.user.User.Sid) && (char *)about.user.User.Sid == about.room + sizeof(TOKEN_USER));
    CHECK(GetTokenInformation(token, TokenElevation, &elevation, sizeof elevation, &size) && size == 4);
    CHECK(GetTokenInformation(token, TokenIntegrityLevel, &about, sizeof about, &size));
    CHECK(*GetSidSubAuthority(about.label.Label.Sid, 0) >= SECURITY_MANDATORY_MEDIUM_RID);
    CHECK(GetTokenInformation(token, TokenPrivileges, &about, sizeof about, &size) && about.privileges.PrivilegeCount);
    CloseHandle(token);
    CHECK(!GetTokenInformation(token, TokenUser, &about, sizeof about, &size));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token));
    CHECK_EQ(GetLastError(), ERROR_NO_TOKEN);
}

/* The parts that are less often set, each way and back; the wide text forms. */
static void parts(void)
{
    SECURITY_DESCRIPTOR made;
    SECURITY_DESCRIPTOR_CONTROL control;
    char owner[SECURITY_MAX_SID_SIZE], group[SECURITY_MAX_SID_SIZE], list[64];
    DWORD size = sizeof owner, revision, length = 0;
    PSID seen;
    PACL acl;
    BOOL present, defaulted;
    CHECK(CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, owner, &size));
    size = sizeof group;
    CHECK(CreateWellKnownSid(WinBuiltinUsersSid, NULL, group, &size) && EqualPrefixSid(owner, group));
    CHECK(GetSidIdentifierAuthority(owner)->Value[5] == 5);
    CHECK(InitializeSecurityDescriptor(&made, SECURITY_DESCRIPTOR_REVISION));
    CHECK(SetSecurityDescriptorOwner(&made, owner, TRUE) && SetSecurityDescriptorGroup(&made, group, FALSE));
    CHECK(InitializeAcl((PACL)list, sizeof list, ACL_REVISION));
    CHECK(AddAccessAllowedAce((PACL)list, ACL_REVISION, GENERIC_READ, owner));
    CHECK(SetSecurityDescriptorSacl(&made, TRUE, (PACL)list, TRUE));
    CHECK(SetSecurityDescriptorControl(&made, SE_DACL_PROTECTED, SE_DACL_PROTECTED));
    CHECK(!SetSecurityDescriptorControl(&made, SE_SELF_RELATIVE, SE_SELF_RELATIVE));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(!MakeSelfRelativeSD(&made, NULL, &length) && GetLastError() == ERROR_INSUFFICIENT_BUFFER);
    char *flat = malloc(length);
    REQUIRE(flat && MakeSelfRelativeSD(&made, flat, &length));
    for (int i = 0; i < 2; i++) {
        void *from = i ? flat : (char *)&made;
        CHECK(GetSecurityDescriptorOwner(from, &seen, &defaulted) && EqualSid(seen, owner) && defaulted);
        CHECK(GetSecurityDescriptorGroup(from, &seen, &defaulted) && EqualSid(seen, group) && !defaulted);
        CHECK(GetSecurityDescriptorSacl(from, &present, &acl, &defaulted) && present && acl->AceCount == 1 &&
              defaulted);
        CHECK(GetSecurityDescriptorDacl(from, &present, &acl, &defaulted) && !present);
        CHECK(GetSecurityDescriptorControl(from, &control, &revision) && control & SE_DACL_PROTECTED && revision == 1);
    }
    CHECK_EQ(GetSecurityDescriptorLength(flat), length);
    CHECK(!SetSecurityDescriptorOwner(flat, owner, FALSE) && GetLastError() == ERROR_INVALID_SECURITY_DESCR);
    free(flat);
}

static void wide_text(void)
{
    static const WCHAR admins[] = {'S', '-', '1', '-', '5', '-', '3', '2', '-', '5', '4', '4', 0};
    static const WCHAR whole[] = {'O', ':', 'B', 'A', 'D', ':', '(', 'A', ';', ';',
                                  'G', 'A', ';', ';', ';', 'W', 'D', ')', 0};
    PSID sid = NULL;
    LPWSTR text = NULL;
    PSECURITY_DESCRIPTOR made = NULL;
    ULONG size = 0;
    BOOL present, defaulted, member = FALSE;
    PACL acl;
    REQUIRE(ConvertStringSidToSidW(admins, &sid) && ConvertSidToStringSidW(sid, &text));
    CHECK(!memcmp(text, admins, sizeof admins) && IsWellKnownSid(sid, WinBuiltinAdministratorsSid));
    REQUIRE(ConvertStringSecurityDescriptorToSecurityDescriptorW(whole, SDDL_REVISION_1, &made, &size));
    CHECK(size == GetSecurityDescriptorLength(made));
    CHECK(GetSecurityDescriptorDacl(made, &present, &acl, &defaulted) && present && acl->AceCount == 1);
    CHECK(CheckTokenMembership(NULL, &((ACCESS_ALLOWED_ACE *)(acl + 1))->SidStart, &member) && member);
    LocalFree(made);
    LocalFree(text);
    LocalFree(sid);
}

/* What is set for somebody takes the place of what there was. */
static void replaced(void)
{
    char somebody[SECURITY_MAX_SID_SIZE], other[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof somebody;
    PACL first = NULL, second = NULL, third = NULL;
    LPVOID ace;
    CHECK(CreateWellKnownSid(WinWorldSid, NULL, somebody, &size));
    size = sizeof other;
    CHECK(CreateWellKnownSid(WinBuiltinUsersSid, NULL, other, &size));
    EXPLICIT_ACCESS_A entry[2] = {{.grfAccessPermissions = 1, .grfAccessMode = GRANT_ACCESS},
                                  {.grfAccessPermissions = 2, .grfAccessMode = GRANT_ACCESS}};
    entry[0].Trustee.TrusteeForm = entry[1].Trustee.TrusteeForm = TRUSTEE_IS_SID;
    entry[0].Trustee.ptstrName = somebody;
    entry[1].Trustee.ptstrName = other;
    REQUIRE(SetEntriesInAclA(2, entry, NULL, &first) == ERROR_SUCCESS);
    entry[0].grfAccessMode = SET_ACCESS;
    entry[0].grfAccessPermissions = 4;
    REQUIRE(SetEntriesInAclA(1, entry, first, &second) == ERROR_SUCCESS);
    CHECK_EQ(second->AceCount, 2);
    CHECK(GetAce(second, 0, &ace) && ((ACCESS_ALLOWED_ACE *)ace)->Mask == 4);
    CHECK(GetAce(second, 1, &ace) && ((ACCESS_ALLOWED_ACE *)ace)->Mask == 2);
    entry[0].grfAccessMode = REVOKE_ACCESS;
    REQUIRE(SetEntriesInAclW(1, (PEXPLICIT_ACCESS_W)entry, second, &third) == ERROR_SUCCESS);
    CHECK(third->AceCount == 1 && GetAce(third, 0, &ace) && ((ACCESS_ALLOWED_ACE *)ace)->Mask == 2);
    LocalFree(first);
    LocalFree(second);
    LocalFree(third);
}

/* Identifiers that every system has, by name and back. */
static void accounts(void)
{
    char sid[SECURITY_MAX_SID_SIZE], name[256], domain[256];
    DWORD size = sizeof sid, name_size = 1, domain_size = 1;
    SID_NAME_USE use = SidTypeUnknown;
    REQUIRE(CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, sid, &size));
    CHECK(!LookupAccountSidA(NULL, sid, NULL, &name_size, NULL, &domain_size, &use));
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    CHECK(name_size == 15 && domain_size == 8);
    REQUIRE(LookupAccountSidA(NULL, sid, name, &name_size, domain, &domain_size, &use));
    CHECK(name_size == 14 && domain_size == 7 && use == SidTypeAlias);
    CHECK(!strcmp(name, "Administrators") && !strcmp(domain, "BUILTIN"));
    WCHAR wide[256], wide_domain[256];
    name_size = domain_size = 256;
    size = sizeof sid;
    REQUIRE(CreateWellKnownSid(WinLocalSystemSid, NULL, sid, &size));
    REQUIRE(LookupAccountSidW(NULL, sid, wide, &name_size, wide_domain, &domain_size, &use));
    CHECK(name_size == 6 && wide[0] == 'S' && wide[5] == 'M' && wide[6] == 0 && domain_size == 12);
    char found[SECURITY_MAX_SID_SIZE];
    DWORD found_size = 4;
    domain_size = 256;
    CHECK(!LookupAccountNameA(NULL, "NT AUTHORITY\\SYSTEM", found, &found_size, domain, &domain_size, &use));
    CHECK(GetLastError() == ERROR_INSUFFICIENT_BUFFER && found_size == 12 && domain_size == 13);
    REQUIRE(LookupAccountNameA(NULL, "NT AUTHORITY\\SYSTEM", found, &found_size, domain, &domain_size, &use));
    CHECK(EqualSid(found, sid) && !strcmp(domain, "NT AUTHORITY") && domain_size == 12);
    found_size = domain_size = 256;
    CHECK(!LookupAccountNameA(NULL, "nobody has this name", found, &found_size, domain, &domain_size, &use));
    CHECK_EQ(GetLastError(), ERROR_NONE_MAPPED);
    PSID nobody = NULL;
    REQUIRE(ConvertStringSidToSidA("S-1-5-21-1-2-3-4", &nobody));
    name_size = domain_size = 256;
    CHECK(!LookupAccountSidA(NULL, nobody, name, &name_size, domain, &domain_size, &use));
    CHECK_EQ(GetLastError(), ERROR_NONE_MAPPED);
    LocalFree(nobody);
}

/* The owner of a file that the program made is its own user. */
static void file_owner(void)
{
    union {
        TOKEN_USER user;
        char room[256];
    } own;
    char name[256], domain[256];
    DWORD size = 0, name_size = 256, domain_size = 256;
    SID_NAME_USE use;
    HANDLE token = NULL, file = CreateFileA("security_owner.tmp", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                                            FILE_FLAG_DELETE_ON_CLOSE, NULL);
    REQUIRE(file != INVALID_HANDLE_VALUE && OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    REQUIRE(GetTokenInformation(token, TokenUser, &own, sizeof own, &size));
    PSID owner = NULL, group = NULL;
    PACL dacl = NULL;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    SECURITY_INFORMATION all = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    REQUIRE(GetSecurityInfo(file, SE_FILE_OBJECT, all, &owner, &group, &dacl, NULL, &descriptor) == ERROR_SUCCESS);
    CHECK(owner && group && dacl && IsValidSid(group) && dacl->AceCount > 0);
#ifndef _WIN32 /* where administrators own what one of them makes */
    CHECK(EqualSid(owner, own.user.User.Sid));
    CHECK(LookupAccountSidA(NULL, owner, name, &name_size, domain, &domain_size, &use) && use == SidTypeUser);
#endif
    LocalFree(descriptor);
    CHECK_EQ(GetSecurityInfo(NULL, SE_FILE_OBJECT, all, &owner, NULL, NULL, NULL, &descriptor), ERROR_INVALID_HANDLE);
    CloseHandle(file);
    CHECK_EQ(GetNamedSecurityInfoA("security_owner.tmp", SE_FILE_OBJECT, all, &owner, NULL, NULL, NULL, &descriptor),
             ERROR_FILE_NOT_FOUND);
    REQUIRE(GetNamedSecurityInfoA(".", SE_FILE_OBJECT, all, &owner, NULL, NULL, NULL, &descriptor) == ERROR_SUCCESS);
    CHECK(owner && IsValidSid(owner));
    LocalFree(descriptor);
    CloseHandle(token);
}

int main(void)
{
    accounts();
    file_owner();
    parts();
    wide_text();
    replaced();
    identifiers();
    lists();
    descriptors();
    from_text();
    tokens();
    return CHECK_DONE();
}
