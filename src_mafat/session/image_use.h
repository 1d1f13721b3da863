/* What planning a network for an image takes into account. */
#ifndef MAFAT_SESSION_IMAGE_USE_H
#define MAFAT_SESSION_IMAGE_USE_H

#include "session/session.h"
#include "upstream/picture.h"

/* The files that a command would be given; NULL where none is named. */
typedef struct {
    const char *image, *data;
} mafat_image_files;

/* What an image takes that is letterboxed by rows (upstream/picture.h), and perhaps drawn on
 * afterwards. An image without pixels is none, and takes nothing. */
mafat_image_need mafat_image_use_of_rows(const mafat_picture_memory *memory, bool is_drawn);

/* What `detector test` does itself with the image that is named, or `classifier predict` if the
 * network finds no boxes; without an image what `mafat bench` does. Errors: those of
 * mafat_picture_memory_find() and mafat_cfg_read(), and a data file that cannot be read. */
mafat_status mafat_image_use_find(const char *cfg_path, const mafat_image_files *named,
                                  mafat_session_use *use, mafat_error *error);

/* The image that is planned for where nobody names one: a camera's baseline JPEG of 12 megapixels.
 * Where it comes by rows it takes little, and for one that takes more room is made when it comes
 * (bridge/bridge.h); where it is decoded whole that takes planes of as many samples. */
extern const mafat_picture_memory mafat_image_use_photo;

/* The same as mafat_image_use_find() with that image, for a process that held so much before it did
 * anything. */
mafat_status mafat_image_use_of_photo(const char *cfg_path, size_t base_bytes,
                                      mafat_session_use *use, mafat_error *error);

#endif
