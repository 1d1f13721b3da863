/* What Darknet calls: the doors that patches/ open. With MAFAT not asked for they do nothing but what
 * Darknet did without them. They print what is wrong and exit with the documented code where they
 * cannot do what they are asked, as Darknet has no way to be told. */
#ifndef MAFAT_DOORS_H
#define MAFAT_DOORS_H

#include <stddef.h>
#include <stdio.h>

struct detection;
struct layer;
struct network;

/* Called by main() before anything else (patches/0009). Returns an exit code; or -1 when main() is to
 * go on with what is left in argv, "darknet detector valid ...": without a word taken out where
 * nobody asks for MAFAT (command/asked.h), else with files that have been verified
 * (command/command.c). */
int mafat_main(int *argc, char **argv);

/* Called by parse_network_cfg() before it makes the first layer, and behind the last one
 * (patches/0008; bridge/hooks.c). */
void mafat_begin(struct network *network, const char *cfg_path);
void mafat_attach(struct network *network);

/* Takes out of line `number` (from 1) of a cfg what is no part of it, in place: what strip() takes,
 * carriage returns, a byte order mark before the first line, and, behind a section or a value, a
 * comment: all from '#' or ';' on, in the name of a file (tree=, map=) only where a blank stands
 * before it, or from "//" on, with a blank before it anywhere. A line that is a comment stays one.
 * read_cfg() calls it for each line (patches/0010), and so does our own reader (cfg/cfg_text.c). */
void mafat_cfg_text_clean(char *line, int number);

/* Called by Darknet's objects in place of malloc(), calloc(), realloc(), free(), fopen(), and fclose(): the
 * Makefile renames the calls (CHECKED there), as Darknet looks at none of their results, but for
 * files that it reads, which are looked up (base/shipped.h) where a command asks for MAFAT. Where
 * there is no memory they say how much was wanted and exit with MAFAT_FAILED, and so they do where a
 * file cannot be written; NULL is returned where nothing was asked for alone. While layers are made,
 * large blocks of zeros are not of the heap (bridge/blocks.h), so that mafat_checked_free() alone
 * frees what Darknet allocated; it frees the heap's blocks, too (bridge/checked.c). */
void *mafat_checked_malloc(size_t n_bytes);
void *mafat_checked_calloc(size_t n, size_t n_bytes);
void *mafat_checked_realloc(void *block, size_t n_bytes);
void mafat_checked_free(void *block);
FILE *mafat_checked_fopen(const char *path, const char *mode);
int mafat_checked_fclose(FILE *stream);

/* Called in place of fread() and fgets(): the same, but that they end where reading fails, as where the disk
 * does, and so do those below that print into a file, and mafat_checked_fclose(). */
size_t mafat_checked_fread(void *elements, size_t n_bytes, size_t n, FILE *stream);
char *mafat_checked_fgets(char *line, int size, FILE *stream);

/* Called in place of qsort(), which sorts otherwise where it gets no memory, and of boxes that are
 * equal another is kept then: the same, but for that. */
void mafat_checked_qsort(void *elements, size_t n, size_t n_bytes,
                         int (*compare)(const void *, const void *));

/* Called in place of exit(), what assert() calls, srand(), and all that prints to stdout and stderr:
 * the same, but while the library calls Darknet, whose ends are errors of that call then
 * (bridge/caught.h), and where nothing is to be printed (base/notice.h). */
_Noreturn void mafat_checked_exit(int code);
_Noreturn void mafat_checked_assert_fail(const char *assertion, const char *file, unsigned line,
                                         const char *function);
void mafat_checked_srand(unsigned seed);
int mafat_checked_fprintf(FILE *stream, const char *format, ...);
int mafat_checked_printf(const char *format, ...);
size_t mafat_checked_fwrite(const void *elements, size_t n_bytes, size_t n, FILE *stream);
int mafat_checked_fputc(int character, FILE *stream);
int mafat_checked_putchar(int character);
int mafat_checked_puts(const char *line);
void mafat_checked_perror(const char *text);

/* Called in place of calloc() by image.c, where images are made, loaded, resized and copied: where a
 * network has a limit, it sees to it that there is room for this image too, and touches it, so that
 * who measures the process sees it (bridge/limits.c). */
void *mafat_image_calloc(size_t n, size_t n_bytes);

/* Called by load_image_stb() for an image of so many channels (0: as many as it has; patches/0018),
 * and by get_lines() before it reads lines that it keeps (patches/0020): they see to it that there is
 * room in the limits of all networks. mafat_image_load() then decodes the image, to what stbi_load()
 * gives and free() frees; NULL: no network has a limit, and Darknet decodes it (bridge/limits.c). */
unsigned char *mafat_image_load(const char *path, int n_channels, int *w, int *h, int *n_found);
void mafat_lines_begin(const char *path);

/* Called by validate_detector() and validate_classifier_single(), how many images of their list are
 * done, the last time when all are (patches/0025): shows that where progress is wanted. Returns 0
 * where MAFAT is not asked for, and Darknet says it in its own way (bridge/hooks.c). */
int mafat_images_done(int n_done, int n);

/* What cfgs of other Darknets have (bridge/foreign.c, upstream/foreign_layers.h). Called by
 * parse_network_cfg() for a section that upstream does not know, 0 where nobody does, and for each layer
 * that it has made (patches/0027). Commands have boxes dropped that are too near to better ones: as
 * do_nms_sort(), by the network's measure (patches/0029). What would train ends here. */
int mafat_foreign_knows(const char *section);
void mafat_foreign_layer(struct network *network, struct layer *layer, const char *section, void *options,
                         int index, int batch);
void mafat_foreign_nms_sort(struct network *network, struct detection *boxes, int n, int n_classes,
                            float threshold);
_Noreturn void mafat_foreign_fail_training(void);

/* Activations that Darknet lacks, by numbers above those of its own: get_activation() asks for the one of
 * a name, 0 where there is none, activate_array() has it applied, and gradient_array(), which has no
 * gradient of it to give, ends here (patches/0026; bridge/foreign.c). */
enum { MAFAT_FOREIGN_ACTIVATIONS = 100 };
int mafat_foreign_activation(const char *name);
void mafat_foreign_activate(float *x, int n, int number);
_Noreturn void mafat_foreign_fail_gradient(int number);

/* Called by load_thread() and validate_classifier_single() for an image and what it is fitted to, Darknet's
 * `image`, which is a type without a tag: nothing is loaded, and 1 returned, where the network is given
 * paths (patches/0019, 0035; bridge/paths.c). */
int mafat_image_fit_later(char *path, void *to, void *fitted);

#endif
