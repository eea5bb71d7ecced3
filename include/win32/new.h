/* new.h: the old name of <new>, and the handler of the Microsoft C++ runtime. */
#ifndef WINMEM_NEW_H
#define WINMEM_NEW_H
#ifdef __cplusplus
#include <new>
#endif
#include <stddef.h>
typedef int (*_PNH)(size_t);
#define _set_new_mode(mode) ((int)((void)(mode), 0))
#define _query_new_mode() 0
#endif
