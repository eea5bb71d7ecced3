// port_halves_cxx.cpp: the same in C++, and handlers of exceptions that return `long`. test traits: wide
#include "port_halves.c"
