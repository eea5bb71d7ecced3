/* winmem_seh.h: __try, __except, __finally and __leave for gcc and clang, in C and C++. Included by excpt.h.
 *
 * How it works: __try saves the callee-saved registers of its function in a frame on the function's own stack and
 * links it to the thread's list. A filter, and a __finally block that runs because of an exception or a jump out of the
 * body, is this function's own code entered again at the __try with the stack pointer kept below everything that is
 * live; only the __except block, when a filter chose it, really takes the stack back. Hence filters run before the
 * unwind, see the function's locals and may repair and continue. A dynamic allocation (of no bytes, which the
 * compiler cannot know) makes it reach the locals through the frame pointer; a cleanup attribute unlinks the frame on
 * every way out.
 *
 * What the body did to locals is exact there with gcc; clang follows the rules of setjmp. docs/exceptions.md says
 * what holds. */
#ifndef WINMEM_SEH_H
#define WINMEM_SEH_H

#pragma GCC system_header

/* Programs written for Windows do not mark what setjmp's rules want marked. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wclobbered"
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct _EXCEPTION_POINTERS;

/* Private to the macros and the library, which agree on its layout. */
struct winmem_seh_frame {
    struct winmem_seh_frame *previous;
    void *jump[5];          /* rbp rip, as __builtin_setjmp leaves them; rsp */
    void *registers[5];     /* rbx r12 r13 r14 r15: clang's */
    unsigned mxcsr;
    unsigned short x87_control;
    unsigned short pads;    /* of enum winmem_seh_kind */
    volatile int phase;     /* enum winmem_seh_phase */
    unsigned long check;    /* is this still a frame? */
    void *dispatch;         /* the dispatch under way when the body was entered */
    unsigned code;          /* for the __except block */
    int kind;               /* enum winmem_seh_kind */
};
enum winmem_seh_phase {
    WINMEM_SEH_BODY,
    WINMEM_SEH_DONE,
    WINMEM_SEH_FILTER,      /* what is before and after it matters */
    WINMEM_SEH_FINALLY,
    WINMEM_SEH_HANDLER,
    WINMEM_SEH_ASK, /* clang, inside the function only: what follows the body? */
};
enum winmem_seh_kind {
    WINMEM_SEH_EXCEPT = 1,
    WINMEM_SEH_FINAL = 2,
    /* Added: gcc's landing pads may be entered, those of faults; in C those of calls too. */
    WINMEM_SEH_PADS_C = 4,
    WINMEM_SEH_PADS_CXX = 8,
};
/* For files compiled with the flags that docs/exceptions.md names: without them registers are not what pads expect. */
#if !defined(WINMEM_SEH_EXACT)
#define WINMEM_SEH_PADS 0
#elif defined(__cplusplus)
#define WINMEM_SEH_PADS WINMEM_SEH_PADS_CXX
#else
#define WINMEM_SEH_PADS WINMEM_SEH_PADS_C
#endif

#define WINMEM_SEH_EXPORT __attribute__((__visibility__("default")))
/* clang: 0 when it was called; when the function is entered again: what for, one of the phases above. */
WINMEM_SEH_EXPORT int winmem_seh_enter(struct winmem_seh_frame *frame, int kind)
    __attribute__((__returns_twice__));
/* gcc: the same without the registers; called once. */
WINMEM_SEH_EXPORT void winmem_seh_begin(struct winmem_seh_frame *frame, int kind);
/* The cleanup: unlinks; after a jump out of the body runs the __finally block first. */
WINMEM_SEH_EXPORT void winmem_seh_exit(struct winmem_seh_frame **frame) __attribute__((__returns_twice__));
/* End of a filter or of what a re-entry was for: does not return, but must not be known for it: what is live after
 * the statement is then live in the filter, and the compiler keeps it apart from what the other ways out store. */
#ifdef __clang__
__attribute__((__noreturn__))
#endif
WINMEM_SEH_EXPORT void winmem_seh_answer(int value);
/* The same for a filter whose changes of locals the handler must see: when the handler is to run, returns what the next
 * winmem_seh_enter takes as its kind, in the function's registers as they were at this call. */
