/* mitigation.c: what a process swears off. New code is one that is kept: memory that is no image does not become
 * executable any more. Of the others it is told what holds here anyway. Sets the last error. */
#include <processthreadsapi.h>

#include <string.h>
#include <winbase.h>
#include <winerror.h>

#include "mm/mm.h"
#include "win32/win32.h"

/* The flags of a policy of this process as one number; false: there is no such policy. */
static bool flags_of(PROCESS_MITIGATION_POLICY policy, DWORD *flags)
{
    *flags = 0;
    switch (policy) {
    case ProcessDEPPolicy:
        *flags = 1; /* data is not executed */
        return true;
    case ProcessASLRPolicy:
        *flags = 1 | 4; /* places are drawn, from the whole address space */
        return true;
    case ProcessDynamicCodePolicy:
        *flags = mm_code_is_forbidden();
        return true;
    case ProcessMitigationOptionsMask: /* sizes of its own */
        return false;
    default:
        return policy > ProcessDEPPolicy && policy < MaxProcessMitigationPolicy;
    }
}

BOOL GetProcessMitigationPolicy(HANDLE process, PROCESS_MITIGATION_POLICY policy, PVOID buffer, SIZE_T length)
{
    DWORD flags;
    DWORD id = process == GetCurrentProcess() ? GetCurrentProcessId() : GetProcessId(process);
    if (!id)
        return FALSE;
    bool known = flags_of(policy, &flags);
    SIZE_T size = policy == ProcessDEPPolicy ? sizeof(PROCESS_MITIGATION_DEP_POLICY) : sizeof flags;
    if (policy == ProcessMitigationOptionsMask && (length == 8 || length == 16)) {
        memset(buffer, 0, length); /* none can be asked for when a process is created */
        return TRUE;
    }
    if (!known || length != size || !buffer)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (id != GetCurrentProcessId() && policy == ProcessDynamicCodePolicy)
        return win32_error(ERROR_NOT_SUPPORTED); /* only it knows */
    memset(buffer, 0, size);
    memcpy(buffer, &flags, sizeof flags);
    if (policy == ProcessDEPPolicy)
        ((PROCESS_MITIGATION_DEP_POLICY *)buffer)->Permanent = TRUE;
    return TRUE;
}

/* What is set stays: asking for less is refused. What cannot be kept is not promised. */
BOOL SetProcessMitigationPolicy(PROCESS_MITIGATION_POLICY policy, PVOID buffer, SIZE_T length)
{
    DWORD have, wanted;
    SIZE_T size = policy == ProcessDEPPolicy ? sizeof(PROCESS_MITIGATION_DEP_POLICY) : sizeof wanted;
    if (!flags_of(policy, &have) || length != size || !buffer)
        return win32_error(ERROR_INVALID_PARAMETER);
    memcpy(&wanted, buffer, sizeof wanted);
    if (policy == ProcessDEPPolicy)
        return win32_error(ERROR_NOT_SUPPORTED); /* of 64-bit processes it is fixed */
    if (have & ~wanted)
        return win32_error(ERROR_ACCESS_DENIED);
    if (wanted == have)
        return TRUE;
    if (policy != ProcessDynamicCodePolicy || wanted != 1)
        return win32_error(ERROR_NOT_SUPPORTED);
    mm_forbid_code();
    return TRUE;
}
