/* The command line of a process that CreateProcess makes: told to it as it was given, split as Windows' C library does
 * it; CommandLineToArgvW has rules of its own; the exit code of a process is its own, not that of one which it starts
 * itself. test traits: wide */
#include "check.h"

#include <windows.h>
#include <shellapi.h>
#include <stdbool.h>
#include <string.h>

static char *self;

/* The child's exit code says whether it was given these words. */
static DWORD run(const char *line, DWORD count)
{
    char copy[1000];
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION made;
    DWORD code = 99;
    SetEnvironmentVariableA("WINMEM_TEST_LINE", line);
    snprintf(copy, sizeof(copy), "%s", line);
    REQUIRE(CreateProcessA(NULL, copy, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made));
    CHECK_EQ(WaitForSingleObject(made.hProcess, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(made.hProcess, &code));
    CloseHandle(made.hProcess);
    CloseHandle(made.hThread);
    if (code != count)
        fprintf(stderr, "... %s\n", line);
    return code;
}

/* Words are told by their number and by the letters of all of them. */
static int child(int argc, char **argv)
{
    char line[1000] = "";
    int count = 0;
    GetEnvironmentVariableA("WINMEM_TEST_LINE", line, sizeof(line));
    if (strcmp(line, GetCommandLineA()) != 0)
        return 1000;
    LPWSTR *words = CommandLineToArgvW(GetCommandLineW(), &count);
    bool differs = strstr(line, "a\"\"b") != NULL; /* what CommandLineToArgvW makes of that: below */
    if (!words || (!differs && count != argc) || words[count])
        return 1001;
    for (int i = 0; i < argc && !differs; i++)
        for (int at = 0; argv[i][at] || words[i][at]; at++)
            if ((WCHAR)argv[i][at] != words[i][at])
                return 1002;
    if (LocalFree(words))
        return 1003;
    int sum = 0;
    for (int i = 2; i < argc; i++)
        for (int at = 0; argv[i][at]; at++)
            sum += argv[i][at] == '"' ? 100 : argv[i][at] == '\\' ? 10 : argv[i][at] == ' ' ? 1000 : 0;
    return argc - 2 + sum;
}

static const struct {
    const char *line;
    DWORD want; /* words, tens of backslashes, hundreds of quotes, thousands of blanks */
} lines[] = {
    {"w", 0},
    {"w b c", 2},
    {"w  b\t\tc  ", 2},
    {"w \"b c\" d", 1002},
    {"w \"\" d", 2},
    {"w ab\"c d\"ef", 1001},
    {"w a\\b\\\\c", 31},
    {"w \\\"q\\\"", 201},
    {"w \"a\\\\\" b", 12},
    {"w a\\\\\\\"b c", 112},
    {"w \"a\"\"b c\" d", 1102},
    {"w \"open to the end", 3001},
    {"w *.c $HOME 'q r'", 4},
};

/* What CommandLineToArgvW makes of a line, its words in brackets. */
static void shell(LPCWSTR line, const char *want)
{
    char told[200] = "";
    int count = 0, at = 0;
    LPWSTR *words = CommandLineToArgvW(line, &count);
    for (int i = 0; words && i < count; i++) {
        told[at++] = '[';
        for (LPWSTR c = words[i]; *c; c++)
            told[at++] = (char)*c;
        told[at++] = ']';
    }
    CHECK(strcmp(told, want) == 0);
    if (strcmp(told, want) != 0)
        fprintf(stderr, "... %s, not %s\n", told, want);
    LocalFree(words);
}

static void shell_lines(void)
{
    shell(L"\"a b\"def g", "[a b][def][g]");   /* the program's name ends with its quote */
    shell(L"a\"b c\" d", "[a\"b][c d]");       /* or with the first blank */
    shell(L"\"a\\\"b c\" d", "[a\\][b][c d]"); /* and knows no escapes */
    shell(L"x \"a\"\"b c\" d", "[x][a\"b][c d]");
    shell(L"x \"\" a", "[x][][a]");
    shell(L"x \"\"\"\" a", "[x][\" a]");
    shell(L"x \"\"\"a b\"\"\" c", "[x][\"a][b\"][c]");
    shell(L"x a\"b c\"d \\\"e \"f\\\\\" g\\h", "[x][ab cd][\"e][f\\][g\\h]");
}

int main(int argc, char **argv)
{
    char line[600];
    int count = 5;
    self = argv[0];
    if (argc > 1 && strcmp(argv[1], "seven") == 0)
        return 7;
    if (argc > 1)
        return child(argc, argv);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        snprintf(line, sizeof(line), "\"%s\"  %s", self, lines[i].line);
        CHECK_EQ(run(line, lines[i].want), lines[i].want);
    }
    LPWSTR *words = CommandLineToArgvW(L"", &count); /* the program */
    CHECK(words && count == 1 && words[0][0]);
    LocalFree(words);
    words = CommandLineToArgvW(L"C:\\dir\\prog.exe \"x y\"", &count);
    CHECK(words && count == 2 && words[0][2] == '\\' && words[1][1] == ' ' && words[1][3] == 0);
    LocalFree(words);
    words = CommandLineToArgvW(L" \ta b", &count); /* blanks at first: the program's name is empty */
    CHECK(words && count == 3 && !words[0][0] && words[1][0] == 'a' && words[2][0] == 'b');
    LocalFree(words);
    shell_lines();
    CHECK(!CommandLineToArgvW(NULL, &count));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
#ifndef _WIN32
    snprintf(line, sizeof(line), "/bin/sh -c \"'%s' seven; exit 5\"", self);
    CHECK_EQ(run(line, 5), 5);
    snprintf(line, sizeof(line), "/bin/sh -c \"exec '%s' seven\"", self);
    CHECK_EQ(run(line, 7), 7);
#endif
    return CHECK_DONE();
}
