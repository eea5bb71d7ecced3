// new.cpp: operator new and delete in every form: failures by exception and by null, new-handlers that give up, that
// throw, alignment. Runs on any allocator; the build runs it on libwinmem-malloc.so.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "check.h"

static volatile size_t too_much = (size_t)1 << 62;
static int calls;

static void gives_up()
{
    if (++calls == 3)
        std::set_new_handler(nullptr);
}

static void throws()
{
    throw std::bad_alloc();
}

template <class Function> static bool is_bad_alloc(Function function)
{
    try {
        function();
    } catch (const std::bad_alloc &) {
        return true;
    }
    return false;
}

// A new whose result nobody wants may be left out by the compiler.
static void *volatile sink;

struct alignas(256) Wide {
    char bytes[300];
};

int main()
{
    std::align_val_t to = std::align_val_t(64);
    CHECK(is_bad_alloc([] { sink = ::operator new(too_much); }));
    CHECK(::operator new(too_much, std::nothrow) == nullptr);
    std::set_new_handler(gives_up);
    CHECK(is_bad_alloc([] { sink = ::operator new[](too_much); }));
    CHECK_EQ(calls, 3);
    calls = 0;
    std::set_new_handler(gives_up);
    CHECK(::operator new(too_much, std::nothrow) == nullptr);
    CHECK_EQ(calls, 3);
    std::set_new_handler(throws);
    CHECK(::operator new(too_much, std::nothrow) == nullptr); // what the handler throws stays inside
    CHECK(::operator new[](too_much, to, std::nothrow) == nullptr);
    CHECK(is_bad_alloc([to] { sink = ::operator new(too_much, to); }));
    std::set_new_handler(nullptr);
    Wide *one = new Wide, *some = new Wide[3];
    CHECK((reinterpret_cast<uintptr_t>(one) & 255) == 0 && (reinterpret_cast<uintptr_t>(some) & 255) == 0);
    delete one;
    delete[] some;
    for (size_t alignment = 16; alignment <= 65536; alignment *= 2) {
        void *block = ::operator new(100, std::align_val_t(alignment));
        CHECK_EQ(reinterpret_cast<uintptr_t>(block) & (alignment - 1), 0);
        ::operator delete(block, 100, std::align_val_t(alignment));
    }
    void *nothing = ::operator new(0);
    CHECK(nothing != nullptr);
    ::operator delete(nothing, static_cast<size_t>(0));
    std::vector<std::string> strings;
    for (size_t i = 0; i < 10000; i++)
        strings.push_back(std::string(i % 300, 'x'));
    CHECK(strings[299].size() == 299);
    return check_done();
}
