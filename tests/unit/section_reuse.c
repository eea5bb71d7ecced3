/* Threads make, open and give up sections of the same few names while their process forks: nobody is told anything but
 * success, and whoever is alone with a name finds zeroes. */
/* test traits: no-asan (its allocator's locks are not free in a child of fork) */
#include "check.h"

#include <windows.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 3
#define ROUNDS 400

static volatile LONG failed, last_error;

static void *reuse(void *argument)
{
    char name[64];
    for (unsigned round = 0; round < ROUNDS; round++) {
        snprintf(name, sizeof(name), "winmem-test-reuse-%u-%d", (round * 7 + (unsigned)(size_t)argument) % 2, getpid());
        HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 65536, name);
        char *view = section ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0) : NULL;
        if (!view) {
            InterlockedIncrement(&failed);
            InterlockedExchange(&last_error, (LONG)GetLastError());
        } else {
            UnmapViewOfFile(view);
        }
        CloseHandle(section);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread[THREADS];
    alarm(100);
    for (size_t i = 0; i < THREADS; i++)
        REQUIRE(pthread_create(&thread[i], NULL, reuse, (void *)i) == 0);
    for (int i = 0; i < 30; i++) {
        int status;
        pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            HANDLE own = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, "winmem-test-reuse-c");
            _exit(own == NULL);
        }
        REQUIRE(waitpid(child, &status, 0) == child);
        CHECK_EQ(status, 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    CHECK_EQ(failed, 0);
    CHECK_EQ(last_error, 0);
    return CHECK_DONE();
}
