/* createprocess.c: starting Linux programs the Windows way: a command line is split by the rules of Windows' own C
 * run-time, handles travel in a block that the child inherits, the exit code comes back through it whole. */
#include <processthreadsapi.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <winbase.h>

#include "base/base.h"
#include "base/process/launch.h"
#include "host/own.h"
#include "host/process.h"
#include "host/utf.h"
#include "nt/processpass.h"
#include "ob/file.h"
#include "ps/job.h"
#include "ps/process.h"
#include "ps/thread.h"
#include "win32/win32.h"

#define MAX_LINE 32767 /* characters that Windows takes */

extern char **environ;

/* --- finding the program --- */

/* What stands in the way of running a file: an error, or 0. A file that nobody may run is no program to Windows. */
static DWORD obstacle(const char *path)
{
    struct stat status;
    char parent[PATH_MAX];
    if (stat(path, &status) != 0) {
        if (errno == ENOTDIR)
            return ERROR_PATH_NOT_FOUND;
        if (errno != ENOENT)
            return ERROR_ACCESS_DENIED;
        snprintf(parent, sizeof parent, "%s", path);
        char *slash = strrchr(parent, '/');
        if (slash)
            slash[slash == parent] = 0;
        return slash && access(parent, F_OK) != 0 ? ERROR_PATH_NOT_FOUND : ERROR_FILE_NOT_FOUND;
    }
    if (!S_ISREG(status.st_mode))
        return ERROR_ACCESS_DENIED;
    if (access(path, X_OK) == 0)
        return 0;
    return status.st_mode & 0111 ? ERROR_ACCESS_DENIED : ERROR_BAD_EXE_FORMAT;
}

/* `name` as a path from the root in `path`, Windows separators turned where it is no file as it stands. */
static bool make_path(const char *directory, const char *name, size_t length, char *path)
{
    char cwd[PATH_MAX] = "";
    if (!directory)
        directory = getcwd(cwd, sizeof cwd) ? cwd : "/";
    if (length > 1 && name[1] == ':' && (name[0] | 32) >= 'a' &&
        (name[0] | 32) <= 'z') { /* every drive is the one tree */
        name += 2;
        length -= 2;
    }
    int size = name[0] == '/' || (length && name[0] == '\\')
                   ? snprintf(path, PATH_MAX, "%.*s", (int)length, name)
                   : snprintf(path, PATH_MAX, "%s/%.*s", directory, (int)length, name);
    if (size < 0 || size >= PATH_MAX)
        return false;
    if (access(path, F_OK) != 0)
        for (char *c = path; *c; c++)
            *c = *c == '\\' ? '/' : *c;
    return true;
}

static bool runs(const char *directory, const char *name, size_t length, char *path)
{
    return make_path(directory, name, length, path) && obstacle(path) == 0;
}

/* A plain name: beside the program that runs, in the current directory, in the directories of PATH. */
static bool search(const char *name, char *path)
{
    char own[PATH_MAX];
    (void)host_process_image(0, own, sizeof own);
    char *slash = strrchr(own, '/');
    if (slash) {
        *slash = 0;
        if (runs(own, name, strlen(name), path))
            return true;
    }
    if (runs(NULL, name, strlen(name), path))
        return true;
    const char *list = getenv("PATH");
    for (const char *at = list ? list : "/usr/bin:/bin"; *at;) {
        size_t size = strcspn(at, ":");
        char directory[PATH_MAX];
        if (size && size < sizeof directory) {
            memcpy(directory, at, size);
            directory[size] = 0;
            if (runs(directory, name, strlen(name), path))
                return true;
        }
        at += size + (at[size] == ':');
    }
    return false;
}

/* The program of an application name, which is searched for nowhere, or of a line's first word; a line without quotes
 * may also mean a path with blanks: every blank may end it. Returns an error, or 0 and the path. */
