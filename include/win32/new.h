/* new.h: the old name of <new>, and the handler of the Microsoft C++ runtime. */
#ifndef WINMEM_NEW_H
#define WINMEM_NEW_H
#ifdef __cplusplus
#include <cstdlib>
#include <new>
#endif
#include <stddef.h>
typedef int (*_PNH)(size_t);
#define _set_new_mode(mode) ((int)((void)(mode), 0))
#define _query_new_mode() 0
#ifdef __cplusplus
#ifndef set_new_handler
using std::new_handler;
using std::set_new_handler;
#endif
inline _PNH &winmem_new_handler()
{
    static _PNH handler;
    return handler;
}
/* Operator new tries again as long as the handler answers other than 0. */
inline void winmem_ask_new_handler()
{
    if (winmem_new_handler() && winmem_new_handler()(0))
        return;
#ifdef __cpp_exceptions
    throw std::bad_alloc();
#else
    std::abort();
#endif
}
inline _PNH _query_new_handler()
{
    return winmem_new_handler();
}
inline _PNH _set_new_handler(_PNH handler)
{
    _PNH before = winmem_new_handler();
    winmem_new_handler() = handler;
    std::set_new_handler(handler ? winmem_ask_new_handler : static_cast<std::new_handler>(nullptr));
    return before;
}
#endif
#endif
