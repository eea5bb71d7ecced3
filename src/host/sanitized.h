/* sanitized.h: whether this is a build with a sanitizer that has a shadow of all memory and calls of its own for
 * signals. A constant for the preprocessor and for C. */
#ifndef WINMEM_HOST_SANITIZED_H
#define WINMEM_HOST_SANITIZED_H

#define HOST_SANITIZED 0
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#undef HOST_SANITIZED
#define HOST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef HOST_SANITIZED
#define HOST_SANITIZED 1
#endif
#endif

#endif
