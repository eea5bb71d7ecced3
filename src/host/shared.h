/* shared.h: marks the internals that libwinmem-base takes from libwinmem. They are exported under the version node
 * WINMEM_PRIVATE, which promises nothing: only the library of the same build may use them. */
#ifndef WINMEM_HOST_SHARED_H
#define WINMEM_HOST_SHARED_H

#define WINMEM_SHARED __attribute__((visibility("default")))

#endif
