/* The C++ library's own <ext/rc_string_base.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <ext/rc_string_base.h>
#include "winmem_std_end.h"
