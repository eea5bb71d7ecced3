/* unwind.c: functions and frames for programs that walk stacks. Functions of ELF images are described by DWARF tables;
 * tables that a program registers itself (a compiler at run time) hold Windows' unwind codes, which are followed too.
 */
#include <dlfcn.h>
#include <string.h>
#include <winnt.h>

#include "exception/dwarf.h"
#include "host/fork.h"
#include "host/lock.h"

#define TABLES 256
#define KEPT 32 /* entries of ELF functions that a thread has asked for: good until it has asked for so many others */

struct table {
    PRUNTIME_FUNCTION functions; /* NULL: by callback */
    DWORD count, most;
    ULONG_PTR base, end;
    PGET_RUNTIME_FUNCTION_CALLBACK callback;
    PVOID context;
    DWORD64 identifier;
    bool used;
};
static struct {
    host_lock lock;
    struct table table[TABLES]; /* all under the lock */
} unwind_state = {.lock = HOST_LOCK(RANK_EXCEPTION)};
HOST_LOCK_AT_FORK(unwind_state.lock, RANK_EXCEPTION)

static __thread struct {
    RUNTIME_FUNCTION entry[KEPT];
    uintptr_t base[KEPT];
    unsigned next;
} kept;

static struct table *add(const struct table *table)
{
    struct table *found = NULL;
    host_lock_acquire(&unwind_state.lock);
    for (int i = 0; i < TABLES && !found; i++) {
        if (!unwind_state.table[i].used)
            found = &unwind_state.table[i];
    }
    if (found) {
        *found = *table;
        found->used = true;
    }
    host_lock_release(&unwind_state.lock);
    return found;
}

static bool drop(const struct table *which, PRUNTIME_FUNCTION functions)
{
    bool found = false;
    host_lock_acquire(&unwind_state.lock);
    for (int i = 0; i < TABLES && !found; i++) {
        struct table *table = &unwind_state.table[i];
        found = table->used && (which ? table == which
                                      : (table->functions ? table->functions == functions
                                                          : table->identifier == (DWORD64)(ULONG_PTR)functions));
        if (found)
            table->used = false;
    }
    host_lock_release(&unwind_state.lock);
    return found;
}

BOOLEAN RtlAddFunctionTable(PRUNTIME_FUNCTION functions, DWORD count, DWORD64 base)
{
    struct table table = {.functions = functions, .count = count, .most = count, .base = base, .end = ~(ULONG_PTR)0};
    return functions && add(&table);
}

BOOLEAN RtlDeleteFunctionTable(PRUNTIME_FUNCTION functions)
{
    return drop(NULL, functions);
}

BOOLEAN RtlInstallFunctionTableCallback(DWORD64 identifier, DWORD64 base, DWORD length,
                                        PGET_RUNTIME_FUNCTION_CALLBACK callback, PVOID context, PCWSTR library)
{
    (void)library; /* for debuggers */
    struct table table = {.base = base, .end = base + length, .callback = callback, .context = context};
    table.identifier = identifier;
    return (identifier & 3) == 3 && callback && add(&table);
}

DWORD RtlAddGrowableFunctionTable(PVOID *handle, PRUNTIME_FUNCTION functions, DWORD count, DWORD most, ULONG_PTR base,
                                  ULONG_PTR end)
{
    struct table table = {.functions = functions, .count = count, .most = most, .base = base, .end = end};
    if (!functions || count > most || base >= end)
        return (DWORD)STATUS_INVALID_PARAMETER;
    struct table *added = add(&table);
    if (!added)
        return (DWORD)STATUS_NO_MEMORY;
    *handle = added;
    return 0;
}

void RtlGrowFunctionTable(PVOID handle, DWORD count)
{
    struct table *table = handle;
    host_lock_acquire(&unwind_state.lock);
    if (table->used && count >= table->count && count <= table->most)
        table->count = count;
    host_lock_release(&unwind_state.lock);
}

void RtlDeleteGrowableFunctionTable(PVOID handle)
{
    drop(handle, NULL);
}

