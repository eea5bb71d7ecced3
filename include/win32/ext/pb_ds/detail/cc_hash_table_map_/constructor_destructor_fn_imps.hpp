/* The C++ library's own <ext/pb_ds/detail/cc_hash_table_map_/constructor_destructor_fn_imps.hpp>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <ext/pb_ds/detail/cc_hash_table_map_/constructor_destructor_fn_imps.hpp>
#include "winmem_std_end.h"
