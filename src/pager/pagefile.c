/* pagefile.c: slots of one segment in the paging file. Calls host's aio; must not allocate. Lock W, reads excepted. */
#include "pager/pagefile.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>

#include "host/aio.h"
#include "host/claim.h"
#include "host/descriptor.h"
#include "host/nbd.h"
#include "host/options.h"
#include "host/pages.h"
#include "pager/cipher.h"
#include "pager/commit.h"
#include "pager/frame.h"
#include "pager/store.h"

#define FILES_MAX 8 /* own, and those of ancestors */
#define GROW_SLOTS 128u
#define SLOT_LIMIT ((uint32_t)1 << 22)
#define RETRY_AFTER 64 /* asks that a full disk is left alone */
#define RETRY_SERVER_AFTER 4096
#define FD_NBD INT_MAX /* no descriptor: the export behind host/nbd.h */
#define COLLECT_LOOKS 32
#define COLLECT_REST 16

/* A slot that is free but for the children of these forks, which may still read it. */
struct waiting {
    uint32_t slot, first, last;
};

static struct {
    int fd[FILES_MAX];        /* W; -1 none. One is ours, the others were inherited */
    int held[FILES_MAX];      /* W: our claims on those, + 1; 0: none */
    uint32_t live[FILES_MAX]; /* W: segments that we have in each */
    uint16_t own;             /* W: index of ours */
    bool unlinked;            /* W: the file that was named is another process' */
    uint32_t *free_slots;     /* W: stack */
    uint32_t free_count;      /* W */
    uint32_t grown, used;     /* W: slots that have room in the file; slots ever handed out */
    uint32_t maximum;         /* W: slots */
    uint32_t device;          /* W: slots of the device or export, 0: a file, which grows */
    unsigned in_flight;       /* W */
    unsigned full_for;        /* W: asks until a full or failed file is tried again */
    bool enabled, failed;
    char directory[4096]; /* of unlinked files: the environment may be paged out when the first is created */
    struct pagefile_totals totals;
    _Atomic uint64_t reads, read_bytes, read_errors;
    uint32_t forks, blind;   /* W: of this process, with slots in use; the last one whose child has no claim */
    int claims, claim;       /* W: what children of ours claim, + 1; while one is forked: its claim, + 1 */
    struct waiting *waiting; /* W */
    uint32_t waiting_count;  /* W */
    uint32_t waiting_hand;   /* W: next that is looked at */
    unsigned waiting_rest;   /* W: asks until they are looked at again, after a time in vain */
} pagefile_state = {.fd = {-1, -1, -1, -1, -1, -1, -1, -1}};

static uint32_t slots_of(uint64_t bytes)
{
    /* Headers and the ends of segments: one sixteenth more than the pages that it is to hold, and room to compact. */
    uint64_t slots = (bytes + bytes / 16) / SEGMENT_BYTES + 8;
    return slots < SLOT_LIMIT ? (uint32_t)slots : SLOT_LIMIT;
}

void pagefile_set_maximum(uint64_t bytes)
{
    pagefile_state.totals.maximum = bytes;
    pagefile_state.maximum = slots_of(bytes);
    if (pagefile_state.device && pagefile_state.device < pagefile_state.maximum)
        pagefile_state.maximum = pagefile_state.device;
    pagefile_state.enabled = bytes != 0;
}

static const char *named_file(void)
{
    const char *text = host_option_text(OPTION_PAGEFILE);
    uint64_t bytes;
    if (pagefile_state.unlinked || strcmp(text, "auto") == 0 || strcmp(text, "none") == 0 ||
        host_parse_size(text, &bytes) == 0)
        return NULL;
    return text;
}

const char *pagefile_name(void)
{
    const char *name = named_file();
    return name ? name : "(unlinked)";
}

static int open_named(const char *name, uint64_t *size)
{
    if (!host_nbd_is_uri(name))
        return host_paging_file_open(name, false, size);
    int error = host_nbd_open(name, (unsigned)host_option_number(OPTION_NBD_RETRY), size);
    if (!error && *size < SEGMENT_BYTES)
        error = -ENOSPC;
    return error ? error : FD_NBD;
}

static bool is_remote(uint16_t file)
{
    return pagefile_state.fd[file] == FD_NBD;
}

/* The other way round from slots_of: no more may be committed than it can hold. */
static void note_device(uint64_t bytes)
{
    uint64_t slots = bytes / SEGMENT_BYTES;
    pagefile_state.device = slots < SLOT_LIMIT ? (uint32_t)slots : SLOT_LIMIT;
    if (pagefile_state.device < pagefile_state.maximum)
        pagefile_state.maximum = pagefile_state.device;
    pagefile_state.grown = pagefile_state.device;
    commit_set_device(slots > 9 ? (slots - 8) * SEGMENT_BYTES / 17 * 16 : SEGMENT_BYTES);
}

