/* poppack.h: the packing before the last pshpackN.h. No guard. */
#pragma GCC system_header
#pragma pack(pop)
