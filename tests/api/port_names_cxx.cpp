// port_names_cxx.cpp: the same in C++. test traits: wide
#include <iostream>
#include <string>
#include <thread>

#include "port_names.c"
