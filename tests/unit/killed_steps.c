/* A process is led step by step through what it does with shared objects and killed at each moment that others could
 * tell apart: before and after every system call, after every locked instruction and after every change of the object's
 * own page. After each death the rest must work: names are free, nothing waits for the dead, a mutex was abandoned at
 * most once, the job has its memory and its place again. test traits: serial no-asan no-tsan timeout=300 */
#include "check.h"

#include <windows.h>

#include <errno.h>
#include <fcntl.h>
#include <jobapi.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/runtime.h"
#include "ps/job.h"

#ifndef STRIDE
#define STRIDE 16 /* every so many moments, beginning with another one in each run */
#define SCENES 3  /* the first ones: the rest takes its time */
#endif
#define NAME "winmem-test-steps"
#define MIB ((SIZE_T)1 << 20)
#define MOST 4000000 /* steps */
#define STATE 1024   /* bytes of a header, and of a ledger, in which something happens */

struct scene {
    const char *what;
    void (*hold)(void);  /* by one who lives on; NULL: nobody */
    void (*play)(void);  /* by who is killed */
    void (*check)(void); /* by one who comes afterwards */
};

/* ---- the scenes */

static void play_names(void)
{
    HANDLE mutex = CreateMutexA(NULL, TRUE, NAME), event = CreateEventA(NULL, FALSE, FALSE, NAME "-e");
    HANDLE semaphore = CreateSemaphoreA(NULL, 1, 2, NAME "-s");
    SetEvent(event);
    CloseHandle(event);
    CloseHandle(semaphore);
    ReleaseMutex(mutex);
    CloseHandle(mutex);
}

static void free_name(HANDLE opened, HANDLE made)
{
    CHECK(opened == NULL);
    CHECK(made != NULL);
    CloseHandle(made);
}

static void check_names(void)
{
    HANDLE opened = OpenMutexA(SYNCHRONIZE, FALSE, NAME);
    CHECK_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
    free_name(opened, CreateSemaphoreA(NULL, 0, 1, NAME)); /* of another type */
    CHECK_EQ(GetLastError(), 0);
    opened = OpenEventA(SYNCHRONIZE, FALSE, NAME "-e");
    free_name(opened, CreateMutexA(NULL, FALSE, NAME "-e"));
    opened = OpenSemaphoreA(SYNCHRONIZE, FALSE, NAME "-s");
    free_name(opened, CreateEventA(NULL, FALSE, FALSE, NAME "-s"));
}

static void hold_mutex(void)
{
    CreateMutexA(NULL, FALSE, NAME);
}

static void play_mutex(void)
{
    HANDLE mutex = OpenMutexA(MUTEX_ALL_ACCESS, FALSE, NAME);
    WaitForSingleObject(mutex, 1000);
    WaitForSingleObject(mutex, 1000);
    ReleaseMutex(mutex);
    ReleaseMutex(mutex);
    CloseHandle(mutex);
}

static void check_mutex(void)
{
    HANDLE mutex = OpenMutexA(MUTEX_ALL_ACCESS, FALSE, NAME);
    DWORD got = WaitForSingleObject(mutex, 5000);
    CHECK(mutex && (got == WAIT_OBJECT_0 || got == WAIT_ABANDONED));
    CHECK(ReleaseMutex(mutex));
    CHECK_EQ(WaitForSingleObject(mutex, 5000), WAIT_OBJECT_0); /* told once */
    CHECK(ReleaseMutex(mutex));
    CHECK(!ReleaseMutex(mutex));
    CloseHandle(mutex);
}

static void hold_event(void)
{
    CreateEventA(NULL, FALSE, FALSE, NAME);
    CreateSemaphoreA(NULL, 1, 2, NAME "-s");
}

