/* gate.h: the replaceable host table. Every host function asks its gate first; a test sets `host_gate` to make the
 * n-th call fail with an errno of its choice. NULL (always, outside tests) costs one predicted branch. */
#ifndef WINMEM_HOST_GATE_H
#define WINMEM_HOST_GATE_H

/* A gate returns 0 to let the call through or -errno to fail it. `call` is the host function's name. Signal-safe. */
typedef int host_gate_function(const char *call);
extern host_gate_function *host_gate;

/* Fails the function it stands in with the gate's -errno. Must be the first statement of a host function. */
#define HOST_GATE(name)                                                                                                \
    do {                                                                                                               \
        if (__builtin_expect(host_gate != 0, 0)) {                                                                     \
            int gate_error = host_gate(name);                                                                          \
            if (gate_error)                                                                                            \
                return gate_error;                                                                                     \
        }                                                                                                              \
    } while (0)

#endif
