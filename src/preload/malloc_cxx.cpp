// malloc_cxx.cpp: operator new and delete, every form, on malloc. Needs no C++ run-time library: the new-handler and
// std::bad_alloc are reached through weak references, and without them a failure ends the program.
#include <stddef.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

namespace std
{
struct nothrow_t;
enum class align_val_t : size_t {};
typedef void (*new_handler)();
__attribute__((weak)) new_handler get_new_handler() noexcept;
__attribute__((weak)) void __throw_bad_alloc();
} // namespace std

extern "C" void *memalign(size_t alignment, size_t size) noexcept;

#pragma GCC diagnostic ignored "-Wmissing-declarations"

// What a try block needs of the C++ run-time library, weak as well: who installs a new-handler has it.
__asm__(".weak __gxx_personality_v0\n.weak __cxa_begin_catch\n.weak __cxa_end_catch\n.weak _Unwind_Resume\n"
        ".weak _ZSt9terminatev\n.weak __cxa_call_terminate");

// Calls the new-handler; false: there is none, or it threw and the caller may not.
static bool handled(bool may_throw)
{
    std::new_handler handler = &std::get_new_handler ? std::get_new_handler() : nullptr;
    if (!handler)
        return false;
    if (may_throw) {
        handler();
        return true;
    }
    try {
        handler();
        return true;
    } catch (...) {
        return false;
    }
}

static void *again(size_t size, size_t alignment, bool may_throw)
{
    for (;;) {
        void *block = alignment ? memalign(alignment, size) : malloc(size);
        if (block)
            return block;
        if (handled(may_throw))
            continue;
        if (!may_throw)
            return nullptr;
        if (&std::__throw_bad_alloc)
            std::__throw_bad_alloc();
        abort();
    }
}

static inline void *get(size_t size)
{
    void *block = malloc(size);
    return __builtin_expect(block != nullptr, 1) ? block : again(size, 0, true);
}

static inline void *get_nothrow(size_t size) noexcept
{
    void *block = malloc(size);
    return __builtin_expect(block != nullptr, 1) ? block : again(size, 0, false);
}

EXPORT void *operator new(size_t size)
{
    return get(size);
}
EXPORT void *operator new[](size_t size)
{
    return get(size);
}
EXPORT void *operator new(size_t size, const std::nothrow_t &) noexcept
{
    return get_nothrow(size);
}
EXPORT void *operator new[](size_t size, const std::nothrow_t &) noexcept
{
    return get_nothrow(size);
}
EXPORT void *operator new(size_t size, std::align_val_t alignment)
{
    return again(size, static_cast<size_t>(alignment), true);
}
EXPORT void *operator new[](size_t size, std::align_val_t alignment)
{
    return again(size, static_cast<size_t>(alignment), true);
}
EXPORT void *operator new(size_t size, std::align_val_t alignment, const std::nothrow_t &) noexcept
{
    return again(size, static_cast<size_t>(alignment), false);
}
EXPORT void *operator new[](size_t size, std::align_val_t alignment, const std::nothrow_t &) noexcept
{
    return again(size, static_cast<size_t>(alignment), false);
}
EXPORT void operator delete(void *block) noexcept
{
    free(block);
}
EXPORT void operator delete[](void *block) noexcept
{
    free(block);
}
EXPORT void operator delete(void *block, const std::nothrow_t &) noexcept
{
    free(block);
}
EXPORT void operator delete[](void *block, const std::nothrow_t &) noexcept
{
    free(block);
}
EXPORT void operator delete(void *block, size_t) noexcept
{
    free(block);
}
EXPORT void operator delete[](void *block, size_t) noexcept
{
    free(block);
}
EXPORT void operator delete(void *block, std::align_val_t) noexcept
{
    free(block);
}
EXPORT void operator delete[](void *block, std::align_val_t) noexcept
{
    free(block);
}
EXPORT void operator delete(void *block, size_t, std::align_val_t) noexcept
{
    free(block);
}
EXPORT void operator delete[](void *block, size_t, std::align_val_t) noexcept
{
    free(block);
}
EXPORT void operator delete(void *block, std::align_val_t, const std::nothrow_t &) noexcept
{
    free(block);
}
EXPORT void operator delete[](void *block, std::align_val_t, const std::nothrow_t &) noexcept
{
    free(block);
}
