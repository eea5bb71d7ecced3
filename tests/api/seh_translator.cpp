/* seh_translator.cpp: _set_se_translator, beside filters, termination handlers and threads. */
#include <string>
#include <thread>

#include <windows.h>

#include <eh.h>

#include "check.h"

static std::string trace;
static char *volatile wild = reinterpret_cast<char *>(16);

struct structured {
    unsigned code;
};

static void throw_code(unsigned code, EXCEPTION_POINTERS *pointers)
{
    CHECK_EQ(code, pointers->ExceptionRecord->ExceptionCode);
    trace += "t";
    throw structured{code};
}

static void only_look(unsigned, EXCEPTION_POINTERS *)
{
    trace += "l";
}

static bool noted(const std::string &what)
{
    bool same = trace == what;
    trace.clear();
    return same;
}

__attribute__((noinline)) static void fault_in_finally(int what)
{
    __try {
        if (what == 0)
            *wild = 1;
        else
            RaiseException(0xE0000000u + static_cast<DWORD>(what), 0, 0, nullptr);
        trace += "?";
    } __finally {
        trace += "f";
    }
}

static unsigned caught(void (*function)(int), int what)
{
    try {
        function(what);
    } catch (const structured &exception) {
        return exception.code;
    }
    return 0;
}

/* A translator that takes one of its own on the way. */
static void throw_after_another(unsigned code, EXCEPTION_POINTERS *)
{
    trace += "[";
    _se_translator_function self = _set_se_translator(throw_code);
    CHECK_EQ(caught(fault_in_finally, 3), 0xE0000003u);
    _set_se_translator(self);
    trace += "]";
    throw structured{code};
}

static int take(const char *what, int verdict)
{
    trace += what;
    return verdict;
}

/* The filter is nearer than the try block. */
__attribute__((noinline)) static void filter_first(int verdict)
{
    __try {
        *wild = 1;
    } __except (take("e", verdict)) {
        trace += "h";
    }
}

static void catch_inside()
{
    CHECK_EQ(caught(fault_in_finally, 0), EXCEPTION_ACCESS_VIOLATION);
}

/* The try block is nearer than the filter. */
__attribute__((noinline)) static void filter_outside(void (*function)())
{
    __try {
        function();
        trace += "n";
    } __except (take("e", EXCEPTION_EXECUTE_HANDLER)) {
        trace += "h";
    }
}

static void throw_nothing()
{
    try {
        fault_in_finally(3);
    } catch (const structured &) {
        trace += "?";
    }
}

static void other_thread()
{
    CHECK(_set_se_translator(throw_code) == nullptr);
    CHECK_EQ(caught(fault_in_finally, 7), 0xE0000007u);
    CHECK(noted("tf"));
}

#ifndef __clang__
/* As with /EHa: the place in the try block itself, with destructors on the way. */
struct tracer {
    ~tracer()
    {
        trace += "d";
    }
};

static void in_the_block()
{
    try {
        tracer here;
        *wild = 1;
        trace += "?";
    } catch (const structured &) {
        trace += "c";
    }
}
#endif

int main()
{
    CHECK(_set_se_translator(throw_code) == nullptr);
    CHECK_EQ(caught(fault_in_finally, 0), EXCEPTION_ACCESS_VIOLATION);
    CHECK(noted("tf"));
    CHECK_EQ(caught(fault_in_finally, 2), 0xE0000002u);
    CHECK(noted("tf"));

    CHECK_EQ(caught(filter_first, EXCEPTION_EXECUTE_HANDLER), 0);
    CHECK(noted("eh"));
    CHECK_EQ(caught(filter_first, EXCEPTION_CONTINUE_SEARCH), EXCEPTION_ACCESS_VIOLATION);
    CHECK(noted("et"));

    filter_outside(catch_inside);
    CHECK(noted("tfn"));
    filter_outside([] { fault_in_finally(1); }); /* no try block: nobody to throw to */
    CHECK(noted("efh"));

#ifndef __clang__
    in_the_block();
    CHECK(noted("tdc"));
#endif
    std::thread(other_thread).join();

    _set_se_translator(throw_after_another);
    CHECK_EQ(caught(fault_in_finally, 0), EXCEPTION_ACCESS_VIOLATION);
    CHECK(noted("[tf]f"));
    _set_se_translator(throw_code);

    CHECK(_set_se_translator(only_look) == throw_code);
    filter_outside(throw_nothing); /* it comes back: the search goes on */
    CHECK(noted("lefh"));
    CHECK(_set_se_translator(nullptr) == only_look);
    filter_outside(throw_nothing);
    CHECK(noted("efh"));
    return CHECK_DONE();
}
