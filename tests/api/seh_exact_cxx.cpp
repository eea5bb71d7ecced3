/* seh_exact_cxx.cpp: seh_exact.c in C++. */
/* test traits: no-asan (it tells of the wild accesses that are made here) */
#include "../api/seh_exact.c"
