/* answer.h: how a query hands over what it was asked for. */
#ifndef WINMEM_NT_ANSWER_H
#define WINMEM_NT_ANSWER_H

#include "nt/probe.h"

/* Hands a filled structure over when the caller's length is exact; the needed length is told in any case. */
static inline NTSTATUS nt_answer(void *to, ULONG length, ULONG *returned, const void *from, ULONG size)
{
    NTSTATUS status = returned ? nt_copy(returned, &size, sizeof size) : STATUS_SUCCESS;
    if (status)
        return status;
    return length != size ? (NTSTATUS)STATUS_INFO_LENGTH_MISMATCH : nt_copy(to, from, size);
}
#endif
