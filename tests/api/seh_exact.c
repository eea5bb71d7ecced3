/* seh_exact.c: what a body did to the locals of its function is there, exactly, in filters, handlers and finally
 * blocks, and what those did is there afterwards, without a volatile anywhere: with gcc. seh_exact_cxx.cpp is the same
 * in C++, where faults of an instruction in the function itself want -fnon-call-exceptions. */
/* test traits: no-asan (it tells of the wild accesses that are made here) */
#include <windows.h>

#include <string.h>

#include "check.h"

#if defined(__clang__)
int main(void)
{
    SKIP("clang promises less: docs/exceptions.md");
}
#else

#if defined(WINMEM_SEH_EXACT)
#define FAULTS 1
#else
#define FAULTS 0
#endif
#define APART __attribute__((__noinline__, __unused__))

static volatile int one = 1, zero;
static int *volatile wild = (int *)16;
static int values[64];
static int *table[64]; /* of pointers to values; some are wild */
static int closed, opened;
static int rounds; /* ends a loop whose counter is stale */

static APART int open_it(int handle)
{
    opened++;
    return handle;
}
static APART void close_it(int handle)
{
    closed = handle;
}
static APART void store(int *where, int what)
{
    *where = what;
}
static APART int load(const int *where) /* without effects: the compiler knows it */
{
    return *where;
}
static APART void raise_if(int yes)
{
    if (yes)
        RaiseException(0xE0000001, 0, 0, NULL);
}
static APART void quiet(int value)
{
    __asm__ volatile("" : : "r"(value));
}
static void reset(void)
{
    closed = opened = 0;
    for (int i = 0; i < 64; i++) {
        values[i] = i;
        table[i] = &values[i];
    }
}

