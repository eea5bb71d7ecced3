/* headers_malloc.c: Microsoft's names in malloc.h: aligned blocks with and without offset, their sizes, growth that
 * keeps contents and clears what is new, errors. */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <string.h>

#include "check.h"

static int aligned(void *memory, size_t alignment, size_t offset)
{
    return memory && (((uintptr_t)memory + offset) & (alignment - 1)) == 0;
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
    free(p);
#ifndef _WIN32 /* which lists them */
    _HEAPINFO entry = {NULL, 0, 0};
    errno = 0;
    CHECK(_heapwalk(&entry) == _HEAPEND && errno == ENOSYS);
#endif
    CHECK_EQ(_heapchk(), _HEAPOK);
    p = _recalloc(NULL, 10, 10);
    CHECK(p && ((char *)p)[99] == 0);
    free(p);
    return check_done();
}