static DWORD find_program(const struct launch *launch, const char *first, char *path)
{
    if (launch->application) {
        if (!*launch->application)
            return ERROR_PATH_NOT_FOUND;
        return make_path(NULL, launch->application, strlen(launch->application), path) ? obstacle(path)
                                                                                       : ERROR_FILENAME_EXCED_RANGE;
    }
    const char *line = launch->line + strspn(launch->line, " \t");
    if (!*first)
        return ERROR_FILE_NOT_FOUND;
    if (strpbrk(first, "/\\") ? runs(NULL, first, strlen(first), path) : search(first, path))
        return 0;
    DWORD error =
        strpbrk(first, "/\\") && make_path(NULL, first, strlen(first), path) ? obstacle(path) : ERROR_FILE_NOT_FOUND;
    size_t end = strcspn(line, " \t");
    while (*line != '"' && line[end]) {
        end += strspn(line + end, " \t");
        end += strcspn(line + end, " \t");
        if (runs(NULL, line, end, path))
            return 0;
    }
    return error == ERROR_PATH_NOT_FOUND ? ERROR_FILE_NOT_FOUND : error;
}

/* --- starting it --- */

/* One that is a standard stream of ours goes by a copy: another may take its place first. */
static void connect_standard(const struct launch *launch, struct host_spawn *spawn, int copies[3])
{
    for (int i = 0; launch->use_standard && i < 3; i++) {
        struct ob_object *object;
        if (!NT_SUCCESS(ob_lookup(launch->standard[i], &ob_file_type, 0, &object, NULL)))
            continue;
        int fd = ((struct ob_file *)object)->fd;
        if (fd < 3 && fd != i)
            fd = copies[i] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        if (fd >= 0)
            launch_give_file(spawn, fd, i);
        ob_dereference(object);
    }
}

