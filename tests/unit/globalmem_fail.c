/* Every host call of a series of Global and Local calls fails once: each call works, or says 8 and leaves block,
 * handle, lock count and flags as they were; nothing is lost. */
#include "check.h"
#include "heap/heap.h"
#include "heap/internal.h"
#include "host/gate.h"

#include <errno.h>
#include <string.h>
#include <winbase.h>
#include <winerror.h>

static long countdown;
static bool all;

static int gate(const char *call)
{
    (void)call;
    return --countdown == 0 ? -ENOMEM : 0;
}

static bool worked(HANDLE memory)
{
    if (memory)
        return true;
    CHECK_EQ(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    all = false;
    return false;
}

static BYTE *bytes_of(HGLOBAL memory)
{
    BYTE *bytes = GlobalLock(memory);
    if (GlobalFlags(memory))
        GlobalUnlock(memory);
    return bytes;
}

static void check_resized(HGLOBAL memory, HGLOBAL resized, SIZE_T old, SIZE_T size)
{
    bool done = worked(resized);
    HGLOBAL now = done ? resized : memory;
    BYTE *bytes = bytes_of(now);
    CHECK_EQ(GlobalSize(now), done ? size : old);
    REQUIRE(bytes != NULL);
    CHECK(bytes[0] == 9 && bytes[old - 1] == 9);
    CHECK(!done || size == old || (bytes[old] == 0 && bytes[size - 1] == 0));
    CHECK(GlobalFree(now) == NULL);
}

static void fixed(SIZE_T size)
{
    HGLOBAL memory = LocalAlloc(LMEM_FIXED, size);
    if (!worked(memory))
        return;
    memset(memory, 9, size);
    check_resized(memory, LocalReAlloc(memory, size * 3, LMEM_MOVEABLE | LMEM_ZEROINIT), size, size * 3);
    if (!worked(memory = GlobalAlloc(GMEM_FIXED, size)))
        return;
    memset(memory, 9, size);
    check_resized(memory, GlobalReAlloc(memory, 0, GMEM_MODIFY | GMEM_MOVEABLE), size, size);
}

static void movable(SIZE_T size)
{
    HGLOBAL memory = GlobalAlloc(GMEM_MOVEABLE | GMEM_DISCARDABLE, size);
    if (!worked(memory))
        return;
    CHECK(GlobalReAlloc(memory, 0, GMEM_MOVEABLE) == memory);
    if (!worked(GlobalReAlloc(memory, size, GMEM_ZEROINIT))) { /* discarded still */
        CHECK_EQ(GlobalFlags(memory), GMEM_DISCARDABLE | GMEM_DISCARDED);
        CHECK(GlobalFree(memory) == NULL);
        return;
    }
    memset(GlobalLock(memory), 9, size);
    HGLOBAL resized = GlobalReAlloc(memory, size * 3, GMEM_MOVEABLE | GMEM_ZEROINIT);
    CHECK(!resized || resized == memory);
    CHECK_EQ(GlobalFlags(memory), GMEM_DISCARDABLE | 1);
    CHECK(!GlobalUnlock(memory));
    check_resized(memory, resized, size, size * 3);
}

static void series(void)
{
    static const SIZE_T sizes[] = {10, 5000, 300000, 9000000};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        fixed(sizes[i]);
        movable(sizes[i]);
    }
}

static size_t blocks_now(void)
{
    struct heap_summary summary;
    heap_trim_all(); /* and the next series has to ask the system again */
    heap_summarize(heap_process(), &summary);
    return summary.blocks;
}

static void no_handle_is_lost(void)
{
    static HGLOBAL handles[65537];
    unsigned count = 0;
    while (count < 65537 && (handles[count] = GlobalAlloc(GMEM_MOVEABLE, 0)))
        count++;
    CHECK_EQ(count, 65536);
    while (count)
        GlobalFree(handles[--count]);
}

int main(void)
{
    heap_process();
    if (heap_state.annotate)
        SKIP("a tool watches the blocks");
    heap_purge_off();
    size_t blocks = blocks_now();
    long n = 0;
    while (!all && n < 1000) {
        all = true;
        countdown = ++n;
        host_gate = gate;
        series();
        host_gate = NULL;
        CHECK_EQ(blocks_now(), blocks);
        all = all && countdown > 0;
    }
    CHECK(all);
    CHECK(n > 10); /* there was something to fail */
    no_handle_is_lost();
    return CHECK_DONE();
}
