/* debugapi.c: is somebody tracing us, and the breakpoint. What a program tells its debugger goes nowhere without one.
 */
#include <debugapi.h>
#include <string.h>

#include "host/proc.h"

BOOL IsDebuggerPresent(void)
{
    char text[2048];
    if (host_read_text("/proc/self/status", text, sizeof text) < 0)
        return FALSE;
    const char *tracer = strstr(text, "TracerPid:\t");
    return tracer && tracer[11] != '0';
}

void DebugBreak(void)
{
    __asm__ volatile("int3");
}
