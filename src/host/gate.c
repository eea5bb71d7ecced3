/* gate.c: where the replaceable host table stands; see gate.h. It calls nothing. */
#include "host/gate.h"

host_gate_function *host_gate;
