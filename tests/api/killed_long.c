/* killed.c, thousands of times. test traits: long timeout=600 */
#define ROUNDS 1500
#define NAME "winmem-test-killed-long"
#include "killed.c"
