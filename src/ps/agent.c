/* agent.c: placeholder of the next change. */
#include "ps/process.h"

void ps_agent_start(void)
{
}
