/* file_lock.c: byte-range locks, room on the disk, security descriptors, the version: what databases ask for. */
#include <windows.h>

#include <string.h>

#include "../check.h"

static const char path[] = "file_lock_test.bin";

static HANDLE open_file(void)
{
    HANDLE handle =
        CreateFileA(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, 0, NULL);
    CHECK(handle != INVALID_HANDLE_VALUE);
    return handle;
}

static BOOL lock(HANDLE handle, DWORD offset, DWORD size, DWORD flags)
{
    OVERLAPPED at = {.Offset = offset};
    return LockFileEx(handle, flags | LOCKFILE_FAIL_IMMEDIATELY, 0, size, 0, &at);
}

static BOOL unlock(HANDLE handle, DWORD offset, DWORD size)
{
    OVERLAPPED at = {.Offset = offset};
    return UnlockFileEx(handle, 0, size, 0, &at);
}

static void refused(BOOL result, DWORD error)
{
    CHECK(!result);
    CHECK_EQ(GetLastError(), error);
}

static void test_exclusive(HANDLE one, HANDLE two)
{
    CHECK(lock(one, 10, 10, LOCKFILE_EXCLUSIVE_LOCK));
    refused(lock(two, 19, 1, LOCKFILE_EXCLUSIVE_LOCK), ERROR_LOCK_VIOLATION);
    refused(lock(two, 0, 11, 0), ERROR_LOCK_VIOLATION);
    CHECK(lock(two, 20, 5, LOCKFILE_EXCLUSIVE_LOCK));
    refused(lock(one, 15, 1, LOCKFILE_EXCLUSIVE_LOCK), ERROR_LOCK_VIOLATION); /* not even by the same handle */
    refused(unlock(one, 10, 9), ERROR_NOT_LOCKED);
    refused(unlock(two, 10, 10), ERROR_NOT_LOCKED);
    CHECK(unlock(one, 10, 10));
    CHECK(lock(two, 10, 10, LOCKFILE_EXCLUSIVE_LOCK));
    CHECK(unlock(two, 10, 10) && unlock(two, 20, 5));
}

static void test_shared(HANDLE one, HANDLE two)
{
    CHECK(lock(one, 0, 100, 0));
    CHECK(lock(one, 50, 100, 0));
    CHECK(lock(two, 60, 10, 0));
    refused(lock(two, 99, 1, LOCKFILE_EXCLUSIVE_LOCK), ERROR_LOCK_VIOLATION);
    CHECK(unlock(one, 0, 100));
    refused(lock(two, 99, 1, LOCKFILE_EXCLUSIVE_LOCK), ERROR_LOCK_VIOLATION); /* the other lock still holds it */
    CHECK(lock(two, 0, 50, LOCKFILE_EXCLUSIVE_LOCK));
    CHECK(unlock(one, 50, 100) && unlock(two, 60, 10) && unlock(two, 0, 50));
}

/* The documented way from an exclusive lock to a shared one: both, then one unlock, which gives the exclusive one back.
 */
static void test_downgrade(HANDLE one, HANDLE two)
{
    CHECK(lock(one, 0, 10, LOCKFILE_EXCLUSIVE_LOCK));
    CHECK(lock(one, 0, 10, 0));
    refused(lock(two, 5, 1, 0), ERROR_LOCK_VIOLATION);
    CHECK(unlock(one, 0, 10));
    CHECK(lock(two, 5, 1, 0) && unlock(two, 5, 1));
    refused(lock(two, 5, 1, LOCKFILE_EXCLUSIVE_LOCK), ERROR_LOCK_VIOLATION);
    refused(lock(one, 0, 10, LOCKFILE_EXCLUSIVE_LOCK), ERROR_LOCK_VIOLATION);
    CHECK(unlock(one, 0, 10));
    refused(unlock(one, 0, 10), ERROR_NOT_LOCKED);
    CHECK(lock(one, 10, 10, LOCKFILE_EXCLUSIVE_LOCK) && lock(one, 0, 40, 0)); /* around it */
    refused(lock(two, 15, 1, 0), ERROR_LOCK_VIOLATION);
    CHECK(lock(two, 25, 1, 0) && unlock(two, 25, 1));
    CHECK(unlock(one, 10, 10) && lock(two, 15, 1, 0) && unlock(two, 15, 1) && unlock(one, 0, 40));
}

