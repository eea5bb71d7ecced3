/* descriptor.c: see descriptor.h. A small table without a lock; calls the kernel only. */
#include "host/descriptor.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KEPT 64
#define HIGH 1024 /* numbers up to here are below, as far as the limit allows */
#define ROOM 64

static struct {
    _Atomic int files[KEPT]; /* descriptor + 1, 0: free */
} descriptor_state;

static int lowest_number(void)
{
    struct rlimit limit = {.rlim_cur = HIGH};
    (void)syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit);
    unsigned long high = limit.rlim_cur < HIGH ? limit.rlim_cur : HIGH;
    return high > 2 * ROOM ? (int)high - ROOM : (int)high / 2;
}

int host_descriptor_keep(int file)
{
    if (file < 0)
        return file;
    int moved = (int)syscall(SYS_fcntl, file, F_DUPFD_CLOEXEC, lowest_number());
    if (moved >= 0) {
        syscall(SYS_close, file);
        file = moved;
    }
    for (unsigned i = 0; i < KEPT; i++) {
        int none = 0;
        if (atomic_compare_exchange_strong(&descriptor_state.files[i], &none, file + 1))
            break;
    }
    return file;
}

void host_descriptor_close(int file)
{
    if (file < 0)
        return;
    for (unsigned i = 0; i < KEPT; i++) {
        int kept = file + 1;
        if (atomic_compare_exchange_strong(&descriptor_state.files[i], &kept, 0))
            break;
    }
    syscall(SYS_close, file);
}

bool host_descriptor_kept(int file)
{
    return file >= 0 && host_descriptor_next(file) == file;
}

int host_descriptor_next(int from)
{
    int next = -1;
    for (unsigned i = 0; i < KEPT; i++) {
        int file = atomic_load_explicit(&descriptor_state.files[i], memory_order_relaxed) - 1;
        if (file >= from && (next < 0 || file < next))
            next = file;
    }
    return next;
}
