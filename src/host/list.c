/* list.c: see list.h. Calls the kernel only. */
#include "host/list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int host_list_open(struct host_list *list, const char *path)
{
    int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return -errno;
    host_list_of(list, file);
    return 0;
}

void host_list_of(struct host_list *list, int file)
{
    list->file = file;
    list->at = list->end = 0;
}

/* The C library's structure is the kernel's here. */
const char *host_list_next(struct host_list *list, unsigned char *type)
{
    if (list->at >= list->end) {
        long got = syscall(SYS_getdents64, list->file, list->buffer, sizeof list->buffer);
        if (got <= 0)
            return NULL;
        list->at = 0;
        list->end = (size_t)got;
    }
    const struct dirent64 *entry = (const struct dirent64 *)(void *)(list->buffer + list->at);
    list->at += entry->d_reclen;
    if (type)
        *type = entry->d_type;
    return entry->d_name;
}

int host_list_next_number(struct host_list *list)
{
    const char *name;
    while ((name = host_list_next(list, NULL))) {
        int number = 0;
        for (; *name >= '0' && *name <= '9' && number < 100000000; name++)
            number = number * 10 + (*name - '0');
        if (number && !*name)
            return number;
    }
    return 0;
}

void host_list_close(struct host_list *list)
{
    close(list->file);
}

int host_lines_open(struct host_lines *lines, const char *path)
{
    lines->file = open(path, O_RDONLY | O_CLOEXEC);
    lines->at = lines->end = 0;
    return lines->file < 0 ? -errno : 0;
}

static bool fill(struct host_lines *lines)
{
    ssize_t got;
    do
        got = read(lines->file, lines->buffer, sizeof lines->buffer);
    while (got < 0 && errno == EINTR);
    lines->at = 0;
    lines->end = got > 0 ? (size_t)got : 0;
    return got > 0;
}

bool host_lines_next(struct host_lines *lines, char *line, size_t size)
{
    size_t length = 0;
    while (length + 1 < size && (lines->at < lines->end || fill(lines))) {
        size_t most = lines->end - lines->at < size - 1 - length ? lines->end - lines->at : size - 1 - length;
        const char *from = lines->buffer + lines->at, *end = memchr(from, '\n', most);
        size_t count = end ? (size_t)(end - from) + 1 : most;
        memcpy(line + length, from, count);
        length += count;
        lines->at += count;
        if (end)
            break;
    }
    line[length] = 0;
    return length != 0;
}

void host_lines_rewind(struct host_lines *lines)
{
    lseek(lines->file, 0, SEEK_SET);
    lines->at = lines->end = 0;
}

void host_lines_close(struct host_lines *lines)
{
    if (lines->file >= 0)
        close(lines->file);
}

size_t host_text_read(const char *path, char *text, size_t size)
{
    size_t length = 0;
    ssize_t got = 1;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    while (file >= 0 && length + 1 < size && (got = read(file, text + length, size - 1 - length)) > 0)
        length += (size_t)got;
    if (file >= 0)
        close(file);
    text[length] = 0;
    return length;
}
