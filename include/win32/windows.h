/* windows.h: everything that programs expect of it and that is here. */
#ifndef WINMEM_WINDOWS_H
#define WINMEM_WINDOWS_H

#include "sdkddkver.h"

#include "excpt.h"
#include "windef.h"
#include "winbase.h"
#include "realtimeapiset.h"
#include "winerror.h"
#include "interlockedapi.h"
#include "stringapiset.h"
#include "winnls.h"
#include "consoleapi.h"
#include "securitybaseapi.h"
#include "winreg.h"
#include "winuser.h"
#define WINMEM_INTRIN_FEW
#include "intrin.h"
#undef WINMEM_INTRIN_FEW
#ifndef WIN32_LEAN_AND_MEAN
#include "mmsystem.h"
#include "rpcndr.h"
#include "shellapi.h"
#include "wincrypt.h"
#endif

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#endif
