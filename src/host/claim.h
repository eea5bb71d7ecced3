/* claim.h: numbers that living processes claim. A claim is a descriptor, made before a fork for the child: the kernel
 * takes it back when the child, and every process that it forked in turn, has ended (however) or become another
 * program. Signal-safe. */
#ifndef WINMEM_HOST_CLAIM_H
#define WINMEM_HOST_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

/* What claims are made on: a descriptor, or -errno. */
int host_claims_open(void);
/* A claim on one number: a descriptor, which is known (descriptor.h), or -errno. */
int host_claim(int claims, uint64_t number);
/* Whether a number from `first` to `last` is claimed; true too when that cannot be told. */
bool host_claimed(int claims, uint64_t first, uint64_t last);

#endif
