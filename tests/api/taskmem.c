/* taskmem.c: the task allocator, texts with their length in front, the macros on global memory. test traits: wide */
#include <windows.h>
#include <windowsx.h>
#include <objbase.h>
#include <oleauto.h>

#include <string.h>

#include "check.h"

static void blocks(void)
{
    char *memory = CoTaskMemAlloc(100);
    REQUIRE(memory);
    memset(memory, 'x', 100);
    memory = CoTaskMemRealloc(memory, 5000);
    CHECK(memory && memory[99] == 'x');
    CHECK(HeapValidate(GetProcessHeap(), 0, memory)); /* of the process heap */
    CHECK(!CoTaskMemRealloc(memory, 0));
    CoTaskMemFree(NULL);
}

static void texts(void)
{
    BSTR text = SysAllocString(L"abc"), part;
    REQUIRE(text);
    CHECK(SysStringLen(text) == 3 && SysStringByteLen(text) == 6 && text[3] == 0);
    CHECK_EQ(((DWORD *)text)[-1], 6);
    part = SysAllocStringLen(text + 1, 2);
    CHECK(part && SysStringLen(part) == 2 && part[0] == 'b' && part[2] == 0);
    CHECK(SysReAllocStringLen(&part, L"0123456789", 10) && SysStringLen(part) == 10 && part[9] == '9');
    SysFreeString(part);
    part = SysAllocStringByteLen("xyz", 3);
    CHECK(part && SysStringByteLen(part) == 3 && SysStringLen(part) == 1);
    SysFreeString(part);
    CHECK(!SysAllocString(NULL) && SysStringLen(NULL) == 0);
    part = SysAllocStringLen(NULL, 0);
    CHECK(part && SysStringLen(part) == 0 && part[0] == 0);
    SysFreeString(part);
    SysFreeString(text);
    SysFreeString(NULL);
}

static void pointers(void)
{
    char *memory = (char *)GlobalAllocPtr(GHND, 64);
    REQUIRE(memory);
    HGLOBAL handle = GlobalPtrHandle(memory);
    CHECK(handle != (HGLOBAL)memory && memory[63] == 0);
    CHECK_EQ(GlobalFlags(handle) & GMEM_LOCKCOUNT, 1);
    memory = (char *)GlobalReAllocPtr(memory, 100000, GMEM_MOVEABLE);
    REQUIRE(memory);
    memory[99999] = 1;
    GlobalFreePtr(memory);
    SetLastError(0);
    CHECK_EQ(GlobalFlags(handle), GMEM_INVALID_HANDLE);
}

int main(void)
{
    blocks();
    texts();
    pointers();
    return CHECK_DONE();
}
