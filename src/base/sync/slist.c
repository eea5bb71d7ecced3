/* slist.c: interlocked singly linked lists: the head is two words that change in one compare-and-exchange: depth and a
 * sequence number, and the first entry. An entry that another thread took and gave back to the system meanwhile may be
 * looked at: that fault is answered by trying again. Calls host. */
#include <interlockedapi.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/guarded.h"

#define DEPTH_MASK 0xFFFFull
#define SEQUENCE 0x10000ull /* one step of it */

struct head {
    uint64_t counts, first; /* first: the entry's address; its low four bits are 0 */
};

static struct head load(const SLIST_HEADER *list)
{
    const volatile uint64_t *words = (const volatile uint64_t *)list;
    return (struct head){words[0], words[1]};
}

/* What was read in two halves may not belong together: then the exchange fails. */
static bool exchange(SLIST_HEADER *list, struct head *expected, struct head wanted)
{
    bool done;
    __asm__ volatile("lock cmpxchg16b %1"
                     : "=@ccz"(done), "+m"(*(struct head *)list), "+a"(expected->counts), "+d"(expected->first)
                     : "b"(wanted.counts), "c"(wanted.first)
                     : "memory");
    return done;
}

static struct head with(struct head head, PSLIST_ENTRY first, uint64_t depth)
{
    return (struct head){((head.counts & ~DEPTH_MASK) + SEQUENCE) | (depth & DEPTH_MASK), (uint64_t)(uintptr_t)first};
}

static PSLIST_ENTRY first_of(struct head head)
{
    return (PSLIST_ENTRY)(uintptr_t)head.first;
}

void InitializeSListHead(PSLIST_HEADER list)
{
    *(struct head *)list = (struct head){0, 0};
}

PSLIST_ENTRY InterlockedPushListSListEx(PSLIST_HEADER list, PSLIST_ENTRY first, PSLIST_ENTRY last, ULONG count)
{
    struct head head = load(list);
    do
        last->Next = first_of(head);
    while (!exchange(list, &head, with(head, first, head.counts + count)));
    return first_of(head);
}

PSLIST_ENTRY InterlockedPushEntrySList(PSLIST_HEADER list, PSLIST_ENTRY entry)
{
    return InterlockedPushListSListEx(list, entry, entry, 1);
}

PSLIST_ENTRY InterlockedPopEntrySList(PSLIST_HEADER list)
{
    struct head head = load(list);
    while (head.first) {
        PSLIST_ENTRY next;
        if (host_guarded_copy(&next, &first_of(head)->Next, sizeof next) != 0)
            head = load(list);
        else if (exchange(list, &head, with(head, next, head.counts - 1)))
            return first_of(head);
    }
    return NULL;
}

PSLIST_ENTRY InterlockedFlushSList(PSLIST_HEADER list)
{
    struct head head = load(list);
    while (head.first)
        if (exchange(list, &head, with(head, NULL, 0)))
            return first_of(head);
    return NULL;
}

USHORT QueryDepthSList(PSLIST_HEADER list)
{
    return (USHORT)(load(list).counts & DEPTH_MASK);
}

PSLIST_ENTRY RtlFirstEntrySList(const SLIST_HEADER *list)
{
    return first_of(load(list));
}
