/* proc.c: mappings of this process by PROCMAP_QUERY, or by reading /proc/self/maps where the kernel lacks it.
 * Opens the file for each question: a kept descriptor would outlive a fork or be closed by the program. */
#include "host/proc.h"

#include "host/gate.h"
#include "host/kernel.h"
#include "host/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>

static struct {
    _Atomic int no_query; /* the kernel has no PROCMAP_QUERY */
} proc_state;

static long open_read(const char *path)
{
    return host_syscall6(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0);
}

void host_fd_path(int fd, char path[HOST_FD_PATH])
{
    static const char directory[] = "/proc/self/fd/";
    char digits[12];
    size_t count = 0, at = sizeof directory - 1;
    memcpy(path, directory, at);
    for (unsigned rest = (unsigned)fd; count == 0 || rest; rest /= 10)
        digits[count++] = (char)('0' + rest % 10);
    while (count)
        path[at++] = digits[--count];
    path[at] = 0;
}

long host_file_path(int fd, char *path, size_t size)
{
    HOST_GATE("file_path");
    char link[HOST_FD_PATH];
    host_fd_path(fd, link);
    long length = host_syscall3(SYS_readlink, (long)link, (long)path, (long)size);
    if (host_failed(length))
        return length;
    if ((size_t)length >= size)
        return -ENAMETOOLONG;
    path[length] = 0;
    return length;
}

long host_read_text(const char *path, char *buffer, size_t size)
{
    HOST_GATE("read_text");
    long file = open_read(path);
    if (host_failed(file))
        return file;
    size_t length = 0;
    while (length + 1 < size) {
        long got = host_syscall3(SYS_read, file, (long)(buffer + length), (long)(size - 1 - length));
        if (got == -EINTR)
            continue;
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    buffer[length] = 0;
    host_syscall3(SYS_close, file, 0, 0);
    return (long)length;
}

static int find_by_query(long file, uintptr_t address, struct host_mapping *mapping, char *name, size_t name_size)
{
    struct host_procmap_query query = {
        .size = sizeof(query),
        .query_flags = HOST_PROCMAP_COVERING_OR_NEXT,
        .query_addr = address,
        .vma_name_addr = (uint64_t)(uintptr_t)name,
        .vma_name_size = name ? (uint32_t)name_size : 0,
    };
    long result = host_syscall3(SYS_ioctl, file, (long)HOST_PROCMAP_QUERY, (long)&query);
    if (host_failed(result))
        return (int)result;
    if (name && query.vma_name_size == 0)
        name[0] = 0;
    *mapping = (struct host_mapping){
        .start = query.vma_start,
        .end = query.vma_end,
        .access = (unsigned)query.vma_flags & (HOST_READ | HOST_WRITE | HOST_EXECUTE),
        .shared = (query.vma_flags & HOST_PROCMAP_SHARED) != 0,
        .offset = query.vma_offset,
        .device = (uint64_t)query.dev_major << 32 | query.dev_minor,
        .inode = query.inode,
    };
    return 0;
}

/* Reads a file line by line through a small buffer. */
struct line_reader {
    long file;
    size_t used;
    size_t length;
    char buffer[2048];
};

static int next_character(struct line_reader *reader)
{
    if (reader->used == reader->length) {
        long got;
        do {
            got = host_syscall3(SYS_read, reader->file, (long)reader->buffer, sizeof(reader->buffer));
        } while (got == -EINTR);
        if (got <= 0)
            return -1;
        reader->length = (size_t)got;
        reader->used = 0;
    }
    return (unsigned char)reader->buffer[reader->used++];
}

/* A line without its end, cut to size; false at the end of the file. */
static bool next_line(struct line_reader *reader, char *line, size_t size)
{
    size_t length = 0;
    int c = next_character(reader);
    if (c < 0)
        return false;
    for (; c >= 0 && c != '\n'; c = next_character(reader)) {
        if (length + 1 < size)
            line[length++] = (char)c;
    }
    line[length] = 0;
    return true;
}

static uint64_t parse_number(const char **text, unsigned base)
{
    uint64_t value = 0;
    for (;; (*text)++) {
        char c = **text;
        unsigned digit = 16;
        if (c >= '0' && c <= '9')
            digit = (unsigned)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (unsigned)(c - 'a') + 10;
        if (digit >= base)
            return value;
        value = value * base + digit;
    }
}

/* "start-end rwxp offset major:minor inode   name" */
static void parse_mapping(const char *line, struct host_mapping *mapping, const char **name)
{
    mapping->start = parse_number(&line, 16);
    line++;
    mapping->end = parse_number(&line, 16);
    line++;
    mapping->access =
        (line[0] == 'r' ? HOST_READ : 0u) | (line[1] == 'w' ? HOST_WRITE : 0u) | (line[2] == 'x' ? HOST_EXECUTE : 0u);
    mapping->shared = line[3] == 's';
    line += 5;
    mapping->offset = parse_number(&line, 16);
    line++;
    uint64_t major = parse_number(&line, 16);
    line++;
    mapping->device = major << 32 | parse_number(&line, 16);
    line++;
    mapping->inode = parse_number(&line, 10);
    while (*line == ' ')
        line++;
    *name = line;
}

static int find_by_text(long file, uintptr_t address, struct host_mapping *mapping, char *name, size_t name_size)
{
    struct line_reader reader = {.file = file};
    char line[768];
    while (next_line(&reader, line, sizeof(line))) {
        struct host_mapping candidate;
        const char *path;
        parse_mapping(line, &candidate, &path);
        if (candidate.end <= address)
            continue;
        *mapping = candidate;
        if (name) {
            size_t length = strlen(path);
            length = length < name_size ? length : name_size - 1;
            memcpy(name, path, length);
            name[length] = 0;
        }
        return 0;
    }
    return -ENOENT;
}

int host_mapping_find(uintptr_t address, struct host_mapping *mapping, char *name, size_t name_size)
{
    HOST_GATE("mapping_find");
    long file = open_read("/proc/self/maps");
    if (host_failed(file))
        return (int)file;
    int error = -ENOTTY;
    if (!atomic_load_explicit(&proc_state.no_query, memory_order_relaxed))
        error = find_by_query(file, address, mapping, name, name_size);
    if (error == -ENOTTY || error == -EINVAL) {
        atomic_store_explicit(&proc_state.no_query, 1, memory_order_relaxed);
        error = find_by_text(file, address, mapping, name, name_size);
    } else if (error == -ENAMETOOLONG) {
        error = find_by_text(file, address, mapping, name, name_size);
    }
    host_syscall3(SYS_close, file, 0, 0);
    return error;
}

size_t host_mapping_count(void)
{
    char text[4096];
    size_t count = 0;
    long file = open_read("/proc/self/maps"), got;
    if (host_failed(file))
        return 0;
    while ((got = host_syscall3(SYS_read, file, (long)text, sizeof(text))) > 0) {
        for (long i = 0; i < got; i++)
            count += text[i] == '\n';
    }
    host_syscall3(SYS_close, file, 0, 0);
    return count;
}

size_t host_mapping_limit(void)
{
    char text[32];
    size_t limit = 0;
    if (host_read_text("/proc/sys/vm/max_map_count", text, sizeof(text)) > 0) {
        for (const char *at = text; *at >= '0' && *at <= '9'; at++)
            limit = limit * 10 + (size_t)(*at - '0');
    }
    return limit ? limit : 65530;
}
