/* absent.c: stands in for the address space until its fault handler is linked: every fault is the program's. */
#include "mm/mm.h"

__attribute__((weak)) enum mm_fault_verdict mm_fault(struct mm_fault *fault)
{
    (void)fault;
    return MM_FAULT_RAISE;
}

__attribute__((weak)) NTSTATUS mm_query(const void *address, MEMORY_BASIC_INFORMATION *information)
{
    (void)address, (void)information;
    return STATUS_NOT_IMPLEMENTED;
}
