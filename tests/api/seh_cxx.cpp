/* seh_cxx.cpp: __try in C++ beside the standard library, whose headers come before, between and after. */
#include <map>
#include <string>

#include <windows.h>

#include <algorithm>
#include <bitset>
#include <condition_variable>
#include <deque>
#include <forward_list>
#include <fstream>
#include <functional>
#include <future>
#include <iomanip>
#include <iostream>
#include <list>
#include <memory>
#include <mutex>
#include <numeric>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>
#if __cplusplus >= 201703L
#include <any>
#include <filesystem>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <variant>
#endif
#if __cplusplus >= 202002L
#include <ranges>
#include <span>
#endif

#include "check.h"

static char *volatile wild = reinterpret_cast<char *>(16);
static std::string trace;

static int tell(const char *what, int verdict)
{
    trace += what;
    return verdict;
}

static bool noted(const std::string &what)
{
    bool same = trace == what;
    if (!same)
        std::cerr << "trace is \"" << trace << "\"\n";
    trace.clear();
    return same;
}

struct Witness {
    const char *name;
    explicit Witness(const char *n) : name(n)
    {
    }
    ~Witness()
    {
        trace += name;
    }
};

template <typename T> static bool store(T *where, const T &value)
{
    __try {
        *where = value;
        return true;
    } __except (GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER
                                                                 : EXCEPTION_CONTINUE_SEARCH) {
        return false;
    }
    return false;
}

static void code_in_scopes()
{
    __try {
        RaiseException(0xE0000001, 0, 0, nullptr);
    } __except (tell(GetExceptionInformation()->ExceptionRecord->ExceptionCode == GetExceptionCode() ? "f" : "?", 1)) {
        CHECK_EQ(GetExceptionCode(), 0xE0000001);
        __try {
            RaiseException(0xE0000002, 0, 0, nullptr);
        } __except (1) {
            CHECK_EQ(GetExceptionCode(), 0xE0000002);
        }
        CHECK_EQ(GetExceptionCode(), 0xE0000001);
    }
    CHECK(noted("f"));
}

static void throw_through()
{
    try {
        __try {
            Witness witness("w");
            throw std::runtime_error("x");
        } __finally {
            tell(AbnormalTermination() ? "F" : "?", 0);
        }
    } catch (const std::exception &error) {
        CHECK(std::string(error.what()) == "x");
        tell("c", 0);
    }
    CHECK(noted("wFc"));
    try {
        __try {
            throw 5;
        } __except (tell("!", 1)) {
            tell("!", 0);
        }
    } catch (int value) {
        CHECK_EQ(value, 5);
    }
    /* the frames above are gone: this one is found */
    CHECK(!store(wild, 'x'));
    CHECK(noted(""));
    __try {
        try {
            throw 6;
        } catch (int) {
            tell("i", 0);
        }
        *wild = 1;
    } __except (1) {
        tell("h", 0);
    }
    CHECK(noted("ih"));
}

static void fault_with_destructor()
{
    Witness witness("d");
    *wild = 1;
}

/* As with /EHsc, destructors do not run, nor does catch (...) catch. */
static void not_cxx()
{
    __try {
        try {
            fault_with_destructor();
        } catch (...) {
            tell("!", 0);
        }
    } __except (1) {
        tell("h", 0);
    }
    CHECK(noted("h"));
#if __cplusplus >= 201703L
    auto [first, second] = std::make_pair(1, 2);
    int copy = first + second; /* a filter is a lambda: clang wants a variable here */
    __try {
        fault_with_destructor();
    } __except (copy == 3) {
        tell("s", 0);
    }
    CHECK(noted("s"));
#endif
}

static LONG throwing_filter()
{
    throw std::string("from the filter");
}

static void throw_from_filter()
{
    try {
        __try {
            RaiseException(0xE0000003, 0, 0, nullptr);
        } __except (throwing_filter()) {
            tell("!", 0);
        }
    } catch (const std::string &text) {
        tell(text.c_str(), 0);
    }
    CHECK(noted("from the filter"));
    CHECK(!store(wild, 'x'));
}

static LONG CALLBACK throwing_vector(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode == 0xE0000004)
        throw 7;
    return EXCEPTION_CONTINUE_SEARCH;
}

static void throw_from_vectored_handler()
{
    PVOID handle = AddVectoredExceptionHandler(1, throwing_vector);
    int caught = 0;
    try {
        RaiseException(0xE0000004, 0, 0, nullptr);
    } catch (int value) {
        caught = value;
    }
    CHECK_EQ(caught, 7);
    CHECK_EQ(RemoveVectoredExceptionHandler(handle), 1);
}

static std::vector<int> leave_from_lambda(int limit)
{
    std::vector<int> values;
    auto fill = [&values](int count) {
        __try {
            for (int i = 0;; i++) {
                if (i == count)
                    __leave;
                values.push_back(i);
            }
        } __finally {
            values.push_back(-1);
        }
    };
    fill(limit);
    return values;
}

static std::string by_return()
{
    std::string text = "a";
    __try {
        Witness witness("w");
        text += "b";
        return text + "!";
    } __finally {
        trace += "f";
        text += "c";
    }
    return "?";
}

int main()
{
    int here = 0;
    CHECK(store(&here, 5) && here == 5);
    CHECK(!store(reinterpret_cast<int *>(wild), 5));
    CHECK(!store(reinterpret_cast<std::string *>(wild), std::string("a longer text than fits inside")));
    code_in_scopes();
    throw_through();
    not_cxx();
    throw_from_filter();
    throw_from_vectored_handler();
    CHECK((leave_from_lambda(3) == std::vector<int>{0, 1, 2, -1}));
    CHECK(by_return() == "ab!" && noted("wf"));
    std::map<std::string, std::vector<int>> map;
    for (int i = 0; i < 100; i++)
        map[std::to_string(i % 10)].push_back(i);
    CHECK_EQ(map.size(), 10);
    std::ostringstream stream;
    stream << std::setw(4) << 7;
    CHECK(stream.str() == "   7");
    return CHECK_DONE();
}
