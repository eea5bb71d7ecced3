/* setjmpex.h: setjmp that unwinds, as it always does here. */
#include "setjmp.h"
