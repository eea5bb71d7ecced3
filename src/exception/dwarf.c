/* dwarf.c: see dwarf.h. DWARF 5, chapter 6.4, as the x86-64 ABI uses it, and the pointer encodings and call-site tables
 * of the LSB and the Itanium C++ ABI. */
#include "exception/dwarf.h"

#include <stddef.h>
#include <string.h>
#include <unwind.h>

/* libgcc's registry of frame descriptions. */
struct dwarf_eh_bases {
    void *tbase, *dbase, *func;
};
extern const void *_Unwind_Find_FDE(void *, struct dwarf_eh_bases *); // NOLINT(bugprone-reserved-identifier)

enum { RSP = 7, RETURN = 16, COLUMNS = 17 }; /* DWARF numbers of registers */
enum { ENC_ABSENT = 0xff, ENC_INDIRECT = 0x80, ENC_PCREL = 0x10, ENC_DATAREL = 0x30 };

/* From DWARF numbers to places in a CONTEXT: rax rdx rcx rbx rsi rdi rbp rsp r8... */
static const unsigned char context_order[16] = {0, 2, 1, 3, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15};

struct reader {
    const unsigned char *at, *end;
};

static uint64_t read_fixed(struct reader *reader, size_t size)
{
    uint64_t value = 0;
    memcpy(&value, reader->at, size);
    reader->at += size;
    return value;
}

static uint64_t read_unsigned(struct reader *reader)
{
    uint64_t value = 0;
    unsigned shift = 0, byte;
    do {
        byte = *reader->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80 && shift < 64);
    return value;
}

static int64_t read_signed(struct reader *reader)
{
    uint64_t value = 0;
    unsigned shift = 0, byte;
    do {
        byte = *reader->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80 && shift < 64);
    if (shift < 64 && byte & 0x40)
        value |= ~(uint64_t)0 << shift;
    return (int64_t)value;
}

static uint64_t read_encoded(struct reader *reader, unsigned encoding, uintptr_t data)
{
    if (encoding == ENC_ABSENT)
        return 0;
    uintptr_t here = (uintptr_t)reader->at;
    uint64_t value;
    switch (encoding & 0x0f) {
    case 0x01:
        value = read_unsigned(reader);
        break;
    case 0x02:
        value = read_fixed(reader, 2);
        break;
    case 0x03:
        value = read_fixed(reader, 4);
        break;
    case 0x09:
        value = (uint64_t)read_signed(reader);
        break;
    case 0x0a:
        value = (uint64_t)(int16_t)read_fixed(reader, 2);
        break;
    case 0x0b:
        value = (uint64_t)(int32_t)read_fixed(reader, 4);
        break;
    default:
        value = read_fixed(reader, 8);
    }
    if (value) {
        value += (encoding & 0x70) == ENC_PCREL ? here : (encoding & 0x70) == ENC_DATAREL ? data : 0;
        if (encoding & ENC_INDIRECT)
            memcpy(&value, (const void *)(uintptr_t)value, sizeof value);
    }
    return value;
}

/* What a CIE says to all its functions. */
struct common {
    uint64_t code_factor;
    int64_t data_factor;
    unsigned pointers, language; /* encodings */
    bool augmented, signal_frame;
    const unsigned char *program, *program_end;
};

static bool read_common(const unsigned char *cie, struct common *common)
{
    struct reader reader = {.at = cie};
    uint32_t length = (uint32_t)read_fixed(&reader, 4);
    if (length == 0xffffffff)
        return false;
    common->program_end = reader.at + length;
    reader.at += 4;
    unsigned version = *reader.at++;
    const char *augmentation = (const char *)reader.at;
    reader.at += strlen(augmentation) + 1;
    if (version >= 4)
        reader.at += 2;
    common->code_factor = read_unsigned(&reader);
    common->data_factor = read_signed(&reader);
    uint64_t column = version == 1 ? *reader.at++ : read_unsigned(&reader);
    common->pointers = 0;
    common->language = ENC_ABSENT;
    common->augmented = *augmentation == 'z';
    common->signal_frame = false;
    if (*augmentation && !common->augmented)
        return false;
    if (common->augmented) {
        uint64_t size = read_unsigned(&reader);
        const unsigned char *program = reader.at + size;
        for (const char *letter = augmentation + 1; *letter; letter++) {
            if (*letter == 'R') {
                common->pointers = *reader.at++;
            } else if (*letter == 'L') {
                common->language = *reader.at++;
            } else if (*letter == 'S') {
                common->signal_frame = true;
            } else if (*letter == 'P') {
                unsigned encoding = *reader.at++;
                read_encoded(&reader, encoding & ~(unsigned)ENC_INDIRECT, 0);
            }
        }
        reader.at = program;
    }
    common->program = reader.at;
    return column == RETURN;
}