/* In the tables that programs registered. The callback runs without the lock. */
static PRUNTIME_FUNCTION find_registered(DWORD64 place, PDWORD64 base)
{
    PRUNTIME_FUNCTION found = NULL;
    PGET_RUNTIME_FUNCTION_CALLBACK callback = NULL;
    PVOID context = NULL;
    host_lock_acquire(&unwind_state.lock);
    for (int i = 0; i < TABLES && !found && !callback; i++) {
        const struct table *table = &unwind_state.table[i];
        if (!table->used || place < table->base || place >= table->end)
            continue;
        *base = table->base;
        callback = table->callback;
        context = table->context;
        for (DWORD n = 0; n < table->count && !callback && !found; n++) {
            PRUNTIME_FUNCTION function = &table->functions[n];
            if (place - table->base >= function->BeginAddress && place - table->base < function->EndAddress)
                found = function;
        }
    }
    host_lock_release(&unwind_state.lock);
    return callback ? callback(place, context) : found;
}

/* A return address behind a call that never returns may be the start of another function. */
static bool after_call(uintptr_t place, const struct dwarf_function *function)
{
    const unsigned char *code = (const unsigned char *)place;
    struct dwarf_function before;
    return place == function->start && dwarf_find(place - 1, &before) && before.end == place &&
           (code[-5] == 0xe8 || (code[-2] == 0xff && (code[-1] & 0x38) == 0x10) ||
            (code[-3] == 0xff && (code[-2] & 0x38) == 0x10) || (code[-6] == 0xff && (code[-5] & 0x38) == 0x10));
}

static PRUNTIME_FUNCTION find_described(DWORD64 place, PDWORD64 base)
{
    struct dwarf_function function;
    Dl_info image;
    if (!dwarf_find(place, &function))
        return NULL;
    if (after_call(place, &function) && !dwarf_find(place - 1, &function))
        return NULL;
    if (!dladdr((void *)function.start, &image))
        return NULL;
    uintptr_t start = (uintptr_t)image.dli_fbase, description = (uintptr_t)function.description;
    *base = start;
    for (unsigned i = 0; i < KEPT; i++) {
        if (kept.base[i] == start && kept.entry[i].BeginAddress == function.start - start)
            return &kept.entry[i];
    }
    unsigned slot = kept.next++ % KEPT;
    kept.base[slot] = start;
    kept.entry[slot].BeginAddress = (DWORD)(function.start - start);
    kept.entry[slot].EndAddress = (DWORD)(function.end - start);
    kept.entry[slot].UnwindData = (DWORD)(description - start);
    return &kept.entry[slot];
}

PRUNTIME_FUNCTION RtlLookupFunctionEntry(DWORD64 place, PDWORD64 base, PUNWIND_HISTORY_TABLE history)
{
    (void)history; /* a cache of the caller's: there is nothing to gain */
    DWORD64 image = 0;
    PRUNTIME_FUNCTION found = find_registered(place, &image);
    if (!found)
        found = find_described(place, &image);
    if (base)
        *base = found ? image : 0;
    return found;
}

PVOID RtlPcToFileHeader(PVOID place, PVOID *base)
{
    Dl_info image;
    PVOID found = dladdr(place, &image) ? image.dli_fbase : NULL;
    *base = found;
    return found;
}

/* Windows' unwind information, as its documentation of x64 exception handling lays it out. */
struct unwind_info {
    BYTE version_flags, prologue, count, frame; /* register in the low half, offset / 16 in the high one */
    struct {
        BYTE offset, operation; /* operation in the low half, its operand in the high one */
    } code[];
};
enum {
    PUSH,
    ALLOC_LARGE,
    ALLOC_SMALL,
    SET_FRAME,
    SAVE,
    SAVE_FAR,
    EPILOG,
    SPARE,
    SAVE_XMM,
    SAVE_XMM_FAR,
    MACHINE_FRAME
};

static const unsigned char slots[] = {1, 2, 1, 1, 2, 3, 2, 3, 2, 3, 1};

static DWORD64 *general(PCONTEXT context, unsigned number)
{
    return &context->Rax + number;
}

static DWORD operand_of(const struct unwind_info *info, unsigned i, unsigned size)
{
    DWORD value = 0;
    memcpy(&value, &info->code[i + 1], size);
    return value;
}

