/* shellpath.c: the path words of shlwapi.h, by the examples of their documentation. */
#include <windows.h>

#include <shlwapi.h>
#include <string.h>

#include "check.h"

static const char *combined(const char *directory, const char *file)
{
    static char path[MAX_PATH];
    return PathCombineA(path, directory, file) ? path : "-";
}

static const char *canonical(const char *from)
{
    static char path[MAX_PATH];
    return PathCanonicalizeA(path, from) ? path : "-";
}

static const char *changed(BOOL (*function)(LPSTR path), const char *from)
{
    static char path[MAX_PATH];
    strcpy(path, from);
    function(path);
    return path;
}

static const char *without_extension(const char *from)
{
    static char path[MAX_PATH];
    strcpy(path, from);
    PathRemoveExtensionA(path);
    return path;
}

static void parts(void)
{
    CHECK(strcmp(PathFindFileNameA("c:\\path\\file"), "file") == 0);
    CHECK(strcmp(PathFindFileNameA("c:\\path\\"), "path\\") == 0);
    CHECK(strcmp(PathFindFileNameA("file.txt"), "file.txt") == 0);
    CHECK(strcmp(PathFindExtensionA("C:\\TEST\\file.tar.gz"), ".gz") == 0);
    CHECK(*PathFindExtensionA("C:\\TEST.d\\file") == 0);
    CHECK(strcmp(without_extension("C:\\TEST\\sample.txt"), "C:\\TEST\\sample") == 0);
    CHECK(strcmp(changed(PathRemoveFileSpecA, "C:\\TEST\\sample.txt"), "C:\\TEST") == 0);
    CHECK(strcmp(changed(PathRemoveFileSpecA, "C:\\TEST"), "C:\\") == 0);
    CHECK(strcmp(changed(PathRemoveFileSpecA, "C:\\"), "C:\\") == 0);
    CHECK(PathIsRelativeA("a\\b") && !PathIsRelativeA("\\a") && !PathIsRelativeA("C:\\a"));
    CHECK(PathIsRootA("C:\\") && PathIsRootA("\\") && !PathIsRootA("C:\\a") && !PathIsRootA("a"));
}

static void built(void)
{
    char path[MAX_PATH] = "C:\\one";
    CHECK(strcmp(combined("C:\\One", "two.txt"), "C:\\One\\two.txt") == 0);
    CHECK(strcmp(combined("C:\\One\\", "..\\two"), "C:\\two") == 0);
    CHECK(strcmp(combined("C:\\One", "D:\\two"), "D:\\two") == 0);
    CHECK(strcmp(combined("C:\\One", "\\two"), "C:\\two") == 0);
    CHECK(strcmp(combined(NULL, "two"), "two") == 0);
    CHECK(strcmp(canonical("A:\\name_1\\.\\name_2\\..\\name_3"), "A:\\name_1\\name_3") == 0);
    CHECK(strcmp(canonical("A:\\name_1\\..\\name_2\\.\\name_3"), "A:\\name_2\\name_3") == 0);
    CHECK(strcmp(canonical("C:\\.."), "C:\\") == 0);
    CHECK(PathAppendA(path, "two") && strcmp(path, "C:\\one\\two") == 0);
    CHECK(PathAddBackslashA(path) == path + 11 && strcmp(path, "C:\\one\\two\\") == 0);
    CHECK(PathRemoveBackslashA(path) == path + 10 && strcmp(path, "C:\\one\\two") == 0);
    CHECK(PathAddExtensionA(path, ".c") && !PathAddExtensionA(path, ".d") && strcmp(path, "C:\\one\\two.c") == 0);
    CHECK(PathRenameExtensionA(path, ".txt") && strcmp(path, "C:\\one\\two.txt") == 0);
    PathStripPathA(path);
    CHECK(strcmp(path, "two.txt") == 0);
    CHECK(strcmp(changed(PathQuoteSpacesA, "a b"), "\"a b\"") == 0);
    CHECK(strcmp(changed(PathUnquoteSpacesA, "\"a b\""), "a b") == 0);
}

static void text(void)
{
    CHECK(PathMatchSpecA("File.TXT", "*.txt") && PathMatchSpecA("a.c", "*.h;*.c") && !PathMatchSpecA("a.cc", "*.?"));
    CHECK(strcmp(StrStrIA("An Example", "EXAM"), "Example") == 0 && !StrStrA("An Example", "EXAM"));
    CHECK(StrToIntA("-12x") == -12 && StrToIntA("x") == 0);
    char *copy = StrDupA("copy");
    CHECK(copy && strcmp(copy, "copy") == 0);
    LocalFree(copy);
}

int main(void)
{
    char here[MAX_PATH];
    WCHAR wide[MAX_PATH] = {'C', ':', '\\', 'a', '\\', 'b', 0};
    parts();
    built();
    text();
    REQUIRE(GetModuleFileNameA(NULL, here, MAX_PATH));
    CHECK(PathFileExistsA(here) && !PathIsDirectoryA(here));
    CHECK(PathRemoveFileSpecA(here) && PathIsDirectoryA(here));
    CHECK(!PathFileExistsA("no such file") && GetLastError() == ERROR_FILE_NOT_FOUND);
    CHECK(PathRemoveFileSpecW(wide) && wide[4] == 0 && PathFindFileNameW(wide) == wide + 3);
    return CHECK_DONE();
}
