/* volumename.h: the name that the one volume has besides its letter. */
#ifndef WINMEM_BASE_VOLUMENAME_H
#define WINMEM_BASE_VOLUMENAME_H

#define VOLUME_NAME_SIZE 50 /* \\?\Volume{8-4-4-4-12}\ and the NUL */

/* Made of what the file system of the root says of itself: the same as long as that stays. */
void base_volume_name(char name[VOLUME_NAME_SIZE]);

#endif
