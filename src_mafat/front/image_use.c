/* An image's memory as a use of a network; see image_use.h. */
#include "front/image_use.h"

#include "front/picture_memory.h"

mafat_status mafat_image_use_find(const char *image, mafat_session_use *use, mafat_error *error)
{
    mafat_picture_memory memory;
    *use = (mafat_session_use){.image_by_rows = true, .reads_weights = true};
    if (image == NULL)
        return MAFAT_OK;
    mafat_status status = mafat_picture_memory_find(&memory, image, error);
    use->image_bytes = memory.rgb_bytes;
    use->decode_bytes = memory.decode_bytes;
    return status;
}
