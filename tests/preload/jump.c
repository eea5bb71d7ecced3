/* jump.c: a longjmp that goes through the library arrives although the C library stands before it in the search order,
 * and the library's start asked the loader for nothing that is not there. */
#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>

#include "check.h"

typedef void jump_function(struct __jmp_buf_tag *, int);

static jump_function *volatile jump;
static sigjmp_buf target;

static void handler(int number)
{
    jump(target, number);
}

int main(void)
{
    const char *said = dlerror();
    CHECK(said == NULL);
    jump = (jump_function *)dlsym(RTLD_DEFAULT, "winmem_longjmp");
    REQUIRE(jump != NULL);
    REQUIRE(signal(SIGUSR1, handler) != SIG_ERR);
    for (volatile int i = 0; i < 3; i++) {
        volatile int seen = sigsetjmp(target, 1);
        if (!seen)
            raise(SIGUSR1);
        CHECK_EQ(seen, SIGUSR1); /* the mask is back besides: the second round would not come otherwise */
        seen = sigsetjmp(target, 1);
        if (!seen)
            jump(target, 0);
        CHECK_EQ(seen, 1);
    }
    said = dlerror();
    CHECK(said == NULL);
    return CHECK_DONE();
}
