/* direct.h: directories, under the Microsoft names. */
#ifndef WINMEM_DIRECT_H
#define WINMEM_DIRECT_H

#include "winmem_compiler.h"

#include <sys/stat.h>
#include <unistd.h>

#define _mkdir(path) mkdir((path), 0777)
#define _rmdir rmdir
#define _chdir chdir
#define _getcwd(buffer, size) getcwd((buffer), (size_t)(size))

#endif
