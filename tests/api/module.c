/* GetProcAddress on the pseudo-modules finds what programs probe for, and only that; clocks go forward. */
#include "check.h"

#include <string.h>
#include <windows.h>
#include <psapi.h>

EXTERN_C IMAGE_DOS_HEADER __ImageBase;

/* A module's handle is its base, whoever tells it. */
static void bases(void)
{
    HMODULE program = GetModuleHandleA(NULL), found = NULL, modules[64];
    MEMORY_BASIC_INFORMATION memory;
    MODULEINFO information;
    DWORD size = 0;
    char path[512], again[512];
    CHECK(program == (HMODULE)&__ImageBase);
    CHECK(VirtualQuery((void *)&bases, &memory, sizeof memory) && memory.AllocationBase == (void *)program);
    CHECK(GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                             (LPCSTR)&bases, &found));
    CHECK(found == program);
    CHECK(EnumProcessModules(GetCurrentProcess(), modules, sizeof modules, &size) && modules[0] == program);
    for (DWORD i = 0; i < size / sizeof *modules && i < 64; i++) {
        CHECK(GetModuleInformation(GetCurrentProcess(), modules[i], &information, sizeof information));
        CHECK(information.lpBaseOfDll == (void *)modules[i]);
        CHECK(GetModuleFileNameA(modules[i], path, sizeof path) > 0);
    }
    CHECK(GetModuleInformation(GetCurrentProcess(), GetModuleHandleA("kernel32"), &information, sizeof information));
    GetModuleFileNameA(NULL, path, sizeof path);
    CHECK(GetModuleHandleA(path) == program);
    CHECK(GetModuleHandleA(strrchr(path, strchr(path, '/') ? '/' : '\\') + 1) == program);
    CHECK(GetModuleFileNameA(program, again, sizeof again) && !strcmp(path, again));
    snprintf(again, sizeof again, "C:\\no-such-folder%s", strrchr(path, '\\')); /* another file of that name */
    CHECK(GetModuleHandleA(again) == NULL);
    CHECK_EQ(GetLastError(), ERROR_MOD_NOT_FOUND);
    SetLastError(0);
    CHECK(GetModuleFileNameA((HMODULE)0x123000, path, sizeof path) == 0);
    CHECK_EQ(GetLastError(), ERROR_MOD_NOT_FOUND);
    CHECK(GetProcAddress((HMODULE)0x123000, "x") == NULL);
    CHECK_EQ(GetLastError(), ERROR_MOD_NOT_FOUND);
}

static void copy(const char *from, const char *to)
{
    REQUIRE(CopyFileA(from, to, FALSE));
}