static int spawn_running(const struct host_spawn *start, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (unsigned i = 0; i < start->files; i++)
        posix_spawn_file_actions_adddup2(&actions, start->file[i].from, start->file[i].to);
    if (start->directory)
        posix_spawn_file_actions_addchdir_np(&actions, start->directory);
    int error = posix_spawn(pid, start->program, &actions, NULL, start->arguments, start->environment);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static int spawn(const struct launch *launch, const char *program, char **arguments, struct ps_block *block, int file,
                 const struct child_jobs *jobs, pid_t *pid)
{
    char variable[32];
    int copies[3] = {-1, -1, -1};
    size_t count = 0;
    char **from = launch->environment ? launch->environment : environ;
    while (from[count])
        count++;
    char **environment = host_own_zero(count + 2, sizeof(char *));
    if (!environment)
        return ENOMEM;
    sprintf(variable, "WINMEM_PROCESS=%d", file);
    memcpy(environment, from, count * sizeof(char *));
    environment[count] = variable;
    struct host_spawn start = {
        .program = program, .directory = launch->directory, .arguments = arguments, .environment = environment};
    int error = launch_pass(launch, jobs, block, &start);
    launch_give_file(&start, file, file);
    connect_standard(launch, &start, copies);
    block->hold = (launch->flags & CREATE_SUSPENDED) != 0;
    if (!error && block->hold && !launch_holds_itself(program, environment)) {
        error = -host_spawn_held(&start, pid);
        block->stopped = error == 0;
    }
    if (error == EPERM && block->hold)
        error = 0; /* nobody may be traced here: it runs at once */
    if (!error && !block->stopped)
        error = spawn_running(&start, pid);
    launch_close_taken(launch, block);
    for (int i = 0; i < 3; i++)
        if (copies[i] >= 0)
            close(copies[i]);
    host_own_give(environment);
    return error;
}

static BOOL give_information(struct ps_process *process, LPPROCESS_INFORMATION information)
{
    struct ps_thread *thread = ps_thread_of_process(process);
    PROCESS_INFORMATION result = {.dwProcessId = (DWORD)process->pid, .dwThreadId = (DWORD)process->pid};
    NTSTATUS status = thread ? ob_create_handle(&process->object, PROCESS_ALL_ACCESS, 0, &result.hProcess)
                             : (NTSTATUS)STATUS_NO_MEMORY;
    if (NT_SUCCESS(status))
        status = ob_create_handle(&thread->object, THREAD_ALL_ACCESS, 0, &result.hThread);
    if (thread)
        ob_dereference(&thread->object);
    if (NT_SUCCESS(status))
        *information = result;
    else if (result.hProcess)
        ob_close_handle(result.hProcess);
    return win32_status(status);
}

static DWORD error_of(int error)
{
    switch (error) {
    case ENOENT: /* of a script: its interpreter is not there */
        return ERROR_FILE_NOT_FOUND;
    case ENOTDIR:
        return ERROR_PATH_NOT_FOUND;
    case EACCES:
    case EPERM:
        return ERROR_ACCESS_DENIED;
    case ENOEXEC:
        return ERROR_BAD_EXE_FORMAT;
    default:
        return ERROR_NOT_ENOUGH_MEMORY;
    }
}

static DWORD check_launch(const struct launch *launch)
{
    struct stat status;
    if (launch->flags & CREATE_NEW_CONSOLE && launch->flags & DETACHED_PROCESS)
        return ERROR_INVALID_PARAMETER;
    if (launch->directory && (stat(launch->directory, &status) != 0 || !S_ISDIR(status.st_mode)))
        return ERROR_DIRECTORY;
    return 0;
}

/* Without memory for it nobody could ask for its end: the call fails, and the program does not run. */
static void end_child(pid_t pid)
{
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
}

static void forget_child(pid_t pid, int handle, struct ps_block *block)
{
    end_child(pid);
    if (handle >= 0)
        close(handle);
    ps_block_drop(block);
}

static BOOL know_child(pid_t pid, struct ps_block *block, const struct child_jobs *jobs,
                       LPPROCESS_INFORMATION information)
{
    int handle = host_process_open(pid);
    struct ps_process *process = handle < 0 ? NULL : ps_process_new(pid, handle, block);
    if (!process) {
        forget_child(pid, handle, block);
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    }
    NTSTATUS status = launch_enter_jobs(jobs, process);
    BOOL done = win32_status(status); /* or it is one too many */
    if (done) {
        ps_agent_start();
        ps_job_look_now();
        done = give_information(process, information);
    }
    if (!done)
        ps_process_terminate(process, NT_SUCCESS(status) ? ERROR_NOT_ENOUGH_MEMORY : ERROR_NOT_ENOUGH_QUOTA);
    if (!ps_process_watch(process) && !done) /* which reaps it, whether or not anybody waits */
        end_child(pid);
    ob_dereference(&process->object);
    return done;
}

static BOOL launch_in_jobs(const struct launch *launch, const struct child_jobs *jobs,
                           LPPROCESS_INFORMATION information)
{
    const char *line = launch->line && (*launch->line || !launch->application) ? launch->line : launch->application;
    if (!line || !information || !launch_handles_are_good(launch))
        return win32_error(ERROR_INVALID_PARAMETER);
    if (strlen(line) > MAX_LINE)
        return win32_error(ERROR_FILENAME_EXCED_RANGE);
    char *storage = host_own_take(2 * strlen(line) + 4), program[PATH_MAX];
    unsigned count;
    char **arguments = storage ? launch_split_line(line, storage, &count) : NULL;
    struct ps_block *block = NULL;
    DWORD error = arguments ? find_program(launch, arguments[0], program) : ERROR_NOT_ENOUGH_MEMORY;
    int file = -1;
    pid_t pid = 0;
    if (!error)
        error = check_launch(launch);
    if (!error) {
        file = ps_block_create(&block);
        if (file >= 0)
            strcpy(block->line, line);
        int failure = file < 0 ? -file : spawn(launch, program, arguments, block, file, jobs, &pid);
        error = failure ? error_of(failure) : 0;
        if (failure && file >= 0)
            ps_block_drop(block);
        if (!failure)
            atomic_store(&block->pid, pid);
    }
    host_own_give(arguments);
    host_own_give(storage);
    if (file >= 0)
        close(file);
    return error ? win32_error(error) : know_child(pid, block, jobs, information);
}

static BOOL launch_program(const struct launch *launch, LPPROCESS_INFORMATION information)
{
    struct child_jobs jobs;
    if (!win32_status(launch_jobs(launch, &jobs)))
        return FALSE;
    BOOL done = launch_in_jobs(launch, &jobs, information);
    launch_leave_jobs(&jobs);
    return done;
}

static char **split_environment(char *block)
{
    size_t count = 0;
    for (char *at = block; *at; at += strlen(at) + 1)
        count++;
    char **list = host_own_zero(count + 1, sizeof(char *));
    for (size_t i = 0; list && i < count; i++, block += strlen(block) + 1)
        list[i] = block;
    return list;
}

static char *narrow(LPCWSTR text, size_t units)
{
    size_t size = 3 * units + 1;
    char *out = text ? host_own_take(size) : NULL;
    if (out)
        out[host_utf16_to_utf8((const uint16_t *)text, units, out, size - 1, 0)] = 0;
    return out;
}

static char *narrow_text(LPCWSTR text)
{
    return text ? narrow(text, host_utf16_length((const uint16_t *)text)) : NULL;
}

static char *narrow_environment(LPCWSTR block)
{
    size_t units = 0;
    while (block[units] || block[units + 1])
        units++;
    return narrow(block, units + 2);
}

BOOL WINAPI CreateProcessA(LPCSTR lpApplicationName, LPSTR lpCommandLine, LPSECURITY_ATTRIBUTES lpProcessAttributes,
                           LPSECURITY_ATTRIBUTES lpThreadAttributes, BOOL bInheritHandles, DWORD dwCreationFlags,
                           LPVOID lpEnvironment, LPCSTR lpCurrentDirectory, LPSTARTUPINFOA lpStartupInfo,
                           LPPROCESS_INFORMATION lpProcessInformation)
{
    (void)lpProcessAttributes;
    (void)lpThreadAttributes;
    struct launch launch = {.application = lpApplicationName,
                            .line = lpCommandLine,
                            .directory = lpCurrentDirectory,
                            .flags = dwCreationFlags,
                            .inherit = bInheritHandles};
    if (lpStartupInfo && (lpStartupInfo->dwFlags & STARTF_USESTDHANDLES)) {
        launch.use_standard = true;
        launch.standard[0] = lpStartupInfo->hStdInput;
        launch.standard[1] = lpStartupInfo->hStdOutput;
        launch.standard[2] = lpStartupInfo->hStdError;
    }
    if (!launch_take_attributes(&launch, lpStartupInfo))
        return FALSE;
    char *narrowed = NULL;
    if (lpEnvironment && (dwCreationFlags & CREATE_UNICODE_ENVIRONMENT))
        lpEnvironment = narrowed = narrow_environment(lpEnvironment);
    if (lpEnvironment)
        launch.environment = split_environment(lpEnvironment);
    BOOL done = launch_program(&launch, lpProcessInformation);
    host_own_give(launch.environment);
    host_own_give(narrowed);
    return done;
}

BOOL WINAPI CreateProcessW(LPCWSTR lpApplicationName, LPWSTR lpCommandLine, LPSECURITY_ATTRIBUTES lpProcessAttributes,
                           LPSECURITY_ATTRIBUTES lpThreadAttributes, BOOL bInheritHandles, DWORD dwCreationFlags,
                           LPVOID lpEnvironment, LPCWSTR lpCurrentDirectory, LPSTARTUPINFOW lpStartupInfo,
                           LPPROCESS_INFORMATION lpProcessInformation)
{
    char *application = narrow_text(lpApplicationName), *line = narrow_text(lpCommandLine);
    char *directory = narrow_text(lpCurrentDirectory);
    STARTUPINFOEXA extended = {.StartupInfo = {.cb = sizeof(STARTUPINFOA)}};
    STARTUPINFOA *startup = &extended.StartupInfo;
    if (lpStartupInfo) {
        startup->cb = lpStartupInfo->cb; /* both forms are of one size */
        startup->dwFlags = lpStartupInfo->dwFlags;
        startup->hStdInput = lpStartupInfo->hStdInput;
        startup->hStdOutput = lpStartupInfo->hStdOutput;
        startup->hStdError = lpStartupInfo->hStdError;
        if ((dwCreationFlags & EXTENDED_STARTUPINFO_PRESENT) && startup->cb == sizeof(STARTUPINFOEXW))
            extended.lpAttributeList = ((const STARTUPINFOEXW *)lpStartupInfo)->lpAttributeList;
    }
    BOOL done = CreateProcessA(application, line, lpProcessAttributes, lpThreadAttributes, bInheritHandles,
                               dwCreationFlags, lpEnvironment, directory, startup, lpProcessInformation);
    host_own_give(application);
    host_own_give(line);
    host_own_give(directory);
    return done;
}
