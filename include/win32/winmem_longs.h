/* winmem_longs.h: `unsigned long *` and `long *` where a call wants a DWORD * or LONG *, which on Windows are the same types.
 * The headers that declare such calls end with a macro of the call's name, so that a name without parentheses is the
 * function itself. The call writes the low half; the high half, which Windows does not have, is set to 0 before it.
 * Only for sources compiled as Windows programs, never for the library itself. */
#ifndef WINMEM_LONGS_H
#define WINMEM_LONGS_H

#include "minwindef.h"

#if __SIZEOF_WCHAR_T__ == 2 && !defined(WINMEM_BUILDING)
#define WINMEM_LONGS 1

/* A call with so many arguments is changed by `then`; of another it is not known what it is: a method of that name, a
 * lambda with commas. */
#define WINMEM_KEEP(...) __VA_ARGS__
#define WINMEM_PICK( \
    a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, \
    a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, \
    a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, \
    a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60, a61, a62, a63, a64, name, ...) \
    name
#define WINMEM_WITH(...) WINMEM_PICK(__VA_ARGS__)
#define WINMEM_KEEP3 WINMEM_KEEP, WINMEM_KEEP, WINMEM_KEEP
#define WINMEM_KEEP4 WINMEM_KEEP3, WINMEM_KEEP
#define WINMEM_KEEP8 WINMEM_KEEP4, WINMEM_KEEP4
#define WINMEM_KEEP56 \
    WINMEM_KEEP8, WINMEM_KEEP8, WINMEM_KEEP8, WINMEM_KEEP8, WINMEM_KEEP8, WINMEM_KEEP8, WINMEM_KEEP8
#define WINMEM_IF1(then, ...) \
    WINMEM_WITH(__VA_ARGS__, WINMEM_KEEP56, WINMEM_KEEP4, WINMEM_KEEP3, then, 0)(__VA_ARGS__)
#define WINMEM_IF2(then, ...) \
    WINMEM_WITH(__VA_ARGS__, WINMEM_KEEP56, WINMEM_KEEP4, WINMEM_KEEP, WINMEM_KEEP, then, WINMEM_KEEP, 0)(__VA_ARGS__)
#define WINMEM_IF3(then, ...) \
    WINMEM_WITH(__VA_ARGS__, WINMEM_KEEP56, WINMEM_KEEP4, WINMEM_KEEP, then, WINMEM_KEEP, WINMEM_KEEP, 0)(__VA_ARGS__)
#define WINMEM_IF4(then, ...) \
    WINMEM_WITH(__VA_ARGS__, WINMEM_KEEP56, WINMEM_KEEP4, then, WINMEM_KEEP3, 0)(__VA_ARGS__)
#define WINMEM_IF5(then, ...) \
    WINMEM_WITH(__VA_ARGS__, WINMEM_KEEP56, WINMEM_KEEP3, then, WINMEM_KEEP4, 0)(__VA_ARGS__)
#define WINMEM_IF6(then, ...) \
    WINMEM_WITH(__VA_ARGS__, WINMEM_KEEP56, WINMEM_KEEP, WINMEM_KEEP, then, WINMEM_KEEP4, WINMEM_KEEP, 0)(__VA_ARGS__)

/* Which argument: the second of two, and so on. */
#define WINMEM_DWORD_2(a, b) a, WINMEM_DWORD_OUT(b)
#define WINMEM_LONG_3(a, b, c) a, b, WINMEM_LONG_OUT(c)
#define WINMEM_DWORD_4(a, b, c, d) a, b, c, WINMEM_DWORD_OUT(d)
#define WINMEM_DWORD_5(a, b, c, d, e) a, b, c, d, WINMEM_DWORD_OUT(e)
#define WINMEM_DWORD_6(a, b, c, d, e, f) a, b, c, d, e, WINMEM_DWORD_OUT(f)
#define WINMEM_THREAD_6(a, b, c, d, e, f) a, b, WINMEM_START(c), d, e, WINMEM_DWORD_OUT(f)
#define WINMEM_DWORD_4_OF_5(a, b, c, d, e) a, b, c, WINMEM_DWORD_OUT(d), e
#define WINMEM_LONG_3_OF_4(a, b, c, d) a, b, WINMEM_LONG_OUT(c), d
#define WINMEM_DWORD_3_OF_4(a, b, c, d) a, b, WINMEM_DWORD_OUT(c), d

