/* Checks of the files that Darknet's commands read, made before Darknet sees them: it exits with 0,
 * or crashes, where one of them is missing or wrong. All errors name the file: MAFAT_FAILED. */
#ifndef MAFAT_SESSION_VERIFY_H
#define MAFAT_SESSION_VERIFY_H

#include "base/status.h"
#include "cfg/cfg.h"
#include "upstream/picture.h"

/* That the trees and maps that a cfg names are such as Darknet can make the network with. */
mafat_status mafat_verify_cfg_files(const mafat_cfg *cfg, mafat_error *error);

/* The same, and that a weights file holds what the network needs. */
mafat_status mafat_verify_network(const mafat_cfg *cfg, const char *weights_path,
                                  mafat_error *error);

/* That an image file can be read and its path is one that Darknet can take. */
mafat_status mafat_verify_image_path(const char *path, mafat_error *error);

/* The same, and what holding the image takes, by its header. */
mafat_status mafat_verify_image_memory(const char *path, mafat_picture_memory *memory,
                                       mafat_error *error);

/* What a Darknet command reads and writes beside its own arguments. */
typedef struct {
    const char *names_keys[2];  /* of the data file, the first that it has: the file with class
                                   names; both NULL: reads none */
    const char *names_default;  /* where the data file has neither */
    const char *list_key;       /* of the data file: the list of images; NULL: not named there */
    const char *list_default;   /* where the data file lacks it; NULL, both: reads none */
    int n_images;               /* so many the list must have: Darknet loads some ahead */
    bool writes_results;        /* into the folder results= */
    int n_classes;              /* so many names are needed */
    const char *leaves_key;     /* of the data file: a file of leaves of the network's tree, if it has it;
                                   NULL: reads none */
} mafat_verify_needs;

/* That a file holds names for as many classes as `needed_by` ("the network") has. A blank line
 * among them is told on stderr. */
mafat_status mafat_verify_names(const char *path, int n_classes, const char *needed_by,
                                mafat_error *error);

/* That a data file ("cfg/coco.data") is well formed, and that what it names exists: names for all
 * classes, every image of the list, the folder for results. Where `path` is NULL there is none, but
 * the list. */
mafat_status mafat_verify_data(const char *path, const mafat_verify_needs *needs,
                               mafat_error *error);

/* What the images of the list that the data file leads to will take, from their headers: the size
 * of the largest, and the most of everything else; and how many there are. */
mafat_status mafat_verify_find_largest(const char *path, const mafat_verify_needs *needs,
                                       mafat_picture_memory *largest, int *n_images,
                                       mafat_error *error);

/* Counts the lines of the files of names and of leaves that the data file leads to, and their bytes. */
mafat_status mafat_verify_count_names(const char *path, const mafat_verify_needs *needs, int *n_lines,
                                      size_t *n_bytes, mafat_error *error);

/* That a file can be written: its folder can be, and it is not there as something else. */
mafat_status mafat_verify_writable(const char *path, mafat_error *error);

/* That a file to be written is none of those that are read, among which may be NULL and names of
 * nothing; else MAFAT_USAGE. */
mafat_status mafat_verify_unread(const char *path, const char *const *read, int n_read,
                                 mafat_error *error);

/* That, and that it can be written by a file that is written under another name first and then takes its
 * place: its folder must take new files even where the file is there. */
mafat_status mafat_verify_replaceable(const char *path, const char *const *read, int n_read,
                                      mafat_error *error);

/* That the pictures of letters in data/labels, with which Darknet labels boxes, are there: all, or
 * those of one size, 0 to 7, that occur in lines[n]. */
mafat_status mafat_verify_labels(mafat_error *error);
mafat_status mafat_verify_letters(char *const *lines, int n, int size, mafat_error *error);

#endif
