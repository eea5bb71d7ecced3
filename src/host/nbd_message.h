/* nbd_message.h: what the pager and its helper process (tools/nbd) say to each other, over one stream socket a channel.
 * Channel 0 carries writes (any number under way), the others one read each at a time. Includes nothing but integers.
 */
#ifndef WINMEM_HOST_NBD_MESSAGE_H
#define WINMEM_HOST_NBD_MESSAGE_H

#include <stdint.h>

#define NBD_CHANNELS 5
#define NBD_FIRST_FD 3 /* the channels' descriptors in the helper */
#define NBD_LENGTH_MOST 262144u
#define NBD_REQUESTS_MOST 64u

enum nbd_operation { NBD_READ = 1, NBD_WRITE = 2 };

/* A write's bytes follow its request. */
struct nbd_request {
    uint32_t operation, length;
    uint64_t offset;
    uint32_t tag, reserved;
};

/* A read's bytes follow a reply without error. The first reply on channel 0 comes unasked: the export's size. */
struct nbd_reply {
    uint32_t tag;
    int32_t error; /* 0 or -errno */
    uint64_t size;
};

#endif
