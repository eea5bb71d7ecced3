/* agent.h: how a request travels to another process' agent and back. Knows nothing of what it says. */
#ifndef WINMEM_PS_AGENT_H
#define WINMEM_PS_AGENT_H

#include "ps/process.h"

#include <stddef.h>

/* One request and its answer, in bounded time, over a connection that is good for `rights`. Descriptors (-1: none) are
 * copied over; *got one that came back or -1. The answer's length in *length. NOT_SUPPORTED: it has no agent;
 * PROCESS_IS_TERMINATING; IO_TIMEOUT; ACCESS_DENIED. */
NTSTATUS ps_agent_ask(struct ps_process *process, ACCESS_MASK rights, const void *request, size_t size,
                      const int files[2], void *answer, size_t *length, int *got);

/* Who answers: set by the layer above before the first request can come. `rights`: what the connection is good for,
 * as its first message said and nothing after it can change. */
typedef size_t ps_agent_serve(ACCESS_MASK rights, const void *request, size_t size, int files[2], void *answer,
                              size_t room, int *out_file);
void ps_agent_set_server(ps_agent_serve *serve);

#endif
