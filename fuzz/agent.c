/* agent.c: whatever bytes reach the agent, it answers in the form that clients expect, gives nothing that the rights
 * in the request do not allow, and hoards no descriptor. Calls that would hurt the fuzzer itself are kept small. */
#include "nt/processcall.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int lowest_free(void)
{
    int file = dup(0);
    if (file >= 0)
        close(file);
    return file;
}

/* Paging opens descriptors that it keeps: it has begun before they are counted. */
static void begin_paging(void)
{
    static struct nt_reply reply;
    static bool begun;
    int none[2] = {-1, -1}, out;
    struct nt_call call = {.magic = NT_CALL_MAGIC, .operation = NT_CALL_SET_LIMITS};
    call.argument[0] = call.argument[1] = UINT64_MAX;
    if (!begun)
        nt_call_serve(0x1FFFFF, &call, sizeof(call), none, &reply, &out);
    begun = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct nt_reply reply;
    begin_paging();
    struct nt_call call;
    int files[2] = {-1, -1}, out = -1, before = lowest_free();
    if (size == 0)
        return 0;
    bool framed = data[0] & 1;
    ACCESS_MASK rights = data[0] & 2 ? 0x1FFFFF : (ACCESS_MASK)data[0] << 2;
    memset(&call, 0, sizeof(call));
    memcpy(&call, data, size < sizeof(call) ? size : sizeof(call));
    if (framed) {
        call.magic = NT_CALL_MAGIC;
        call.operation %= NT_CALL_LAST + 2;
    }
    bool harmless = call.operation != NT_CALL_FREE && call.operation != NT_CALL_PROTECT &&
                    call.operation != NT_CALL_UNMAP && call.operation != NT_CALL_CLOSE &&
                    call.operation != NT_CALL_JOIN_JOB && call.operation != NT_CALL_ALLOCATE;
    if (framed && !harmless)
        rights = 0; /* these would be allowed to tear down the fuzzer: they must be refused without the right */
    nt_call_serve(rights, &call, framed ? sizeof(call) : size % (sizeof(call) + 1), files, &reply, &out);
    if (reply.magic != NT_CALL_MAGIC || reply.length > NT_CALL_DATA)
        abort();
    if (framed && !harmless && reply.status >= 0)
        abort();
    if (out >= 0)
        close(out);
    if (before >= 0 && lowest_free() != before)
        abort();
    return 0;
}
