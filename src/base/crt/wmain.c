/* wmain.c: programs whose entry is wmain, WinMain or wWinMain: this main is taken only when the program has none; it
 * hands over the arguments in the form that the entry takes. In C++ wmain has a mangled name, as it has no special
 * meaning to the compiler; the other two are declared in winbase.h and have C's name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "host/own.h"
#include "host/utf.h"

extern int wmain(int count, WCHAR **arguments, WCHAR **environment) __attribute__((weak));
/* The forms that C++ programs declare, by how their types are mangled. What a form does not take does no harm. */
typedef int wide_entry(int count, WCHAR **arguments, WCHAR **environment);
#define ENTRY(name, types) extern wide_entry name __asm__("_Z5wmain" types) __attribute__((weak));
#define ENTRIES(list)                                                                                                  \
    list(wmain_plain, "iPPw") list(wmain_environment, "iPPwS0_") list(wmain_const, "iPPKw")                            \
        list(wmain_const_environment, "iPPKwS1_") list(wmain_const_list, "iPKPw") list(wmain_consts, "iPKPKw")         \
            list(wmain_consts_environment, "iPKPKwS2_") list(wmain_count, "i") list(wmain_bare, "v")
ENTRIES(ENTRY)
#pragma weak WinMain
#pragma weak wWinMain

static WCHAR **wide_list(int count, char **list)
{
    WCHAR **wide = host_own_zero((size_t)count + 1, sizeof *wide);
    for (int i = 0; wide && i < count; i++) {
        size_t units = host_utf8_to_utf16(list[i], SIZE_MAX, NULL, 0, 0);
        wide[i] = host_own_take(units * sizeof **wide);
        if (!wide[i])
            abort(); /* before the program has begun: nothing is worth freeing */
        host_utf8_to_utf16(list[i], SIZE_MAX, (uint16_t *)wide[i], units, 0);
    }
    return wide;
}

/* What of the command line follows the program's name, which may stand in quotes. */
#define AFTER_NAME(line)                                                                                               \
    ({                                                                                                                 \
        __typeof__(line) at_ = (line);                                                                                 \
        int quoted_ = 0;                                                                                               \
        for (; *at_ && (quoted_ || (*at_ != ' ' && *at_ != '\t')); at_++)                                              \
            quoted_ ^= *at_ == '"';                                                                                    \
        while (*at_ == ' ' || *at_ == '\t')                                                                            \
            at_++;                                                                                                     \
        at_;                                                                                                           \
    })

// NOLINTBEGIN(clang-analyzer-unix.Malloc): the lists live as long as the program
__attribute__((visibility("default"))) int main(int count, char **arguments, char **environment)
{
    int variables = 0;
    while (environment[variables])
        variables++;
    WCHAR **wide = wide_list(count, arguments), **wide_environment = wide_list(variables, environment);
    if (!wide || !wide_environment)
        abort();
    if (wmain)
        return wmain(count, wide, wide_environment);
#define CALL(name, types)                                                                                              \
    if (name)                                                                                                          \
        return name(count, wide, wide_environment);
    ENTRIES(CALL)
    if (WinMain)
        return WinMain(GetModuleHandleA(NULL), NULL, AFTER_NAME(GetCommandLineA()), SW_SHOWDEFAULT);
    if (wWinMain)
        return wWinMain(GetModuleHandleA(NULL), NULL, AFTER_NAME(GetCommandLineW()), SW_SHOWDEFAULT);
    fputs("the program has no entry: main, wmain, WinMain or wWinMain\n", stderr);
    return EXIT_FAILURE;
}
// NOLINTEND(clang-analyzer-unix.Malloc)
