/* oleauto.h: texts that know their length: the bytes' count stands in front of them. Of automation nothing else is here.
 */
#ifndef WINMEM_OLEAUTO_H
#define WINMEM_OLEAUTO_H

#include "combaseapi.h"

typedef WCHAR OLECHAR, *LPOLESTR, *BSTR;
typedef const WCHAR *LPCOLESTR;

WINMEM_BEGIN_DECLS
WINBASEAPI BSTR WINAPI SysAllocString(const OLECHAR *psz);
WINBASEAPI BSTR WINAPI SysAllocStringLen(const OLECHAR *strIn, UINT ui);
WINBASEAPI BSTR WINAPI SysAllocStringByteLen(LPCSTR psz, UINT len);
WINBASEAPI INT WINAPI SysReAllocString(BSTR *pbstr, const OLECHAR *psz);
WINBASEAPI INT WINAPI SysReAllocStringLen(BSTR *pbstr, const OLECHAR *psz, UINT len);
WINBASEAPI VOID WINAPI SysFreeString(BSTR bstrString);
WINBASEAPI UINT WINAPI SysStringLen(BSTR pbstr);
WINBASEAPI UINT WINAPI SysStringByteLen(BSTR bstr);
WINMEM_END_DECLS

#endif
