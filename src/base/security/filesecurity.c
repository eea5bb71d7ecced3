/* filesecurity.c: what a file's owner, group and mode say, as a security descriptor. Calls libc and ob; returns errors
 * as numbers. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <aclapi.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <winerror.h>

#include "base/security/sid.h"
#include "ob/file.h"
#include "win32/win32.h"

struct rights {
    union base_sid owner, group, everyone;
    struct stat about;
};

static DWORD look(HANDLE handle, struct rights *rights)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(handle, &ob_file_type, READ_CONTROL, &object, NULL);
    if (status < 0)
        return RtlNtStatusToDosError(status);
    int failed = fstat(((struct ob_file *)object)->fd, &rights->about) != 0 ? errno : 0;
    ob_dereference(object);
    if (failed)
        return ERROR_ACCESS_DENIED;
    base_sid_of_user(&rights->owner, rights->about.st_uid);
    base_sid_of_group(&rights->group, rights->about.st_gid);
    base_sid_well_known(&rights->everyone, WinWorldSid);
    return ERROR_SUCCESS;
}

/* Three bits of a mode as rights of a file. */
static DWORD mask_of(mode_t bits)
{
    return (bits & 4 ? FILE_GENERIC_READ : 0) | (bits & 2 ? FILE_GENERIC_WRITE : 0) |
           (bits & 1 ? FILE_GENERIC_EXECUTE : 0);
}

static void fill_list(struct rights *rights, ACL *list, DWORD size)
{
    mode_t mode = rights->about.st_mode;
    InitializeAcl(list, size, ACL_REVISION);
    AddAccessAllowedAce(list, ACL_REVISION, mask_of(mode >> 6) | READ_CONTROL | WRITE_DAC, &rights->owner);
    AddAccessAllowedAce(list, ACL_REVISION, mask_of(mode >> 3), &rights->group);
    AddAccessAllowedAce(list, ACL_REVISION, mask_of(mode), &rights->everyone);
}

/* The parts that were asked for, in one block of LocalAlloc. */
static DWORD describe(struct rights *rights, SECURITY_INFORMATION parts, PSECURITY_DESCRIPTOR *made)
{
    union {
        ACL list;
        char room[sizeof(ACL) + 3 * (sizeof(ACCESS_ALLOWED_ACE) + SECURITY_MAX_SID_SIZE)];
    } entries;
    SECURITY_DESCRIPTOR whole;
    DWORD size = 0;
    InitializeSecurityDescriptor(&whole, SECURITY_DESCRIPTOR_REVISION);
    if (parts & OWNER_SECURITY_INFORMATION)
        SetSecurityDescriptorOwner(&whole, &rights->owner, FALSE);
    if (parts & GROUP_SECURITY_INFORMATION)
        SetSecurityDescriptorGroup(&whole, &rights->group, FALSE);
    if (parts & DACL_SECURITY_INFORMATION) {
        fill_list(rights, &entries.list, sizeof entries);
        SetSecurityDescriptorDacl(&whole, TRUE, &entries.list, FALSE);
    }
    MakeSelfRelativeSD(&whole, NULL, &size);
    PSECURITY_DESCRIPTOR block = LocalAlloc(LMEM_FIXED, size);
    if (!block || !MakeSelfRelativeSD(&whole, block, &size)) {
        LocalFree(block);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    *made = block;
    return ERROR_SUCCESS;
}

static void give_parts(PSECURITY_DESCRIPTOR descriptor, PSID *owner, PSID *group, PACL *dacl)
{
    BOOL defaulted, present;
    if (owner)
        GetSecurityDescriptorOwner(descriptor, owner, &defaulted);
    if (group)
        GetSecurityDescriptorGroup(descriptor, group, &defaulted);
    if (dacl && (!GetSecurityDescriptorDacl(descriptor, &present, dacl, &defaulted) || !present))
        *dacl = NULL;
}

DWORD GetSecurityInfo(HANDLE handle, SE_OBJECT_TYPE type, SECURITY_INFORMATION parts, PSID *owner, PSID *group,
                      PACL *dacl, PACL *sacl, PSECURITY_DESCRIPTOR *descriptor)
{
    struct rights rights;
    if (type != SE_FILE_OBJECT)
        return ERROR_NOT_SUPPORTED;
    if (parts & SACL_SECURITY_INFORMATION || sacl)
        return ERROR_PRIVILEGE_NOT_HELD;
    if (!descriptor && (owner || group || dacl))
        return ERROR_INVALID_PARAMETER; /* what they would point into */
    DWORD before = GetLastError(), error = look(handle, &rights);
    if (error == ERROR_SUCCESS && descriptor)
        error = describe(&rights, parts, descriptor);
    if (error == ERROR_SUCCESS && descriptor)
        give_parts(*descriptor, parts & OWNER_SECURITY_INFORMATION ? owner : NULL,
                   parts & GROUP_SECURITY_INFORMATION ? group : NULL, parts & DACL_SECURITY_INFORMATION ? dacl : NULL);
    SetLastError(before);
    return error;
}

static DWORD of_named(HANDLE file, SE_OBJECT_TYPE type, SECURITY_INFORMATION parts, PSID *owner, PSID *group,
                      PACL *dacl, PACL *sacl, PSECURITY_DESCRIPTOR *descriptor)
{
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    DWORD error = GetSecurityInfo(file, type, parts, owner, group, dacl, sacl, descriptor);
    CloseHandle(file);
    return error;
}

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

DWORD GetNamedSecurityInfoA(LPCSTR name, SE_OBJECT_TYPE type, SECURITY_INFORMATION parts, PSID *owner, PSID *group,
                            PACL *dacl, PACL *sacl, PSECURITY_DESCRIPTOR *descriptor)
{
    if (type != SE_FILE_OBJECT)
        return ERROR_NOT_SUPPORTED;
    return of_named(CreateFileA(name, READ_CONTROL, SHARE_ALL, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL),
                    type, parts, owner, group, dacl, sacl, descriptor);
}

DWORD GetNamedSecurityInfoW(LPCWSTR name, SE_OBJECT_TYPE type, SECURITY_INFORMATION parts, PSID *owner, PSID *group,
                            PACL *dacl, PACL *sacl, PSECURITY_DESCRIPTOR *descriptor)
{
    if (type != SE_FILE_OBJECT)
        return ERROR_NOT_SUPPORTED;
    return of_named(CreateFileW(name, READ_CONTROL, SHARE_ALL, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL),
                    type, parts, owner, group, dacl, sacl, descriptor);
}