static void test_ranges(HANDLE one, HANDLE two)
{
    CHECK(LockFile(one, 0, 0, MAXDWORD, MAXDWORD)); /* everything, the classic way */
    refused(LockFile(two, 5, 0, 1, 0), ERROR_LOCK_VIOLATION);
    CHECK(UnlockFile(one, 0, 0, MAXDWORD, MAXDWORD));
    CHECK(LockFile(one, 0, 0x90000000, 16, 0)); /* beyond any file */
    refused(LockFile(one, 8, 0x90000000, 16, 0), ERROR_LOCK_VIOLATION);
    CHECK(UnlockFile(one, 0, 0x90000000, 16, 0));
    refused(LockFile(one, MAXDWORD, MAXDWORD, 2, 0), ERROR_INVALID_LOCK_RANGE);
    CHECK(LockFile(one, 0, 0, 1, 0));
    CHECK(CloseHandle(one)); /* gives it back */
    CHECK(LockFile(two, 0, 0, 1, 0));
    CHECK(UnlockFile(two, 0, 0, 1, 0));
    refused(UnlockFile(two, 0, 0, 1, 0), ERROR_NOT_LOCKED);
    refused(LockFile((HANDLE)(ULONG_PTR)0x7ffc, 0, 0, 1, 0), ERROR_INVALID_HANDLE);
}

static DWORD WINAPI release_later(void *handle)
{
    Sleep(30);
    return (DWORD)UnlockFile(handle, 0, 0, 1, 0);
}

static void test_waiting(HANDLE two)
{
    HANDLE one = open_file();
    OVERLAPPED at = {0};
    CHECK(LockFile(one, 0, 0, 1, 0));
    HANDLE thread = CreateThread(NULL, 0, release_later, one, 0, NULL);
    CHECK(LockFileEx(two, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &at));
    CHECK_EQ(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    CHECK(CloseHandle(thread) && CloseHandle(one));
}

static void test_room(void)
{
    DWORD sectors = 0, bytes = 0, left = 0, all = 0;
    ULARGE_INTEGER mine = {0}, total = {0};
    CHECK(GetDiskFreeSpaceA(".", &sectors, &bytes, &left, &all));
    CHECK_EQ(bytes, 512);
    CHECK(sectors > 0 && all > 0 && left <= all);
    CHECK(GetDiskFreeSpaceExA(NULL, &mine, &total, NULL) && mine.QuadPart <= total.QuadPart && total.QuadPart);
    refused(GetDiskFreeSpaceExA("no such directory\\at all", &mine, NULL, NULL), ERROR_PATH_NOT_FOUND);
    CHECK(AreFileApisANSI());
}

static void test_descriptor(void)
{
    SECURITY_DESCRIPTOR descriptor;
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, &descriptor, FALSE};
    BOOL present = FALSE, defaulted = TRUE;
    PACL acl = (PACL)&present;
    refused(InitializeSecurityDescriptor(&descriptor, 7), ERROR_UNKNOWN_REVISION);
    CHECK(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
    CHECK(SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE));
    CHECK(GetSecurityDescriptorDacl(&descriptor, &present, &acl, &defaulted));
    CHECK(present && !acl && !defaulted);
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, 4096, NULL);
    CHECK(section && CloseHandle(section));
}

static void test_version(void)
{
    OSVERSIONINFOEXA version = {.dwOSVersionInfoSize = sizeof version};
    CHECK_EQ(GetVersion() & 0xff, 10);
    CHECK(GetVersionExA((LPOSVERSIONINFOA)&version));
    CHECK(version.dwMajorVersion == 10 && version.dwBuildNumber == GetVersion() >> 16);
    version.dwOSVersionInfoSize = 3;
    refused(GetVersionExA((LPOSVERSIONINFOA)&version), ERROR_INSUFFICIENT_BUFFER);
}

int main(void)
{
    HANDLE two = open_file();
    HANDLE one = open_file();
    test_exclusive(one, two);
    test_shared(one, two);
    test_downgrade(one, two);
    test_ranges(one, two); /* closes the first */
    test_waiting(two);
    CHECK(CloseHandle(two) && DeleteFileA(path));
    test_room();
    test_descriptor();
    test_version();
    return CHECK_DONE();
}
