/* sid.h: security identifiers, as the files of descriptors and tokens share them. */
#ifndef WINMEM_BASE_SID_H
#define WINMEM_BASE_SID_H

#include <stdbool.h>
#include <windef.h>

/* Room for any identifier. */
union base_sid {
    SID sid;
    BYTE room[SECURITY_MAX_SID_SIZE];
};

/* A user or group of this system: S-1-22-1-n and S-1-22-2-n, which is how others name them to Windows. */
void base_sid_of_user(union base_sid *sid, DWORD number);
void base_sid_of_group(union base_sid *sid, DWORD number);
bool base_sid_well_known(union base_sid *sid, WELL_KNOWN_SID_TYPE type);
/* The identifier that text names: S-1-... or two letters of the descriptors' language; how many characters, 0: none. */
size_t base_sid_parse(const char *text, union base_sid *sid);

#endif