static int create(void)
{
    if (!pagefile_state.free_slots) {
        void *at;
        int error = host_table_reserve((size_t)SLOT_LIMIT * 4, &at);
        if (error)
            return error;
        pagefile_state.free_slots = at;
    }
    uint64_t device = 0;
    if (host_option_number(OPTION_PAGEFILE_ENCRYPT)) {
        int error = cipher_start();
        if (error)
            return error; /* nothing goes to the disk in the clear */
    }
    int fd = -EBUSY;
    if (named_file())
        fd = open_named(named_file(), &device);
    if (fd == -EBUSY) {
        pagefile_state.unlinked = true;
        fd = host_paging_file_open(pagefile_state.directory, true, &device);
    }
    if (fd < 0)
        return fd;
    if (device)
        note_device(device);
    host_aio_start();
    pagefile_state.fd[pagefile_state.own] = fd;
    return 0;
}

void pagefile_start(uint64_t maximum_bytes)
{
    pagefile_set_maximum(maximum_bytes);
    const char *directory = host_temporary_directory();
    if (!pagefile_state.directory[0] && strlen(directory) < sizeof(pagefile_state.directory))
        strcpy(pagefile_state.directory, directory);
    /* What has a size of its own is asked for it now: it limits what may be committed. */
    const char *name = named_file();
    if (maximum_bytes && name && (host_nbd_is_uri(name) || strncmp(name, "/dev/", 5) == 0))
        (void)create(); /* if it cannot be had now, it is asked again when it is needed */
}

static void note_error(int error)
{
    pagefile_state.totals.last_error = error;
    bool server = pagefile_state.fd[pagefile_state.own] < 0 && host_nbd_is_uri(pagefile_name());
    pagefile_state.full_for = server ? RETRY_SERVER_AFTER : RETRY_AFTER;
}

static void release_slot(uint32_t slot)
{
    pagefile_state.totals.in_use -= SEGMENT_BYTES;
    pagefile_state.free_slots[pagefile_state.free_count++] = slot;
}

static bool children_have(uint32_t first, uint32_t last)
{
    return host_claimed(pagefile_state.claims - 1, first, last);
}

/* Looks for slots whose children have ended: some of them, from where it stopped last. */
static void collect_some(void)
{
    struct waiting seen = {.last = 0};
    uint32_t before = pagefile_state.waiting_count, steps = before;
    for (unsigned looks = 0; steps > 0 && looks < COLLECT_LOOKS; steps--) {
        if (pagefile_state.waiting_hand >= pagefile_state.waiting_count)
            pagefile_state.waiting_hand = 0;
        struct waiting *entry = &pagefile_state.waiting[pagefile_state.waiting_hand];
        if (entry->first == seen.first && entry->last == seen.last) { /* as the one before it: still in use */
            pagefile_state.waiting_hand++;
            continue;
        }
        looks++;
        if (children_have(entry->first, entry->last)) {
            seen = *entry;
            pagefile_state.waiting_hand++;
        } else {
            release_slot(entry->slot);
            *entry = pagefile_state.waiting[--pagefile_state.waiting_count];
        }
    }
    if (pagefile_state.waiting_count == before)
        pagefile_state.waiting_rest = COLLECT_REST;
}

/* No slot is free: those of children that have ended are, mostly all at once. */
static void collect(void)
{
    if (!pagefile_state.waiting_count)
        return;
    if (pagefile_state.waiting_rest) {
        pagefile_state.waiting_rest--;
    } else if (children_have(1, pagefile_state.forks)) {
        collect_some();
    } else {
        while (pagefile_state.waiting_count)
            release_slot(pagefile_state.waiting[--pagefile_state.waiting_count].slot);
    }
}

/* By as much as there is room for. */
static int grow(void)
{
    uint32_t more = pagefile_state.maximum - pagefile_state.grown;
    int error = -ENOSPC;
    for (more = more < GROW_SLOTS ? more : GROW_SLOTS; more && error; more /= 4) {
        error = host_file_reserve(pagefile_state.fd[pagefile_state.own], (uint64_t)pagefile_state.grown * SEGMENT_BYTES,
                                  (uint64_t)more * SEGMENT_BYTES);
        if (!error)
            pagefile_state.grown += more;
    }
    return error;
}

