/* The C++ library's own <ext/ropeimpl.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <ext/ropeimpl.h>
#include "winmem_std_end.h"
