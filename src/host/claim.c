/* claim.c: see claim.h. Read locks on the bytes of an empty memory file, one open file description a claim: such a lock
 * lives as long as the description, in whatever processes. Calls the kernel only. */
#include "host/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "host/descriptor.h"
#include "host/gate.h"
#include "host/kernel.h"
#include "host/proc.h"

#define MEMFD_CLOEXEC 1u

int host_claims_open(void)
{
    HOST_GATE("host_claims_open");
    return host_descriptor_keep((int)host_syscall3(SYS_memfd_create, (long)"winmem-claims", MEMFD_CLOEXEC, 0));
}

int host_claim(int claims, uint64_t number)
{
    HOST_GATE("host_claim");
    char path[HOST_FD_PATH];
    host_fd_path(claims, path);
    /* Opened, not duplicated: a description of its own. */
    int claim = (int)host_syscall6(SYS_openat, AT_FDCWD, (long)path, O_RDWR | O_CLOEXEC, 0, 0, 0);
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = (off_t)number, .l_len = 1};
    if (claim < 0)
        return claim;
    long error = host_syscall3(SYS_fcntl, claim, F_OFD_SETLK, (long)&lock);
    if (error) {
        host_syscall3(SYS_close, claim, 0, 0);
        return (int)error;
    }
    return host_descriptor_keep(claim);
}

bool host_claimed(int claims, uint64_t first, uint64_t last)
{
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)first, .l_len = (off_t)(last - first + 1)};
    return host_syscall3(SYS_fcntl, claims, F_OFD_GETLK, (long)&lock) != 0 || lock.l_type != F_UNLCK;
}
