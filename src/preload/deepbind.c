/* deepbind.c: the dlopen behind ours (deepbind.S). Calls the loader only. */
#include <dlfcn.h>
#include <stdatomic.h>

__attribute__((visibility("hidden"))) void *deepbind_real_dlopen(void);

void *deepbind_real_dlopen(void)
{
    static void *_Atomic real;
    void *found = atomic_load_explicit(&real, memory_order_acquire);
    if (!found) {
        found = dlsym(RTLD_NEXT, "dlopen");
        atomic_store_explicit(&real, found, memory_order_release);
    }
    return found;
}