static void play_event(void)
{
    HANDLE event = OpenEventA(EVENT_ALL_ACCESS, FALSE, NAME);
    HANDLE semaphore = OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, NAME "-s"), both[2] = {event, semaphore};
    SetEvent(event);
    WaitForMultipleObjects(2, both, TRUE, 1000);
    WaitForSingleObject(event, 1);
    SignalObjectAndWait(semaphore, event, 0, FALSE);
    PulseEvent(event);
    CloseHandle(semaphore);
    CloseHandle(event);
}

static void check_event(void)
{
    HANDLE event = OpenEventA(EVENT_ALL_ACCESS, FALSE, NAME);
    HANDLE semaphore = OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, NAME "-s");
    LONG count = 9;
    CHECK(SetEvent(event));
    CHECK_EQ(WaitForSingleObject(event, 5000), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    CHECK(ReleaseSemaphore(semaphore, 1, &count));
    CHECK(count == 0 || count == 1); /* what the dead took is taken, as on Windows */
    CHECK_EQ(WaitForSingleObject(semaphore, 5000), WAIT_OBJECT_0);
    CloseHandle(semaphore);
    CloseHandle(event);
}

static void hold_section(void)
{
    CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 65536, NAME);
}

static void play_section(void)
{
    HANDLE section = OpenFileMappingA(FILE_MAP_ALL_ACCESS, FALSE, NAME);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    if (VirtualAlloc(view + 8192, 8192, MEM_COMMIT, PAGE_READWRITE))
        view[8192] = 'a';
    UnmapViewOfFile(view);
    CloseHandle(section);
}

static void check_section(void)
{
    MEMORY_BASIC_INFORMATION page;
    HANDLE section = OpenFileMappingA(FILE_MAP_ALL_ACCESS, FALSE, NAME);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    REQUIRE(section && view);
    CHECK(VirtualQuery(view + 8192, &page, sizeof(page)) == sizeof(page));
    CHECK(page.State == MEM_RESERVE || (page.State == MEM_COMMIT && page.RegionSize == 8192)); /* both pages or none */
    CHECK(page.State == MEM_RESERVE || view[8192] == 0 || view[8192] == 'a');
    CHECK(VirtualAlloc(view, 65536, MEM_COMMIT, PAGE_READWRITE) == view);
    memset(view, 1, 65536);
    UnmapViewOfFile(view);
    CloseHandle(section);
}

static void hold_job(void)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
        .BasicLimitInformation = {.LimitFlags = JOB_OBJECT_LIMIT_JOB_MEMORY | JOB_OBJECT_LIMIT_ACTIVE_PROCESS,
                                  .ActiveProcessLimit = 1},
        .JobMemoryLimit = 64 * MIB};
    SetInformationJobObject(CreateJobObjectA(NULL, NAME), JobObjectExtendedLimitInformation, &limits, sizeof(limits));
}

static void play_job(void)
{
    HANDLE job = OpenJobObjectA(JOB_OBJECT_ALL_ACCESS, FALSE, NAME);
    AssignProcessToJobObject(job, GetCurrentProcess());
    void *block = VirtualAlloc(NULL, 8 * MIB, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!VirtualAlloc(NULL, 80 * MIB, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE))
        VirtualFree(block, 0, MEM_RELEASE);
    CloseHandle(job);
}

static int join_and_use(void)
{
    HANDLE job = OpenJobObjectA(JOB_OBJECT_ALL_ACCESS, FALSE, NAME);
    if (!AssignProcessToJobObject(job, GetCurrentProcess()))
        return 1;
    if (!VirtualAlloc(NULL, 56 * MIB, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE))
        return 2;
    return VirtualAlloc(NULL, 16 * MIB, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) ? 3 : 0;
}

