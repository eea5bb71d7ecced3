/* ntverp.h: the version of the kit that these headers speak for. */
#ifndef WINMEM_NTVERP_H
#define WINMEM_NTVERP_H

#define VER_PRODUCTBUILD 10011
#define VER_PRODUCTBUILD_QFE 16384
#define VER_PRODUCTMAJORVERSION 10
#define VER_PRODUCTMINORVERSION 0

#endif
