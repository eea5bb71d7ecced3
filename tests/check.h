/* check.h: the whole test harness. A test is a program; CHECK prints what failed and counts; CHECK_DONE() returns
 * 0 or 1 from main; SKIP(reason) returns 77. It may include nothing but the C library, so that tests build with mingw
 * too. */
#ifndef WINMEM_TESTS_CHECK_H
#define WINMEM_TESTS_CHECK_H

#include <stdio.h>
#include <stdlib.h>

static int check_failures;
static int check_count;

#define CHECK(expression)                                                                                              \
    do {                                                                                                               \
        check_count++;                                                                                                 \
        if (!(expression)) {                                                                                           \
            check_failures++;                                                                                          \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #expression);                                   \
        }                                                                                                              \
    } while (0)

#define CHECK_EQ(have, want)                                                                                           \
    do {                                                                                                               \
        unsigned long long check_have = (unsigned long long)(have);                                                    \
        unsigned long long check_want = (unsigned long long)(want);                                                    \
        check_count++;                                                                                                 \
        if (check_have != check_want) {                                                                                \
            check_failures++;                                                                                          \
            fprintf(stderr, "%s:%d: failed: %s == %s (have 0x%llx, want 0x%llx)\n", __FILE__, __LINE__, #have, #want,  \
                    check_have, check_want);                                                                           \
        }                                                                                                              \
    } while (0)

/* Stops the test program at once: for a condition without which nothing after it makes sense. */
#define REQUIRE(expression)                                                                                            \
    do {                                                                                                               \
        check_count++;                                                                                                 \
        if (!(expression)) {                                                                                           \
            fprintf(stderr, "%s:%d: required: %s\n", __FILE__, __LINE__, #expression);                                 \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

#define SKIP(reason)                                                                                                   \
    do {                                                                                                               \
        fprintf(stderr, "skipped: %s\n", reason);                                                                      \
        exit(77);                                                                                                      \
    } while (0)

/* A main that lets the answer fall would be a test that cannot fail. */
__attribute__((warn_unused_result)) static inline int check_done(void)
{
    printf("%d checks, %d failed\n", check_count, check_failures);
    return check_failures != 0 || check_count == 0;
}
#define CHECK_DONE() check_done()

#endif
