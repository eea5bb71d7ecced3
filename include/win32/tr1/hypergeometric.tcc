/* The C++ library's own <tr1/hypergeometric.tcc>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <tr1/hypergeometric.tcc>
#include "winmem_std_end.h"