bool dwarf_find(uintptr_t place, struct dwarf_function *function)
{
    struct dwarf_eh_bases bases;
    const unsigned char *description = _Unwind_Find_FDE((void *)place, &bases);
    if (!description)
        return false;
    struct reader reader = {.at = description};
    uint32_t length = (uint32_t)read_fixed(&reader, 4);
    function->description = description;
    function->program_end = reader.at + length;
    const unsigned char *field = reader.at;
    function->common = field - (int32_t)read_fixed(&reader, 4);
    struct common common;
    if (!read_common(function->common, &common))
        return false;
    read_encoded(&reader, common.pointers, (uintptr_t)bases.dbase);
    function->start = (uintptr_t)bases.func;
    function->end = function->start + read_encoded(&reader, common.pointers & 0x0f, 0);
    function->exceptions = NULL;
    if (common.augmented) {
        uint64_t size = read_unsigned(&reader);
        const unsigned char *program = reader.at + size;
        function->exceptions =
            (const unsigned char *)(uintptr_t)read_encoded(&reader, common.language, (uintptr_t)bases.dbase);
        reader.at = program;
    }
    function->program = reader.at;
    function->signal_frame = common.signal_frame;
    return true;
}

/* How a register of the caller is found. */
enum how { SAME, UNDEFINED, AT_OFFSET, IS_OFFSET, IN_REGISTER, AT_EXPRESSION, IS_EXPRESSION };
struct rule {
    enum how how;
    int64_t value;
    const unsigned char *expression; /* its length first */
};
struct row {
    struct rule frame; /* IN_REGISTER + value, with the register in frame_register, or an expression */
    unsigned frame_register;
    struct rule column[COLUMNS];
};
struct machine {
    struct row now, initial, kept[4];
    unsigned depth;
    uintptr_t place;
    bool failed;
};

static void set_rule(struct machine *machine, uint64_t column, struct rule rule)
{
    if (column < COLUMNS)
        machine->now.column[column] = rule;
}

static struct rule read_expression(struct reader *reader, enum how how)
{
    struct rule rule = {.how = how, .expression = reader->at};
    uint64_t size = read_unsigned(reader);
    reader->at += size;
    return rule;
}

/* The instructions that say how the frame is found. */
static bool run_frame(struct machine *machine, const struct common *common, unsigned code, struct reader *reader)
{
    struct row *row = &machine->now;
    switch (code) {
    case 0x0c: /* def_cfa */
    case 0x12: /* def_cfa_sf */
        row->frame_register = (unsigned)read_unsigned(reader);
        row->frame.how = IN_REGISTER;
        row->frame.value = code == 0x0c ? (int64_t)read_unsigned(reader) : read_signed(reader) * common->data_factor;
        return true;
    case 0x0d: /* def_cfa_register */
        row->frame_register = (unsigned)read_unsigned(reader);
        row->frame.how = IN_REGISTER;
        return true;
    case 0x0e: /* def_cfa_offset */
        row->frame.value = (int64_t)read_unsigned(reader);
        return true;
    case 0x13: /* def_cfa_offset_sf */
        row->frame.value = read_signed(reader) * common->data_factor;
        return true;
    case 0x0f: /* def_cfa_expression */
        row->frame = read_expression(reader, IS_EXPRESSION);
        return true;
    }
    return false;
}

