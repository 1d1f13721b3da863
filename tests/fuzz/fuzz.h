/* What the programs that are fuzzed share (README.md). Each is one function, libFuzzer's
 * LLVMFuzzerTestOneInput(), which takes bytes, does with them what a command would do with a
 * stranger's file, and aborts where something does not hold that is promised. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "support/random.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold, or the input is a finding; of a status, with its error. */
#define fuzz_require(condition) \
    ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, "not so: %s", #condition))
#define fuzz_require_ok(status, error)    \
    ((status) == MAFAT_OK                 \
         ? (void)0                        \
         : fuzz_fail(__FILE__, __LINE__, "status %d: %s", (int)(status), (error)->text))
_Noreturn void fuzz_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* That the status is one of the documented ones, and an error says what is wrong. */
void fuzz_require_told(mafat_status status, const mafat_error *error);

/* A file with these bytes, for as long as nobody asks for the same number, of FUZZ_FILES, again: its
 * path, which stays the same. It is in memory and leaves nothing behind. */
enum { FUZZ_FILES = 4 };
const char *fuzz_file(int number, const void *bytes, size_t n_bytes);

/* The same of a file in the working folder, whose bytes the caller frees; NULL: there is none. */
void fuzz_write(const char *name, const void *bytes, size_t n_bytes);
char *fuzz_read(const char *name, size_t *n_bytes);

/* The bytes as a text, without what is behind a NUL among them; the caller frees it. */
char *fuzz_text(const uint8_t *data, size_t size);

/* Has MAFAT's cache directory in the working folder, and empty; and finds the one file that is then made
 * there. */
void fuzz_begin_cache(void);
void fuzz_find_cached(char path[PATH_MAX]);

/* Random numbers that depend on the bytes and on nothing else. */
test_random fuzz_random(const uint8_t *data, size_t size);
void fuzz_fill(test_random *r, float *floats, size_t n, float low, float high);

/* A weights file for a network, in so many bytes, as fuzz_file() gives it: small numbers, and no
 * negative ones among them, which a variance must not be. */
const char *fuzz_weights(int number, test_random *r, size_t n_bytes);

#endif
