/* Finds objects in a photo, in 16 MiB: detect CFG WEIGHTS NAMES PHOTO [LIMIT]
 *
 *     cc detect.c -o detect $(pkg-config --cflags --libs mafat)
 *     ./detect codes.cfg codes.weights codes.names photo.jpg */
#include <mafat.h>
#include <stdio.h>

static int fail(mafat_status status, const mafat_error *error)
{
    char message[1024];
    mafat_error_message(error, message, sizeof message);
    fprintf(stderr, "detect: %s\n", message);
    return status;
}

int main(int argc, char **argv)
{
    mafat *network;
    mafat_result *found;
    mafat_error error;
    mafat_box box;
    size_t at = 0;
    if (argc < 5) {
        fprintf(stderr, "usage: detect CFG WEIGHTS NAMES PHOTO [LIMIT]\n");
        return MAFAT_USAGE;
    }
    mafat_settings settings = {.memory = argc > 5 ? argv[5] : "16M", .names = argv[3]};
    mafat_status status = mafat_open(&network, argv[1], argv[2], &settings, &error);
    if (status != MAFAT_OK)
        return fail(status, &error);
    mafat_image photo = {.path = argv[4]};
    status = mafat_detect(network, &photo, NULL, &found, &error);
    if (status == MAFAT_OK)
        while (mafat_result_next(found, &at, &box))
            printf("%s %.2f: %.0f,%.0f %.0fx%.0f\n", mafat_class_name(network, box.class_index),
                   box.probability, box.left, box.top, box.width, box.height);
    mafat_result_free(found);
    mafat_close(network);
    return status == MAFAT_OK ? 0 : fail(status, &error);
}
