/* fourcalls: the four things that every tutorial on Windows memory shows: a heap block, a region of virtual memory,
 * a write to a read-only page that is caught, and a file mapped into memory. */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *what)
{
    fprintf(stderr, "fourcalls: %s: error %lu\n", what, (unsigned long)GetLastError());
    exit(1);
}

static void heap_block(void)
{
    HANDLE heap = GetProcessHeap();
    int *number = (int *)HeapAlloc(heap, HEAP_ZERO_MEMORY, 100 * sizeof *number);
    if (!number)
        fail("HeapAlloc");
    for (int i = 0; i < 100; i++)
        number[i] += i;
    printf("1. HeapAlloc gave %lu bytes at %p; their last number is %d\n", (unsigned long)HeapSize(heap, 0, number),
           (void *)number, number[99]);
    if (!HeapFree(heap, 0, number))
        fail("HeapFree");
}

static void virtual_memory(void)
{
    /* Address space first, memory later, page by page. */
    char *base = (char *)VirtualAlloc(NULL, 1 << 20, MEM_RESERVE, PAGE_NOACCESS);
    if (!base)
        fail("VirtualAlloc(MEM_RESERVE)");
    char *page = (char *)VirtualAlloc(base + 8192, 4096, MEM_COMMIT, PAGE_READWRITE);
    if (!page)
        fail("VirtualAlloc(MEM_COMMIT)");
    strcpy(page, "committed");
    MEMORY_BASIC_INFORMATION information;
    if (!VirtualQuery(page, &information, sizeof information))
        fail("VirtualQuery");
    printf("2. VirtualAlloc reserved 1 MiB at %p; the page at %p is %s: %lu bytes, protection 0x%02lx\n",
           information.AllocationBase, information.BaseAddress, page, (unsigned long)information.RegionSize,
           (unsigned long)information.Protect);
    if (!VirtualFree(base, 0, MEM_RELEASE))
        fail("VirtualFree");
}

static void read_only(void)
{
    char *page = (char *)VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!page)
        fail("VirtualAlloc");
    page[17] = 'a';
    DWORD old;
    if (!VirtualProtect(page, 4096, PAGE_READONLY, &old))
        fail("VirtualProtect");
    __try {
        *(volatile char *)(page + 17) = 'b';
        printf("3. the write went through, which it must not\n");
        exit(1);
    } __except (GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER
                                                                 : EXCEPTION_CONTINUE_SEARCH) {
        printf("3. a write to a PAGE_READONLY page raised 0x%08lx; the byte is still '%c'\n",
               (unsigned long)GetExceptionCode(), page[17]);
    }
    if (!VirtualFree(page, 0, MEM_RELEASE))
        fail("VirtualFree");
}

static void mapped_file(const char *path)
{
    HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        fail("CreateFile");
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 4096, NULL);
    if (!section)
        fail("CreateFileMapping");
    char *view = (char *)MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    if (!view)
        fail("MapViewOfFile");
    strcpy(view, "written through memory");
    if (!FlushViewOfFile(view, 0) || !UnmapViewOfFile(view))
        fail("UnmapViewOfFile");
    CloseHandle(section);
    char read[32] = "";
    DWORD count = 0;
    if (SetFilePointer(file, 0, NULL, FILE_BEGIN) != 0 || !ReadFile(file, read, sizeof read - 1, &count, NULL))
        fail("ReadFile");
    printf("4. ReadFile finds in the mapped file: \"%s\"\n", read);
    CloseHandle(file);
    if (!DeleteFileA(path))
        fail("DeleteFile");
}

int main(int argc, char **argv)
{
    heap_block();
    virtual_memory();
    read_only();
    mapped_file(argc > 1 ? argv[1] : "fourcalls.tmp");
    return 0;
}
