/* stack.c: where the calling thread's stack begins and ends: the first thread's from its mapping and its limit, the
 * others' from the C library. */
#include "host/stack.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>

#include "host/gate.h"
#include "host/memory.h"
#include "host/proc.h"

static struct {
    void (*function)(bool last);
    pthread_key_t key;
} stack_state;

static __thread unsigned rounds; /* of destructors, since the thread began to end */

static int first_thread(uintptr_t here, struct host_stack *stack)
{
    struct host_mapping mapping;
    char name[16];
    int error = host_mapping_find(here, &mapping, name, sizeof name);
    if (error)
        return error;
    if (mapping.start > here || strcmp(name, "[stack]") != 0)
        return -ENOENT;
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) != 0)
        return -errno;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > mapping.end)
        return -ENOTSUP;
    uintptr_t low = mapping.end - (limit.rlim_cur & ~(HOST_PAGE - 1));
    *stack = (struct host_stack){.low = low < mapping.start ? low : mapping.start, .high = mapping.end, .grows = true};
    return 0;
}

static int other_thread(uintptr_t here, struct host_stack *stack)
{
    pthread_attr_t attributes;
    int error = pthread_getattr_np(pthread_self(), &attributes);
    if (error)
        return -error;
    void *base;
    size_t size;
    error = pthread_attr_getstack(&attributes, &base, &size);
    pthread_attr_destroy(&attributes);
    if (error)
        return -error;
    if (here - (uintptr_t)base >= size)
        return -ENOENT;
    *stack = (struct host_stack){.low = (uintptr_t)base, .high = (uintptr_t)base + size};
    return 0;
}

int host_stack_find(struct host_stack *stack)
{
    HOST_GATE("stack_find");
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    int error = first_thread(here, stack);
    return error == -ENOENT ? other_thread(here, stack) : error;
}

/* Once in every round: destructors that come later in one may use what `function` has taken down. */
static void thread_ends(void *unused)
{
    (void)unused;
    bool last = ++rounds >= PTHREAD_DESTRUCTOR_ITERATIONS;
    if (!last)
        pthread_setspecific(stack_state.key, &stack_state);
    stack_state.function(last);
}

int host_thread_end_start(void (*function)(bool last))
{
    HOST_GATE("thread_end_start");
    stack_state.function = function;
    return -pthread_key_create(&stack_state.key, thread_ends);
}

int host_at_thread_end(void)
{
    HOST_GATE("at_thread_end");
    return stack_state.function ? -pthread_setspecific(stack_state.key, &stack_state) : -EINVAL;
}
