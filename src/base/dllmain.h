/* dllmain.h: the entry points of libraries that have one. */
#ifndef WINMEM_BASE_DLLMAIN_H
#define WINMEM_BASE_DLLMAIN_H

#include <stdbool.h>

#include <windef.h>

/* Around dlopen and dlclose: false: the library does not want to be loaded. */
BOOL base_dll_loaded(void *handle);
void base_dll_freed(void *handle);
void base_dll_pinned(void *handle); /* freeing does not end it any more */
/* DLL_THREAD_ATTACH or DLL_THREAD_DETACH, in the thread itself. */
void base_dll_thread(DWORD reason);

/* dlldirectory.c: the library in the folder of SetDllDirectory; and whether the current folder is looked into. */
void *base_dll_directory_open(const char *name, bool *looks_here);

#endif
