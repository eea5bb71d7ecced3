/* attributelist.h: what InitializeProcThreadAttributeList makes, for CreateProcess. */
#ifndef WINMEM_BASE_ATTRIBUTELIST_H
#define WINMEM_BASE_ATTRIBUTELIST_H

#include <processthreadsapi.h>

/* The value of an attribute, *size its bytes; NULL: not in the list (which may be NULL). */
void *base_attribute(LPPROC_THREAD_ATTRIBUTE_LIST list, DWORD_PTR attribute, SIZE_T *size);

#endif
