// headers_crt_cpp.cpp: C++ with 16-bit wide text, std::wstring, and min and max beside the standard library's.
// test traits: unicode
extern "C" {
#include <winsock2.h> // as headers of C libraries do it
}
#include <windows.h>
#include <new.h>

#include <tchar.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "check.h"

static std::wstring joined(const std::vector<std::wstring> &parts)
{
    std::wstring all;
    for (const auto &part : parts)
        all += (all.empty() ? L"" : L", ") + part;
    return all;
}

static void strings()
{
    std::wstring text = joined({L"alpha", L"beta", L"a rather long part that cannot live inside the object"});
    CHECK_EQ(text.size(), 66);
    CHECK(text.find(L"beta") == 7 && text.rfind(L',') == 11 && text.substr(0, 5) == L"alpha");
    text.replace(0, 5, L"ALPHABET").insert(0, 2, L'*').append(100, L'.');
    CHECK(text.compare(0, 10, L"**ALPHABET") == 0 && text.length() == 171);
    std::map<std::wstring, int> count;
    count[L"two"] = 2;
    count[L"one"] = 1;
    CHECK(count.begin()->first == L"one" && std::stoi(L"42") == 42 && std::to_wstring(7) == L"7");
    CHECK(std::basic_string<TCHAR>(_T("generic")).size() == _tcslen(TEXT("generic")));
}

static void smallest()
{
    DWORD granularity = 65536;
    SIZE_T size = 100;
    CHECK_EQ(max(size, granularity), 65536);
    CHECK_EQ(min(size, 7), 7);
    CHECK_EQ(std::min<SIZE_T>(size, granularity), 100);
    CHECK_EQ((std::max)(1, 2), 2);
    volatile LONG counter = 0;
    volatile long native = 0;
    InterlockedIncrement(&counter);
    InterlockedIncrement(&native);
    CHECK(counter == 1 && native == 1);
    using std::max;
    CHECK_EQ(max(3, 4), 4);
}

static int asked;
static int no_more_memory(size_t)
{
    return ++asked < 3; /* "try again", twice */
}

/* Operator new asks, again and again, and gives up when the answer is 0. */
static void handler()
{
    bool caught = false;
    CHECK(_set_new_handler(no_more_memory) == nullptr && _query_new_handler() == no_more_memory);
    try {
        volatile size_t size = static_cast<size_t>(1) << 62;
        delete[] new char[size];
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    CHECK(caught && asked == 3);
    CHECK(_set_new_handler(nullptr) == no_more_memory);
}

int _tmain(int argc, TCHAR *argv[])
{
    CHECK(argc == 1 && argv[0] != nullptr && _tcsstr(argv[0], _T("headers_crt_cpp")) != nullptr && !argv[1]);
    strings();
    smallest();
#ifndef __SANITIZE_ADDRESS__ /* its operator new ends the program instead */
    handler();
#else
    (void)handler;
#endif
    return CHECK_DONE();
}
