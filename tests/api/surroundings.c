/* surroundings.c: processes, processors, drives, message boxes: what memory programs ask besides. test traits: wide
 * Builds with mingw-w64 as well. */
#include <windows.h>

#include <psapi.h>
#include <stdlib.h>
#include <string.h>

#include "../check.h"

static void processes(void)
{
    static DWORD ids[32768];
    DWORD needed = 0, found = 0, size = MAX_PATH;
    char path[MAX_PATH];
    WCHAR wide[MAX_PATH];
    FILETIME created, ended, kernel, user, now;
    CHECK(EnumProcesses(ids, sizeof ids, &needed));
    for (DWORD i = 0; i < needed / sizeof *ids; i++)
        found += ids[i] == GetCurrentProcessId();
    CHECK_EQ(found, 1);
    CHECK(EnumProcesses(ids, sizeof *ids, &needed) && needed == sizeof *ids);
    CHECK(QueryFullProcessImageNameA(GetCurrentProcess(), 0, path, &size));
    CHECK(size == strlen(path) && strstr(path, "surroundings"));
    size = 3;
    CHECK(!QueryFullProcessImageNameA(GetCurrentProcess(), 0, path, &size));
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    size = MAX_PATH;
    CHECK(QueryFullProcessImageNameA(GetCurrentProcess(), PROCESS_NAME_NATIVE, path, &size) && path[0] == '\\');
    size = MAX_PATH;
    CHECK(QueryFullProcessImageNameW(GetCurrentProcess(), 0, wide, &size) && wide[size] == 0);
    CHECK(GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user));
    Sleep(20); /* times of processes come in ticks */
    GetSystemTimeAsFileTime(&now);
    CHECK(CompareFileTime(&created, &now) <= 0);
}

static void computer_names(void)
{
    char name[512], plain[MAX_COMPUTERNAME_LENGTH + 1 + 256];
    WCHAR wide[512];
    DWORD size = sizeof plain, need = 0;
    CHECK(GetComputerNameExA(ComputerNameDnsHostname, plain, &size) && size == strlen(plain) && size > 0);
    for (int kind = 0; kind < ComputerNameMax; kind++) {
        size = 512;
        CHECK(GetComputerNameExA((COMPUTER_NAME_FORMAT)kind, name, &size) && size == strlen(name));
        need = 0;
        CHECK(!GetComputerNameExA((COMPUTER_NAME_FORMAT)kind, NULL, &need) && GetLastError() == ERROR_MORE_DATA);
        CHECK_EQ(need, size + 1);
        need = 512;
        CHECK(GetComputerNameExW((COMPUTER_NAME_FORMAT)kind, wide, &need) && wide[need] == 0);
        if (kind % 4 == ComputerNameDnsFullyQualified)
            CHECK(!strncmp(name, plain, strlen(plain)));
        if (kind % 4 == ComputerNameNetBIOS)
            CHECK(size <= MAX_COMPUTERNAME_LENGTH && name[0] == (plain[0] & ~(plain[0] >= 'a' ? 0x20 : 0)));
    }
    CHECK(!GetComputerNameExA(ComputerNameMax, name, &size) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(DecodeSystemPointer(EncodeSystemPointer(name)) == name && EncodeSystemPointer(name) != name);
}

static void processors(void)
{
    DWORD_PTR mine, all;
    UCHAR node;
    ULONGLONG mask;
    CHECK(GetProcessAffinityMask(GetCurrentProcess(), &mine, &all) && mine && (mine & ~all) == 0);
    CHECK(SetProcessAffinityMask(GetCurrentProcess(), mine));
    CHECK(!SetProcessAffinityMask(GetCurrentProcess(), 0));
    CHECK_EQ(SetThreadAffinityMask(GetCurrentThread(), mine), mine);
    CHECK(GetNumaProcessorNode(0, &node));
    CHECK(!GetNumaProcessorNode(255, &node) && node == 0xFF);
    CHECK(GetNumaNodeProcessorMask(0, &mask) && (mask & 1));
}

static void drives(void)
{
    char text[64], target[64];
    WCHAR wide[64];
    CHECK(GetLogicalDrives());
    CHECK_EQ(GetLogicalDriveStringsA(sizeof text, text), 4);
    CHECK(text[1] == ':' && text[2] == '\\' && !text[3] && !text[4]);
    CHECK_EQ(GetLogicalDriveStringsA(2, text), 5);
    text[2] = 0;
    CHECK(QueryDosDeviceA(text, target, sizeof target));
    CHECK(!strncmp(target, "\\Device\\", 8));
    CHECK(QueryDosDeviceW(L"C:", wide, 64) && wide[0] == '\\');
    CHECK(!QueryDosDeviceA("Q!:", target, sizeof target));
    CHECK_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
    CHECK(!QueryDosDeviceA(text, target, 4));
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(GetDriveTypeA("C:\\"), DRIVE_FIXED);
    CHECK(GetWindowsDirectoryA(text, sizeof text) == strlen(text));
    CHECK(GetSystemDirectoryA(text, 3) > 3);
}

/* The documented way from a mapped file to its path on a drive. */
static void mapped_name(const char *self)
{
    HANDLE file = CreateFileA(self, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 1, NULL);
    void *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 1);
    char name[MAX_PATH], device[MAX_PATH];
    REQUIRE(view);
    CHECK(GetMappedFileNameA(GetCurrentProcess(), view, name, MAX_PATH));
    CHECK(K32GetMappedFileNameA(GetCurrentProcess(), view, device, MAX_PATH) && !strcmp(name, device));
    CHECK(QueryDosDeviceA("C:", device, MAX_PATH));
    CHECK(!strncmp(name, device, strlen(device)) && name[strlen(device)] == '\\');
    UnmapViewOfFile(view);
    CloseHandle(section);
    CloseHandle(file);
}

int main(int count, char **arguments)
{
    (void)count;
    processes();
    computer_names();
    processors();
    drives();
    mapped_name(arguments[0]);
    CHECK_EQ(MessageBoxA(NULL, "text of a box", "surroundings", MB_YESNO | MB_DEFBUTTON2), IDNO);
    CHECK_EQ(MessageBoxW(NULL, L"text of a box", L"surroundings", MB_OK), IDOK);
    return CHECK_DONE();
}