typedef int __attribute__((__may_alias__)) winmem_word;
struct _EXCEPTION_POINTERS;

/* room: what the compiler knows of the object. A cast of a DWORD's address has no high half to set. */
static __inline__ __attribute__((__always_inline__, __unused__)) void winmem_clear_high(void *target, SIZE_T room)
{
    if (target && room >= sizeof(long))
        ((winmem_word *)target)[1] = 0;
}

#ifdef __cplusplus
extern "C++" {
template <class T> struct winmem_half_of;
template <> struct winmem_half_of<unsigned long> {
    typedef DWORD unsigned_type;
};
template <> struct winmem_half_of<long> {
    typedef LONG signed_type;
};
static __inline__ __attribute__((__always_inline__, __unused__)) DWORD *winmem_dword_out(DWORD *target, SIZE_T)
{
    return target;
}
static __inline__ __attribute__((__always_inline__, __unused__)) LONG *winmem_long_out(LONG *target, SIZE_T)
{
    return target;
}
typedef DWORD (*winmem_start_type)(LPVOID);
static __inline__ __attribute__((__always_inline__, __unused__)) winmem_start_type winmem_start(winmem_start_type start)
{
    return start;
}
template <class T, class U = typename winmem_half_of<T>::unsigned_type> winmem_start_type winmem_start(T (*start)(LPVOID))
{
    return reinterpret_cast<winmem_start_type>(reinterpret_cast<void *>(start));
}
typedef LONG (*winmem_filter_type)(struct _EXCEPTION_POINTERS *);
static __inline__ __attribute__((__always_inline__, __unused__)) winmem_filter_type winmem_filter(winmem_filter_type filter)
{
    return filter;
}
template <class T, class U = typename winmem_half_of<T>::signed_type>
winmem_filter_type winmem_filter(T (*filter)(struct _EXCEPTION_POINTERS *))
{
    return reinterpret_cast<winmem_filter_type>(reinterpret_cast<void *>(filter));
}
template <class T> typename winmem_half_of<T>::unsigned_type *winmem_dword_out(T *target, SIZE_T room)
{
    winmem_clear_high(target, room);
    return (typename winmem_half_of<T>::unsigned_type *)target;
}
template <class T> typename winmem_half_of<T>::signed_type *winmem_long_out(T *target, SIZE_T room)
{
    winmem_clear_high(target, room);
    return (typename winmem_half_of<T>::signed_type *)target;
}
}
/* A function that is declared to return `long` or `unsigned long`: the caller takes the low half of the register. */
#define WINMEM_START(start) winmem_start(start)
#define WINMEM_FILTER_1(a) winmem_filter(a)
#define WINMEM_FILTER_2(a, b) a, winmem_filter(b)
#define WINMEM_DWORD_OUT(target) winmem_dword_out(target, __builtin_object_size((void const *)(target), 1))
#define WINMEM_LONG_OUT(target) winmem_long_out(target, __builtin_object_size((void const *)(target), 1))
#else
static __inline__ __attribute__((__always_inline__, __unused__)) DWORD *winmem_dword_out(void *target, SIZE_T room)
{
    winmem_clear_high(target, room);
    return (DWORD *)target;
}
static __inline__ __attribute__((__always_inline__, __unused__)) LONG *winmem_long_out(void *target, SIZE_T room)
{
    winmem_clear_high(target, room);
    return (LONG *)target;
}
#define WINMEM_START(start) start
#define WINMEM_DWORD_OUT(target)                                                                                      \
    _Generic((target), unsigned long *: winmem_dword_out((void *)(target), __builtin_object_size((void *)(target), 1)), \
             default: (target))
#define WINMEM_LONG_OUT(target)                                                                                       \
    _Generic((target), long *: winmem_long_out((void *)(target), __builtin_object_size((void *)(target), 1)),         \
             default: (target))
#endif
#endif

#endif
