/* headers_scan.c: scanf as Windows programs use it: 32 bits under %lu, I64, wide text, and the _s forms that are told
 * the room of every text. test traits: wide */
#include <stdio.h>
#include <string.h>
#include <tchar.h>
#include <wchar.h>
#include <windows.h>

#include "../check.h"

static void numbers(void)
{
    struct {
        DWORD value, guard;
    } d = {0, 0x55AA55AA};
    LONGLONG big = 0;
    SIZE_T size = 0;
    double real = 0;
    float half = 0;
    short small = 0;
    int n = 0, i = 0;
    CHECK_EQ(sscanf("4294967295", "%lu", &d.value), 1);
    CHECK(d.value == 0xFFFFFFFF && d.guard == 0x55AA55AA);
    CHECK_EQ(sscanf("-7 0x1F 017", "%ld %i %x", (LONG *)&d.value, &i, (unsigned *)&n), 3);
    CHECK(d.value == (DWORD)-7 && i == 31 && n == 0x17);
    CHECK_EQ(sscanf("123456789012 ff", "%I64d %Ix", &big, &size), 2);
    CHECK(big == 123456789012LL && size == 0xff);
    CHECK_EQ(sscanf("1.5 2.25e1", "%lf %f", &real, &half), 2);
    CHECK(real == 1.5 && half == 22.5f);
    CHECK_EQ(sscanf("70000", "%hd", &small), 1);
    CHECK_EQ(small, (short)70000);
    CHECK_EQ(sscanf("12abc", "%i%n", &i, &n), 1);
    CHECK(i == 12 && n == 2);
    CHECK_EQ(sscanf("", "%d", &i), EOF);
    CHECK_EQ(sscanf("x", "%d", &i), 0);
    CHECK_EQ(sscanf("5%", "%d%%", &i), 1);
    CHECK_EQ(sscanf("1,2", "%*d,%d", &i), 1);
    CHECK_EQ(i, 2);
}

static void text(void)
{
    char a[16], b[16], c = 0;
    wchar_t w[16];
    CHECK_EQ(sscanf("key = value", "%[a-z] = %s", a, b), 2);
    CHECK(!strcmp(a, "key") && !strcmp(b, "value"));
    CHECK_EQ(sscanf("wide", "%ls", w), 1);
    CHECK(!wcscmp(w, L"wide"));
    CHECK_EQ(sscanf_s("abc 12 x", "%s %*d %c", a, (unsigned)sizeof a, &c, 1u), 2);
    CHECK(!strcmp(a, "abc") && c == 'x');
    a[0] = 'q';
    CHECK_EQ(sscanf_s("toolongforit", "%s", a, 4u), 0);
    CHECK_EQ(a[0], 0);
    CHECK_EQ(swscanf_s(L"10 name", L"%Ix %s", &(SIZE_T){0}, w, 16u), 2);
    CHECK(!wcscmp(w, L"name"));
    CHECK_EQ(swscanf(L"n1 n2", L"%S %hs", a, b), 2);
    CHECK(!strcmp(a, "n1") && !strcmp(b, "n2"));
    TCHAR t[8];
    CHECK_EQ(_stscanf_s(_T("one"), _T("%s"), t, (unsigned)_countof(t)), 1);
}

static void files(void)
{
    FILE *file = tmpfile();
    char word[16];
    DWORD number = 0;
    fputs("line 42\nnext", file);
    rewind(file);
    CHECK_EQ(fscanf(file, "%15s %lu", word, &number), 2);
    CHECK(!strcmp(word, "line") && number == 42);
    CHECK_EQ(fscanf(file, "%15s", word), 1);
    CHECK_EQ(fscanf(file, "%15s", word), EOF);
    fclose(file);
}

int main(void)
{
    numbers();
    text();
    files();
    return CHECK_DONE();
}
