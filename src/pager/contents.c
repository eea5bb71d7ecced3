/* contents.c: the bytes of a resident page, for who evicts it; see contents.h. Calls host and prototype. */
#include "pager/contents.h"

#include <string.h>

#include "host/uffd.h"
#include "pager/codec.h"
#include "pager/pager.h"
#include "pager/prototype.h"

#define BLOCK_PAGES 64u /* of which one call tells what is in memory */

/* Lock W, all of it. */
static struct {
    bool by_thread;
    size_t block; /* that `there` is of, + 1 */
    unsigned char there[BLOCK_PAGES];
} contents_state;

void contents_start(bool by_thread)
{
    contents_state.by_thread = by_thread;
}

void contents_look_again(void)
{
    contents_state.block = 0;
}

bool contents_there(size_t page)
{
    size_t block = page / BLOCK_PAGES;
    if (!contents_state.by_thread || prototype_is(page))
        return true;
    if (contents_state.block != block + 1) {
        unsigned char *there = contents_state.there;
        contents_state.block = 0;
        if (host_resident(pte_address(block * BLOCK_PAGES), BLOCK_PAGES * PAGE_SIZE_BYTES, there) != 0)
            return host_resident(pte_address(page), PAGE_SIZE_BYTES, there) != 0 || (there[0] & 1);
        contents_state.block = block + 1;
    }
    return contents_state.there[page % BLOCK_PAGES] & 1;
}

const void *contents_of(size_t page, pte entry, void *copy)
{
    const void *at = pte_address(page);
    if (prototype_is(page))
        return prototype_read(page, copy) == 0 ? copy : NULL;
    if (entry & PTE_NO_READ || pager_by_protection)
        return host_read_protected(copy, at, PAGE_SIZE_BYTES) == 0 ? copy : NULL;
    return memcpy(copy, at, PAGE_SIZE_BYTES);
}

bool contents_are(size_t page, pte entry, const uint64_t hash[2], void *copy)
{
    uint64_t now[2];
    if (!contents_there(page))
        return false;
    const void *bytes = entry & PTE_NO_READ ? contents_of(page, entry, copy) : pte_address(page);
    if (!bytes)
        return false;
    codec_hash(bytes, PAGE_SIZE_BYTES, now);
    return now[0] == hash[0] && now[1] == hash[1];
}