static void check_job(void)
{
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION sums;
    struct ob_object *job;
    HANDLE handle = OpenJobObjectA(JOB_OBJECT_ALL_ACCESS, FALSE, NAME);
    REQUIRE(handle);
    CHECK(QueryInformationJobObject(handle, JobObjectBasicAccountingInformation, &sums, sizeof(sums), NULL));
    CHECK_EQ(sums.ActiveProcesses, 0);
    CHECK(sums.TotalProcesses <= 1);
    CHECK(NT_SUCCESS(ob_lookup(handle, ps_job_class.type, 0, &job, NULL)));
    CHECK_EQ(ps_job_charge(job), 0);
    ob_dereference(job);
    CloseHandle(handle);
    int status = -1;
    pid_t pid = fork();
    if (pid == 0)
        _exit(join_and_use());
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ(status, 0); /* the one place is free, and all of the memory */
}

static const struct scene scenes[] = {{"names", NULL, play_names, check_names},
                                      {"mutex", hold_mutex, play_mutex, check_mutex},
                                      {"section", hold_section, play_section, check_section},
                                      {"event", hold_event, play_event, check_event},
                                      {"job", hold_job, play_job, check_job}};

/* ---- leading and killing */

static pid_t start_holder(const struct scene *scene)
{
    int ready[2];
    char byte;
    if (!scene->hold)
        return 0;
    REQUIRE(pipe(ready) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        scene->hold();
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    REQUIRE(read(ready[0], &byte, 1) == 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static pid_t made; /* a thread of the victim */

static void end(pid_t pid)
{
    if (!pid || kill(pid, SIGKILL) != 0)
        return;
    if (made)
        waitpid(made, NULL, __WALL);
    made = 0;
    waitpid(pid, NULL, 0);
}

static pid_t start_victim(const struct scene *scene)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        scene->play();
        raise(SIGSTOP);
        _exit(0);
    }
    REQUIRE(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(long)(PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE));
    return pid;
}

/* The state of the object that is played with, as all processes see it. */
static bool has_changed(int *file, unsigned char *seen)
{
    unsigned char now[2 * STATE];
    if (*file < 0)
        *file = openat(host_runtime_directory(), "n_" NAME, O_RDONLY | O_CLOEXEC);
    ssize_t head = *file < 0 ? 0 : pread(*file, now, STATE, 0);
    ssize_t rest = head < STATE ? 0 : pread(*file, now + STATE, STATE, OB_NAMED_PAYLOAD);
    size_t length = head < 0 || rest < 0 ? 0 : (size_t)(head + rest);
    bool changed = memcmp(seen, now, length) != 0;
    if (changed)
        memcpy(seen, now, length);
    return changed;
}

static bool is_locked(const unsigned char *code)
{
    return code[0] == 0xF0 || code[0] == 0x87 || code[0] == 0x86 ||
           ((code[0] & 0xF0) == 0x40 && (code[1] == 0x87 || code[1] == 0x86));
}

struct moment {
    uint64_t at; /* the instruction that is not carried out any more */
    unsigned turn;
};

static uint64_t *trace; /* of instructions */
static struct moment moments[5000];

static unsigned turn_of(unsigned step)
{
    unsigned turn = 0;
    for (unsigned i = 0; i <= step; i++)
        turn += trace[i] == trace[step];
    return turn;
}

/* Threads that the victim makes stand from their first moment on: breakpoints are for the one that is led. */

static bool next_stop(pid_t pid, enum __ptrace_request how, int *number)
{
    int status;
    if (ptrace(how, pid, NULL, NULL) != 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
        return false;
    unsigned long id;
    if (status >> 16 == PTRACE_EVENT_CLONE && ptrace(PTRACE_GETEVENTMSG, pid, NULL, &id) == 0)
        made = (pid_t)id;
    *number = status >> 16 ? 0 : WSTOPSIG(status);
    return true;
}

/* Leads a victim through all of it, instruction by instruction, and notes the moments. Later victims are children of
 * the same process and find the same code at the same place. */
static unsigned find_moments(pid_t pid)
{
    unsigned char seen[2 * STATE] = {0};
    int file = -1, number;
    unsigned count = 0;
    bool locked = false, called = false;
    for (unsigned step = 0; step < MOST; step++) {
        trace[step] = (uint64_t)ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user_regs_struct, rip), NULL);
        const unsigned char *code = (const unsigned char *)(uintptr_t)trace[step]; /* as it stands here too */
        bool calls = code[0] == 0x0F && code[1] == 0x05;
        bool changed = (called || file >= 0) && has_changed(&file, seen);
        if ((calls || called || locked || changed) && count < sizeof(moments) / sizeof(moments[0]))
            moments[count++] = (struct moment){trace[step], step};
        called = calls;
        locked = is_locked(code);
        if (!next_stop(pid, PTRACE_SINGLESTEP, &number) || (number != 0 && number != SIGTRAP))
            break;
    }
    if (file >= 0)
        close(file);
    for (unsigned i = 0; i < count; i++)
        moments[i].turn = turn_of(moments[i].turn);
    return count;
}

