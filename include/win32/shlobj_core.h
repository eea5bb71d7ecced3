/* shlobj_core.h: a part of shlobj.h. */
#include "shlobj.h"
