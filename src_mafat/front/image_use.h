/* What planning a network for an image takes into account. */
#ifndef MAFAT_FRONT_IMAGE_USE_H
#define MAFAT_FRONT_IMAGE_USE_H

#include "front/session.h"

/* What `detector test` does itself with the image that is named, or the plain use of a network where
 * `image` is NULL. Errors: those of mafat_picture_memory_find(). */
mafat_status mafat_image_use_find(const char *image, mafat_session_use *use, mafat_error *error);

#endif
