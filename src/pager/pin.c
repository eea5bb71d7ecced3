/* pin.c: ranges that system calls are using, in the manner of Dekker: a pin is published, then the batch in progress is
 * looked at; an eviction tells which range it is at, then looks at the pins. Signal-safe. Calls evict. */
#include "pager/pin.h"

#include <errno.h>
#include <stdatomic.h>

#include "pager/evict.h"
#include "pager/pager.h"
#include "pager/pte.h"

#define PINS 256u

static struct {
    struct {
        _Atomic uintptr_t start, end; /* end 0: free, UINTPTR_MAX: being written */
    } pins[PINS];
    _Atomic unsigned used; /* none behind these */
} pin_state;

void pin_restart(void)
{
    for (unsigned i = 0; i < PINS; i++)
        atomic_store(&pin_state.pins[i].end, 0);
}

int pager_pin(uintptr_t address, size_t size)
{
    for (unsigned i = 0; i < PINS; i++) {
        uintptr_t none = 0;
        if (!atomic_compare_exchange_strong(&pin_state.pins[i].end, &none, UINTPTR_MAX))
            continue;
        atomic_store(&pin_state.pins[i].start, address & ~(uintptr_t)4095);
        atomic_store(&pin_state.pins[i].end, (address + size + 4095) & ~(uintptr_t)4095);
        unsigned used = atomic_load(&pin_state.used);
        while (used <= i && !atomic_compare_exchange_weak(&pin_state.used, &used, i + 1)) {}
        atomic_thread_fence(memory_order_seq_cst);
        size_t first = pte_page(address), end = first == SIZE_MAX ? 0 : first + (size + 8191) / 4096;
        if (first != SIZE_MAX)
            evict_pass_over(first, end);
        return (int)i;
    }
    return -EBUSY;
}

void pager_unpin(int pin)
{
    if (pin >= 0)
        atomic_store(&pin_state.pins[pin].end, 0);
}

bool pin_there(void *unused, size_t first, size_t end)
{
    (void)unused;
    unsigned used = atomic_load(&pin_state.used);
    for (unsigned i = 0; i < used; i++) {
        uintptr_t pin_end = atomic_load(&pin_state.pins[i].end);
        if (pin_end && pin_end > (uintptr_t)pte_address(first) &&
            (pin_end == UINTPTR_MAX || atomic_load(&pin_state.pins[i].start) < (uintptr_t)pte_address(end)))
            return true;
    }
    return false;
}
