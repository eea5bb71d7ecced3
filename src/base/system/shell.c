/* shell.c: system() as Windows' C library has it: the exit code itself is returned, and the commands that programs give
 * it most, which are cmd's own (pause, cls, color, title, chcp), are known. Everything else goes to the system's shell.
 * What the commands print and return is known from watching cmd. */
#include <conio.h>
#include <consoleapi.h>
#include <ctype.h>
#include <processenv.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>
#include <winbase.h>

#pragma GCC visibility push(default)
int winmem_system(const char *command);
#pragma GCC visibility pop

#define PART_LENGTH 512
#define CODE_PAGE "65001"

/* One command of a line, with its words and without what is said of its output. */
struct part {
    char text[PART_LENGTH];
    char *words; /* in text, behind the name */
    bool quiet;  /* > nul */
    bool needs;  /* stands behind &&: runs when the one before succeeded */
};

static int pause_command(const struct part *part)
{
    if (!part->quiet)
        fputs("Press any key to continue . . . ", stdout);
    fflush(stdout);
    (void)winmem_getch();
    if (!part->quiet)
        fputc('\n', stdout);
    fflush(stdout);
    return 0;
}

static int cls_command(const struct part *part)
{
    if (part->quiet)
        return 0;
    fflush(stdout);
    fputs(isatty(STDOUT_FILENO) ? "\033[H\033[2J\033[3J" : "\f", stdout);
    fflush(stdout);
    return 0;
}

static int title_command(const struct part *part)
{
    return SetConsoleTitleA(part->words) ? 0 : 1;
}

/* Two hexadecimal digits, background and text, which must differ; one: the text; none: as it was. */
static int color_command(const struct part *part)
{
    char *end;
    size_t digits = strlen(part->words);
    unsigned long value = strtoul(part->words, &end, 16);
    if (*end || digits > 2 || (digits && !isxdigit((unsigned char)*part->words)) ||
        (digits == 2 && value >> 4 == (value & 15)))
        return 1;
    if (isatty(STDOUT_FILENO)) {
        fflush(stdout);
        SetConsoleTextAttribute(GetStdHandle(STD_OUTPUT_HANDLE), digits ? (WORD)value : 7);
    }
    return 0;
}

static int chcp_command(const struct part *part)
{
    bool known = *part->words == 0 || strcmp(part->words, CODE_PAGE) == 0;
    if (!part->quiet || !known)
        fputs(known ? "Active code page: " CODE_PAGE "\n" : "Invalid code page\n", known ? stdout : stderr);
    fflush(stdout);
    return known ? 0 : 1;
}

static int (*command_of(struct part *part))(const struct part *)
{
    static const struct {
        const char *name;
        int (*run)(const struct part *);
    } known[] = {{"pause", pause_command},
                 {"cls", cls_command},
                 {"title", title_command},
                 {"color", color_command},
                 {"chcp", chcp_command}};
    size_t length = strcspn(part->text, " \t");
    part->words = part->text + length;
    part->words += strspn(part->words, " \t");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strlen(known[i].name) == length && strncasecmp(part->text, known[i].name, length) == 0)
            return known[i].run;
    return NULL;
}

static size_t trim(char *text)
{
    size_t length = strlen(text);
    while (length && isspace((unsigned char)text[length - 1]))
        text[--length] = 0;
    return length;
}

/* Takes "> nul" and its kin off the end, in any order. False: it says something else of where output goes. */
static bool take_output(struct part *part)
{
    static const char *const forms[] = {"2>&1", "2>nul", "2> nul", "1>nul", "1> nul", ">nul", "> nul"};
    size_t length = trim(part->text);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0];) {
        const char *form = forms[i++];
        size_t size = strlen(form);
        if (length <= size || strcasecmp(part->text + length - size, form) != 0)
            continue;
        if (isdigit((unsigned char)form[0]) && !isspace((unsigned char)part->text[length - size - 1]))
            continue; /* the last digit of a word */
        part->text[length - size] = 0;
        part->quiet |= form[0] != '2';
        length = trim(part->text);
        i = 0; /* all over again */
    }
    return !strpbrk(part->text, "<>|");
}

/* The next command of a line; NULL behind the last, or where it is too long. */
static const char *take_part(const char *line, struct part *part)
{
    *part = (struct part){.needs = strncmp(line, "&&", 2) == 0};
    line += strspn(line, "& \t@\n");
    size_t length = 0;
    while (line[length] && (line[length] != '&' || (length && line[length - 1] == '>')))
        length++;
    if (length == 0 || length >= sizeof part->text)
        return NULL;
    memcpy(part->text, line, length);
    return line + length;
}

/* Whether cmd alone is meant: every command of the line is one of its own. */
static bool all_known(const char *line)
{
    struct part part;
    do {
        line = take_part(line, &part);
        if (!line || !take_output(&part) || !command_of(&part))
            return false;
    } while (*line);
    return true;
}

int winmem_system(const char *command)
{
    if (!command)
        return 1;
    if (!all_known(command)) {
        fflush(stdout);
        int status = system(command);
        return status == -1 ? -1 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    int result = 0;
    while (*command) {
        struct part part;
        command = take_part(command, &part);
        take_output(&part);
        if (!part.needs || result == 0)
            result = command_of(&part)(&part);
    }
    return result;
}
