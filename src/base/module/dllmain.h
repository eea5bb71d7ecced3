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
/* The library in a folder that the program has named; where SetDefaultDllDirectories says to look. */
void *base_dll_user_open(const char *name);
DWORD base_dll_places(void);
/* module.c: LoadLibrary; places: LOAD_LIBRARY_SEARCH_*, 0: as it is the rule. */
HMODULE base_module_load(const char *name, DWORD places);

#endif
