/* async.h: the kernel's asynchronous I/O under `winmem run`. */
#ifndef WINMEM_PRELOAD_ASYNC_H
#define WINMEM_PRELOAD_ASYNC_H

int io_setup(int events, void **context);
/* SYS_io_setup or SYS_io_uring_setup, answered as by libc's syscall. */
long async_setup(long number, long a, long b);

#endif