/* Those that say how registers are found, and the rest. */
static void run_other(struct machine *machine, const struct common *common, unsigned code, struct reader *reader)
{
    uint64_t column;
    switch (code) {
    case 0x00: /* nop */
        break;
    case 0x05: /* offset_extended */
    case 0x14: /* val_offset */
        column = read_unsigned(reader);
        set_rule(machine, column,
                 (struct rule){.how = code == 0x05 ? AT_OFFSET : IS_OFFSET,
                               .value = (int64_t)read_unsigned(reader) * common->data_factor});
        break;
    case 0x11: /* offset_extended_sf */
    case 0x15: /* val_offset_sf */
        column = read_unsigned(reader);
        set_rule(machine, column,
                 (struct rule){.how = code == 0x11 ? AT_OFFSET : IS_OFFSET,
                               .value = read_signed(reader) * common->data_factor});
        break;
    case 0x06: /* restore_extended */
        column = read_unsigned(reader);
        if (column < COLUMNS)
            machine->now.column[column] = machine->initial.column[column];
        break;
    case 0x07: /* undefined */
    case 0x08: /* same_value */
        set_rule(machine, read_unsigned(reader), (struct rule){.how = code == 0x07 ? UNDEFINED : SAME});
        break;
    case 0x09: /* register */
        column = read_unsigned(reader);
        set_rule(machine, column, (struct rule){.how = IN_REGISTER, .value = (int64_t)read_unsigned(reader)});
        break;
    case 0x0a: /* remember_state */
        if (machine->depth < sizeof machine->kept / sizeof *machine->kept)
            machine->kept[machine->depth++] = machine->now;
        else
            machine->failed = true;
        break;
    case 0x0b: /* restore_state */
        if (machine->depth)
            machine->now = machine->kept[--machine->depth];
        else
            machine->failed = true;
        break;
    case 0x10: /* expression */
    case 0x16: /* val_expression */
        column = read_unsigned(reader);
        set_rule(machine, column, read_expression(reader, code == 0x10 ? AT_EXPRESSION : IS_EXPRESSION));
        break;
    case 0x2e: /* GNU_args_size */
        read_unsigned(reader);
        break;
    default:
        machine->failed = true;
    }
}

/* Runs the instructions up to the row that holds at `target`. */
static void run(struct machine *machine, const struct common *common, struct reader reader, uintptr_t target)
{
    while (reader.at < reader.end && !machine->failed) {
        unsigned code = *reader.at++, operand = code & 0x3f;
        uint64_t advance = 0;
        if (code >> 6 == 1) {
            advance = operand;
        } else if (code >> 6 == 2) {
            set_rule(machine, operand,
                     (struct rule){.how = AT_OFFSET, .value = (int64_t)read_unsigned(&reader) * common->data_factor});
            continue;
        } else if (code >> 6 == 3) {
            if (operand < COLUMNS)
                machine->now.column[operand] = machine->initial.column[operand];
            continue;
        } else if (code == 0x01) { /* set_loc */
            uintptr_t place = (uintptr_t)read_encoded(&reader, common->pointers, 0);
            if (place > target)
                return;
            machine->place = place;
            continue;
        } else if (code >= 0x02 && code <= 0x04) { /* advance_loc1, 2, 4 */
            advance = read_fixed(&reader, (size_t)1 << (code - 2));
        } else {
            if (!run_frame(machine, common, code, &reader))
                run_other(machine, common, code, &reader);
            continue;
        }
        machine->place += advance * common->code_factor;
        if (machine->place > target)
            return;
    }
}

static DWORD64 *register_of(CONTEXT *context, unsigned number)
{
    return number < 16 ? &(&context->Rax)[context_order[number]] : number == RETURN ? &context->Rip : NULL;
}

struct stack {
    uint64_t value[32];
    unsigned depth;
    bool failed;
};

static void push(struct stack *stack, uint64_t value)
{
    if (stack->depth < 32)
        stack->value[stack->depth++] = value;
    else
        stack->failed = true;
}

static uint64_t pop(struct stack *stack)
{
    if (stack->depth)
        return stack->value[--stack->depth];
    stack->failed = true;
    return 0;
}

