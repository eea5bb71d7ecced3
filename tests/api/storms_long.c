/* storms.c, for a minute. test traits: long timeout=600 */
#define ROUNDS 20000
#include "storms.c"
