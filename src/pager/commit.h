/* commit.h: inside the pager: the budget and the commit limit as commit.c keeps them. */
#ifndef WINMEM_PAGER_COMMIT_H
#define WINMEM_PAGER_COMMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sets the RAM budget in bytes, 0 for none, and computes the commit limit anew. */
void commit_set_budget(uint64_t ram);
/* The paging file is a device, or an export, that can hold so much: the limit is not above that. */
void commit_set_device(uint64_t bytes);
/* Pages of RAM that the process may use; SIZE_MAX: no budget. */
size_t commit_budget(void);
bool commit_exceeds_budget(void);
/* Most bytes that the paging file may hold under the options, given a budget. */
uint64_t commit_pagefile_bytes(uint64_t ram);

#endif
