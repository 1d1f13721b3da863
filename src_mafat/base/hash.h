/* A sum of bytes by which what differs is told apart: FNV-1a of 64 bits. It is no guard against those who want
 * two things to have the same one. */
#ifndef MAFAT_BASE_HASH_H
#define MAFAT_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define MAFAT_HASH_OF_NOTHING ((uint64_t)14695981039346656037u)

/* The sum of what `hash` is of and n bytes behind it. */
uint64_t mafat_hash_add(uint64_t hash, const void *bytes, size_t n);

#endif
