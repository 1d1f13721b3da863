/* The cache that this machine's processors have before memory. */
#ifndef MAFAT_BASE_CACHE_H
#define MAFAT_BASE_CACHE_H

#include <stddef.h>

/* Bytes of the last level, from the second on: the largest of the first MAFAT_CACHE_PROCESSORS
 * processors, as boards have two kinds, and the fast ones compute. 0 where the kernel does not know.
 * `root` stands before every path that is opened: "" for this machine, a folder for a test. */
enum { MAFAT_CACHE_PROCESSORS = 16 };
size_t mafat_cache_find(const char *root);

/* The same of this machine, asked once. */
size_t mafat_cache_bytes(void);

#endif