static void binary(struct stack *stack, unsigned code)
{
    uint64_t right = pop(stack), left = pop(stack);
    switch (code) {
    case 0x1a:
        return push(stack, left & right);
    case 0x1c:
        return push(stack, left - right);
    case 0x1e:
        return push(stack, left * right);
    case 0x21:
        return push(stack, left | right);
    case 0x22:
        return push(stack, left + right);
    case 0x24:
        return push(stack, left << (right & 63));
    case 0x25:
        return push(stack, left >> (right & 63));
    case 0x26:
        return push(stack, (uint64_t)((int64_t)left >> (right & 63)));
    case 0x27:
        return push(stack, left ^ right);
    case 0x29:
        return push(stack, left == right);
    case 0x2a:
        return push(stack, (int64_t)left >= (int64_t)right);
    case 0x2b:
        return push(stack, (int64_t)left > (int64_t)right);
    case 0x2c:
        return push(stack, (int64_t)left <= (int64_t)right);
    case 0x2d:
        return push(stack, (int64_t)left < (int64_t)right);
    case 0x2e:
        return push(stack, left != right);
    default:
        stack->failed = true;
    }
}

static void load(struct stack *stack, size_t size)
{
    uint64_t value = 0;
    memcpy(&value, (const void *)(uintptr_t)pop(stack), size <= 8 ? size : 8);
    push(stack, value);
}

/* The operations that compilers use for frames; others fail. */
static void operate(struct stack *stack, unsigned code, struct reader *reader, CONTEXT *context)
{
    if (code >= 0x30 && code <= 0x4f)
        return push(stack, code - 0x30); /* lit0... */
    if (code >= 0x70 && code <= 0x80)    /* breg0... */
        return push(stack, *register_of(context, code - 0x70) + (uint64_t)read_signed(reader));
    switch (code) {
    case 0x06: /* deref */
        return load(stack, 8);
    case 0x94: /* deref_size */
        return load(stack, *reader->at++);
    case 0x03:
    case 0x0e:
    case 0x0f: /* addr const8u const8s */
        return push(stack, read_fixed(reader, 8));
    case 0x08:
        return push(stack, read_fixed(reader, 1));
    case 0x09:
        return push(stack, (uint64_t)(int8_t)read_fixed(reader, 1));
    case 0x0a:
        return push(stack, read_fixed(reader, 2));
    case 0x0b:
        return push(stack, (uint64_t)(int16_t)read_fixed(reader, 2));
    case 0x0c:
        return push(stack, read_fixed(reader, 4));
    case 0x0d:
        return push(stack, (uint64_t)(int32_t)read_fixed(reader, 4));
    case 0x10:
        return push(stack, read_unsigned(reader));
    case 0x11:
        return push(stack, (uint64_t)read_signed(reader));
    case 0x12: { /* dup */
        uint64_t top = pop(stack);
        push(stack, top);
        return push(stack, top);
    }
    case 0x13: /* drop */
        pop(stack);
        return;
    case 0x1f: /* neg */
        return push(stack, -pop(stack));
    case 0x20: /* not */
        return push(stack, ~pop(stack));
    case 0x23: /* plus_uconst */
        return push(stack, pop(stack) + read_unsigned(reader));
    case 0x96: /* nop */
        return;
    default:
        binary(stack, code);
    }
}

static bool evaluate(const unsigned char *expression, CONTEXT *context, bool with_frame, uint64_t frame,
                     uint64_t *value)
{
    struct reader reader = {.at = expression};
    struct stack stack = {.depth = 0};
    uint64_t size = read_unsigned(&reader);
    reader.end = reader.at + size;
    if (with_frame)
        push(&stack, frame);
    while (reader.at < reader.end && !stack.failed)
        operate(&stack, *reader.at++, &reader, context);
    *value = pop(&stack);
    return !stack.failed;
}

/* One register of the caller, from the callee's registers. */
static bool recover(const struct rule *rule, unsigned number, CONTEXT *callee, uint64_t frame, CONTEXT *caller,
                    const DWORD64 **where)
{
    DWORD64 *to = register_of(caller, number);
    uint64_t value = frame + (uint64_t)rule->value;
    switch (rule->how) {
    case SAME:
    case UNDEFINED:
        return true;
    case IN_REGISTER:
        if (!register_of(callee, (unsigned)rule->value))
            return false;
        *to = *register_of(callee, (unsigned)rule->value);
        return true;
    case AT_EXPRESSION:
    case IS_EXPRESSION:
        if (!evaluate(rule->expression, callee, true, frame, &value))
            return false;
        break;
    default:
        break;
    }
    if (rule->how == IS_OFFSET || rule->how == IS_EXPRESSION) {
        *to = value;
        return true;
    }
    memcpy(to, (const void *)(uintptr_t)value, sizeof *to);
    if (where && number < 16)
        where[context_order[number]] = (const DWORD64 *)(uintptr_t)value;
    return true;
}

