/* ctype.h: the system's, with Microsoft's names added. */
#pragma GCC system_header
#include_next <ctype.h>
#ifndef WINMEM_CTYPE_H
#define WINMEM_CTYPE_H

#include "winmem_compiler.h"

/* The classes that _isctype and its kin take, one bit each. */
#define _UPPER 0x1
#define _LOWER 0x2
#define _DIGIT 0x4
#define _SPACE 0x8
#define _PUNCT 0x10
#define _CONTROL 0x20
#define _BLANK 0x40
#define _HEX 0x80
#define _LEADBYTE 0x8000
#define _ALPHA (0x0100 | _UPPER | _LOWER)

static __inline__ __attribute__((__unused__)) int _isctype(int character, int classes)
{
    int upper = isupper(character) ? _UPPER : 0, lower = islower(character) ? _LOWER : 0;
    int found = upper | lower | (isdigit(character) ? _DIGIT : 0) | (isspace(character) ? _SPACE : 0);
    found |= (ispunct(character) ? _PUNCT : 0) | (iscntrl(character) ? _CONTROL : 0);
    found |= (character == ' ' ? _BLANK : 0) | (isxdigit(character) ? _HEX : 0);
    return found & classes;
}
#define __isascii(character) ((unsigned)(character) < 0x80)
#define __toascii(character) ((character)&0x7f)
#define __iscsymf(character) (isalpha(character) || (character) == '_')
#define __iscsym(character) (isalnum(character) || (character) == '_')
#define iscsymf __iscsymf
#define iscsym __iscsym

#endif
