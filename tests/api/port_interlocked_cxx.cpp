// port_interlocked_cxx.cpp: the same in C++, where a `long` is told from a LONG by overloads.
#include "port_interlocked.c"
