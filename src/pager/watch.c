/* watch.c: see watch.h. Two buffers: faults of the copying go to the other one. Lock L is taken with every signal
 * blocked, for a few instructions; calls host and the budget's account only. */
#include "pager/watch.h"

#include <stdatomic.h>
#include <unistd.h>

#include "host/lock.h"
#include "host/pages.h"
#include "host/uffd.h"
#include "pager/frame.h"
#include "pager/pager.h"

#define RECORDS 32768u /* what comes when they are full is not recorded */
#define BUFFER_BYTES (RECORDS * sizeof(struct watch_record))

struct watch_buffer {
    struct watch_record *records;
    uint32_t count; /* L */
    uint32_t pages; /* L: touched, in the budget */
    uint32_t lost;  /* L: what came when it was full */
};

static struct {
    host_lock lock;
    _Atomic bool on;
    struct watch_buffer buffers[2];
    unsigned active; /* L */
    bool taking;     /* L: the other buffer is being copied */
} watch_state = {.lock = HOST_LOCK(RANK_PAGER)};

static void lock(uint64_t *signals)
{
    host_signals_block(signals);
    host_lock_acquire(&watch_state.lock);
}

static void unlock(const uint64_t *signals)
{
    host_lock_release(&watch_state.lock);
    host_signals_restore(signals);
}

int watch_start(void)
{
    void *at;
    uint64_t signals;
    if (atomic_load(&watch_state.on))
        return 0;
    int error = host_table_reserve(2 * BUFFER_BYTES, &at);
    if (error)
        return error;
    lock(&signals);
    bool first = !watch_state.buffers[0].records;
    if (first) {
        watch_state.buffers[0].records = at;
        watch_state.buffers[1].records = watch_state.buffers[0].records + RECORDS;
    }
    atomic_store(&watch_state.on, true);
    unlock(&signals);
    if (!first)
        host_table_release(at, 2 * BUFFER_BYTES);
    return 0;
}

void watch_restart(void)
{
    host_lock_reset(&watch_state.lock);
    watch_state.taking = false;
}

bool watch_is_on(void)
{
    return atomic_load_explicit(&watch_state.on, memory_order_relaxed);
}

void watch_note(uintptr_t pc, uintptr_t address)
{
    uint64_t signals, thread = (uint64_t)gettid();
    lock(&signals);
    struct watch_buffer *buffer = &watch_state.buffers[watch_state.active];
    if (buffer->count < RECORDS) {
        buffer->records[buffer->count++] = (struct watch_record){pc, address, thread};
        uint32_t pages = (uint32_t)((buffer->count * sizeof(struct watch_record) + 4095) / 4096);
        if (pages > buffer->pages && pager_on)
            frame_account_table((int64_t)pages - buffer->pages);
        buffer->pages = pages > buffer->pages ? pages : buffer->pages;
    } else {
        buffer->lost++;
    }
    unlock(&signals);
}

size_t watch_take(size_t room, void (*put)(void *context, size_t index, const struct watch_record *record),
                  void *context, size_t *lost)
{
    uint64_t signals;
    lock(&signals);
    struct watch_buffer *buffer = &watch_state.buffers[watch_state.active];
    size_t count = watch_state.taking ? 0 : buffer->count;
    bool take = count && count <= room;
    if (take) {
        watch_state.taking = true;
        watch_state.active ^= 1;
    }
    unlock(&signals);
    if (!take)
        return count;
    for (size_t i = 0; i < count; i++)
        put(context, i, &buffer->records[i]);
    lock(&signals);
    *lost = buffer->lost;
    buffer->count = buffer->lost = 0;
    watch_state.taking = false;
    unlock(&signals);
    return count;
}
