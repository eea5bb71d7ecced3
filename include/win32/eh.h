/* eh.h: exceptions of C++ as the Microsoft run-time names what is around them. */
#ifndef WINMEM_EH_H
#define WINMEM_EH_H

#include "excpt.h"

#ifdef __cplusplus
#include <exception>

/* Who includes this wants what /EHa does: an instruction in a try block may throw. clang has no such mode. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("non-call-exceptions")
#endif

typedef void(__cdecl *terminate_function)();
typedef void(__cdecl *terminate_handler)();
#if __cplusplus < 201703L
typedef void(__cdecl *unexpected_function)();
typedef void(__cdecl *unexpected_handler)();
using std::set_unexpected;
using std::unexpected;
#endif
using std::set_terminate;
using std::terminate;
#endif

#endif
