/* processpass.h: what another process must be given to have the same object: descriptors and a few words. */
#ifndef WINMEM_NT_PROCESSPASS_H
#define WINMEM_NT_PROCESSPASS_H

#include "ob/ob.h"

enum nt_pass_kind { NT_PASS_NONE, NT_PASS_OBJECT, NT_PASS_FILE, NT_PASS_SECTION };

struct nt_passport {
    uint32_t kind;
    int32_t file[2]; /* -1: none */
    uint32_t protect, attributes;
    uint64_t size;
};

/* Descriptors are borrowed. STATUS_NOT_SUPPORTED: the object is this process' alone. */
WINMEM_SHARED NTSTATUS nt_pass_export(struct ob_object *object, struct nt_passport *passport);
/* The same of a handle of another process, which `process` has PROCESS_DUP_HANDLE to; the descriptor is the caller's.
 */
WINMEM_SHARED NTSTATUS nt_pass_take(HANDLE process, HANDLE handle, struct nt_passport *passport, ACCESS_MASK *granted);
/* Takes the descriptors over, on failure too. */
NTSTATUS nt_pass_import(const struct nt_passport *passport, ACCESS_MASK access, unsigned flags, HANDLE *handle);

NTSTATUS nt_join_passed_job(int file); /* takes the descriptor over */

#endif
