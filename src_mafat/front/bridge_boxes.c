/* A detector's boxes, by Darknet's own functions but for the drawing in bytes; see boxes.h. */
#include "front/boxes.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "darknet.h"
#include "front/verify.h"
#include "image.h"

/* Which boxes test_detector() takes for the same one. */
static const float overlap = .45f;

void mafat_boxes_find(mafat_boxes *boxes, network *net, int w, int h, float threshold,
                      float hier_threshold)
{
    boxes->n_classes = net->layers[net->n - 1].classes;
    boxes->detections = get_network_boxes(net, w, h, threshold, hier_threshold, NULL, 1,
                                          &boxes->n);
    do_nms_sort(boxes->detections, boxes->n, boxes->n_classes, overlap);
}

void mafat_boxes_free(mafat_boxes *boxes)
{
    if (boxes->detections != NULL)
        free_detections(boxes->detections, boxes->n);
    *boxes = (mafat_boxes){0};
}

void mafat_boxes_print(const mafat_boxes *boxes, const mafat_names *names, float threshold)
{
    for (int i = 0; i < boxes->n; i++) {
        const float *prob = boxes->detections[i].prob;
        for (int c = 0; c < boxes->n_classes; c++)
            if (prob[c] > threshold)
                printf("%s: %.0f%%\n", names->lines[c], (double)(prob[c] * 100));
    }
}

/* --------------------------------------------------------------------------------------- labels */

/* What a box is drawn with. */
typedef struct {
    mafat_picture *picture;
    const mafat_image_rounding *rounding;
    image letters[128];    /* owned; those that were not needed so far are empty */
} drawing;

int mafat_boxes_letter_size(int picture_h)
{
    int size = (int)(picture_h * .03) / 10;
    return size < 7 ? size : 7;
}

/* Loads the letter's picture as load_alphabet() does, which holds all of them in all sizes. Darknet
 * has none of control characters nor beyond ASCII, and draws nothing for them (patches/0018). */
static mafat_status load_letter(drawing *d, unsigned char letter, mafat_error *error)
{
    if (letter < 32 || letter > 126 || d->letters[letter].data != NULL)
        return MAFAT_OK;
    image *floats = &d->letters[letter];
    char path[sizeof MAFAT_LETTER_PATH + 16];
    snprintf(path, sizeof path, MAFAT_LETTER_PATH, letter, mafat_boxes_letter_size(d->picture->h));
    mafat_picture bytes;
    mafat_status status = mafat_picture_read(&bytes, path, error);
    if (status != MAFAT_OK)
        return status;
    *floats = make_image(bytes.w, bytes.h, 3);
    int plane = bytes.w * bytes.h;
    for (int i = 0; i < 3 * plane; i++)
        floats->data[i % 3 * plane + i / 3] = d->rounding->from_byte[bytes.rgb[i]];
    mafat_picture_free(&bytes);
    return MAFAT_OK;
}

/* Darknet's get_label(), coloured as draw_label() does it, in bytes. */
static mafat_status make_label(drawing *d, char *text, const float colour[3], mafat_picture *label,
                               mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    for (const char *c = text; *c != '\0' && status == MAFAT_OK; c++)
        status = load_letter(d, (unsigned char)*c, error);
    if (status != MAFAT_OK)
        return status;
    image *alphabet[8] = {0};
    alphabet[mafat_boxes_letter_size(d->picture->h)] = d->letters;
    image floats = get_label(alphabet, text, (int)(d->picture->h * .03));
    size_t plane = (size_t)floats.w * (size_t)floats.h;
    *label = (mafat_picture){.w = floats.w, .h = floats.h, .rgb = malloc(plane * 3 + 1)};
    if (label->rgb == NULL)
        status = mafat_error_set(error, MAFAT_FAILED, "no memory for a label of %dx%d pixels",
                                 floats.w, floats.h);
    for (size_t i = 0; label->rgb != NULL && i < plane * 3; i++)
        label->rgb[i] = mafat_picture_byte(colour[i % 3] * floats.data[i % 3 * plane + i / 3]);
    free_image(floats);
    return status;
}

/* Appends a name to a label's text, behind a comma where it is not the first. */
static mafat_status append(char text[MAFAT_LONGEST_LABEL + 1], const char *name, bool first,
                           mafat_error *error)
{
    size_t used = strlen(text), room = MAFAT_LONGEST_LABEL + 1 - used;
    if ((size_t)snprintf(text + used, room, "%s%s", first ? "" : ", ", name) < room)
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_FAILED,
                           "a box has so many classes that its label is longer than %d bytes, at "
                           "\"%.80s\"; give a higher -thresh",
                           MAFAT_LONGEST_LABEL, name);
}