/* Undoes one code; true: it was a trap frame, and Rip and Rsp are known. */
static bool undo(const struct unwind_info *info, unsigned i, DWORD64 frame, PCONTEXT context,
                 PKNONVOLATILE_CONTEXT_POINTERS where)
{
    unsigned operation = info->code[i].operation & 15, operand = info->code[i].operation >> 4;
    DWORD64 at = context->Rsp;
    switch (operation) {
    case PUSH:
        *general(context, operand) = *(DWORD64 *)at;
        if (where)
            where->IntegerContext[operand] = (PDWORD64)at;
        context->Rsp += 8;
        return false;
    case ALLOC_LARGE:
        context->Rsp += operand ? operand_of(info, i, 4) : operand_of(info, i, 2) * 8;
        return false;
    case ALLOC_SMALL:
        context->Rsp += operand * 8 + 8;
        return false;
    case SET_FRAME:
        context->Rsp = *general(context, info->frame & 15) - (info->frame >> 4) * 16;
        return false;
    case SAVE:
    case SAVE_FAR:
        at = frame + (operation == SAVE ? operand_of(info, i, 2) * 8 : operand_of(info, i, 4));
        *general(context, operand) = *(DWORD64 *)at;
        if (where)
            where->IntegerContext[operand] = (PDWORD64)at;
        return false;
    case SAVE_XMM:
    case SAVE_XMM_FAR:
        at = frame + (operation == SAVE_XMM ? operand_of(info, i, 2) * 16 : operand_of(info, i, 4));
        memcpy(&context->Xmm0 + operand, (void *)at, sizeof(M128A));
        if (where)
            where->FloatingContext[operand] = (PM128A)at;
        return false;
    case MACHINE_FRAME:
        at += operand ? 8 : 0;
        context->Rip = *(DWORD64 *)at;
        context->Rsp = *(DWORD64 *)(at + 24);
        return true;
    default:
        return false;
    }
}

/* A place in an epilogue is treated as one in the body. */
static PEXCEPTION_ROUTINE unwind_codes(DWORD type, DWORD64 base, DWORD64 place, PRUNTIME_FUNCTION function,
                                       PCONTEXT context, PVOID *data, PDWORD64 establisher,
                                       PKNONVOLATILE_CONTEXT_POINTERS where)
{
    const struct unwind_info *info = (const struct unwind_info *)(base + function->UnwindData);
    DWORD64 offset = place - base - function->BeginAddress, frame = context->Rsp;
    if (info->frame & 15 && offset >= info->prologue)
        frame = *general(context, info->frame & 15) - (info->frame >> 4) * 16;
    *establisher = frame;
    bool trapped = false;
    for (const struct unwind_info *part = info;; offset = ~(DWORD64)0) {
        unsigned count = part->count;
        for (unsigned i = 0; i < count; i += slots[(part->code[i].operation & 15) % sizeof slots]) {
            unsigned operation = part->code[i].operation & 15, operand = part->code[i].operation >> 4;
            if (part->code[i].offset <= offset)
                trapped |= undo(part, i, frame, context, where);
            i += operation == ALLOC_LARGE && operand;
        }
        if (!(part->version_flags >> 3 & UNW_FLAG_CHAININFO))
            break;
        const RUNTIME_FUNCTION *parent = (const RUNTIME_FUNCTION *)&part->code[(count + 1u) & ~1u];
        part = (const struct unwind_info *)(base + parent->UnwindData);
    }
    if (!trapped) {
        context->Rip = *(DWORD64 *)context->Rsp;
        context->Rsp += 8;
    }
    if (!(info->version_flags >> 3 & type & (UNW_FLAG_EHANDLER | UNW_FLAG_UHANDLER)) || offset < info->prologue)
        return NULL;
    const DWORD *handler = (const DWORD *)&info->code[(info->count + 1u) & ~1u];
    if (data)
        *data = (PVOID)(handler + 1);
    return (PEXCEPTION_ROUTINE)(base + *handler);
}

PEXCEPTION_ROUTINE RtlVirtualUnwind(DWORD type, DWORD64 base, DWORD64 place, PRUNTIME_FUNCTION function,
                                    PCONTEXT context, PVOID *data, PDWORD64 establisher,
                                    PKNONVOLATILE_CONTEXT_POINTERS where)
{
    DWORD64 registered = 0;
    if (find_registered(place, &registered) == function && function)
        return unwind_codes(type, base, place, function, context, data, establisher, where);
    const DWORD64 *saved[16] = {NULL};
    struct dwarf_function described;
    uintptr_t frame = context->Rsp;
    context->Rip = place;
    if (data)
        *data = NULL;
    if (!dwarf_find(place, &described) ||
        dwarf_step(context, after_call(place, &described), &frame, saved) == DWARF_END) {
        *establisher = 0;
        context->Rip = 0; /* the end of the stack */
        return NULL;
    }
    *establisher = frame;
    for (int i = 0; i < 16 && where; i++) {
        if (saved[i])
            where->IntegerContext[i] = (PDWORD64)(ULONG_PTR)saved[i];
    }
    return NULL; /* C and C++ have handlers of their own here */
}
