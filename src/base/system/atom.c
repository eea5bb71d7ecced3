/* atom.c: atoms: texts that are told by a number of 16 bits, counted. A local table and a global one, both of this
 * process. Sets the last error. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <winbase.h>
#include <winerror.h>

#include "base/copyout.h"
#include "base/forklock.h"
#include "host/fork.h"
#include "host/own.h"
#include "win32/win32.h"

#define FIRST_ATOM 0xC000u /* below: the number itself, without a text */
#define MOST_ATOMS 0x4000u
#define LONGEST_NAME 255

struct atom {
    char *name; /* UTF-8; NULL: free */
    unsigned count;
};

struct table {
    struct atom *atoms;
    unsigned used;
};

static struct {
    pthread_mutex_t lock;
    struct table local, global; /* lock */
} atom_state = {.lock = PTHREAD_MUTEX_INITIALIZER};

BASE_FREE_FORKED(atom_state.lock)

/* "#123" is 123; -1: a name. 0: no atom has it. */
static int plain_number(const char *name)
{
    if (name[0] != '#' || !name[1] || name[1 + strspn(name + 1, "0123456789")])
        return -1;
    unsigned long number = strtoul(name + 1, NULL, 10);
    return number < FIRST_ATOM ? (int)number : 0;
}

static ATOM fail(DWORD error)
{
    SetLastError(error);
    return 0;
}

static unsigned find_locked(const struct table *table, const char *name)
{
    for (unsigned i = 0; i < table->used; i++)
        if (table->atoms[i].name && !strcasecmp(table->atoms[i].name, name))
            return i;
    return MOST_ATOMS;
}

static ATOM add_locked(struct table *table, const char *name)
{
    unsigned place = find_locked(table, name);
    if (place < MOST_ATOMS) {
        table->atoms[place].count++;
        return (ATOM)(FIRST_ATOM + place);
    }
    for (place = 0; place < table->used && table->atoms[place].name;)
        place++;
    if (place == table->used && table->used % 64 == 0) {
        void *more = place < MOST_ATOMS ? host_own_grow(table->atoms, (place + 64) * sizeof *table->atoms) : NULL;
        if (!more)
            return fail(ERROR_NOT_ENOUGH_MEMORY);
        table->atoms = more;
    }
    char *copy = host_own_text(name);
    if (!copy)
        return fail(ERROR_NOT_ENOUGH_MEMORY);
    table->atoms[place] = (struct atom){copy, 1};
    table->used += place == table->used;
    return (ATOM)(FIRST_ATOM + place);
}

/* MAKEINTATOM(123) is its own atom. */
static ATOM integer_atom(uintptr_t number)
{
    return number && number < FIRST_ATOM ? (ATOM)number : fail(ERROR_INVALID_PARAMETER);
}

static ATOM look_text(struct table *table, const char *name, bool add)
{
    int number = plain_number(name);
    if (number >= 0)
        return number ? (ATOM)number : fail(ERROR_INVALID_PARAMETER);
    if (!*name)
        return fail(ERROR_INVALID_NAME);
    if (host_utf8_to_utf16(name, SIZE_MAX, NULL, 0, 0) > LONGEST_NAME + 1)
        return fail(ERROR_INVALID_PARAMETER);
    pthread_mutex_lock(&atom_state.lock);
    unsigned place = add ? 0 : find_locked(table, name);
    ATOM atom = add                  ? add_locked(table, name)
                : place < MOST_ATOMS ? (ATOM)(FIRST_ATOM + place)
                                     : fail(ERROR_FILE_NOT_FOUND);
    pthread_mutex_unlock(&atom_state.lock);
    return atom;
}

static ATOM look(struct table *table, const char *name, bool add)
{
    return (uintptr_t)name < 0x10000 ? integer_atom((uintptr_t)name) : look_text(table, name, add);
}

static ATOM look_wide(struct table *table, LPCWSTR name, bool add)
{
    char text[3 * (LONGEST_NAME + 2)];
    if ((uintptr_t)name < 0x10000)
        return integer_atom((uintptr_t)name);
    if (host_utf16_to_utf8((const uint16_t *)name, SIZE_MAX, text, sizeof text, 0) > sizeof text)
        return fail(ERROR_INVALID_PARAMETER);
    return look_text(table, text, add);
}

