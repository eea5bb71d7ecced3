/* shlobj.h: of the shell's calls those that say where folders are: by number and by name. */
#ifndef WINMEM_SHLOBJ_H
#define WINMEM_SHLOBJ_H

#include "shellapi.h"

#include "combaseapi.h"
#include "knownfolders.h"

#define CSIDL_DESKTOP 0x0000
#define CSIDL_PERSONAL 0x0005
#define CSIDL_MYDOCUMENTS CSIDL_PERSONAL
#define CSIDL_MYMUSIC 0x000d
#define CSIDL_MYVIDEO 0x000e
#define CSIDL_DESKTOPDIRECTORY 0x0010
#define CSIDL_FONTS 0x0014
#define CSIDL_TEMPLATES 0x0015
#define CSIDL_APPDATA 0x001a
#define CSIDL_LOCAL_APPDATA 0x001c
#define CSIDL_INTERNET_CACHE 0x0020
#define CSIDL_COMMON_APPDATA 0x0023
#define CSIDL_WINDOWS 0x0024
#define CSIDL_SYSTEM 0x0025
#define CSIDL_PROGRAM_FILES 0x0026
#define CSIDL_MYPICTURES 0x0027
#define CSIDL_PROFILE 0x0028
#define CSIDL_FLAG_CREATE 0x8000
#define CSIDL_FLAG_DONT_VERIFY 0x4000
#define CSIDL_FLAG_MASK 0xff00

typedef enum { SHGFP_TYPE_CURRENT = 0, SHGFP_TYPE_DEFAULT = 1 } SHGFP_TYPE;
typedef enum KNOWN_FOLDER_FLAG {
    KF_FLAG_DEFAULT = 0,
    KF_FLAG_NO_APPCONTAINER_REDIRECTION = 0x10000,
    KF_FLAG_CREATE = 0x8000,
    KF_FLAG_DONT_VERIFY = 0x4000,
    KF_FLAG_DONT_UNEXPAND = 0x2000,
    KF_FLAG_NO_ALIAS = 0x1000,
    KF_FLAG_INIT = 0x800,
    KF_FLAG_DEFAULT_PATH = 0x400
} KNOWN_FOLDER_FLAG;

WINMEM_BEGIN_DECLS
/* The path, for which there must be room for MAX_PATH. A folder that is not there and is not to be made: S_FALSE and an
 * empty path, or, of the known folders, 0x80070002. */
WINBASEAPI HRESULT WINAPI SHGetFolderPathA(HWND hwnd, int csidl, HANDLE hToken, DWORD dwFlags, LPSTR pszPath);
WINBASEAPI HRESULT WINAPI SHGetFolderPathW(HWND hwnd, int csidl, HANDLE hToken, DWORD dwFlags, LPWSTR pszPath);
WINBASEAPI BOOL WINAPI SHGetSpecialFolderPathA(HWND hwnd, LPSTR pszPath, int csidl, BOOL fCreate);
WINBASEAPI BOOL WINAPI SHGetSpecialFolderPathW(HWND hwnd, LPWSTR pszPath, int csidl, BOOL fCreate);
/* The path is for CoTaskMemFree. */
WINBASEAPI HRESULT WINAPI SHGetKnownFolderPath(REFKNOWNFOLDERID rfid, DWORD dwFlags, HANDLE hToken, PWSTR *ppszPath);
WINMEM_END_DECLS
#ifdef UNICODE
#define SHGetFolderPath SHGetFolderPathW
#define SHGetSpecialFolderPath SHGetSpecialFolderPathW
#else
#define SHGetFolderPath SHGetFolderPathA
#define SHGetSpecialFolderPath SHGetSpecialFolderPathA
#endif

#endif
