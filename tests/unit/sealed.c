/* What a connection to another process' agent is good for is said once, at its beginning, and kept by the target: more
 * is refused there whatever the library of the asker thinks; what is not a request ends the connection or is refused.
 */
#include "check.h"

#include <windows.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/runtime.h"
#include "nt/processcall.h"

#define SEAL_MAGIC 0x4C414553u

static struct sockaddr_un address;

static int line_to(uint32_t magic, uint32_t rights)
{
    const uint32_t seal[2] = {magic, rights};
    int line = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    REQUIRE(line >= 0 && connect(line, (struct sockaddr *)&address, sizeof(address)) == 0);
    struct timeval patience = {.tv_sec = 5};
    setsockopt(line, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (magic)
        CHECK_EQ(send(line, seal, sizeof(seal), MSG_NOSIGNAL), sizeof(seal));
    return line;
}

/* The status of the answer; 1: the connection was closed. */
static NTSTATUS ask(int line, const void *request, size_t size)
{
    static struct nt_reply reply;
    if (send(line, request, size, MSG_NOSIGNAL) != (ssize_t)size)
        return 1;
    ssize_t got = recv(line, &reply, sizeof(reply), 0);
    if (got <= 0)
        return 1;
    CHECK(got >= (ssize_t)offsetof(struct nt_reply, data) && reply.magic == NT_CALL_MAGIC);
    return reply.status;
}

static NTSTATUS allocate(int line)
{
    struct nt_call call = {.magic = NT_CALL_MAGIC,
                           .operation = NT_CALL_ALLOCATE,
                           .argument = {0, 65536, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE}};
    return ask(line, &call, sizeof(call));
}

/* Answers everything with all the bytes that an answer can have. */
static void answer_too_much(void)
{
    struct nt_call call;
    static struct nt_reply reply = {.magic = NT_CALL_MAGIC, .length = NT_CALL_DATA};
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/a_%d", host_runtime_path(), getpid());
    unlink(address.sun_path);
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(listener, 4) != 0)
        _exit(1);
    raise(SIGSTOP);
    memset(reply.data, 'x', sizeof(reply.data));
    int line = accept(listener, NULL, NULL);
    while (recv(line, &call, sizeof(call), 0) > 0)
        if (call.magic == NT_CALL_MAGIC)
            send(line, &reply, sizeof(reply), MSG_NOSIGNAL);
    _exit(0);
}

/* Who is asked may be hostile too: its answer goes no further than the asker's buffer. */
static void too_much(void)
{
    int status;
    struct {
        MEMORY_BASIC_INFORMATION page;
        char behind[NT_CALL_DATA];
    } room = {.behind = "whole"};
    pid_t pid = fork();
    if (pid == 0)
        answer_too_much();
    CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
    kill(pid, SIGCONT);
    HANDLE process = OpenProcess(PROCESS_ALL_ACCESS, FALSE, (DWORD)pid);
    CHECK(!VirtualQueryEx(process, NULL, &room.page, sizeof(room.page)));
    CHECK_EQ(GetLastError(), ERROR_GEN_FAILURE);
    CHECK(strcmp(room.behind, "whole") == 0);
    CHECK(CloseHandle(process)); /* and with it the line */
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/a_%d", host_runtime_path(), pid);
    unlink(address.sun_path);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        Sleep(30000);
    address.sun_family = AF_UNIX;
    too_much();
    char text[600];
    PROCESS_INFORMATION made;
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    snprintf(text, sizeof(text), "\"%s\" child", argv[0]);
    REQUIRE(CreateProcessA(NULL, text, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made));
    void *block = VirtualAllocEx(made.hProcess, NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CHECK(block != NULL); /* its agent runs */
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/a_%u", host_runtime_path(), made.dwProcessId);

    int line = line_to(SEAL_MAGIC, PROCESS_ALL_ACCESS);
    CHECK_EQ(allocate(line), STATUS_SUCCESS);
    close(line);
    line = line_to(SEAL_MAGIC, PROCESS_VM_READ | PROCESS_QUERY_INFORMATION);
    CHECK_EQ(allocate(line), (NTSTATUS)STATUS_ACCESS_DENIED);
    const uint32_t more[2] = {SEAL_MAGIC, PROCESS_ALL_ACCESS};
    CHECK_EQ(ask(line, more, sizeof(more)), (NTSTATUS)STATUS_INVALID_PARAMETER); /* said once */
    CHECK_EQ(allocate(line), (NTSTATUS)STATUS_ACCESS_DENIED);
    CHECK_EQ(ask(line, "x", 1), (NTSTATUS)STATUS_INVALID_PARAMETER);
    close(line);
    line = line_to(0, 0); /* nothing said */
    CHECK_EQ(allocate(line), 1);
    close(line);
    line = line_to(SEAL_MAGIC + 1, PROCESS_ALL_ACCESS);
    CHECK_EQ(allocate(line), 1);
    close(line);

    /* Through handles: the target refuses by the handle, not by what the library was last told. */
    HANDLE weak = OpenProcess(PROCESS_VM_READ, FALSE, made.dwProcessId), strong;
    REQUIRE(weak);
    CHECK(!VirtualFreeEx(weak, block, 0, MEM_RELEASE));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    for (DWORD extra = 0; extra < 8; extra++) { /* more kinds of rights than connections are kept */
        strong = OpenProcess(PROCESS_VM_OPERATION | extra << 6, FALSE, made.dwProcessId);
        void *again = VirtualAllocEx(strong, NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        CHECK(again && VirtualFreeEx(strong, again, 0, MEM_RELEASE));
        CHECK(CloseHandle(strong));
    }
    CHECK(VirtualFreeEx(made.hProcess, block, 0, MEM_RELEASE));
    CHECK(TerminateProcess(made.hProcess, 0));
    CHECK_EQ(WaitForSingleObject(made.hProcess, 10000), WAIT_OBJECT_0);
    return CHECK_DONE();
}