/* 0: it is gone, or it was a number. */
static ATOM drop(struct table *table, ATOM atom)
{
    if (atom < FIRST_ATOM)
        return 0;
    pthread_mutex_lock(&atom_state.lock);
    unsigned place = atom - FIRST_ATOM;
    bool found = place < table->used && table->atoms[place].name;
    if (found && --table->atoms[place].count == 0) {
        host_own_give(table->atoms[place].name);
        table->atoms[place].name = NULL;
    }
    pthread_mutex_unlock(&atom_state.lock);
    if (found)
        return 0;
    SetLastError(ERROR_INVALID_HANDLE);
    return atom;
}

static bool name_of(struct table *table, ATOM atom, char name[3 * (LONGEST_NAME + 2)])
{
    bool found = atom != 0;
    if (atom < FIRST_ATOM) {
        sprintf(name, "#%u", atom);
    } else {
        pthread_mutex_lock(&atom_state.lock);
        unsigned place = atom - FIRST_ATOM;
        found = place < table->used && table->atoms[place].name;
        if (found)
            strcpy(name, table->atoms[place].name);
        pthread_mutex_unlock(&atom_state.lock);
    }
    return found || win32_error(atom ? ERROR_INVALID_HANDLE : ERROR_INVALID_PARAMETER);
}

/* A name that does not fit is cut; of the global table that is told as a failure. */
static UINT tell(struct table *table, ATOM atom, LPSTR buffer, int size)
{
    char name[3 * (LONGEST_NAME + 2)];
    if (size <= 0)
        return fail(ERROR_MORE_DATA);
    if (!name_of(table, atom, name))
        return 0;
    size_t length = strlen(name);
    bool cut = length >= (size_t)size;
    if (cut) {
        length = (size_t)size - 1;
        SetLastError(ERROR_MORE_DATA);
    }
    memcpy(buffer, name, length);
    buffer[length] = 0;
    return cut && table == &atom_state.global ? 0 : (UINT)length;
}

static UINT tell_wide(struct table *table, ATOM atom, LPWSTR buffer, int size)
{
    char name[3 * (LONGEST_NAME + 2)];
    uint16_t wide[LONGEST_NAME + 2];
    if (size <= 0)
        return fail(ERROR_MORE_DATA);
    if (!name_of(table, atom, name))
        return 0;
    size_t length = host_utf8_to_utf16(name, SIZE_MAX, wide, LONGEST_NAME + 2, 0) - 1;
    bool cut = length >= (size_t)size;
    if (cut) {
        length = (size_t)size - 1;
        SetLastError(ERROR_MORE_DATA);
    }
    memcpy(buffer, wide, length * sizeof *buffer);
    buffer[length] = 0;
    return cut && table == &atom_state.global ? 0 : (UINT)length;
}

BOOL InitAtomTable(DWORD size)
{
    (void)size; /* a table is as large as it must be */
    return TRUE;
}

/* The faces of both tables. */
#define FACES(prefix, table, Delete, Name)                                                                             \
    ATOM prefix##AddAtomA(LPCSTR name)                                                                                 \
    {                                                                                                                  \
        return look(&atom_state.table, name, true);                                                                    \
    }                                                                                                                  \
    ATOM prefix##AddAtomW(LPCWSTR name)                                                                                \
    {                                                                                                                  \
        return look_wide(&atom_state.table, name, true);                                                               \
    }                                                                                                                  \
    ATOM prefix##FindAtomA(LPCSTR name)                                                                                \
    {                                                                                                                  \
        return look(&atom_state.table, name, false);                                                                   \
    }                                                                                                                  \
    ATOM prefix##FindAtomW(LPCWSTR name)                                                                               \
    {                                                                                                                  \
        return look_wide(&atom_state.table, name, false);                                                              \
    }                                                                                                                  \
    ATOM Delete(ATOM atom)                                                                                             \
    {                                                                                                                  \
        return drop(&atom_state.table, atom);                                                                          \
    }                                                                                                                  \
    UINT Name##A(ATOM atom, LPSTR buffer, int size)                                                                    \
    {                                                                                                                  \
        return tell(&atom_state.table, atom, buffer, size);                                                            \
    }                                                                                                                  \
    UINT Name##W(ATOM atom, LPWSTR buffer, int size)                                                                   \
    {                                                                                                                  \
        return tell_wide(&atom_state.table, atom, buffer, size);                                                       \
    }

FACES(, local, DeleteAtom, GetAtomName)
FACES(Global, global, GlobalDeleteAtom, GlobalGetAtomName)
