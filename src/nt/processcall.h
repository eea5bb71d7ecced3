/* processcall.h: calls on another process' address space: what travels to its agent, and the native calls' own side.
 * Every function returns in bounded time: a target that is stopped, ends or execs gives STATUS_IO_TIMEOUT or
 * STATUS_PROCESS_IS_TERMINATING; one without an agent STATUS_NOT_SUPPORTED (queries are answered from /proc then). */
#ifndef WINMEM_NT_PROCESSCALL_H
#define WINMEM_NT_PROCESSCALL_H

#include "ob/ob.h"

#include <stddef.h>

struct mm_constraints;
struct ps_process;
struct mm_section;
struct mm_view_request;

#define NT_CALL_MAGIC 0x324D5743u
#define NT_CALL_DATA 3072u

enum nt_call_operation {
    NT_CALL_ALLOCATE = 1, /* base size type protect lowest highest alignment flags node -> base size */
    NT_CALL_FREE,         /* base size type -> base size */
    NT_CALL_PROTECT,      /* base size protect -> base size old */
    NT_CALL_QUERY,        /* address class length -> returned, data */
    NT_CALL_MAP,          /* base size offset commit type protect lowest highest alignment; section_size, protect,
                             attributes; one or two descriptors -> base size */
    NT_CALL_UNMAP,        /* address flags */
    NT_CALL_TOUCH,        /* address size -> pages brought in */
    NT_CALL_DUPLICATE,    /* access inherit; one descriptor -> handle */
    NT_CALL_TAKE,         /* handle access same -> granted access; one descriptor */
    NT_CALL_CLOSE,        /* handle */
    NT_CALL_JOIN_JOB,     /* one descriptor */
    NT_CALL_SET_LIMITS,   /* minimum maximum flags, as SetProcessWorkingSetSizeEx; -1 -1: empties the working set */
    NT_CALL_GET_LIMITS,   /* -> minimum maximum flags */
    NT_CALL_COUNTERS,     /* -> data: PROCESS_MEMORY_COUNTERS_EX2 */
    NT_CALL_PAGES,        /* count, up to NT_CALL_PAGES_MOST addresses -> data: attributes of each */
    NT_CALL_SET_PRIORITY, /* memory priority */
    NT_CALL_GET_PRIORITY, /* -> memory priority */
    NT_CALL_IN_JOB,       /* -> whether it is in a job */
    NT_CALL_PREFETCH,     /* address size */
    NT_CALL_ADVISE,       /* NT_ADVISE_* address size value */
    NT_CALL_WORKING_SET,  /* address -> address to go on, data: blocks */
    NT_CALL_SUSPEND,      /* thread -> count before */
    NT_CALL_RESUME,       /* the same */
    NT_CALL_GET_CONTEXT,  /* thread flags -> data: CONTEXT */
    NT_CALL_LAST = NT_CALL_GET_CONTEXT
};

enum { NT_ADVISE_LOCK, NT_ADVISE_UNLOCK, NT_ADVISE_PRIORITY, NT_ADVISE_TRIM };

#define NT_CALL_PAGES_MOST 13u
#define NT_CALL_BLOCKS_MOST (NT_CALL_DATA / sizeof(uint64_t))

struct nt_call {
    uint32_t magic;
    uint32_t operation;
    uint64_t argument[14];
};
struct nt_reply {
    uint32_t magic;
    int32_t status;
    uint32_t length; /* of the data */
    uint32_t reserved;
    uint64_t value[3];
    unsigned char data[NT_CALL_DATA];
};

/* The target's side: `bytes` as they came, over a connection that is good for `rights`. Descriptors (-1: none) are
 * taken over; *out_file is one to send back. */
void nt_call_serve(ACCESS_MASK rights, const void *request, size_t bytes, int files[2], struct nt_reply *reply,
                   int *out_file);

/* Of these the calls on the working set. */
NTSTATUS nt_call_serve_residency(const struct nt_call *call, struct nt_reply *reply);

/* The caller's side. */
NTSTATUS nt_remote_allocate(HANDLE process, void **base, size_t *size, ULONG type, ULONG protect,
                            const struct mm_constraints *constraints);
NTSTATUS nt_remote_free(HANDLE process, void **base, size_t *size, ULONG type);
NTSTATUS nt_remote_protect(HANDLE process, void **base, size_t *size, ULONG protect, ULONG *old);
NTSTATUS nt_remote_query(HANDLE process, const void *address, int information_class, void *buffer, SIZE_T length,
                         PSIZE_T returned);
NTSTATUS nt_remote_map(HANDLE process, struct mm_section *section, struct mm_view_request *request);
NTSTATUS nt_remote_unmap(HANDLE process, void *address, ULONG flags);
NTSTATUS nt_remote_read(HANDLE process, PVOID base, PVOID buffer, SIZE_T size, PSIZE_T done);
/* `patch`: as WriteProcessMemory; else as the native call. */
NTSTATUS nt_remote_write(HANDLE process, PVOID base, PVOID buffer, SIZE_T size, PSIZE_T done, bool patch);
/* processresidency.c: in pieces that the target deals with in time. */
NTSTATUS nt_remote_prefetch(HANDLE process, uintptr_t address, size_t size);
NTSTATUS nt_remote_advise(HANDLE process, unsigned what, uintptr_t address, size_t size, ULONG value);
NTSTATUS nt_remote_join_job(HANDLE process, struct ob_object *job);
/* `access`: what the handle must grant; the target checks that too. */
NTSTATUS nt_remote_ask(HANDLE process, ACCESS_MASK access, struct nt_call *call, struct nt_reply *reply);
/* Without a handle: `rights` are those of the connection. */
NTSTATUS nt_ask_process(struct ps_process *process, ACCESS_MASK rights, struct nt_call *call, struct nt_reply *reply);
NTSTATUS nt_remote_touch(HANDLE process, const void *address, size_t size);

#endif