/* Handles that the body opens and the block closes, on every way out. */
static APART int handle_return(int bad)
{
    int h = 0;
    __try {
        h = open_it(7);
        if (bad)
            return 1;
        h = open_it(8);
    } __finally {
        if (h)
            close_it(h);
    }
    return 0;
}
static APART int handle_goto(int bad)
{
    int h = 0, g = 0;
    __try {
        h = open_it(3);
        if (bad == 1)
            goto out;
        g = open_it(4);
        if (bad == 2)
            goto out;
        h = 5;
    } __finally {
        close_it(h * 10 + g);
    }
    return 0;
out:
    return 1;
}
static APART int handle_loop(int how)
{
    int sum = 0;
    for (int i = 0; i < 5; i++) {
        int h = -1;
        __try {
            h = open_it(i);
            if (how == 0 && i == 2)
                break;
            if (how == 1 && i > 2)
                continue;
            h = i + 100;
        } __finally {
            close_it(h);
            sum += h;
        }
    }
    return sum;
}
static APART int handle_leave(int bad)
{
    int h = 0;
    __try {
        h = open_it(11);
        if (bad)
            __leave;
        h = open_it(12);
    } __finally {
        close_it(h);
    }
    return h;
}
static APART int handle_raise(int bad)
{
    int h = 0;
    __try {
        __try {
            h = open_it(21);
            raise_if(bad);
            h = open_it(22);
        } __finally {
            close_it(h);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return h;
    }
    return -h;
}
static APART int handle_switch(int how)
{
    int h = 0, g = 0;
    switch (how) {
    case 1:
        __try {
            h = open_it(31);
            if (one)
                break;
            h = 0;
        } __finally {
            close_it(h);
            g = h + 1;
        }
        g = 0;
        break;
    default:
        break;
    }
    return g;
}
static APART void handle_fault_body(int *p)
{
    int h = 0;
    __try {
        h = open_it(41);
        *p = 5;
        h = open_it(42);
    } __finally {
        close_it(h);
    }
}
static APART int handle_fault(void)
{
    __try {
        handle_fault_body(wild);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return closed;
    }
    return 0;
}

/* Counters and accumulators. */
static APART int counter_call(int bad)
{
    int i = 0, sum = 0;
    __try {
        for (i = 0; i < 10; i++) {
            raise_if(i == bad);
            sum += i;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return i * 100 + sum;
    }
    return -1;
}
static APART int counter_callee(int bad)
{
    int i, done = 0;
    __try {
        for (i = 0; i < 10; i++) {
            done = i;
            store(i == bad ? wild : &values[i], i);
            done = -1;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return done;
    }
    return -1;
}
static APART int counter_fault(int n)
{
    int i = 0, sum = 0;
    __try {
        for (i = 0; i < n; i++)
            sum += *table[i];
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return i * 1000 + sum;
    }
    return -1;
}
static APART int counter_store(int n)
{
    int i = 0, count = 0;
    __try {
        for (i = 0; i < n; i++) {
            *table[i] = i;
            count += 2;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return i * 1000 + count;
    }
    return -1;
}
static APART int advanced(const char *at)
{
    const char *start = at;
    int spaces = 0;
    __try {
        while (*at) {
            if (*at == ' ')
                spaces++;
            at++;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return (int)(at - start) + spaces * 10000;
    }
    return -1;
}
static APART int summed(const unsigned char *at, int size)
{
    unsigned sum = 0;
    int left = size;
    __try {
        while (left > 0) {
            sum += *at++;
            left--;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return (int)(sum * 10000) + left;
    }
    return -1;
}

/* Stages: stores before and after the place. */
static APART int stage_fault(int *a, int *b)
{
    int stage = 0;
    __try {
        stage = 1;
        *a = 1;
        stage = 2;
        *b = 2;
        stage = 3;
        *wild = 3;
        stage = 4;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return stage;
    }
    return -1;
}
static APART int stage_load(const int *a, const int *b)
{
    int stage = 0, x = 0;
    __try {
        stage = 1;
        x = *a;
        stage = 2;
        x += *b;
        stage = 3;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return stage * 100 + x;
    }
    return x;
}
static APART int stage_call(int bad)
{
    int stage = 0;
    __try {
        stage = 1;
        raise_if(bad == 1);
        stage = 2;
        raise_if(bad == 2);
        stage = 3;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return stage;
    }
    return stage * 10;
}
static APART int stage_pure(const int *a, const int *b)
{
    int stage = 0, x = 0;
    __try {
        stage = 1;
        x = load(a);
        stage = 2;
        x += load(b);
        stage = 3;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return stage * 100 + x;
    }
    return x;
}
static APART int stage_divide(int a, int b)
{
    int stage = 0, x = 0;
    __try {
        stage = 1;
        x = a / one;
        stage = 2;
        x += a / b;
        stage = 3;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return stage * 100 + x;
    }
    return x;
}
/* Kinds of values. */
struct point {
    int x, y;
    long long z;
};
static APART int kinds_call(int bad)
{
    struct point p = {1, 2, 3};
    double d = 1;
    float f = 2;
    long long l = 3;
    unsigned char c = 4;
    __int128 wide = 5;
    __try {
        for (int i = 0; i < 6; i++) {
            p.x += i, p.z = p.x * 2;
            d += 0.5, f *= 2, l -= 10, c = (unsigned char)(c + 100), wide <<= 10;
            raise_if(i == bad);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return p.x == 4 && p.y == 2 && p.z == 8 && d == 2.5 && f == 16 && l == -27 && c == 48 &&
               wide == (__int128)5 << 30;
    }
    return -1;
}
static APART int kinds_fault(int n)
{
    struct point p = {1, 2, 3};
    double d = 1;
    float f = 2;
    long long l = 3;
    __int128 wide = 5;
    __try {
        for (int i = 0; i < n; i++) {
            p.x += i, p.z = p.x * 2;
            d += 0.5, f *= 2, l -= 10, wide <<= 10;
            *table[i] = 1;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return p.x == 4 && p.y == 2 && p.z == 8 && d == 2.5 && f == 16 && l == -27 && wide == (__int128)5 << 30;
    }
    return -1;
}
static APART int array_local(int bad)
{
    int a[8] = {0};
    int n = 0;
    __try {
        for (int i = 0; i < 8; i++) {
            a[n++] = i * 3;
            raise_if(i == bad);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        int sum = 0;
        for (int i = 0; i < 8; i++)
            sum += a[i];
        return sum * 10 + n;
    }
    return -1;
}
static APART int parameters(int a, int b, const int *p)
{
    __try {
        a += b;
        b = a * 2;
        p++;
        raise_if(one);
        a = b = 0;
        p = NULL;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return a * 100 + b + *p;
    }
    return -1;
}
static APART int eighth(int a, int b, int c, int d, int e, int f, int g, int h, int *p)
{
    __try {
        g += a, h += b;
        *p = 1;
        g = h = c + d + e + f;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return g * 100 + h;
    }
    return -1;
}

/* Nested ones. */
static APART int nested(int bad)
{
    int trace = 0, depth = 0;
    __try {
        depth = 1;
        __try {
            depth = 2;
            __try {
                depth = 3;
                raise_if(bad == 3);
                depth = 4;
            } __finally {
                trace = trace * 10 + depth;
                depth = 5;
            }
            raise_if(bad == 2);
            depth = 6;
        } __finally {
            trace = trace * 10 + depth;
            depth = 7;
        }
        raise_if(bad == 1);
        depth = 8;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return trace * 10 + depth;
    }
    return -trace;
}
static APART int nested_fault(int *a, int *b)
{
    int trace = 0, depth = 0;
    __try {
        depth = 1;
        __try {
            __try {
                depth = 2;
                *a = 1;
                depth = 3;
            } __finally {
                trace = trace * 10 + depth;
                depth = 4;
            }
            *b = 1;
            depth = 5;
        } __finally {
            trace = trace * 10 + depth;
            depth = 6;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return trace * 10 + depth;
    }
    return -trace;
}
static APART int passed_over(int *a) /* an inner one whose filter does not want it */
{
    int n = 0;
    __try {
        n = 1;
        __try {
            n = 2;
            *a = 1;
            n = 3;
        } __except (EXCEPTION_CONTINUE_SEARCH) {
            n = 4;
        }
        n = 5;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return n;
    }
    return -1;
}
static APART int retried(int limit)
{
    int tries = 0, failures = 0;
    for (rounds = 0; rounds < 20; rounds++) {
        __try {
            tries++;
            raise_if(tries < limit);
            break;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            failures += tries;
        }
    }
    return tries * 100 + failures;
}
static APART int retried_fault(int limit)
{
    int tries = 0, failures = 0;
    for (rounds = 0; rounds < 20 && tries < limit; rounds++) {
        __try {
            tries++;
            *table[tries] = 1;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            failures += tries;
            table[tries] = &values[0];
        }
    }
    return tries * 100 + failures;
}
static APART int in_handler(int bad) /* changed in the handler, read by the next round and after it */
{
    int mode = 0, n = 0;
    for (int i = 0; i < 4; i++) {
        __try {
            if (mode == 0)
                raise_if(i == bad);
            n = n * 10 + mode;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            mode = 7;
            __try {
                mode++;
                raise_if(one);
            } __except (EXCEPTION_EXECUTE_HANDLER) {
                mode = mode == 8 ? 9 : 1;
            }
        }
    }
    return n * 10 + mode;
}
static APART int two_in_a_row(int *a)
{
    int n = 1;
    __try {
        n += 1;
        *a = 1;
        n = 50;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        n += 10;
    }
    __try {
        n += 100;
        raise_if(one);
        n = 60;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        n += 1000;
    }
    return n;
}

/* Functions that are put in line. */
static inline int step(int *p, int *count)
{
    ++*count;
    return *p;
}
static APART int inlined(int n)
{
    int count = 0, sum = 0;
    __try {
        for (int i = 0; i < n; i++)
            sum += step(table[i], &count);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return count * 1000 + sum;
    }
    return -1;
}
static inline int walk(int n, int *reached)
{
    int sum = 0;
    for (int i = 0; i < n; i++) {
        *reached = i;
        sum += *table[i];
    }
    return sum;
}
static APART int inlined_loop(int n)
{
    int reached = -1, sum = -1;
    __try {
        sum = walk(n, &reached);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return reached * 10 + sum;
    }
    return sum;
}

/* Filters. */
static int seen;
static APART int look(int value, int verdict)
{
    seen = value;
    return verdict;
}
static APART int filter_reads(int bad)
{
    int n = 0;
    __try {
        for (n = 1; n < 9; n++)
            raise_if(n == bad);
    } __except (look(n, EXCEPTION_EXECUTE_HANDLER)) {
        return n * 10 + seen;
    }
    return -1;
}
static APART int filter_reads_fault(int n)
{
    int i = 0;
    __try {
        for (i = 0; i < n; i++)
            *table[i] = i;
    } __except (look(i, EXCEPTION_EXECUTE_HANDLER)) {
        return i * 10 + seen;
    }
    return -1;
}
static APART int filter_writes(void)
{
    int n = 1, m = 5;
    __try {
        n = 2;
        raise_if(one);
        n = n * 10 + m;
    } __except (m = n + 6, EXCEPTION_CONTINUE_EXECUTION) {
        return -1;
    }
    return n;
}
static APART int filter_counts(int count)
{
    int asked = 0, sum = 0;
    __try {
        for (int i = 0; i < count; i++) {
            RaiseException(0xE0000002, 0, 0, NULL);
            sum += asked * i;
        }
    } __except (asked++, EXCEPTION_CONTINUE_EXECUTION) {
        return -1;
    }
    return sum * 10 + asked;
}
static APART int filter_makes(DWORD *old, char *page)
{
    return VirtualProtect(page, 1, PAGE_READWRITE, old) ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}
static APART int untouched(char *page) /* continued: the body's own are as they were */
{
    long long sum = 0, product = 1;
    DWORD old = 0;
    __try {
        char line[24];
        double d = 0.25;
        for (int i = 0; i < 24; i++)
            line[i] = (char)(i * one);
        for (int i = 0; i < 24; i++) {
            product = product * 3 + i;
            page[i * 170] = line[i];
            sum += line[i];
            d += 1;
        }
        sum = sum * 100 + (int)d;
        for (int i = 0; i < 24; i++)
            sum += page[i * 170] != i;
    } __except (filter_makes(&old, page)) {
        return -1;
    }
    return (int)sum + (product == 0);
}

/* What a finally block does is there afterwards. */
static APART int finally_adds(int how)
{
    int n = 0;
    __try {
        n = 5;
        if (how)
            goto out;
        n = 6;
    } __finally {
        n += 100;
    }
    return -n;
out:
    return n;
}
static APART int finally_writes(int bad)
{
    int shut = 0;
    for (;;) {
        __try {
            if (bad)
                break;
            quiet(1);
        } __finally {
            shut = 1;
        }
        shut = 0;
        if (one)
            return -1;
    }
    return shut;
}
static APART int finally_writes_again(int bad)
{
    int shut = 0;
    for (;;) {
        __try {
            shut = 3;
            if (bad)
                break;
            quiet(1);
        } __finally {
            shut = 4;
        }
        shut = 0;
        if (one)
            return -1;
    }
    return shut;
}
static APART int finally_then_handler(int *a)
{
    int n = 0;
    __try {
        __try {
            n = 1;
            *a = 1;
            n = 2;
        } __finally {
            n = n * 10 + 3;
        }
        n = 4;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        n = n * 10 + 5;
    }
    return n;
}
static APART int finally_in_loop(int n)
{
    int total = 0, last = 0;
    for (int i = 0; i < n; i++) {
        __try {
            __try {
                last = i;
                *table[i] = 1;
                last = -i;
            } __finally {
                total += last;
            }
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            total += 1000;
        }
    }
    return total;
}
static APART int mixed(int a, int b)
{
    __asm__ volatile("" : "+r"(a));
    return a * 10 + b;
}
/* What is kept across the block, and used nowhere in it, beside a block that keeps much. */
static APART int finally_busy(int how)
{
    int first = 0, second = 0;
    double third = 0;
    __try {
        int x = mixed(1, 2);
        if (how == 1)
            return mixed(x, 3) + mixed(x, mixed(0, 4));
        first = mixed(4, x), second = mixed(5, x), third = mixed(6, x);
        if (how == 2)
            goto out;
        first = second = 0;
    } __finally {
        int sum = 0, a = mixed(1, 1), b = mixed(2, 2), c = mixed(3, 3), d = mixed(4, 4);
        for (int i = 0; i < 4; i++) {
            int t = mixed(i, 1);
            for (int j = 0; j < 3; j++)
                sum += mixed(t, j) + mixed(a, b) * mixed(c, d);
            a++, b++, c++, d++;
        }
        closed = sum;
    }
    return 0;
out:
    return first + second * 100 + (int)third * 10000;
}
static APART int filter_busy(int count) /* continued: what the body keeps is left alone */
{
    int asked = 0, a = mixed(1, 1), b = mixed(2, 2), c = mixed(3, 3);
    long long sum = 0;
    __try {
        int d = mixed(4, 4), e = mixed(5, 5), f = mixed(6, 6), g = mixed(7, 7);
        double h = mixed(8, 8);
        for (int i = 0; i < count; i++) {
            char line[24];
            for (int j = 0; j < 24; j++)
                line[j] = (char)mixed(i, j);
            RaiseException(0xE0000003, 0, 0, NULL);
            for (int j = 0; j < 24; j++)
                sum += line[j] == (char)mixed(i, j);
            d++, e += d, f += e, g += f, h += 1;
            sum += mixed(d, e) + mixed(f, g) + (int)h;
        }
        a = (int)(sum % 1000000);
    } __except (asked += mixed(a - a, b - b) + (int)(c - c + 1), EXCEPTION_CONTINUE_EXECUTION) {
        return -1;
    }
    return a * 10 + asked;
}
static APART int finally_gives_up(void)
{
    int n = 0;
    for (int i = 0; i < 3; i++) {
        __try {
            n += 1;
            raise_if(one);
            n += 50;
        } __finally {
            n += 10;
            goto next;
        }
        n += 100;
    next:;
    }
    return n;
}
static APART int finally_gives_up_all(void)
{
    __try {
        return finally_gives_up();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
    }
    return -1;
}
static APART int recursive(int depth)
{
    int mine = depth * 2, below = 0;
    __try {
        mine++;
        below = depth ? recursive(depth - 1) : load(wild);
        mine = 0;
    } __finally {
        seen = seen * 3 + mine;
    }
    return below;
}
static APART int recursive_all(void)
{
    __try {
        seen = 0;
        recursive(3);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return seen;
    }
    return -1;
}

/* What the C library reads and writes for the body. */
static char room[256];
static const char *volatile nowhere = (const char *)32;
static APART int copied(int how, const char *from)
{
    int stage = 0, got = 0;
    __try {
        stage = 1;
        memcpy(room, "0123456789abcdefghijklmnopqrstuvwxyz", 37);
        stage = 2;
        if (how == 0)
            memcpy(room, from, 100);
        else if (how == 1)
            memmove(room, from, (size_t)(one * 64));
        else if (how == 2)
            CopyMemory(room, from, (size_t)(one * 64));
        else if (how == 3)
            got = memcmp(room, from, (size_t)(one * 64));
        else if (how == 4)
            memset((char *)from, 0, (size_t)(one * 64));
        else if (how == 5)
            ZeroMemory((char *)from, 200);
        else if (how == 6)
            got = (int)strlen(from);
        else if (how == 7)
            strcpy(room, from);
        else if (how == 8)
            got = strcmp(room, from);
        else if (how == 9)
            memcpy(room, from, 8);
        else if (how == 10)
            strcat(room, from);
        else if (how == 11)
            strncpy(room, from, 20);
        else if (how == 12)
            got = strchr(from, 'x') != NULL;
        else if (how == 13)
            MoveMemory((char *)from, room, 16);
        else if (how == 14)
            got = strncmp(room, from, 9);
        stage = 3;
        quiet(got);
        stage = 4;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return stage;
    }
    return -1;
}
struct triple {
    long long part[3];
};
static APART int assigned(struct triple *to, const struct triple *from)
{
    int stage = 0;
    __try {
        stage = 1;
        *to = *from;
        stage = 2;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return stage;
    }
    return -1;
}

static void wilds(int a, int b)
{
    reset();
    table[a] = wild;
    table[b] = wild;
}

static void check_handles(void)
{
    reset();
    CHECK_EQ(handle_return(1), 1);
    CHECK_EQ(closed, 7);
    CHECK_EQ(handle_return(0), 0);
    CHECK_EQ(closed, 8);
    CHECK_EQ(handle_goto(1), 1);
    CHECK_EQ(closed, 30);
    CHECK_EQ(handle_goto(2), 1);
    CHECK_EQ(closed, 34);
    CHECK_EQ(handle_goto(0), 0);
    CHECK_EQ(closed, 54);
    CHECK_EQ(handle_loop(0), 203);
    CHECK_EQ(closed, 2);
    CHECK_EQ(handle_loop(1), 310);
    CHECK_EQ(closed, 4);
    CHECK_EQ(handle_leave(1), 11);
    CHECK_EQ(closed, 11);
    CHECK_EQ(handle_leave(0), 12);
    CHECK_EQ(handle_raise(1), 21);
    CHECK_EQ(closed, 21);
    CHECK_EQ(handle_raise(0), -22);
    CHECK_EQ(handle_switch(1), 32);
    CHECK_EQ(closed, 31);
}

static void check_calls(void)
{
    reset();
    CHECK_EQ(counter_call(4), 406);
    CHECK_EQ(counter_call(99), -1);
    CHECK_EQ(counter_callee(6), 6);
    CHECK_EQ(stage_call(1), 1);
    CHECK_EQ(stage_call(2), 2);
    CHECK_EQ(stage_call(0), 30);
    CHECK_EQ(kinds_call(2), 1);
    CHECK_EQ(array_local(3), 184);
    CHECK_EQ(parameters(3, 4, values), 715);
    CHECK_EQ(nested(3), 357);
    CHECK_EQ(nested(2), 457);
    CHECK_EQ(nested(1), 467);
    CHECK_EQ(nested(0), -46);
    CHECK_EQ(retried(4), 406);
    CHECK_EQ(in_handler(2), 99);
    CHECK_EQ(filter_reads(5), 55);
    CHECK_EQ(filter_writes(), 28);
    CHECK_EQ(filter_counts(4), 204);
    CHECK_EQ(finally_adds(1), 105);
    CHECK_EQ(finally_adds(0), -106);
    CHECK_EQ(finally_writes(1), 1);
    CHECK_EQ(finally_writes(0), -1);
    CHECK_EQ(finally_writes_again(1), 4);
    CHECK_EQ(finally_busy(1), 247);
    CHECK_EQ(closed, 699618);
    CHECK_EQ(finally_busy(2), 52 + 62 * 100 + 72 * 10000);
    CHECK_EQ(finally_busy(3), 0);
    CHECK_EQ(filter_busy(5), 380515);
    CHECK_EQ(finally_gives_up_all(), 33);
    CHECK_EQ(recursive_all(), ((1 * 3 + 3) * 3 + 5) * 3 + 7);
}

static void check_faults(void)
{
    reset();
    CHECK_EQ(handle_fault(), 41);
    wilds(7, 7);
    CHECK_EQ(counter_fault(20), 7021);
    CHECK_EQ(counter_store(20), 7014);
    CHECK_EQ(inlined(20), 8021);
    CHECK_EQ(inlined_loop(20), 69);
    CHECK_EQ(filter_reads_fault(20), 77);
    CHECK_EQ(stage_fault(values, values + 1), 3);
    CHECK_EQ(stage_fault(wild, values), 1);
    CHECK_EQ(stage_fault(values, wild), 2);
    CHECK_EQ(stage_load(values + 9, wild), 209);
    CHECK_EQ(stage_load(wild, values), 100);
    CHECK_EQ(stage_divide(5, zero), 205);
    CHECK_EQ(eighth(1, 2, 3, 4, 5, 6, 7, 8, wild), 810);
    CHECK_EQ(nested_fault(wild, values), 246);
    CHECK_EQ(nested_fault(values, wild), 346);
    CHECK_EQ(passed_over(wild), 2);
    CHECK_EQ(two_in_a_row(wild), 1112);
    CHECK_EQ(finally_then_handler(wild), 135);
    wilds(3, 3);
    CHECK_EQ(kinds_fault(9), 0);
    wilds(2, 2);
    CHECK_EQ(kinds_fault(9), 1);
    wilds(2, 5);
    CHECK_EQ(retried_fault(7), 707);
    wilds(2, 4);
    CHECK_EQ(finally_in_loop(6), 2000 - 1 + 2 - 3 + 4 - 5);
#if !defined(__cplusplus)
    CHECK_EQ(stage_pure(values + 9, wild), 209);
    CHECK_EQ(stage_pure(wild, values), 100);
    CHECK_EQ(assigned((struct triple *)wild, (const struct triple *)room), 1);
    CHECK_EQ(assigned((struct triple *)room, (const struct triple *)wild), 1);
#endif
}

static void check_pages(void)
{
    char *page = (char *)VirtualAlloc(NULL, 0x2000, MEM_RESERVE, PAGE_READWRITE);
    REQUIRE(page && VirtualAlloc(page, 0x1000, MEM_COMMIT, PAGE_READWRITE));
    memset(page, 'a', 0x1000);
    page[10] = page[20] = ' ';
    CHECK_EQ(advanced(page), 0x1000 + 20000);
    CHECK_EQ(advanced(page + 0xff0), 0x10);
    memset(page, 1, 0x1000);
    CHECK_EQ(summed((const unsigned char *)page + 0xff0, 50), 160000 + 34);
    DWORD old;
    REQUIRE(VirtualProtect(page, 1, PAGE_READONLY, &old));
    CHECK_EQ(untouched(page), 23 * 24 / 2 * 100 + 24);
    VirtualFree(page, 0, MEM_RELEASE);
}

int main(void)
{
    for (int round = 0; round < 2; round++) { /* again: nothing was left behind */
        check_handles();
        check_calls();
        for (int how = 0; how <= 14; how++)
            CHECK_EQ(copied(how, nowhere), 2);
        if (FAULTS) {
            check_faults();
            check_pages();
        }
    }
    return CHECK_DONE();
}
#endif
