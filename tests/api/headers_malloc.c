/* headers_malloc.c: Microsoft's names in malloc.h: aligned blocks with and without offset, their sizes, growth that
 * keeps contents and clears what is new, errors; blocks of the stack, which may overflow; the walk of the heap. */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <string.h>
#include <windows.h>

#include "check.h"

static int aligned(void *memory, size_t alignment, size_t offset)
{
    return memory && (((uintptr_t)memory + offset) & (alignment - 1)) == 0;
}

/* The walk meets a block of the process heap once, with its size, and ends well. */
static void walk(void)
{
    char *block = HeapAlloc(GetProcessHeap(), 0, 12345);
    _HEAPINFO entry = {NULL, 0, 0};
    int met = 0, result;
    SetLastError(7);
    while ((result = _heapwalk(&entry)) == _HEAPOK)
        met += entry._useflag == _USEDENTRY && entry._size == 12345 && (char *)entry._pentry == block;
    CHECK_EQ(result, _HEAPEND);
    CHECK_EQ(GetLastError(), 7);
    CHECK_EQ(met, 1);
    HeapFree(GetProcessHeap(), 0, block);
    entry._pentry = (int *)(uintptr_t)16;
    CHECK_EQ(_heapwalk(&entry), _HEAPBADPTR);
}

static int depth;

/* Nothing uses the blocks: the stack must overflow all the same, and not run away. */
static void deeper(int more)
{
    depth++;
    _alloca(2000);
    if (more)
        deeper(more);
}

static BOOL on_stack(const char *at)
{
    ULONG_PTR low, high;
    GetCurrentThreadStackLimits(&low, &high);
    return (ULONG_PTR)at >= low && (ULONG_PTR)at < high;
}

static void stack_blocks(void)
{
    for (size_t size = 0; size < 200000; size = size * 3 + 7) {
        // NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI): no bytes at all are asked for as well
        char *p = _alloca(size), *q = _malloca(size);
        REQUIRE(p && q);
        memset(p, 1, size);
        memset(q, 2, size);
        CHECK(size == 0 || (p[size - 1] == 1 && q[size - 1] == 2 && ((uintptr_t)q & 15) == 0));
        CHECK_EQ(on_stack(q), size + 16 <= 1024);
        _freea(q);
    }
    _freea(NULL);
    volatile size_t most = SIZE_MAX - 8;
    CHECK(_malloca(most) == NULL);
    volatile DWORD code = 0;
    __try {
        deeper(1);
    } __except (code = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
        CHECK(_resetstkoflw());
    }
    CHECK(code == EXCEPTION_STACK_OVERFLOW && depth > 400);
    volatile size_t large = 64 << 20;
    code = 0;
    __try {
        _alloca(large);
    } __except (code = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
        CHECK(_resetstkoflw());
    }
    CHECK_EQ(code, EXCEPTION_STACK_OVERFLOW);
}

int main(void)
{
    for (size_t alignment = 1; alignment <= 65536; alignment *= 2) {
        for (size_t size = 1; size < 100000; size = size * 4 + 1) {
            for (size_t offset = 0; offset < size && offset < 40; offset += 13) {
                unsigned char *p = _aligned_offset_malloc(size, alignment, offset);
                REQUIRE(aligned(p, alignment, offset));
                CHECK_EQ(_aligned_msize(p, alignment, offset), size);
                memset(p, 5, size);
                p = _aligned_offset_realloc(p, size * 2, alignment, offset);
                CHECK(aligned(p, alignment, offset) && p[0] == 5 && p[size - 1] == 5);
                p = _aligned_offset_recalloc(p, size, 3, alignment, offset);
                CHECK(aligned(p, alignment, offset) && p[size - 1] == 5 && p[size * 3 - 1] == 0);
                _aligned_free(p);
            }
        }
    }
    void *p = _aligned_malloc(100, 4096);
    CHECK(aligned(p, 4096, 0));
    p = _aligned_realloc(p, 5000, 4096);
    CHECK(aligned(p, 4096, 0) && _aligned_msize(p, 4096, 0) == 5000);
    CHECK(_aligned_realloc(p, 0, 4096) == NULL);
    p = _aligned_realloc(NULL, 10, 64);
    CHECK(aligned(p, 64, 0));
    _aligned_free(p);
    _aligned_free(NULL);
    volatile size_t most = SIZE_MAX - 8;
    errno = 0;
    CHECK(_aligned_malloc(most, 64) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(_aligned_recalloc(NULL, most, 4, 64) == NULL && errno == ENOMEM);
#ifndef _WIN32 /* whose invalid parameter handler ends the program */
    errno = 0;
    CHECK(_aligned_malloc(10, 3) == NULL && errno == EINVAL);
    CHECK(_aligned_malloc(10, 0) == NULL);
    CHECK(_aligned_offset_malloc(10, 16, 10) == NULL);
#endif
    p = malloc(100);
    CHECK(_msize(p) >= 100);
    CHECK(_expand(p, 50) == p);
    errno = 0;
    CHECK(!_expand(p, (size_t)1 << 40) && errno == ENOMEM);
    free(p);
#ifndef _WIN32
    errno = 0;
    CHECK(!_expand(NULL, 1) && errno == EINVAL);
    errno = 0;
    CHECK(_msize(NULL) == (size_t)-1 && errno == EINVAL);
    errno = 0;
    CHECK(_heapwalk(NULL) == _HEAPBADPTR && errno == EINVAL);
#endif
    walk();
    CHECK_EQ(_heapchk(), _HEAPOK);
    stack_blocks();
    p = _recalloc(NULL, 10, 10);
    CHECK(p && ((char *)p)[99] == 0);
    free(p);
    return check_done();
}
