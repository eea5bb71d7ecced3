/* pshpack1.h: structures are packed to 1 bytes until poppack.h; no guard: it is included as often as needed. */
#pragma GCC system_header
#pragma pack(push, 1)
