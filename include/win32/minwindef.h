/* minwindef.h: the basic types of the Windows API. */
#ifndef WINMEM_MINWINDEF_H
#define WINMEM_MINWINDEF_H

#include "winmem_compiler.h"

#include "sal.h"
#include "specstrings.h"
#include "winapifamily.h"

#ifndef NO_STRICT
#ifndef STRICT
#define STRICT 1
#endif
#endif

#define MAX_PATH 260
#ifndef NULL
#ifdef __cplusplus
#define NULL __null
#else
#define NULL ((void *)0)
#endif
#endif
#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif

#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif
#ifndef FAR
#define FAR
#endif
#ifndef NEAR
#define NEAR
#endif
#ifndef CONST
#define CONST const
#endif

#define CALLBACK
#define WINAPI
#define WINAPIV
#define APIENTRY WINAPI
#define APIPRIVATE
#define PASCAL
#define CDECL
#ifndef DECLSPEC_IMPORT
#define DECLSPEC_IMPORT WINMEM_API
#endif
#define WINBASEAPI WINMEM_API
#define WINADVAPI WINMEM_API
#define WINUSERAPI WINMEM_API
#define ZAWPROXYAPI WINMEM_API
#ifndef DECLSPEC_NORETURN
#define DECLSPEC_NORETURN __attribute__((__noreturn__))
#endif

typedef unsigned int DWORD;
typedef int BOOL;
typedef unsigned char BYTE;
typedef unsigned short WORD;
typedef float FLOAT;
typedef int INT;
typedef unsigned int UINT;
typedef unsigned int ULONG;
typedef ULONG *PULONG;
typedef unsigned short USHORT;
typedef USHORT *PUSHORT;
typedef unsigned char UCHAR;
typedef UCHAR *PUCHAR;
typedef char *PSZ;
typedef FLOAT *PFLOAT;
typedef BOOL *PBOOL, *LPBOOL;
typedef BYTE *PBYTE, *LPBYTE;
typedef int *PINT, *LPINT;
typedef WORD *PWORD, *LPWORD;
typedef int *LPLONG;
typedef DWORD *PDWORD, *LPDWORD;
typedef void *LPVOID;
typedef const void *LPCVOID;
typedef unsigned int *PUINT;

#include "winnt.h"

typedef UINT_PTR WPARAM;
typedef LONG_PTR LPARAM;
typedef LONG_PTR LRESULT;
typedef HANDLE *SPHANDLE;
typedef HANDLE *LPHANDLE;
typedef HANDLE HGLOBAL;
typedef HANDLE HLOCAL;
typedef HANDLE GLOBALHANDLE;
typedef HANDLE LOCALHANDLE;
typedef long long (*FARPROC)(void);
typedef long long (*NEARPROC)(void);
typedef long long (*PROC)(void);
typedef WORD ATOM;
typedef int HFILE;

DECLARE_HANDLE(HINSTANCE);
typedef HINSTANCE HMODULE;
DECLARE_HANDLE(HKEY);
typedef HKEY *PHKEY;
DECLARE_HANDLE(HKL);
DECLARE_HANDLE(HLSURF);
DECLARE_HANDLE(HMETAFILE);
DECLARE_HANDLE(HRGN);
DECLARE_HANDLE(HRSRC);
DECLARE_HANDLE(HSPRITE);
DECLARE_HANDLE(HSTR);
DECLARE_HANDLE(HTASK);
DECLARE_HANDLE(HWINSTA);

typedef struct _FILETIME {
    DWORD dwLowDateTime;
    DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

#define MAKEWORD(low, high) ((WORD)(((BYTE)((DWORD_PTR)(low) & 0xff)) | ((WORD)((BYTE)((DWORD_PTR)(high) & 0xff))) << 8))
#define MAKELONG(low, high) \
    ((LONG)(((WORD)((DWORD_PTR)(low) & 0xffff)) | ((DWORD)((WORD)((DWORD_PTR)(high) & 0xffff))) << 16))
#define LOWORD(value) ((WORD)(((DWORD_PTR)(value)) & 0xffff))
#define HIWORD(value) ((WORD)((((DWORD_PTR)(value)) >> 16) & 0xffff))
#define LOBYTE(value) ((BYTE)(((DWORD_PTR)(value)) & 0xff))
#define HIBYTE(value) ((BYTE)((((DWORD_PTR)(value)) >> 8) & 0xff))

/* min and max: macros in C as on Windows. In C++ the macros would break the standard library, so there they are
 * function templates for arguments of any two types, less specialised than std::min and a program's own. */
#ifndef NOMINMAX
#ifndef __cplusplus
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#else
extern "C++" {
template <class Type>
struct winmem_plain {
    typedef Type type;
};
template <class Type>
struct winmem_plain<Type &> {
    typedef Type type;
};
template <class Type>
struct winmem_plain<const Type &> {
    typedef Type type;
};
template <class Left, class Right>
constexpr auto max(const Left &left, const Right &right) -> typename winmem_plain<decltype(true ? left : right)>::type
{
    typedef typename winmem_plain<decltype(true ? left : right)>::type Both;
    return Both(left) > Both(right) ? Both(left) : Both(right);
}
template <class Left, class Right>
constexpr auto min(const Left &left, const Right &right) -> typename winmem_plain<decltype(true ? left : right)>::type
{
    typedef typename winmem_plain<decltype(true ? left : right)>::type Both;
    return Both(left) < Both(right) ? Both(left) : Both(right);
}
}
#endif
#endif

#endif
