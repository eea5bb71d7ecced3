/* The C++ library's own <backward/hashtable.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <backward/hashtable.h>
#include "winmem_std_end.h"
