/* processlist.h: the processes of the machine, for NtQuerySystemInformation. */
#ifndef WINMEM_NT_PROCESSLIST_H
#define WINMEM_NT_PROCESSLIST_H

#define WIN32_NO_STATUS
#include <windef.h>

#include <winternl.h>

NTSTATUS nt_list_processes(void *to, ULONG length, ULONG *returned);
#endif
