/* test traits: tsan */
/* Every host call of every operation on memory fails once: the operation reports it and the address space, the
 * contents, the commit charge are as before; or it succeeds, and all is as after an undisturbed one. */
#include <windows.h>

#include <winternl.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "host/gate.h"
#include "mm/space.h"
#include "pager/pager.h"

#define PAGE 4096ul
#define SPAN (64 * PAGE) /* what a scenario plays with */
#define RUNS 80

static int countdown, calls;
static const char *failed_call;

static int fail_nth(const char *call)
{
    calls++;
    if (--countdown != 0)
        return 0;
    failed_call = call;
    return -12; /* ENOMEM */
}

/* What can be seen from outside. */
struct view {
    MEMORY_BASIC_INFORMATION run[RUNS];
    unsigned runs;
    size_t commit;
    unsigned char first[SPAN / PAGE]; /* a byte of each page */
};

static int memory_file;
static bool paged; /* the kernel cannot look at pages that are out: only what may be read is read, by touching it */

static void look_inside(const MEMORY_BASIC_INFORMATION *run, const char *base, unsigned char *first)
{
    size_t from = (size_t)((const char *)run->BaseAddress - base) / PAGE;
    bool readable = run->State == MEM_COMMIT && !(run->Protect & (PAGE_NOACCESS | PAGE_GUARD));
    for (size_t i = from; i < from + run->RegionSize / PAGE; i++) {
        if (paged && readable)
            first[i] = *(const volatile unsigned char *)(base + i * PAGE);
        else if (paged || pread(memory_file, &first[i], 1, (off_t)(uintptr_t)(base + i * PAGE)) != 1)
            first[i] = 0xEE;
    }
}

static void look(const char *base, struct view *view)
{
    struct pager_commit commit;
    memset(view, 0, sizeof *view);
    for (const char *at = base; at < base + SPAN; view->runs++) {
        REQUIRE(view->runs < RUNS);
        MEMORY_BASIC_INFORMATION *run = &view->run[view->runs];
        REQUIRE(VirtualQuery(at, run, sizeof *run));
        at = (const char *)run->BaseAddress + run->RegionSize;
        if (at > base + SPAN) /* what lies behind is no business of ours */
            run->RegionSize -= (size_t)(at - (base + SPAN));
    }
    for (unsigned i = 0; i < view->runs; i++)
        look_inside(&view->run[i], base, view->first);
    pager_get_commit(&commit);
    view->commit = commit.total;
}

static bool same(const struct view *a, const struct view *b)
{
    if (a->runs != b->runs || a->commit != b->commit || memcmp(a->first, b->first, sizeof a->first) != 0)
        return false;
    for (unsigned i = 0; i < a->runs; i++) {
        const MEMORY_BASIC_INFORMATION *x = &a->run[i], *y = &b->run[i];
        if (x->BaseAddress != y->BaseAddress || x->AllocationBase != y->AllocationBase || x->State != y->State ||
            x->AllocationProtect != y->AllocationProtect || x->RegionSize != y->RegionSize ||
            x->Protect != y->Protect || x->Type != y->Type)
            return false;
    }
    return true;
}

static void tell(const char *what, const struct view *view)
{
    fprintf(stderr, "  %s: commit %zu\n", what, view->commit);
    for (unsigned i = 0; i < view->runs; i++)
        fprintf(stderr, "   %p +%zx state %x protect %x base %p type %x\n", view->run[i].BaseAddress,
                (size_t)view->run[i].RegionSize, (unsigned)view->run[i].State, (unsigned)view->run[i].Protect,
                view->run[i].AllocationBase, (unsigned)view->run[i].Type);
    for (size_t i = 0; i < SPAN / PAGE; i++)
        fprintf(stderr, " %02x", view->first[i]);
    fputc('\n', stderr);
}

static char *base; /* of the range that the current scenario plays with */
static HANDLE section;

struct scenario {
    const char *name;
    void (*prepare)(void); /* must not fail */
    BOOL (*act)(void);     /* the operation */
    void (*clean)(void);   /* leaves the range free */
};

static void play(const struct scenario *s)
{
    static struct view before, after, good, empty;
    look(base, &empty);
    s->prepare();
    BOOL done = s->act();
    if (!done)
        fprintf(stderr, "%s: error %lu undisturbed\n", s->name, (unsigned long)GetLastError());
    REQUIRE(done);
    look(base, &good);
    s->clean();
    done = FALSE;
    for (int n = 1; n < 300 && !done; n++) {
        s->prepare();
        look(base, &before);
        if (paged)
            pager_trim((uintptr_t)base, SPAN);
        countdown = n, calls = 0, failed_call = "nothing";
        SetLastError(0xdeadbeef);
        host_gate = fail_nth;
        BOOL succeeded = s->act();
        host_gate = NULL;
        DWORD error = GetLastError();
        done = calls < n;
        look(base, &after);
        bool right = succeeded ? same(&after, &good) : same(&after, &before) && error != 0xdeadbeef && error != 0;
        const char *wrong = space_validate();
        if (!right || wrong || (done && !succeeded)) {
            fprintf(stderr, "%s: call %d (%s) failed, the operation %s, error %lu: %s\n", s->name, n, failed_call,
                    succeeded ? "succeeded" : "failed", (unsigned long)error, wrong ? wrong : "not as it should be");
            tell("before", &before);
            tell("after", &after);
            if (succeeded)
                tell("wanted", &good);
        }
        CHECK(right);
        CHECK(wrong == NULL);
        CHECK(!done || succeeded);
        s->clean();
        look(base, &after);
        if (!same(&after, &empty)) {
            fprintf(stderr, "%s: something is left after call %d (%s)\n", s->name, n, failed_call);
            tell("left", &after);
        }
        REQUIRE(same(&after, &empty));
    }
    CHECK(done);
}

#include "mm_failnth.inc"

static void play_all(void)
{
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++)
        play(&scenarios[i]);
    for (size_t i = 0; may_own_pages() && i < sizeof physical / sizeof physical[0]; i++)
        play(&physical[i]);
}

/* The same while memory is paged: everything is out when the operation begins. */
static void start_paging(void)
{
    const size_t budget = (size_t)48 << 20;
    pager_set_budget(budget);
    char *ballast = VirtualAlloc(NULL, budget + budget / 4, MEM_RESERVE | MEM_COMMIT | MEM_TOP_DOWN, PAGE_READWRITE);
    REQUIRE(ballast);
    must(VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT | MEM_TOP_DOWN, PAGE_READWRITE) != NULL);
    paged = pager_on;
}

int main(void)
{
    memory_file = open("/proc/self/mem", O_RDONLY);
    REQUIRE(memory_file >= 0);
    base = VirtualAlloc(NULL, 4 * SPAN, MEM_RESERVE, PAGE_READWRITE);
    REQUIRE(base);
    VirtualFree(base, 0, MEM_RELEASE);
    base += SPAN;
    section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, SPAN, NULL);
    REQUIRE(section);
    play_all();
    start_paging();
    if (paged)
        play_all();
    return CHECK_DONE();
}