WINMEM_SEH_EXPORT int winmem_seh_settle(int value);
WINMEM_SEH_EXPORT void winmem_seh_handling(struct winmem_seh_frame *frame, void *function, int depth);
WINMEM_SEH_EXPORT unsigned winmem_seh_code(void *function, int depth);
WINMEM_SEH_EXPORT struct _EXCEPTION_POINTERS *winmem_seh_information(void);
/* 1 when the __finally block runs because of an exception or a jump out of the body. */
WINMEM_SEH_EXPORT int winmem_seh_finally_begin(void);
WINMEM_SEH_EXPORT void winmem_seh_finally_end(int abnormal);
/* gcc: the same for an abnormal one. It does not return; what the compiler must take it for is below. */
WINMEM_SEH_EXPORT void *winmem_seh_resume(void);
/* From <malloc.h> of the Microsoft C library: after a stack overflow was handled. 0: the stack is still too deep. */
WINMEM_SEH_EXPORT int _resetstkoflw(void);

/* Whether a filter, by its text, may change locals. */
#define WINMEM_SEH_CHANGES(text)                                                                                      \
    (__builtin_strpbrk(text, "&=") || __builtin_strstr(text, "++") || __builtin_strstr(text, "--"))

/* A filter is a function of its own (a nested one, a lambda) where the language has that: its temporaries then cannot
 * share the stack with the body's, and the locals that it uses are in memory. clang has neither in C; it keeps calls in
 * a filter out of line because the code after them is not reached; only a filter that may change locals is followed by
 * the handler. */
#ifdef __clang__
#define WINMEM_SEH_APART __attribute__((__noinline__))
#else
#define WINMEM_SEH_APART __attribute__((__noipa__))
#endif

#ifdef __cplusplus
}
/* What GetExceptionCode() names, by scope: nothing, a filter, an __except block. */
struct winmem_seh_nowhere {
    unsigned code() const { return winmem_seh_code(0, 0); }
};
static const winmem_seh_nowhere winmem_seh_here_ = winmem_seh_nowhere();
struct winmem_seh_handler {
    unsigned value;
    bool skip;
    unsigned code() const { return value; }
    explicit operator bool() const { return skip; }
};
#define WINMEM_SEH_OPEN if (struct winmem_seh_handler winmem_seh_here_ = __extension__({
#define WINMEM_SEH_CLOSE(run)                                                                                         \
    winmem_seh_handler winmem_seh_result_ = {winmem_seh_frame_.code, !(run)};                                         \
    winmem_seh_result_;                                                                                               \
    }))                                                                                                               \
    ;                                                                                                                 \
    else
#define WINMEM_SEH_IN_FILTER                                                                                          \
    const winmem_seh_nowhere winmem_seh_here_ = winmem_seh_nowhere();                                                 \
    (void)winmem_seh_here_
#ifdef __clang__
/* clang would lay the lambda where the body keeps its own: it is put on the stack's end instead. */
#define WINMEM_SEH_ROOM 2048
struct winmem_seh_room {
    void *at;
};
extern "C++" {
inline void *operator new(decltype(sizeof 0), winmem_seh_room room) noexcept
{
    return room.at;
}
inline void operator delete(void *, winmem_seh_room) noexcept
{
}
template <class filter> inline int winmem_seh_ask(filter *function)
{
    static_assert(sizeof *function <= WINMEM_SEH_ROOM, "a filter names too many locals");
    return (*function)();
}
}
#define WINMEM_SEH_SAY(lambda)                                                                                        \
    winmem_seh_kind_ = winmem_seh_settle(                                                                             \
        winmem_seh_ask(::new (winmem_seh_room{__builtin_alloca(WINMEM_SEH_ROOM)}) auto(lambda)));                     \
    goto winmem_seh_again_
#else
#define WINMEM_SEH_SAY(lambda) winmem_seh_answer((lambda)())
#endif
#define WINMEM_SEH_EVALUATE(...)                                                                                      \
    WINMEM_SEH_SAY(([&]() WINMEM_SEH_APART -> int {                                                                 \
        WINMEM_SEH_IN_FILTER;                                                                                         \
        return (int)(__VA_ARGS__);                                                                                    \
    }))