/* ---------------------------------------------------------------------------------------- boxes */

/* A coordinate of a box becomes a pixel. Where int does not hold it, that is what the processor
 * makes of it, here and in Darknet. */
static int to_pixel(double coordinate, int n)
{
    return (int)(coordinate * n);
}

/* draw_detections() lays masks over the picture's first channel, red: 14x14, scaled to the box. */
static mafat_status draw_mask(mafat_picture *picture, const detection *found, int left, int top,
                              mafat_error *error)
{
    int w = (int)(found->bbox.w * (float)picture->w), h = (int)(found->bbox.h * (float)picture->h);
    if (w < 1 || h < 1)
        return MAFAT_OK;
    if (h == 1 || (double)w * h > INT_MAX)
        return mafat_error_set(error, MAFAT_FAILED,
                               "a box has a mask of %dx%d pixels, which Darknet cannot scale", w,
                               h);
    image mask = resize_image(float_to_image(14, 14, 1, found->mask), w, h);
    image black = threshold_image(mask, .5);
    for (int y = 0; y < h && top + y < picture->h; y++)
        for (int x = 0; x < w && left + x < picture->w; x++)
            picture->rgb[3 * ((size_t)(top + y) * (size_t)picture->w + (size_t)(left + x))] =
                mafat_picture_byte(black.data[y * w + x]);
    free_image(mask);
    free_image(black);
    return MAFAT_OK;
}

/* Where draw_detections() draws a box: it clips two corners on two sides each, and draw_box() the
 * rest. */
static mafat_corners find_corners(box b, int w, int h)
{
    int left = to_pixel(b.x - b.w / 2., w), right = to_pixel(b.x + b.w / 2., w);
    int top = to_pixel(b.y - b.h / 2., h), bottom = to_pixel(b.y + b.h / 2., h);
    return (mafat_corners){
        .left = left < 0 ? 0 : left, .top = top < 0 ? 0 : top,
        .right = right > w - 1 ? w - 1 : right, .bottom = bottom > h - 1 ? h - 1 : bottom,
    };
}

/* Draws one box, with the colour of its first class. */
static mafat_status draw_box_of(drawing *d, const detection *found, int class, int n_classes,
                                char *text, mafat_error *error)
{
    mafat_picture *picture = d->picture, label;
    int width = (int)(picture->h * .006);
    int offset = (int)((long long)class * 123457 % n_classes);
    float colour[3];
    unsigned char rgb[3];
    for (int c = 0; c < 3; c++) {
        colour[c] = get_color(2 - c, offset, n_classes);
        rgb[c] = mafat_picture_byte(colour[c]);
    }
    mafat_corners corners = find_corners(found->bbox, picture->w, picture->h);
    mafat_picture_draw_box(picture, corners, width, rgb);
    mafat_status status = make_label(d, text, colour, &label, error);
    if (status != MAFAT_OK)
        return status;
    /* the label of a box whose end no int holds is nowhere */
    if (corners.top <= INT_MAX - width)
        mafat_picture_draw_label(picture, &label, corners.top + width, corners.left);
    mafat_picture_free(&label);
    if (found->mask != NULL)
        status = draw_mask(picture, found, corners.left, corners.top, error);
    return status;
}

mafat_status mafat_boxes_draw(const mafat_boxes *boxes, const mafat_names *names, float threshold,
                              const mafat_image_rounding *rounding, mafat_picture *picture,
                              mafat_error *error)
{
    drawing d = {.picture = picture, .rounding = rounding};
    mafat_status status = MAFAT_OK;
    mafat_picture_settle(picture, rounding);
    for (int i = 0; i < boxes->n && status == MAFAT_OK; i++) {
        const detection *found = &boxes->detections[i];
        char text[MAFAT_LONGEST_LABEL + 1] = "";
        int class = -1;
        for (int c = 0; c < boxes->n_classes && status == MAFAT_OK; c++) {
            if (!(found->prob[c] > threshold))
                continue;
            status = append(text, names->lines[c], class < 0, error);
            class = class < 0 ? c : class;
        }
        if (class >= 0 && status == MAFAT_OK)
            status = draw_box_of(&d, found, class, boxes->n_classes, text, error);
    }
    for (size_t i = 0; i < sizeof d.letters / sizeof d.letters[0]; i++)
        free_image(d.letters[i]);
    return status;
}