/* A slot with room behind it, or -errno. */
static int take_slot(uint32_t *slot)
{
    if (!pagefile_state.free_count)
        collect();
    if (pagefile_state.free_count) {
        *slot = pagefile_state.free_slots[--pagefile_state.free_count];
        return 0;
    }
    if (pagefile_state.used == pagefile_state.maximum)
        return -ENOSPC;
    if (pagefile_state.used == pagefile_state.grown) {
        int error = grow();
        if (error)
            return error;
    }
    *slot = pagefile_state.used++;
    return 0;
}

bool pagefile_usable_locked(void)
{
    if (!pagefile_state.enabled)
        return false;
    if (pagefile_state.full_for) {
        pagefile_state.full_for--;
        return false;
    }
    if (!pagefile_state.free_count && pagefile_state.used >= pagefile_state.maximum)
        collect();
    return pagefile_state.free_count || pagefile_state.used < pagefile_state.maximum;
}

bool pagefile_has_fewer_locked(uint32_t slots)
{
    bool full = pagefile_state.full_for != 0;
    if (full && pagefile_state.totals.last_error != -ENOSPC)
        return false; /* reads may fail as well, or wait for a server */
    if (!pagefile_state.free_count)
        collect();
    uint32_t fresh = pagefile_state.used < pagefile_state.maximum ? pagefile_state.maximum - pagefile_state.used : 0;
    return pagefile_state.free_count + (full ? 0 : fresh) < slots;
}

bool pagefile_gives_back_locked(uint32_t index, struct pagefile_look *look)
{
    const struct segment *segment = store_segment(index);
    uint32_t forks = segment->forks;
    if (segment->file != pagefile_state.own || forks == pagefile_state.forks)
        return segment->file == pagefile_state.own;
    if (forks < pagefile_state.blind || !pagefile_state.waiting)
        return false; /* a child without a claim keeps it for ever */
    if (!look->claimed || look->forks != forks)
        *look = (struct pagefile_look){forks, children_have(forks + 1, pagefile_state.forks) ? 1 : -1};
    return look->claimed < 0;
}

int pagefile_write_locked(uint32_t index)
{
    struct segment *segment = store_segment(index);
    int error = pagefile_state.fd[pagefile_state.own] < 0 ? create() : 0;
    uint32_t slot = 0;
    if (!error)
        error = take_slot(&slot);
    if (!error) {
        segment->file = pagefile_state.own;
        segment->slot = slot;
        segment->forks = pagefile_state.forks;
        const void *bytes = store_buffer(segment->buffer);
        if (cipher_on())
            bytes = cipher_seal(index, bytes, &segment->nonce);
        error = !bytes ? -EBUSY
                : is_remote(pagefile_state.own)
                    ? host_nbd_write(bytes, SEGMENT_BYTES, (uint64_t)slot * SEGMENT_BYTES, index)
                    : host_aio_write(pagefile_state.fd[pagefile_state.own], bytes, SEGMENT_BYTES,
                                     (uint64_t)slot * SEGMENT_BYTES, index);
        if (error) {
            cipher_written(index);
            pagefile_state.free_slots[pagefile_state.free_count++] = slot;
        }
    }
    if (error) {
        if (error != -EBUSY)
            note_error(error);
        return error;
    }
    pagefile_state.in_flight++;
    return 0;
}

/* A slot that could not be written goes to the bottom of the stack: the others are tried first. */
static void retry_slot_last(uint32_t slot)
{
    uint32_t bottom = pagefile_state.free_count ? pagefile_state.free_slots[0] : slot;
    pagefile_state.free_slots[pagefile_state.free_count++] = bottom;
    pagefile_state.free_slots[0] = slot;
}

static int next_written(bool wait, uint32_t *index, int *result)
{
    return is_remote(pagefile_state.own) ? host_nbd_next(wait, index, result) : host_aio_next(wait, index, result);
}

int pagefile_reap_locked(bool wait)
{
    int ended = 0;
    uint32_t index;
    int result;
    while (pagefile_state.in_flight && next_written(wait && !ended, &index, &result) == 1) {
        pagefile_state.in_flight--;
        ended++;
        cipher_written(index);
        if (result) {
            note_error(result);
            pagefile_state.totals.write_errors++;
            retry_slot_last(store_segment(index)->slot);
        } else {
            pagefile_state.totals.writes++;
            pagefile_state.totals.written_bytes += SEGMENT_BYTES;
            pagefile_state.totals.in_use += SEGMENT_BYTES;
            pagefile_state.live[pagefile_state.own]++;
            if (pagefile_state.totals.in_use > pagefile_state.totals.peak)
                pagefile_state.totals.peak = pagefile_state.totals.in_use;
        }
        store_written_locked(index, result);
    }
    return ended;
}

unsigned pagefile_in_flight_locked(void)
{
    return pagefile_state.in_flight;
}