#define WINMEM_SEH_IN_HANDLER ((void)0)
#define GetExceptionCode() (winmem_seh_here_.code())
#else
/* The depth of __except blocks around a place, as an enumeration constant: its scope is the block's if statement. */
enum { winmem_seh_depth_ = 0 };
#define WINMEM_SEH_OPEN if (__extension__({
#define WINMEM_SEH_CLOSE(run)                                                                                         \
    (unsigned long)(run);                                                                                             \
    }) * sizeof(enum {winmem_seh_depth_ = winmem_seh_depth_ + 1}) == 0)                                               \
    ;                                                                                                                 \
    else
#define WINMEM_SEH_IN_FILTER enum { winmem_seh_depth_ = -1 }
#ifdef __clang__
#define WINMEM_SEH_EVALUATE(...)                                                                                      \
    WINMEM_SEH_IN_FILTER;                                                                                             \
    if (WINMEM_SEH_CHANGES(#__VA_ARGS__)) {                                                                           \
        winmem_seh_kind_ = winmem_seh_settle((int)(__VA_ARGS__));                                                     \
        goto winmem_seh_again_;                                                                                       \
    }                                                                                                                 \
    winmem_seh_answer((int)(__VA_ARGS__))
#else
#define WINMEM_SEH_EVALUATE(...)                                                                                      \
    WINMEM_SEH_APART int winmem_seh_filter_(void)                                                                     \
    {                                                                                                                 \
        WINMEM_SEH_IN_FILTER;                                                                                         \
        return (int)(__VA_ARGS__);                                                                                    \
    }                                                                                                                 \
    winmem_seh_answer(winmem_seh_filter_())
#endif
#define WINMEM_SEH_IN_HANDLER                                                                                         \
    winmem_seh_handling(&winmem_seh_frame_, __builtin_frame_address(0), winmem_seh_depth_ + 1)
#define GetExceptionCode() (winmem_seh_code(__builtin_frame_address(0), winmem_seh_depth_))
#endif

#define GetExceptionInformation() (winmem_seh_information())
#define AbnormalTermination() (winmem_seh_abnormal_)
#define _exception_code() GetExceptionCode()
#define exception_code() GetExceptionCode()
#define _exception_info() GetExceptionInformation()
#define exception_info() GetExceptionInformation()
#define _abnormal_termination() AbnormalTermination()
#define abnormal_termination() AbnormalTermination()

/* What __builtin_alloca rounds to nothing: compilers add 15 or 23 and clear the last four bits. */
#if defined(__SANITIZE_ADDRESS__)
#define WINMEM_SEH_NO_BYTES 0UL
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WINMEM_SEH_NO_BYTES 0UL
#endif
#endif
#ifndef WINMEM_SEH_NO_BYTES
#define WINMEM_SEH_NO_BYTES (-8UL)
#endif

#undef __try
#undef __except
#undef __finally
#undef __leave
#ifdef __clang__
#define WINMEM_SEH_TRY                                                                                                \
    WINMEM_SEH_OPEN __label__ winmem_seh_again_;                                                                      \
    struct winmem_seh_frame winmem_seh_frame_;                                                                        \
    unsigned long winmem_seh_size_ = WINMEM_SEH_NO_BYTES;                                                             \
    __asm__("" : "+r"(winmem_seh_size_));                                                                             \
    __asm__ volatile("" : : "r"(__builtin_alloca(winmem_seh_size_)) : "memory");                                      \
    int winmem_seh_kind_ = 0;                                                                                         \
    winmem_seh_again_:;                                                                                               \
    const int winmem_seh_state_ =                                                                                     \
        winmem_seh_kind_ ? winmem_seh_enter(&winmem_seh_frame_, winmem_seh_kind_) : (int)WINMEM_SEH_ASK;                   \
    if (winmem_seh_state_ == WINMEM_SEH_BODY)                                                                         \
        __extension__({                                                                                               \
            __label__ winmem_seh_leave_;                                                                              \
            struct winmem_seh_frame *winmem_seh_guard_ __attribute__((__cleanup__(winmem_seh_exit)));                 \
            winmem_seh_guard_ = &winmem_seh_frame_;
#define WINMEM_SEH_END_OF_BODY                                                                                        \
            winmem_seh_leave_:                                                                                        \
            __attribute__((__unused__));                                                                              \
            winmem_seh_guard_->phase = WINMEM_SEH_DONE;                                                               \
            (void)0;                                                                                                  \
        });
#define __except(...)                                                                                                 \
    WINMEM_SEH_END_OF_BODY                                                                                            \
    else if (winmem_seh_state_ == WINMEM_SEH_ASK)                                                                     \
    {                                                                                                                 \
        winmem_seh_kind_ = WINMEM_SEH_EXCEPT;                                                                         \
        goto winmem_seh_again_;                                                                                       \
    }                                                                                                                 \
    else if (__builtin_expect(winmem_seh_state_ == WINMEM_SEH_FILTER, 0)) /* cold: little is put in line */           \
    {                                                                                                                 \
        WINMEM_SEH_EVALUATE(__VA_ARGS__);                                                                             \
    }                                                                                                                 \
    else WINMEM_SEH_IN_HANDLER;                                                                                       \
    WINMEM_SEH_CLOSE(winmem_seh_state_ == WINMEM_SEH_HANDLER)
#define __finally                                                                                                     \
    WINMEM_SEH_END_OF_BODY                                                                                            \
    else if (winmem_seh_state_ == WINMEM_SEH_ASK)                                                                     \
    {                                                                                                                 \
        winmem_seh_kind_ = WINMEM_SEH_FINAL;                                                                          \
        goto winmem_seh_again_;                                                                                       \
    }                                                                                                                 \
    WINMEM_SEH_CLOSE(1)                                                                                               \
    for (int winmem_seh_once_ = 1, winmem_seh_abnormal_ = winmem_seh_finally_begin(); winmem_seh_once_;               \
         winmem_seh_finally_end(winmem_seh_abnormal_), winmem_seh_once_ = 0)
#else
/* gcc's own setjmp is a label that every call of the function may jump to, with all registers lost: what is live there
 * is in memory at each call. The body counts as reached from there. No value of ours may be alive on the way to a
 * filter: it could share its memory with one of the body's. Hence the jumps, and the test in assembly language.
 *
 * A __finally block that runs because of a jump out of the body ends where that jump goes on, after the cleanup, with
 * what the block did to locals, and must leave alone what is kept there, a value that is returned. The compiler is told
 * so by a label that every cleanup has, and a jump to any of them at the end of the block. */
static __inline__ __attribute__((__always_inline__, __unused__)) void winmem_seh_after(char *unused)
{
    (void)unused;
    __asm__ volatile("" : : "X"(&&winmem_seh_here));
winmem_seh_here:;
}
/* To the compiler, what its built-in functions do is neither a call nor a fault. In a body their names are those of
 * plain functions; static, so that lambdas see them too. */
#ifdef __cplusplus
extern "C" {
#endif
#define WINMEM_SEH_PLAIN(list)                                                                                        \
    list(void *, memcpy, (void *, const void *, __SIZE_TYPE__)) list(void *, memmove, (void *, const void *, __SIZE_TYPE__)) \
    list(void *, memset, (void *, int, __SIZE_TYPE__)) list(int, memcmp, (const void *, const void *, __SIZE_TYPE__)) \
    list(__SIZE_TYPE__, strlen, (const char *)) list(char *, strcpy, (char *, const char *))                          \
    list(char *, strncpy, (char *, const char *, __SIZE_TYPE__)) list(char *, strcat, (char *, const char *))         \
    list(int, strcmp, (const char *, const char *)) list(int, strncmp, (const char *, const char *, __SIZE_TYPE__))   \
    list(char *, strchr, (const char *, int))
#define WINMEM_SEH_DECLARE(result, name, arguments) extern result winmem_posix_##name arguments __asm__(#name);
WINMEM_SEH_PLAIN(WINMEM_SEH_DECLARE)
#undef WINMEM_SEH_DECLARE
#ifdef __cplusplus
}
#endif
#define WINMEM_SEH_NAME(result, name, arguments)                                                                      \
    static result (*const name) arguments __attribute__((__unused__)) = winmem_posix_##name;
#define WINMEM_SEH_NAME_MEMORY(name, arguments)                                                                       \
    static void *(*const winmem_##name) arguments __attribute__((__unused__)) = winmem_posix_##name;
#define WINMEM_SEH_NAMES                                                                                              \
    WINMEM_SEH_PLAIN(WINMEM_SEH_NAME)                                                                                 \
    WINMEM_SEH_NAME_MEMORY(memcpy, (void *, const void *, __SIZE_TYPE__))                                             \
    WINMEM_SEH_NAME_MEMORY(memmove, (void *, const void *, __SIZE_TYPE__))                                            \
    WINMEM_SEH_NAME_MEMORY(memset, (void *, int, __SIZE_TYPE__))
#define WINMEM_SEH_TRY                                                                                                \
    WINMEM_SEH_OPEN __label__ winmem_seh_enter_, winmem_seh_body_, winmem_seh_ask_, winmem_seh_again_, winmem_seh_end_; \
    struct winmem_seh_frame winmem_seh_frame_;                                                                        \
    unsigned long winmem_seh_size_ = WINMEM_SEH_NO_BYTES;                                                             \
    __asm__("" : "+r"(winmem_seh_size_));                                                                             \
    __asm__ volatile("" : : "r"(__builtin_alloca(winmem_seh_size_)) : "memory");                                      \
    winmem_seh_frame_.phase = WINMEM_SEH_BODY;                                                                        \
    goto winmem_seh_enter_;                                                                                           \
    winmem_seh_body_:                                                                                                 \
    __extension__({                                                                                                   \
        __label__ winmem_seh_leave_;                                                                                  \
        char winmem_seh_after_ __attribute__((__cleanup__(winmem_seh_after)));                                        \
        struct winmem_seh_frame *winmem_seh_guard_ __attribute__((__cleanup__(winmem_seh_exit)));                     \
        winmem_seh_guard_ = &winmem_seh_frame_;                                                                       \
        WINMEM_SEH_NAMES
#define WINMEM_SEH_ENTER(kind)                                                                                        \
        winmem_seh_leave_:                                                                                            \
        __attribute__((__unused__));                                                                                  \
        winmem_seh_frame_.phase = WINMEM_SEH_DONE;                                                                    \
        (void)0;                                                                                                      \
    });                                                                                                               \
    goto winmem_seh_end_;                                                                                             \
    winmem_seh_enter_:                                                                                                \
    (void)__builtin_setjmp(winmem_seh_frame_.jump);                                                                   \
    __asm__ goto("cmp{l}\t{%0, %1|%1, %0}\n\tje\t%l2\n\tja\t%l3"                                                     \
                 : : "i"(WINMEM_SEH_FILTER), "m"(winmem_seh_frame_.phase) : "cc", "memory"                            \
                 : winmem_seh_ask_, winmem_seh_again_);                                                               \
    winmem_seh_begin(&winmem_seh_frame_, (kind) + WINMEM_SEH_PADS);                                                     \
    goto winmem_seh_body_;
#define __except(...)                                                                                                 \
    WINMEM_SEH_ENTER(WINMEM_SEH_EXCEPT)                                                                               \
    winmem_seh_ask_:                                                                                                  \
    __attribute__((__cold__));                                                                                        \
    {                                                                                                                 \
        WINMEM_SEH_EVALUATE(__VA_ARGS__);                                                                             \
    }                                                                                                                 \
    goto winmem_seh_end_;                                                                                             \
    winmem_seh_again_:                                                                                                \
    WINMEM_SEH_IN_HANDLER;                                                                                            \
    winmem_seh_end_:;                                                                                                 \
    WINMEM_SEH_CLOSE(winmem_seh_frame_.phase == WINMEM_SEH_HANDLER)
#define __finally                                                                                                     \
    WINMEM_SEH_ENTER(WINMEM_SEH_FINAL)                                                                                \
    winmem_seh_ask_:                                                                                                  \
    winmem_seh_again_:                                                                                                \
    winmem_seh_end_:;                                                                                                 \
    WINMEM_SEH_CLOSE(1)                                                                                               \
    for (int winmem_seh_once_ = 1, winmem_seh_abnormal_ = winmem_seh_finally_begin(); winmem_seh_once_;               \
         __extension__({                                                                                              \
             if (winmem_seh_abnormal_)                                                                                \
                 goto *winmem_seh_resume();                                                                           \
         }),                                                                                                          \
             winmem_seh_once_ = 0)
#endif
#define __try WINMEM_SEH_TRY
#define __leave goto winmem_seh_leave_
/* Their older names. */
#define _try __try
#define _except __except
#define _finally __finally
#define _leave __leave

#endif
