/* named.h: objects that may have a name, as the faces of events, mutexes, semaphores and timers make and open them. */
#ifndef WINMEM_BASE_NAMED_H
#define WINMEM_BASE_NAMED_H

#include <minwinbase.h>
#include <stddef.h>

#include "ob/directory.h"

/* An object's name as UTF-16; the ANSI names of Windows have at most MAX_PATH characters. */
struct base_name {
    WCHAR buffer[MAX_PATH + 1];
    const WCHAR *text;
    size_t length;
};

/* FALSE with the last error. */
BOOL base_wide_name(LPCSTR text, struct base_name *name);
struct base_name base_name_of(LPCWSTR text);
/* The last error from the status (the name of another type is no handle), and the handle or NULL. */
HANDLE base_answer(NTSTATUS status, HANDLE handle, bool create);
HANDLE base_create_object(const struct ob_class *class, LPSECURITY_ATTRIBUTES attributes, const struct base_name *name,
                          ACCESS_MASK access, void *initial);
HANDLE base_open_object(const struct ob_class *class, DWORD access, BOOL inherit, const struct base_name *name);

#endif
