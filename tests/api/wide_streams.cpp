// wide_streams.cpp: the wide streams of C++: into strings, out of them, and those of the console.
// test traits: wide unicode
#include <windows.h>

#include <codecvt>
#include <cstdio>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <locale>
#include <sstream>
#include <string>
#include <vector>

#include "check.h"

struct point {
    int x, y;
};

static std::wostream &operator<<(std::wostream &to, const point &p)
{
    return to << L'(' << p.x << L", " << p.y << L')';
}

static void into_strings()
{
    std::wostringstream out;
    out << L"text " << std::wstring(L"more") << L' ' << -5 << L' ' << 7u << L' ' << 1.25 << L' ' << "narrow" << L' '
        << 'c';
    CHECK(out.str() == L"text more -5 7 1.25 narrow c");
    out.str(L"");
    out << std::setw(6) << 42 << std::left << std::setw(4) << L"ab" << std::setfill(L'.') << std::setw(5) << 1 << L'|';
    CHECK(out.str() == L"    42ab  1....|");
    out.str(L"");
    out << std::hex << std::showbase << 255 << std::dec << std::boolalpha << L' ' << true << L' ' << std::fixed
        << std::setprecision(2) << 3.14159 << point{1, 2} << DWORD(9) << SIZE_T(10) << 1LL << std::endl;
    CHECK(out.str() == L"0xff true 3.14(1, 2)9101\n" && out.good());
    int target;
    std::wostringstream pointer;
    pointer << static_cast<void *>(&target);
    CHECK(pointer.str().size() > 4);
    CHECK(std::to_wstring(12) == L"12");
}

static void out_of_strings()
{
    std::wistringstream in(L"12 word 2.5 0x1f true\nwhole line\nrest,of;it");
    int number, hexadecimal;
    double real;
    bool truth;
    std::wstring word, line;
    CHECK(in >> number >> word >> real >> std::hex >> hexadecimal >> std::boolalpha >> truth);
    CHECK(number == 12 && word == L"word" && real == 2.5 && hexadecimal == 31 && truth);
    in.ignore(100, L'\n');
    CHECK(std::getline(in, line) && line == L"whole line");
    CHECK(std::getline(in, line, L',') && line == L"rest");
    wchar_t buffer[8];
    CHECK(in.getline(buffer, 8, L';') && std::wstring(buffer) == L"of");
    CHECK(std::getline(in, line) && line == L"it" && in.eof());
    CHECK(!std::getline(in, line) && in.fail());
    std::wstringstream both;
    both << 5 << L' ' << L"\x20ac";
    CHECK(both >> number >> word && number == 5 && word == L"\x20ac");
    std::wistringstream bad(L"abc");
    CHECK(!(bad >> number));
}

static void bytes()
{
    std::wstring_convert<std::codecvt_utf8_utf16<wchar_t>> convert;
    const std::string narrow = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z";
    const std::wstring wide = convert.from_bytes(narrow);
    CHECK(wide.size() == 6 && wide[1] == 0xe4 && wide[2] == 0x20ac && wide[3] == 0xd83d && wide[4] == 0xde00);
    CHECK(convert.to_bytes(wide) == narrow);
    bool refused = false;
    try {
        convert.from_bytes("a\xff");
    } catch (const std::range_error &) {
        refused = true;
    }
    CHECK(refused);
    {
        std::wofstream out("wide_streams.txt");
        out << L"line " << 42 << L'\n' << L"two" << std::endl;
        CHECK(out.good());
    }
    std::wifstream in("wide_streams.txt");
    std::wstring line;
    CHECK(std::getline(in, line) && line == L"line 42" && std::getline(in, line) && line == L"two");
    in.close();
    remove("wide_streams.txt");
}

/* The program again, with its wide input and output in files. */
static int child()
{
    std::wstring line;
    int number = 0;
    std::wcin >> number;
    std::getline(std::wcin, line);
    std::getline(std::wcin, line);
    std::wcout << line << L' ' << number + 1 << std::endl;
    std::wcerr << L"error\n";
    std::wclog << std::setw(5) << L"log" << std::endl;
    return std::wcout.good() ? 0 : 1;
}

// Names of files as Windows programs write them.
static void names()
{
    char folder[MAX_PATH];
    REQUIRE(GetTempPathA(sizeof folder, folder) != 0);
    std::string plain = std::string(folder) + "winmem-names-" + std::to_string(GetCurrentProcessId()), windows = "C:";
    for (char c : plain)
        windows += c == '/' ? '\\' : c;
    std::ofstream(windows) << "text";
    std::string text;
    std::ifstream(plain) >> text;
    CHECK(text == "text");
    std::fstream both(windows.c_str(), std::ios::in | std::ios::out | std::ios::ate);
    CHECK(both.is_open() && both.tellg() == 4);
    CHECK(!std::ifstream(windows + "\\none").is_open());
    std::ofstream nothing("NUL");
    CHECK((nothing << "x").good());
    CHECK(DeleteFileA(plain.c_str()));
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return child();
    into_strings();
    out_of_strings();
    bytes();
    std::wcout.imbue(std::locale::classic());
    FILE *file = fopen("wide_streams.in", "w");
    REQUIRE(file);
    fputs("41\nline\n", file);
    fclose(file);
    std::string command = std::string("\"") + argv[0] + "\" child <wide_streams.in >wide_streams.out 2>&1";
    CHECK_EQ(system(command.c_str()), 0);
    char text[64] = "";
    file = fopen("wide_streams.out", "r");
    REQUIRE(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    CHECK(std::string(text, size) == "line 42\nerror\n  log\n");
    remove("wide_streams.in");
    remove("wide_streams.out");
    names();
    return CHECK_DONE();
}