/* Folders that a program adds, and searches that say where to look. The library's name is nobody's else. */
static void added_folders(void)
{
    char folder[MAX_PATH - 40], library[MAX_PATH], from[MAX_PATH];
    WCHAR wide[MAX_PATH];
    REQUIRE(GetTempPathA(sizeof folder, folder));
    snprintf(folder + strlen(folder), sizeof folder - strlen(folder), "added-%lu",
             (unsigned long)GetCurrentProcessId());
    snprintf(library, sizeof library, "%s/winmem-added.dll", folder);
    HMODULE maths = LoadLibraryA("libm.so.6");
    REQUIRE(maths && GetModuleFileNameA(maths, from, sizeof from) && CreateDirectoryA(folder, NULL));
    copy(from, library);
    MultiByteToWideChar(CP_ACP, 0, folder, -1, wide, MAX_PATH);
    CHECK(!LoadLibraryExA("winmem-added.dll", NULL, LOAD_LIBRARY_SEARCH_USER_DIRS));
    DLL_DIRECTORY_COOKIE cookie = AddDllDirectory(wide);
    REQUIRE(cookie);
    CHECK(!LoadLibraryA("winmem-added.dll") && GetLastError() == ERROR_MOD_NOT_FOUND); /* not yet a rule */
    CHECK(!LoadLibraryExA("winmem-added.dll", NULL, LOAD_LIBRARY_SEARCH_APPLICATION_DIR));
    HMODULE module = LoadLibraryExA("winmem-added", NULL, LOAD_LIBRARY_SEARCH_DEFAULT_DIRS); /* ".dll" is meant */
    CHECK(module && module != maths && GetProcAddress(module, "cos"));
    CHECK(FreeLibrary(module));
    CHECK(!SetDefaultDllDirectories(0) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(!SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_USER_DIRS));
    module = LoadLibraryA("winmem-added.dll");
    CHECK(module && FreeLibrary(module));
    CHECK(!LoadLibraryA("libm.so.6")); /* nor anywhere else */
    CHECK(RemoveDllDirectory(cookie));
    CHECK(!RemoveDllDirectory(cookie) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(!LoadLibraryA("winmem-added.dll"));
    module = LoadLibraryExA(library, NULL, LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR);
    CHECK(module && FreeLibrary(module));
    CHECK(!LoadLibraryExA("winmem-added.dll", NULL, LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR) &&
          GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(!LoadLibraryExA(library, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32 | LOAD_WITH_ALTERED_SEARCH_PATH) &&
          GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_DEFAULT_DIRS) && FreeLibrary(maths));
    CHECK(DeleteFileA(library) && RemoveDirectoryA(folder));
    wide[0] = 'x', wide[1] = 0;
    CHECK(!AddDllDirectory(wide) && GetLastError() == ERROR_INVALID_PARAMETER); /* not a whole path */
    CHECK(!AddDllDirectory(u"") && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(!LoadLibraryA("") && GetLastError() == ERROR_MOD_NOT_FOUND);
    CHECK(!LoadLibraryExW(u"", NULL, LOAD_LIBRARY_SEARCH_DEFAULT_DIRS) && GetLastError() == ERROR_MOD_NOT_FOUND);
}

int main(void)
{
    added_folders();
    HMODULE kernel = GetModuleHandleA("KERNEL32.dll"), nt = GetModuleHandleA("ntdll"),
            base = LoadLibraryA("kernelbase.dll");
    REQUIRE(kernel && nt && base);
    CHECK(GetProcAddress(kernel, "GetTickCount64") != NULL);
    CHECK(GetProcAddress(nt, "RtlNtStatusToDosError") != NULL);
    CHECK(GetProcAddress(base, "GetLastError") != NULL);
    SetLastError(0);
    CHECK(GetProcAddress(nt, "GetTickCount64") == NULL);
    CHECK_EQ(GetLastError(), ERROR_PROC_NOT_FOUND);
    CHECK(GetProcAddress(kernel, "printf") == NULL);
    CHECK(GetProcAddress(kernel, "NoSuchFunctionAnywhere") == NULL);
    CHECK(GetModuleHandleA("no-such-module.dll") == NULL);
    CHECK_EQ(GetLastError(), ERROR_MOD_NOT_FOUND);
    CHECK(GetModuleHandleA(NULL) != NULL);
    CHECK(FreeLibrary(base));
    bases();

    char path[512], small[4];
    DWORD length = GetModuleFileNameA(NULL, path, sizeof path);
    CHECK(length > 0 && length == strlen(path));
    CHECK(strncmp(path, "C:\\", 3) == 0 && strrchr(path, '\\') > path + 2 && !strchr(path, '/'));
    CHECK(GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES);
    CHECK_EQ(GetModuleFileNameA(NULL, small, sizeof small), sizeof small);
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(small[3], 0);

    LARGE_INTEGER first, second, frequency;
    CHECK(QueryPerformanceFrequency(&frequency) && frequency.QuadPart == 10000000);
    CHECK(QueryPerformanceCounter(&first) && QueryPerformanceCounter(&second));
    CHECK(second.QuadPart >= first.QuadPart);
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    CHECK(now.dwHighDateTime > 0x01D00000); /* after 2015 */
    return CHECK_DONE();
}
