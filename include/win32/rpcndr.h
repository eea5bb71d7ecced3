/* rpcndr.h: its two types of one byte. A system header, so that a variable of the name is no news to gcc. */
#pragma GCC system_header
#ifndef __RPCNDR_H__
#define __RPCNDR_H__

typedef unsigned char byte;
typedef unsigned char boolean;

#endif
