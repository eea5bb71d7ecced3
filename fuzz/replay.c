/* replay.c: runs a fuzz target without libFuzzer: seeded random inputs, then the files of the folders that are named.
 */
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LONGEST 2048
static uint8_t input[1 << 20];

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void replay_folder(const char *folder)
{
    DIR *directory = opendir(folder);
    struct dirent *entry;
    while (directory && (entry = readdir(directory)) != NULL) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "rb");
        if (!file)
            continue;
        size_t size = fread(input, 1, sizeof input, file);
        fclose(file);
        LLVMFuzzerTestOneInput(input, size);
    }
    if (directory)
        closedir(directory);
}

int main(int argc, char **argv)
{
    const char *rounds = getenv("WINMEM_FUZZ_ROUNDS");
    unsigned count = rounds ? (unsigned)atoi(rounds) : 300;
    for (unsigned seed = 1; seed <= count; seed++) {
        uint64_t state = seed * 0x9E3779B97F4A7C15ull;
        size_t size = next(&state) % LONGEST;
        for (size_t i = 0; i < size; i++)
            input[i] = (uint8_t)next(&state);
        LLVMFuzzerTestOneInput(input, size);
    }
    for (int i = 1; i < argc; i++)
        replay_folder(argv[i]);
    return 0;
}
