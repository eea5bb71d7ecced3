/* The C++ library's own <ext/vstring.tcc>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <ext/vstring.tcc>
#include "winmem_std_end.h"
