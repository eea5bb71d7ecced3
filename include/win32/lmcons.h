/* lmcons.h: the lengths of names of users, machines and domains. */
#ifndef WINMEM_LMCONS_H
#define WINMEM_LMCONS_H

#include "windef.h"

#define CNLEN 15
#define DNLEN CNLEN
#define UNCLEN (CNLEN + 2)
#define NNLEN 80
#define RMLEN (UNCLEN + 1 + NNLEN)
#define SNLEN 80
#define PATHLEN 256
#define UNLEN 256
#define GNLEN UNLEN
#define PWLEN 256
#define MAXCOMMENTSZ 256

#endif
