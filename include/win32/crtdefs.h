/* crtdefs.h: types and marks of the Microsoft C runtime. */
#ifndef WINMEM_CRTDEFS_H
#define WINMEM_CRTDEFS_H

#include "winmem_compiler.h"

#include "sal.h"

#include <stddef.h>
#include <stdint.h>

#define _CRTIMP
#define _ACRTIMP
#define _CRT_INSECURE_DEPRECATE(replacement)
#define _CRT_UNUSED(value) ((void)(value))
#define _CRT_SECURE_NO_DEPRECATE 1
#ifndef _TRUNCATE
#define _TRUNCATE ((size_t)-1)
#endif
typedef int errno_t;
typedef size_t rsize_t;
typedef long long __time64_t;
typedef int __time32_t;

#endif
