/* section_threads.c: handles, sections and views used by several threads at once; everything is back afterwards. */
#include <windows.h>

#include <pthread.h>
#include <stdatomic.h>

#include "check.h"
#include "mm/section.h"
#include "mm/space.h"
#include "ob/ob.h"

enum { THREADS = 4, ROUNDS = 1500 };

static HANDLE shared;
static _Atomic HANDLE slot[8];
static _Atomic int wrong;

static void note(BOOL good)
{
    if (!good)
        atomic_fetch_add(&wrong, 1);
}

/* Handles appear and vanish under the feet of the others: a lookup finds the object or refuses, never more. */
static void juggle(unsigned *seed)
{
    HANDLE self = GetCurrentProcess(), made = NULL;
    if (!DuplicateHandle(self, shared, self, &made, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
        note(FALSE);
        return;
    }
    *seed = *seed * 1103515245 + 12345;
    HANDLE old = atomic_exchange(&slot[*seed >> 16 & 7], made);
    HANDLE other = atomic_load(&slot[*seed >> 20 & 7]);
    if (other) {
        char *view = MapViewOfFile(other, FILE_MAP_WRITE, 0, 0, 0);
        note(view != NULL || GetLastError() == ERROR_INVALID_HANDLE);
        if (view)
            note(UnmapViewOfFile(view));
    }
    if (old)
        note(CloseHandle(old));
}

static void own_section(unsigned *seed)
{
    MEMORY_BASIC_INFORMATION information;
    DWORD flags = *seed & 1 ? SEC_RESERVE : SEC_COMMIT;
    HANDLE h = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | flags, 0, 0x20000, NULL);
    char *view = MapViewOfFile(h, FILE_MAP_WRITE, 0, 0, 0), *copy = MapViewOfFile(h, FILE_MAP_COPY, 0, 0, 0);
    note(h && view && copy);
    if (h && view && copy) {
        note(VirtualAlloc(view + 0x4000, 0x2000, MEM_COMMIT, PAGE_READWRITE) != NULL);
        view[0x5000] = 3;
        copy[0x5001] = 4;
        note(copy[0x5000] == 3 && view[0x5001] == 0);
        note(VirtualQuery(copy + 0x5000, &information, sizeof(information)) && information.Protect == PAGE_READWRITE);
    }
    note(UnmapViewOfFile(copy));
    note(UnmapViewOfFile(view));
    note(CloseHandle(h));
}

static void *run(void *argument)
{
    unsigned seed = (unsigned)(size_t)argument;
    for (int i = 0; i < ROUNDS; i++) {
        juggle(&seed);
        if (i % 4 == 0)
            own_section(&seed);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread[THREADS];
    shared = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x10000, NULL);
    REQUIRE(shared);
    for (size_t i = 0; i < THREADS; i++)
        REQUIRE(pthread_create(&thread[i], NULL, run, (void *)(i + 1)) == 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    for (int i = 0; i < 8; i++)
        if (slot[i])
            CHECK(CloseHandle(slot[i]));
    CHECK(CloseHandle(shared));
    CHECK_EQ(wrong, 0);
    CHECK_EQ(ob_handle_count(), 0);
    CHECK_EQ(mm_section_count(), 0);
    CHECK(space_validate() == NULL);
    return CHECK_DONE();
}
