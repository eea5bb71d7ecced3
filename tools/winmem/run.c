/* run.c: `winmem run` starts a Linux program on winmem: it sets the options, puts the preload libraries in front and
 * executes. It never runs beside the program. What cannot be served (a static or set-uid program) is refused here. */
#include "command.h"
#include "host/options.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRELOADS 2
static const char *const preload_names[PRELOADS] = {"libwinmem-run.so", "libwinmem-malloc.so"};

static void help(FILE *out)
{
    fprintf(out, "usage: winmem run [OPTIONS] [--] PROGRAM [ARGUMENTS]\n\n"
                 "Runs a dynamically linked program with its malloc and anonymous memory on winmem.\n\n");
    for (int i = 0; i < HOST_OPTION_COUNT; i++) {
        const struct host_option_row *row = host_option_row(i);
        char flag[64];
        size_t n = 0;
        for (; row->name[n] && n < sizeof flag - 1; n++)
            flag[n] = row->name[n] == '_'
                          ? '-'
                          : (char)(row->name[n] | ('A' <= row->name[n] && row->name[n] <= 'Z' ? 32 : 0));
        flag[n] = 0;
        fprintf(out, "  --%-18s %-6s %s\n", flag, row->type == OPTION_FLAG ? "" : "VALUE", row->help);
    }
    fprintf(out, "\nThe same options are read from the environment as WINMEM_NAME. Sizes read 64M, 2G.\n"
                 "Exit status: the program's; 125 wrong usage, 126 cannot be served, 127 not found.\n");
}

/* Takes one --name[=value]; returns how many arguments it used, 0 when it is none of ours, -1 after a message. */
static int take_option(int left, char **argv)
{
    char name[64];
    const char *text = argv[0] + 2, *value = strchr(text, '=');
    size_t length = value ? (size_t)(value - text) : strlen(text);
    if (length == 0 || length >= sizeof name)
        return 0;
    memcpy(name, text, length);
    name[length] = 0;
    int option = host_option_find(name);
    if (option < 0)
        return 0;
    const struct host_option_row *row = host_option_row(option);
    int used = 1;
    if (value)
        value++;
    else if (row->type == OPTION_FLAG)
        value = "1";
    else if (left > 1)
        value = argv[1], used = 2;
    else {
        fprintf(stderr, "winmem run: --%s needs a value\n", name);
        return -1;
    }
    if (host_option_set(option, value) != 0) {
        fprintf(stderr, "winmem run: '%s' is no value for --%s\n", value, name);
        return -1;
    }
    char variable[80];
    snprintf(variable, sizeof variable, "WINMEM_%s", row->name);
    setenv(variable, value, 1);
    return used;
}

/* As a shell has it: 126 for what is there and cannot be run. */
static int cannot_run(const char *program)
{
    int error = errno;
    fprintf(stderr, "winmem run: %s: %s\n", program, strerror(error));
    return error == ENOENT ? 127 : 126;
}

/* The library beside the tool (a build tree), or in ../lib as installed. Fills `path`; false when there is none. */
static bool find_library(const char *name, char *path, size_t size)
{
    static const char *const places[] = {".", "../lib", "../lib/x86_64-linux-gnu", "../lib64"};
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0)
        return false;
    self[length] = 0;
    *strrchr(self, '/') = 0;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char candidate[PATH_MAX + 64];
        snprintf(candidate, sizeof candidate, "%s/%s/%s", self, places[i], name);
        char *resolved = realpath(candidate, NULL);
        bool found = resolved && strlen(resolved) < size;
        if (found)
            strcpy(path, resolved);
        free(resolved);
        if (found)
            return true;
    }
    return false;
}

static bool set_preload(void)
{
    char value[3 * PATH_MAX] = "";
    for (int i = 0; i < PRELOADS; i++) {
        char path[PATH_MAX];
        if (!find_library(preload_names[i], path, sizeof path)) {
            fprintf(stderr, "winmem run: %s is not beside the tool nor in its ../lib\n", preload_names[i]);
            return false;
        }
        if (i)
            strcat(value, ":");
        strcat(value, path);
    }
    const char *before = getenv("LD_PRELOAD");
    if (before && *before && strlen(value) + strlen(before) + 2 < sizeof value) {
        strcat(value, ":");
        strcat(value, before);
    }
    /* Bound at start: the loader's own tables come from malloc, and may be paged when a fault binds a function. */
    return setenv("LD_PRELOAD", value, 1) == 0 && setenv("LD_BIND_NOW", "1", 0) == 0;
}

/* Finds a program the way execvp does. */
static bool find_program(const char *name, char *path, size_t size)
{
    if (strchr(name, '/')) {
        snprintf(path, size, "%s", name);
        return access(path, X_OK) == 0;
    }
    const char *search = getenv("PATH");
    for (const char *at = search ? search : "/usr/bin:/bin"; at; at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL) {
        int length = (int)strcspn(at, ":");
        struct stat status;
        snprintf(path, size, "%.*s/%s", length, length ? at : ".", name);
        if (access(path, X_OK) == 0 && stat(path, &status) == 0 && S_ISREG(status.st_mode))
            return true;
    }
    errno = ENOENT;
    return false;
}

