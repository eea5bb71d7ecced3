/* deepbind.c: a program and (compiled with PLUGIN) a library of its own that it opens with RTLD_DEEPBIND, as PHP does:
 * what one allocates the other frees. A preloaded malloc must be both's. */
#include <stdlib.h>
#include <string.h>

#ifdef PLUGIN
char *plugin_copy(const char *text);
void *plugin_grow(void *block, size_t size);
void plugin_free(void *block);

char *plugin_copy(const char *text)
{
    return strdup(text);
}

void *plugin_grow(void *block, size_t size)
{
    return realloc(block, size);
}

void plugin_free(void *block)
{
    free(block);
}
#else
#include <dlfcn.h>

#include "../check.h"

int main(int count, char **arguments)
{
    REQUIRE(count == 2);
    CHECK(!dlopen("no such library", RTLD_NOW | RTLD_DEEPBIND) && dlerror());
    void *plugin = dlopen(arguments[1], RTLD_NOW | RTLD_DEEPBIND);
    REQUIRE(plugin);
    char *(*copy)(const char *) = (char *(*)(const char *))dlsym(plugin, "plugin_copy");
    void *(*grow)(void *, size_t) = (void *(*)(void *, size_t))dlsym(plugin, "plugin_grow");
    void (*release)(void *) = (void (*)(void *))dlsym(plugin, "plugin_free");
    REQUIRE(copy && grow && release);
    for (size_t size = 1; size < 1 << 20; size = size * 3 + 5) {
        char *block = malloc(size);
        REQUIRE(block);
        block[0] = 'a';
        block = grow(block, 2 * size);
        REQUIRE(block && block[0] == 'a');
        release(block);
    }
    char *text = copy("a text");
    REQUIRE(text);
    CHECK(strcmp(text, "a text") == 0);
    free(text);
    CHECK_EQ(dlclose(plugin), 0);
    return CHECK_DONE();
}
#endif