static bool step_over(pid_t pid, const struct moment *moment, long word)
{
    int number;
    ptrace(PTRACE_POKETEXT, pid, (void *)moment->at, (void *)word);
    do
        if (!next_stop(pid, PTRACE_SINGLESTEP, &number))
            return false;
    while (number == 0);
    ptrace(PTRACE_POKETEXT, pid, (void *)moment->at, (void *)((word & ~0xFFL) | 0xCC));
    return number == SIGTRAP;
}

/* It may come to its end before. */
static bool lead(pid_t pid, const struct moment *moment)
{
    struct user_regs_struct registers;
    long word = ptrace(PTRACE_PEEKTEXT, pid, (void *)moment->at, NULL);
    int number;
    ptrace(PTRACE_POKETEXT, pid, (void *)moment->at, (void *)((word & ~0xFFL) | 0xCC));
    for (unsigned turn = 0;;) {
        if (!next_stop(pid, PTRACE_CONT, &number) || (number != 0 && number != SIGTRAP))
            return false;
        ptrace(PTRACE_GETREGS, pid, NULL, &registers);
        if (number == 0 || registers.rip != moment->at + 1)
            continue;
        if (++turn == moment->turn)
            return true;
        registers.rip = moment->at;
        ptrace(PTRACE_SETREGS, pid, NULL, &registers);
        if (!step_over(pid, moment, word))
            return false;
    }
}

static void play(const struct scene *scene, unsigned stride)
{
    pid_t holder = start_holder(scene);
    scene->check(); /* what is done once in a process is done from here on */
    pid_t victim = start_victim(scene);
    unsigned count = find_moments(victim), deaths = 0, reached = 0;
    end(victim);
    end(holder);
    CHECK(count > 20);
    for (unsigned i = (unsigned)getpid() % stride; i < count && check_failures < 20; i += stride, deaths++) {
        int before = check_failures;
        holder = start_holder(scene);
        victim = start_victim(scene);
        reached += lead(victim, &moments[i]);
        end(victim);
        scene->check();
        end(holder);
        if (check_failures != before)
            fprintf(stderr, "... %s, killed at moment %u, 0x%llx for the %u. time\n", scene->what, i,
                    (unsigned long long)moments[i].at, moments[i].turn);
    }
    CHECK(reached * 2 >= deaths);
    printf("%s: killed %u times, %u of them where it was meant, of %u moments\n", scene->what, deaths, reached, count);
}

int main(int argc, char **argv)
{
    cpu_set_t one;
    unsigned stride = argc > 2 ? (unsigned)atoi(argv[2]) : STRIDE;
    trace = calloc(MOST, sizeof(*trace));
    REQUIRE(trace);
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    sched_setaffinity(0, sizeof(one), &one); /* two that take turns are quickest on one processor */
    for (size_t i = 0; i < (argc < 2 ? SCENES : sizeof(scenes) / sizeof(scenes[0])); i++)
        if (argc < 2 || strcmp(argv[1], "all") == 0 || strcmp(argv[1], scenes[i].what) == 0)
            play(&scenes[i], stride);
    return CHECK_DONE();
}