/* Go's tool chain leaves a note of its own. */
static bool is_go(int fd, const Elf64_Phdr *part)
{
    char bytes[4096];
    ssize_t got =
        pread(fd, bytes, part->p_filesz < sizeof bytes ? part->p_filesz : sizeof bytes, (off_t)part->p_offset);
    for (size_t at = 0; got > 0 && at + sizeof(Elf64_Nhdr) + 4 <= (size_t)got;) {
        Elf64_Nhdr note;
        memcpy(&note, bytes + at, sizeof note);
        if (note.n_namesz == 4 && !memcmp(bytes + at + sizeof note, "Go\0", 4))
            return true;
        at += sizeof note + ((size_t)note.n_namesz + 3) / 4 * 4 + ((size_t)note.n_descsz + 3) / 4 * 4;
    }
    return false;
}

/* NULL when the ELF file takes preloaded libraries, else why it does not. */
static const char *elf_objection(int fd, const Elf64_Ehdr *header)
{
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != EM_X86_64)
        return "it is not an x86-64 program";
    bool interpreter = false;
    for (int i = 0; i < header->e_phnum; i++) {
        Elf64_Phdr part;
        if (pread(fd, &part, sizeof part, (off_t)(header->e_phoff + (size_t)i * header->e_phentsize)) != sizeof part)
            return "its program headers cannot be read";
        if (part.p_type == PT_NOTE && is_go(fd, &part))
            return "it is a Go program: its runtime asks the kernel for memory itself";
        interpreter |= part.p_type == PT_INTERP;
    }
    return interpreter ? NULL : "it is statically linked: no library can be put in front of it";
}

/* NULL when the program (or the interpreter of a script) can be served, else why not. */
static const char *objection(const char *path, int depth)
{
    union {
        Elf64_Ehdr elf;
        char text[256];
    } head;
    memset(&head, 0, sizeof head);
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL; /* executable but not readable: the kernel will tell */
    const char *why = NULL;
    ssize_t got = pread(fd, &head, sizeof head - 1, 0);
    if (fstat(fd, &status) == 0 && (status.st_mode & (S_ISUID | S_ISGID)) && geteuid() != status.st_uid)
        why = "it is set-uid or set-gid: the loader ignores preloaded libraries";
    else if (got >= (ssize_t)sizeof head.elf && !memcmp(head.elf.e_ident, ELFMAG, SELFMAG))
        why = elf_objection(fd, &head.elf);
    else if (got > 2 && head.text[0] == '#' && head.text[1] == '!' && depth < 4) {
        char *interpreter = head.text + 2 + strspn(head.text + 2, " \t");
        interpreter[strcspn(interpreter, " \t\n")] = 0;
        why = objection(interpreter, depth + 1);
    }
    close(fd);
    return why;
}

/* Children that share the budget: the program starts in a job of its own, unless it was given one. */
static bool set_children(void)
{
    const char *how = host_option_text(OPTION_CHILDREN);
    char name[64];
    if (strcmp(how, "own") == 0 || strcmp(how, "free") == 0)
        return true;
    if (strcmp(how, "share") != 0) {
        fprintf(stderr, "winmem run: --children is own, share or free\n");
        return false;
    }
    if (*host_option_text(OPTION_JOB) || !host_option_number(OPTION_RAM))
        return true;
    snprintf(name, sizeof name, "winmem-run-%d", (int)getpid());
    return setenv("WINMEM_JOB", name, 1) == 0;
}

/* So that its children know that they are, and say nothing where there is nothing to say. */
static bool set_first(void)
{
    char number[16];
    snprintf(number, sizeof number, "%d", (int)getpid());
    return setenv("WINMEM_RUN_FIRST", number, 1) == 0;
}

int command_run(int argc, char **argv)
{
    int at = 1;
    while (at < argc && argv[at][0] == '-' && argv[at][1] == '-') {
        if (!argv[at][2]) {
            at++;
            break;
        }
        if (!strcmp(argv[at], "--help")) {
            help(stdout);
            return 0;
        }
        int used = take_option(argc - at, argv + at);
        if (used == 0)
            fprintf(stderr, "winmem run: there is no option %s\n", argv[at]);
        if (used <= 0)
            return 125;
        at += used;
    }
    if (at >= argc) {
        help(stderr);
        return 125;
    }
    char path[PATH_MAX];
    if (!find_program(argv[at], path, sizeof path))
        return cannot_run(argv[at]);
    const char *why = objection(path, 0);
    if (why) {
        fprintf(stderr, "winmem run: %s cannot be served: %s\n", argv[at], why);
        return 126;
    }
    if (!set_children())
        return 125;
    if (!set_preload() || !set_first())
        return 126;
    execv(path, argv + at);
    return cannot_run(path);
}
