/* stb_image, Darknet's decoder, compiled into our own files, so that its parts can be called one by
 * one, and so that it cannot end the process: an assertion, an allocation beyond what its caller
 * allows, and a loop that waits for more of a file than there is leave by longjmp(), and what it
 * holds is freed.
 *
 * A file that decodes includes this header and then stb_image.h, and is compiled with Darknet's own
 * flags (Makefile): what stb_image computes in floats then has Darknet's bits. */
#ifndef MAFAT_UPSTREAM_STB_H
#define MAFAT_UPSTREAM_STB_H

#include <setjmp.h>

#include "base/status.h"
#include "upstream/picture_file.h"

/* The blocks that stb_image has, at most: planes, coefficients and rows of four components, and
 * some more. */
enum { MAFAT_STB_BLOCKS = 24 };

typedef struct {
    size_t may_hold_bytes;    /* by what was allocated and not freed */
    size_t held_bytes, max_bytes;
    struct {
        void *at;             /* NULL: none */
        size_t bytes;
    } blocks[MAFAT_STB_BLOCKS];
    const char *reason;       /* that it was left for; NULL: it was not */
    jmp_buf leave;
} mafat_stb_guard;

/* Runs work(context), which calls stb_image, under the guard. False where it was left: then all that
 * the guard held is freed, and it says the reason. */
bool mafat_stb_run(mafat_stb_guard *guard, void (*work)(void *context), void *context);

/* Frees what the guard holds. */
void mafat_stb_free_all(mafat_stb_guard *guard);

/* Takes a block out of the guard: free() frees it from now on. */
void mafat_stb_release(mafat_stb_guard *guard, const void *block);

/* What stb_image is compiled with. Memory is zeroed: parts of a picture that its file lacks are
 * the same in each run. */
_Noreturn void mafat_stb_leave(const char *reason);

/* The reason where may_hold_bytes would not have done, and where a file ends too soon. */
extern const char mafat_stb_takes_more[], mafat_stb_ends_early[];
void *mafat_stb_allocate(size_t n_bytes);
void *mafat_stb_reallocate(void *block, size_t n_bytes);
void mafat_stb_free(void *block);

/* stbi_io_callbacks on a mafat_picture_file. */
int mafat_stb_read(void *file, char *to, int n_bytes);
void mafat_stb_skip(void *file, int n_bytes);
int mafat_stb_eof(void *file);

#define MAFAT_STB_CALLBACKS {mafat_stb_read, mafat_stb_skip, mafat_stb_eof}

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_NO_STDIO
#define STBI_ASSERT(condition) ((condition) ? (void)0 : mafat_stb_leave("corrupt"))
#define STBI_MALLOC(n_bytes) mafat_stb_allocate(n_bytes)
#define STBI_REALLOC(block, n_bytes) mafat_stb_reallocate(block, n_bytes)
#define STBI_FREE(block) mafat_stb_free(block)

#endif