enum dwarf_step dwarf_step(CONTEXT *context, bool after_call, uintptr_t *frame, const DWORD64 *where[16])
{
    struct dwarf_function function;
    struct common common;
    uintptr_t place = (uintptr_t)context->Rip - (after_call ? 1 : 0);
    if (!dwarf_find(place, &function) || !read_common(function.common, &common))
        return DWARF_END;
    struct machine machine = {.place = function.start};
    run(&machine, &common, (struct reader){common.program, common.program_end}, ~(uintptr_t)0);
    machine.initial = machine.now;
    run(&machine, &common, (struct reader){function.program, function.program_end}, place);
    const struct row *row = &machine.now;
    uint64_t base;
    if (machine.failed || row->column[RETURN].how == UNDEFINED || row->column[RETURN].how == SAME)
        return DWARF_END;
    if (row->frame.how == IS_EXPRESSION) {
        if (!evaluate(row->frame.expression, context, false, 0, &base))
            return DWARF_END;
    } else {
        DWORD64 *from = register_of(context, row->frame_register);
        if (!from)
            return DWARF_END;
        base = *from + (uint64_t)row->frame.value;
    }
    CONTEXT *callee = context;
    DWORD64 general[16], rip = context->Rip;
    memcpy(general, &callee->Rax, sizeof general);
    CONTEXT caller; /* only these registers of it are used */
    memcpy(&caller.Rax, general, sizeof general);
    caller.Rip = rip;
    caller.Rsp = base;
    for (unsigned i = 0; i < COLUMNS; i++) {
        if (!recover(&row->column[i], i, callee, base, &caller, where))
            return DWARF_END;
    }
    memcpy(&context->Rax, &caller.Rax, sizeof general);
    context->Rip = caller.Rip;
    *frame = base;
    return function.signal_frame ? DWARF_INTERRUPTED : DWARF_CALLED;
}

/* What the table of call sites says of a place: the pad, 0 for none, and the first record of what it is for. */
struct call_site {
    uintptr_t pad;
    const unsigned char *action; /* NULL: to clean up */
};

static bool find_call_site(const struct dwarf_function *function, uintptr_t place, struct call_site *site)
{
    if (!function->exceptions)
        return false;
    struct reader reader = {.at = function->exceptions};
    unsigned encoding = *reader.at++;
    uintptr_t base = encoding == ENC_ABSENT ? function->start : (uintptr_t)read_encoded(&reader, encoding, 0);
    if (*reader.at++ != ENC_ABSENT) /* the table of types */
        read_unsigned(&reader);
    encoding = *reader.at++;
    uint64_t size = read_unsigned(&reader);
    reader.end = reader.at + size;
    while (reader.at < reader.end) {
        uintptr_t start = function->start + (uintptr_t)read_encoded(&reader, encoding, 0);
        uintptr_t end = start + (uintptr_t)read_encoded(&reader, encoding, 0);
        uintptr_t landing = (uintptr_t)read_encoded(&reader, encoding, 0);
        uint64_t action = read_unsigned(&reader);
        if (place < start)
            break;
        if (place < end) {
            *site = (struct call_site){landing ? base + landing : 0, action ? reader.end + action - 1 : NULL};
            return true;
        }
    }
    return false;
}

uintptr_t dwarf_landing(const struct dwarf_function *function, uintptr_t place)
{
    struct call_site site;
    return find_call_site(function, place, &site) && !site.action ? site.pad : 0;
}

bool dwarf_catches(const struct dwarf_function *function, uintptr_t place)
{
    struct call_site site;
    if (!find_call_site(function, place, &site) || !site.pad)
        return false;
    struct reader reader = {.at = site.action};
    while (reader.at) {
        if (read_signed(&reader) > 0)
            return true;
        const unsigned char *here = reader.at;
        int64_t next = read_signed(&reader);
        reader.at = next ? here + next : NULL;
    }
    return false;
}

bool dwarf_passes(const struct dwarf_function *function, uintptr_t place, bool *lands)
{
    struct call_site site = {.pad = 0};
    bool passes = !function->exceptions || find_call_site(function, place, &site);
    *lands = site.pad != 0;
    return passes;
}
