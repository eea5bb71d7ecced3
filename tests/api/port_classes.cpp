// port_classes.cpp: C++ as Windows sources are written: owners of memory and handles, wide text, threads, wmain.
// test traits: wide
#include <Windows.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

class VirtualBuffer
{
  public:
    explicit VirtualBuffer(SIZE_T size) : base_(::VirtualAlloc(nullptr, size, MEM_RESERVE, PAGE_NOACCESS))
    {
        if (!base_)
            throw std::system_error(static_cast<int>(::GetLastError()), std::system_category(), "VirtualAlloc");
    }
    ~VirtualBuffer()
    {
        ::VirtualFree(base_, 0, MEM_RELEASE);
    }
    VirtualBuffer(const VirtualBuffer &) = delete;
    VirtualBuffer &operator=(const VirtualBuffer &) = delete;
    void commit(SIZE_T bytes)
    {
        if (!::VirtualAlloc(base_, bytes, MEM_COMMIT, PAGE_READWRITE))
            throw std::bad_alloc();
    }
    template <typename T> T *as()
    {
        return static_cast<T *>(base_);
    }

  private:
    PVOID base_;
};

struct HandleCloser {
    typedef HANDLE pointer;
    void operator()(HANDLE handle) const
    {
        if (handle && handle != INVALID_HANDLE_VALUE)
            ::CloseHandle(handle);
    }
};
using unique_handle = std::unique_ptr<HANDLE, HandleCloser>;

static int guards;

static LONG CALLBACK OnException(PEXCEPTION_POINTERS info)
{
    if (info->ExceptionRecord->ExceptionCode != STATUS_GUARD_PAGE_VIOLATION)
        return EXCEPTION_CONTINUE_SEARCH;
    ++guards;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static DWORD WINAPI Count(LPVOID parameter)
{
    for (int i = 0; i < 1000; ++i)
        InterlockedIncrement(static_cast<volatile LONG *>(parameter));
    return 0;
}

static size_t CountRegions()
{
    MEMORY_BASIC_INFORMATION region{};
    size_t count = 0;
    for (PBYTE at = nullptr; ::VirtualQuery(at, &region, sizeof region) == sizeof region; ++count)
        at = static_cast<PBYTE>(region.BaseAddress) + region.RegionSize;
    return count;
}

static bool Aligned()
{
    MEM_ADDRESS_REQUIREMENTS requirements{};
    MEM_EXTENDED_PARAMETER parameter{};
    requirements.Alignment = 1 << 20;
    parameter.Type = MemExtendedParameterAddressRequirements;
    parameter.Pointer = &requirements;
    PVOID block =
        ::VirtualAlloc2(::GetCurrentProcess(), nullptr, 65536, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, &parameter, 1);
    bool good = block && (reinterpret_cast<ULONG_PTR>(block) & 0xFFFFF) == 0;
    ::VirtualFree(block, 0, MEM_RELEASE);
    return good;
}

int wmain(int argc, wchar_t *argv[])
{
    VirtualBuffer buffer(1ull << 30);
    buffer.commit(65536);
    PVOID handler = ::AddVectoredExceptionHandler(1, OnException);
    DWORD old = 0;
    if (!::VirtualProtect(buffer.as<void>(), 4096, PAGE_READWRITE | PAGE_GUARD, &old) || old != PAGE_READWRITE)
        return 1;
    *buffer.as<volatile int>() = 1;
    ::RemoveVectoredExceptionHandler(handler);

    volatile LONG counter = 0;
    std::vector<unique_handle> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back(::CreateThread(nullptr, 0, Count, const_cast<LONG *>(&counter), 0, nullptr));
    for (auto &thread : threads)
        ::WaitForSingleObject(thread.get(), INFINITE);

    std::wstring name = argc > 0 ? argv[0] : L"";
    name = name.substr(name.find_last_of(L"\\/") + 1);
    std::cout << counter << " counts, " << guards << " guard, " << CountRegions() << " regions, "
              << std::max<SIZE_T>(1, 2) << max(5, 6) << "\n";
    wprintf(L"%s %lu\n", name.c_str(), static_cast<DWORD>(name.size()));
    return counter == 4000 && guards == 1 && Aligned() && name == L"api_port_classes" ? 0 : 2;
}