/* Nothing that we have is in it any more. */
static void leave_file(uint16_t file)
{
    if (!is_remote(file))
        host_file_close(pagefile_state.fd[file]);
    host_descriptor_close(pagefile_state.held[file] - 1);
    pagefile_state.fd[file] = -1;
    pagefile_state.held[file] = 0;
}

/* Children that were forked since it was written may read it. */
static void free_own_slot(const struct segment *segment)
{
    if (segment->forks == pagefile_state.forks)
        release_slot(segment->slot);
    else if (segment->forks >= pagefile_state.blind && pagefile_state.waiting)
        pagefile_state.waiting[pagefile_state.waiting_count++] =
            (struct waiting){segment->slot, segment->forks + 1, pagefile_state.forks};
}

void pagefile_free_slot_locked(uint32_t index)
{
    const struct segment *segment = store_segment(index);
    uint32_t left = --pagefile_state.live[segment->file];
    if (segment->file == pagefile_state.own)
        free_own_slot(segment);
    else if (!left)
        leave_file(segment->file);
}

int pagefile_read(uint32_t index, uint32_t offset, uint32_t length, void *into)
{
    const struct segment *segment = store_segment(index);
    atomic_fetch_add_explicit(&pagefile_state.reads, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&pagefile_state.read_bytes, length, memory_order_relaxed);
    uint64_t at = (uint64_t)segment->slot * SEGMENT_BYTES + offset;
    int error = -EIO;
    if (is_remote(segment->file))
        error = host_nbd_read(into, length, at);
    for (int attempt = 0; error && attempt < 3 && !is_remote(segment->file); attempt++)
        error = host_file_read(pagefile_state.fd[segment->file], into, length, at);
    if (!error && cipher_on())
        error = cipher_open(index, segment->nonce, offset, length, into);
    if (error)
        atomic_fetch_add_explicit(&pagefile_state.read_errors, 1, memory_order_relaxed);
    return error ? -EIO : 0;
}

void pagefile_get_totals(struct pagefile_totals *totals)
{
    *totals = pagefile_state.totals;
    totals->size = (uint64_t)pagefile_state.grown * SEGMENT_BYTES;
    totals->reads = atomic_load(&pagefile_state.reads);
    totals->read_bytes = atomic_load(&pagefile_state.read_bytes);
    totals->read_errors = atomic_load(&pagefile_state.read_errors);
}

/* The claim of the child that is about to be forked, + 1; 0: there is none. */
static int claim_for_child(void)
{
    void *at = pagefile_state.waiting;
    if (!at && host_table_reserve((size_t)SLOT_LIMIT * sizeof(struct waiting), &at) != 0)
        return 0;
    pagefile_state.waiting = at;
    if (!pagefile_state.claims) {
        int claims = host_claims_open();
        pagefile_state.claims = claims < 0 ? 0 : claims + 1;
    }
    int claim = pagefile_state.claims ? host_claim(pagefile_state.claims - 1, pagefile_state.forks) : -1;
    return claim < 0 ? 0 : claim + 1;
}

void pagefile_before_fork_locked(void)
{
    while (pagefile_state.in_flight)
        pagefile_reap_locked(true);
    if (!pagefile_state.live[pagefile_state.own])
        return;
    pagefile_state.forks++;
    pagefile_state.claim = claim_for_child();
    if (!pagefile_state.claim)
        pagefile_state.blind = pagefile_state.forks;
}

void pagefile_after_fork_parent_locked(void)
{
    host_descriptor_close(pagefile_state.claim - 1);
    pagefile_state.claim = 0;
}

/* The inherited file is read only from here on; what this process pages out goes to a new one of its own. */
void pagefile_after_fork_child(void)
{
    uint16_t file = pagefile_state.own;
    host_aio_forget();
    host_nbd_forget();
    cipher_after_fork();
    host_descriptor_close(pagefile_state.claims - 1);
    pagefile_state.held[file] = pagefile_state.claim;
    pagefile_state.claims = pagefile_state.claim = 0;
    pagefile_state.forks = pagefile_state.blind = pagefile_state.waiting_count = 0;
    pagefile_state.unlinked = true;
    if (pagefile_state.fd[file] >= 0 && !pagefile_state.live[file])
        leave_file(file);
    for (file = 0; file < FILES_MAX && pagefile_state.fd[file] >= 0; file++) {}
    if (file == FILES_MAX) {
        pagefile_state.enabled = false;
        return;
    }
    pagefile_state.own = file;
    pagefile_state.free_count = pagefile_state.grown = pagefile_state.used = 0;
    pagefile_state.totals.in_use = 0;
}
