/* pshpack4.h: structures are packed to 4 bytes until poppack.h; no guard: it is included as often as needed. */
#pragma GCC system_header
#pragma pack(push, 4)
