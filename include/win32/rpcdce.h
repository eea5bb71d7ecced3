/* rpcdce.h: identifiers of 128 bits, made, compared and written. */
#ifndef WINMEM_RPCDCE_H
#define WINMEM_RPCDCE_H

#include "guiddef.h"
#include "windef.h"
#include "winerror.h"

typedef LONG RPC_STATUS;
typedef unsigned char *RPC_CSTR;
typedef WCHAR *RPC_WSTR;
#define RPC_ENTRY WINAPI
#define RPC_S_OK ERROR_SUCCESS
#define RPC_S_INVALID_ARG ERROR_INVALID_PARAMETER
#define RPC_S_OUT_OF_MEMORY ERROR_OUTOFMEMORY
#ifndef RPC_S_INVALID_STRING_UUID
#define RPC_S_INVALID_STRING_UUID 1705
#endif
#ifndef RPC_S_UUID_NO_ADDRESS
#define RPC_S_UUID_NO_ADDRESS 1739
#endif
#ifndef RPC_S_UUID_LOCAL_ONLY
#define RPC_S_UUID_LOCAL_ONLY 1824
#endif

WINMEM_BEGIN_DECLS
WINBASEAPI RPC_STATUS RPC_ENTRY UuidCreate(UUID *Uuid);
WINBASEAPI RPC_STATUS RPC_ENTRY UuidCreateSequential(UUID *Uuid);
WINBASEAPI RPC_STATUS RPC_ENTRY UuidCreateNil(UUID *NilUuid);
WINBASEAPI RPC_STATUS RPC_ENTRY UuidToStringA(const UUID *Uuid, RPC_CSTR *StringUuid);
WINBASEAPI RPC_STATUS RPC_ENTRY UuidToStringW(const UUID *Uuid, RPC_WSTR *StringUuid);
WINBASEAPI RPC_STATUS RPC_ENTRY UuidFromStringA(RPC_CSTR StringUuid, UUID *Uuid);
WINBASEAPI RPC_STATUS RPC_ENTRY UuidFromStringW(RPC_WSTR StringUuid, UUID *Uuid);
WINBASEAPI RPC_STATUS RPC_ENTRY RpcStringFreeA(RPC_CSTR *String);
WINBASEAPI RPC_STATUS RPC_ENTRY RpcStringFreeW(RPC_WSTR *String);
WINBASEAPI signed int RPC_ENTRY UuidCompare(UUID *Uuid1, UUID *Uuid2, RPC_STATUS *Status);
WINBASEAPI int RPC_ENTRY UuidEqual(UUID *Uuid1, UUID *Uuid2, RPC_STATUS *Status);
WINBASEAPI int RPC_ENTRY UuidIsNil(UUID *Uuid, RPC_STATUS *Status);
WINMEM_END_DECLS

#ifdef UNICODE
#define UuidToString UuidToStringW
#define UuidFromString UuidFromStringW
#define RpcStringFree RpcStringFreeW
#else
#define UuidToString UuidToStringA
#define UuidFromString UuidFromStringA
#define RpcStringFree RpcStringFreeA
#endif

#endif
