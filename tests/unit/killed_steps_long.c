/* killed_steps.c at every moment. test traits: long serial no-asan no-tsan timeout=1200 */
#define STRIDE 1
#define SCENES 5
#include "killed_steps.c"
