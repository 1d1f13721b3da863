/* The version; see version.h. The Makefile has build/version.h included here alone, so that a commit
 * compiles no other file anew; tools/version writes it. */
#include "base/version.h"

#define TEXT_OF(number) #number
#define DOTTED(a, b, c) TEXT_OF(a) "." TEXT_OF(b) "." TEXT_OF(c)

#if defined(__clang__)    /* which calls itself gcc 4.2.1, too */
#define COMPILER "clang " DOTTED(__clang_major__, __clang_minor__, __clang_patchlevel__)
#else
#define COMPILER "gcc " DOTTED(__GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__)
#endif

const mafat_version_facts mafat_version = {
    .number = MAFAT_VERSION,
    .commit = MAFAT_COMMIT,
    .darknet_commit = MAFAT_UPSTREAM_COMMIT,
    .compiler = COMPILER,
    .march = MAFAT_MARCH,
#ifdef _OPENMP
    .has_openmp = true,
#endif
};
