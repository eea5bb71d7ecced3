/* own.c: see own.h. Pieces have four sizes a doubling, from 64 bytes to 64 KiB, and are kept for the next of their
 * size; what is larger is mapped by itself. Calls memory.c for pages; takes no other lock under its own. */
#include "host/own.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "host/fork.h"
#include "host/gate.h"
#include "host/lock.h"
#include "host/memory.h"
#include "host/sanitized.h"

#define MOST ((size_t)1 << 40)

static int may_take(void)
{
    HOST_GATE("own_take");
    return 0;
}

#if HOST_SANITIZED
static void *take(void *old, size_t size)
{
    if (size > MOST || may_take() != 0)
        return NULL;
    host_lock_pretend();
    void *memory = realloc(old, size ? size : 1);
    host_lock_pretend_end();
    return memory;
}

void *host_own_take(size_t size)
{
    return take(NULL, size);
}

void host_own_give(void *memory)
{
    host_lock_pretend();
    free(memory);
    host_lock_pretend_end();
}

void *host_own_grow(void *old, size_t size)
{
    return take(old, size);
}

static bool is_fresh(void *memory)
{
    (void)memory;
    return false;
}
#else
#define CHUNK ((size_t)64 << 10)
#define SMALLEST ((size_t)64)
#define SIZES 41    /* to 64 KiB */
#define ALONE SIZES /* a mapping of its own */

/* Before what the caller gets; the next free one stands in its place afterwards. */
struct piece {
    uint64_t which;
    union {
        uint64_t size; /* of the whole piece */
        struct piece *next;
    };
};

static struct {
    host_lock lock;
    uint8_t *at, *end;         /* lock: the chunk that pieces are cut from */
    struct piece *free[SIZES]; /* lock */
} own_state = {.lock = HOST_LOCK(RANK_HOST)};

HOST_LOCK_AT_FORK(own_state.lock, RANK_HOST)

/* Which of the sizes, and how much that is. */
static unsigned round_up(size_t *size)
{
    size_t step = SMALLEST / 4;
    unsigned which = 0;
    for (; step * 8 < *size; step *= 2)
        which += 4;
    size_t steps = (*size + step - 1) / step;
    if (steps < 4)
        steps = 4;
    *size = steps * step;
    return which + (unsigned)steps - 4;
}

static struct piece *map(size_t size)
{
    void *pages = NULL;
    return host_pages_map(&pages, size) == 0 ? pages : NULL;
}

/* The rest of a chunk that is too small is left: at most a quarter of one, and no piece is without its size. */
static struct piece *cut_locked(size_t size)
{
    if (size > (size_t)(own_state.end - own_state.at)) {
        uint8_t *chunk = (uint8_t *)map(size > CHUNK / 4 ? size : CHUNK);
        if (!chunk || size > CHUNK / 4)
            return (struct piece *)chunk;
        own_state.at = chunk;
        own_state.end = chunk + CHUNK;
    }
    struct piece *piece = (struct piece *)own_state.at;
    own_state.at += size;
    return piece;
}

static struct piece *take(unsigned which, size_t size)
{
    host_lock_acquire(&own_state.lock);
    struct piece *piece = own_state.free[which];
    if (piece)
        own_state.free[which] = piece->next;
    else
        piece = cut_locked(size);
    host_lock_release(&own_state.lock);
    return piece;
}

void *host_own_take(size_t size)
{
    if (size > MOST || may_take() != 0)
        return NULL;
    size_t whole = size + sizeof(struct piece);
    unsigned which = round_up(&whole);
    struct piece *piece;
    if (which < SIZES) {
        piece = take(which, whole);
    } else {
        which = ALONE;
        whole = (size + sizeof(struct piece) + HOST_PAGE - 1) & ~(HOST_PAGE - 1);
        piece = map(whole);
    }
    if (!piece)
        return NULL;
    piece->which = which;
    piece->size = whole;
    return piece + 1;
}

void host_own_give(void *memory)
{
    if (!memory)
        return;
    struct piece *piece = (struct piece *)memory - 1;
    if (piece->which == ALONE) {
        host_pages_unmap(piece, piece->size);
        return;
    }
    host_lock_acquire(&own_state.lock);
    piece->next = own_state.free[piece->which];
    own_state.free[piece->which] = piece;
    host_lock_release(&own_state.lock);
}

void *host_own_grow(void *old, size_t size)
{
    size_t room = old ? ((struct piece *)old - 1)->size - sizeof(struct piece) : 0;
    if (old && size <= room)
        return old;
    void *memory = host_own_take(size);
    if (memory && old) {
        memcpy(memory, old, room);
        host_own_give(old);
    }
    return memory;
}

/* The kernel's own zeros. */
static bool is_fresh(void *memory)
{
    return ((struct piece *)memory - 1)->which == ALONE;
}
#endif

void *host_own_zero(size_t count, size_t size)
{
    size_t whole;
    if (__builtin_mul_overflow(count, size, &whole))
        return NULL;
    void *memory = host_own_take(whole);
    return memory && !is_fresh(memory) ? memset(memory, 0, whole) : memory;
}

char *host_own_part(const char *text, size_t most)
{
    size_t length = strnlen(text, most);
    char *copy = host_own_take(length + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

char *host_own_text(const char *text)
{
    return host_own_part(text, strlen(text));
}
