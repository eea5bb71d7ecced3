/* chain.h: lists whose members are linked by `next` and `previous`, of any type. */
#ifndef WINMEM_MM_CHAIN_H
#define WINMEM_MM_CHAIN_H

#define CHAIN_ADD(first, member)                                                                                       \
    do {                                                                                                               \
        (member)->previous = NULL;                                                                                     \
        (member)->next = (first);                                                                                      \
        if (first)                                                                                                     \
            (first)->previous = (member);                                                                              \
        (first) = (member);                                                                                            \
    } while (0)

#define CHAIN_REMOVE(first, member)                                                                                    \
    do {                                                                                                               \
        if ((member)->previous)                                                                                        \
            (member)->previous->next = (member)->next;                                                                 \
        else                                                                                                           \
            (first) = (member)->next;                                                                                  \
        if ((member)->next)                                                                                            \
            (member)->next->previous = (member)->previous;                                                             \
    } while (0)

#endif
