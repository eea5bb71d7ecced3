/* unwind.c: RtlUnwindEx: __finally blocks up to a frame that the caller names, and on in its function. Frames are known
 * by their canonical frame address, which RtlVirtualUnwind tells as the establisher frame. */
#include "exception/dwarf.h"
#include "exception/internal.h"

/* Up from `context` to the function whose frame is `target`: its registers, as they will be when it goes on. False: no
 * such frame. */
static bool find_frame(CONTEXT *context, uintptr_t target)
{
    enum dwarf_step kind = DWARF_CALLED;
    uintptr_t frame = 0;
    do {
        CONTEXT here = *context;
        kind = dwarf_step(context, kind == DWARF_CALLED, &frame, NULL);
        if (kind != DWARF_END && frame == target) {
            *context = here;
            return true;
        }
    } while (kind != DWARF_END && frame < target);
    return false;
}

/* `last`: the caller's registers, as raise.S has taken them. */
void unwind_to_frame(PVOID frame, PVOID ip, EXCEPTION_RECORD *record, PVOID value, CONTEXT *context, CONTEXT *last)
{
    EXCEPTION_RECORD own = {.ExceptionCode = (DWORD)STATUS_UNWIND, .ExceptionAddress = (PVOID)(uintptr_t)last->Rip};
    if (!record)
        record = &own;
    record->ExceptionFlags |= frame ? EXCEPTION_UNWINDING : EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND;
    if (!frame) { /* everything, and then it is over */
        seh_leave_below(exception_thread.stack_high, NULL);
        exception_last_chance(record, last);
        exception_restore(last);
    }
    CONTEXT target = *last;
    if (!find_frame(&target, (uintptr_t)frame))
        raise_by_status(STATUS_INVALID_UNWIND_TARGET, last);
    seh_leave_below((uintptr_t)target.Rsp, NULL);
    record->ExceptionFlags |= EXCEPTION_TARGET_UNWIND;
    target.Rip = (uintptr_t)ip;
    target.Rax = (uintptr_t)value;
    if (context)
        *context = target;
    exception_restore_for(&target, record);
}
