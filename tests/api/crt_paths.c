/* crt_paths.c: names of files as Windows programs write them, given to the C library; its system(). test traits: wide
 */
#include <windows.h>

#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utime.h>
#include <wchar.h>

#include "check.h"

/* The exit code itself; cmd's own commands. */
static void commands(void)
{
    CHECK(system(NULL) != 0);
    CHECK_EQ(system("exit 3"), 3);
    CHECK_EQ(_wsystem(L"exit 4"), 4);
    CHECK_EQ(system("color 0A"), 0);
    CHECK_EQ(system("color 7"), 0);
    CHECK_EQ(system("color"), 0);
    CHECK_EQ(system("color 11"), 1); /* text that nobody sees */
    CHECK_EQ(system("color 0G"), 1);
    CHECK_EQ(system("CLS > nul"), 0);
    CHECK_EQ(system("chcp 65001>NUL 2>&1"), 0);
    CHECK_EQ(system("chcp 65001 > nul 2>&1"), 0);
    CHECK_EQ(system("chcp 65001 2>nul >nul"), 0);
    CHECK_EQ(system("chcp 65001 > nul"), 0);
    CHECK_EQ(system("color 0A > nul"), 0);
    CHECK_EQ(system("chcp 65001 > nul && color 22"), 1);
    CHECK_EQ(system("color 22 && title never"), 1);
    CHECK_EQ(system("title crt_paths & color 07"), 0);
    char title[32] = "";
    CHECK(GetConsoleTitleA(title, sizeof title) && strcmp(title, "crt_paths") == 0);
    CHECK(freopen("NUL", "r", stdin) && system("pause") == 0); /* nobody is waited for at the end of the input */
}

/* <stdlib.h> has the aligned blocks, <windows.h> the types of one byte. */
static void declared(void)
{
    boolean aligned = FALSE;
    byte *block = (byte *)_aligned_malloc(100, 256);
    REQUIRE(block);
    aligned = ((ULONG_PTR)block & 255) == 0 && _aligned_msize(block, 256, 0) == 100;
    CHECK(aligned && sizeof aligned == 1);
    _aligned_free(block);
}

int main(void)
{
    struct _stat status;
    char here[MAX_PATH], name[2 * MAX_PATH], text[8] = "";
    CHECK_EQ(_mkdir("crt_paths.d"), 0);
    FILE *file = fopen("crt_paths.d\\one.txt", "w");
    REQUIRE(file);
    CHECK(fputs("text", file) >= 0 && fclose(file) == 0);
    CHECK(_stat(".\\crt_paths.d\\one.txt", &status) == 0 && status.st_size == 4);
    struct _utimbuf times = {1000000000, 1000000000};
    CHECK(_utime("crt_paths.d\\one.txt", &times) == 0 && _utime("crt_paths.d\\none", &times) == -1);
    CHECK(_stat("crt_paths.d/one.txt", &status) == 0 && status.st_mtime == 1000000000);
    CHECK_EQ(_access("crt_paths.d/one.txt", 0), 0);
    CHECK_EQ(rename("crt_paths.d\\one.txt", "crt_paths.d\\two.txt"), 0);
    CHECK(GetFileAttributesA("crt_paths.d\\two.txt") != INVALID_FILE_ATTRIBUTES);
    CHECK(GetCurrentDirectoryA(sizeof here, here));
    snprintf(name, sizeof name, "%s\\crt_paths.d\\two.txt", here);
    int descriptor = _open(name, _O_RDONLY | _O_BINARY);
    CHECK(descriptor >= 0 && _read(descriptor, text, 4) == 4 && strcmp(text, "text") == 0 && _close(descriptor) == 0);
    CHECK(fopen("crt_paths.d\\none\\x", "r") == NULL && errno == ENOENT);
    CHECK(_chdir("crt_paths.d\\..") == 0 && _mkdir("crt_paths.d\\sub") == 0 && _rmdir("crt_paths.d\\sub") == 0);
    file = _wfopen(L"crt_paths.d\\wide.txt", L"w");
    CHECK(file && fclose(file) == 0 && _access("crt_paths.d\\wide.txt", 0) == 0 &&
          _wremove(L"crt_paths.d\\wide.txt") == 0);
    file = fopen("NUL", "w");
    CHECK(file && fputs("nothing", file) >= 0 && fclose(file) == 0);
    CHECK_EQ(remove("crt_paths.d\\two.txt"), 0);
    CHECK_EQ(_rmdir("crt_paths.d"), 0);
    commands();
    declared();
    return CHECK_DONE();
}
