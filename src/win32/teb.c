/* teb.c: the blocks that describe the thread and the process, as far as there is something to tell: stack, fiber, ids,
 * last error; image, heap, command line, version. Made when a thread first asks. */
#include "host/list.h"
#include "host/own.h"
#include "host/process.h"
#include "win32/teb.h"

#include <debugapi.h>
#include <heapapi.h>
#include <processthreadsapi.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "exception/exception.h"
#include "host/fork.h"
#include "host/utf.h"
#include "nt/process.h"

/* What is told of a thread: a part of what Windows has, at its places. */
struct teb_image {
    NT_TIB tib;
    PVOID environment;
    CLIENT_ID client;
    PVOID rpc, local_storage;
    PPEB peb;
    DWORD last_error;
};
_Static_assert(offsetof(struct teb_image, client) == 0x40 && offsetof(struct teb_image, peb) == 0x60, "as on Windows");
_Static_assert(offsetof(struct teb_image, last_error) == 0x68, "as on Windows");
#define TEB_SIZE 0x1838

/* And of the process: where what has no name is. */
#define PEB_HEAP 0x30
#define PEB_IMAGE 0x10
#define PEB_PROCESSORS 0xB8
#define PEB_VERSION 0x118

static struct {
    pthread_once_t once;
    pthread_key_t key;
    union {
        PEB peb;
        unsigned char byte[0x7C8];
    } peb;
    PEB_LDR_DATA loader;
    RTL_USER_PROCESS_PARAMETERS parameters;
} teb_state = {.once = PTHREAD_ONCE_INIT};

static __thread struct teb_image *own;
static __thread PVOID own_fiber, own_base, own_limit;

static void put(size_t offset, const void *value, size_t size)
{
    memcpy(teb_state.peb.byte + offset, value, size);
}

static void set_text(UNICODE_STRING *string, const char *text)
{
    size_t units = host_utf8_to_utf16(text, SIZE_MAX, NULL, 0, 0);
    WCHAR *wide = units && units < 0x7FFF ? host_own_zero(units, sizeof *wide) : NULL;
    if (!wide)
        return;
    host_utf8_to_utf16(text, SIZE_MAX, (uint16_t *)wide, units, 0);
    string->Buffer = wide;
    string->Length = (USHORT)((units - 1) * sizeof *wide);
    string->MaximumLength = (USHORT)(units * sizeof *wide);
}

static void describe_program(void)
{
    char text[4096];
    (void)host_process_image(0, text, sizeof text);
    set_text(&teb_state.parameters.ImagePathName, text);
    size_t count = host_text_read("/proc/self/cmdline", text, sizeof text);
    for (size_t i = 0; i + 1 < count; i++)
        if (!text[i])
            text[i] = ' ';
    set_text(&teb_state.parameters.CommandLine, text);
}

static void tell_ids(struct teb_image *teb)
{
    teb->client.UniqueProcess = (HANDLE)(ULONG_PTR)getpid();
    teb->client.UniqueThread = (HANDLE)(ULONG_PTR)gettid();
}

static void after_fork(void)
{
    if (own)
        tell_ids(own);
}

static void thread_ends(void *teb)
{
    win32_error_place(NULL);
    own = NULL;
    host_own_give(teb);
}

static void start_once(void)
{
    LIST_ENTRY *modules = &teb_state.loader.InMemoryOrderModuleList;
    uintptr_t image = getauxval(AT_PHDR) & ~(uintptr_t)0xFFF;
    HANDLE heap = GetProcessHeap();
    ULONG version[2] = {10, 0}, processors = (ULONG)sysconf(_SC_NPROCESSORS_ONLN);
    USHORT build = 19045;
    pthread_key_create(&teb_state.key, thread_ends);
    host_at_fork(&(struct host_fork){RANK_HOST, NULL, .child = after_fork});
    modules->Flink = modules->Blink = modules;
    describe_program();
    teb_state.peb.peb.Ldr = &teb_state.loader;
    teb_state.peb.peb.ProcessParameters = &teb_state.parameters;
    put(PEB_IMAGE, &image, sizeof image);
    put(PEB_HEAP, &heap, sizeof heap);
    put(PEB_PROCESSORS, &processors, sizeof processors);
    put(PEB_VERSION, version, sizeof version);
    put(PEB_VERSION + sizeof version, &build, sizeof build);
}

static void tell_stack(struct teb_image *teb)
{
    ULONG_PTR low = (ULONG_PTR)own_limit, high = (ULONG_PTR)own_base;
    if (!high)
        exception_stack_limits(&low, &high);
    teb->tib.StackBase = (PVOID)high;
    teb->tib.StackLimit = (PVOID)low;
    teb->tib.FiberData = own_fiber ? own_fiber : (PVOID)0x1E00;
}

struct _TEB *NtCurrentTeb(void)
{
    if (own)
        return (struct _TEB *)own;
    DWORD error = GetLastError();
    pthread_once(&teb_state.once, start_once);
    struct teb_image *teb = host_own_zero(1, TEB_SIZE);
    if (!teb)
        return NULL;
    teb->tib.Self = &teb->tib;
    teb->tib.ExceptionList = (PVOID)-1;
    teb->peb = &teb_state.peb.peb;
    teb_state.peb.peb.BeingDebugged = IsDebuggerPresent() != 0;
    tell_ids(teb);
    tell_stack(teb);
    teb->last_error = error;
    own = teb;
    pthread_setspecific(teb_state.key, teb);
    win32_error_place(&teb->last_error);
    return (struct _TEB *)teb;
}

PPEB RtlGetCurrentPeb(void)
{
    return NtCurrentTeb() ? &teb_state.peb.peb : NULL;
}

static PVOID process_block(void)
{
    return RtlGetCurrentPeb();
}

__attribute__((constructor)) static void tell_where(void)
{
    nt_process_block = process_block;
}

void win32_teb_fiber(PVOID fiber, PVOID base, PVOID limit)
{
    own_fiber = fiber;
    own_base = base;
    own_limit = limit;
    if (own)
        tell_stack(own);
}
