/* A detector's boxes, by Darknet's own functions but for the drawing in bytes; see boxes.h. */
#include "upstream/boxes.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/charge.h"
#include "base/page_cache.h"
#include "darknet.h"
#include "image.h"
#include "run/letterbox.h"
#include "upstream/canvas.h"
#include "upstream/nms.h"

/* Which boxes test_detector() and validate_detector() take for the same one. */
static const float overlap = .45f;

/* In parts of the picture. Darknet takes a letterbox's edges off, of which one of the input's own size
 * has none. */
static void find_parts(mafat_boxes *boxes, network *net, bool stretched, float threshold,
                       float hier_threshold, const int *map)
{
    int w = stretched ? net->w : boxes->w, h = stretched ? net->h : boxes->h;
    boxes->detections = get_network_boxes(net, w, h, threshold, hier_threshold, (int *)map, 1,
                                          &boxes->n);
}

void mafat_boxes_find(mafat_boxes *boxes, network *net, int w, int h, bool stretched, float threshold,
                      float hier_threshold)
{
    *boxes = (mafat_boxes){.w = w, .h = h, .n_classes = net->layers[net->n - 1].classes};
    find_parts(boxes, net, stretched, threshold, hier_threshold, NULL);
    mafat_nms_sort(net, boxes->detections, boxes->n, boxes->n_classes, overlap);
}

void mafat_boxes_find_valid(mafat_boxes *boxes, network *net, int w, int h, bool stretched,
                            const int *map)
{
    const float threshold = .005f, hier_threshold = .5f;    /* validate_detector()'s */
    *boxes = (mafat_boxes){.w = w, .h = h, .n_classes = net->layers[net->n - 1].classes};
    if (stretched)
        find_parts(boxes, net, true, threshold, hier_threshold, map);
    else
        boxes->detections = get_network_boxes(net, w, h, threshold, hier_threshold, (int *)map, 0,
                                              &boxes->n);
    for (int i = 0; i < boxes->n && stretched; i++) {
        box *b = &boxes->detections[i].bbox;
        *b = (box){b->x * (float)w, b->y * (float)h, b->w * (float)w, b->h * (float)h};
    }
    mafat_nms_sort(net, boxes->detections, boxes->n, boxes->n_classes, overlap);
}

int *mafat_boxes_read_map(const char *path)
{
    return read_map((char *)path);
}

bool mafat_boxes_get(const mafat_boxes *boxes, int i, int class_number, float *probability,
                     float box[4])
{
    const detection *found = &boxes->detections[i];
    *probability = found->prob[class_number];
    memcpy(box, (float[4]){found->bbox.x, found->bbox.y, found->bbox.w, found->bbox.h},
           4 * sizeof *box);
    return *probability != 0;
}

void mafat_boxes_free(mafat_boxes *boxes)
{
    if (boxes->detections != NULL)
        free_detections(boxes->detections, boxes->n);
    *boxes = (mafat_boxes){0};
}

/* In floats, and so to the pixel what others print who have the same box. */
static mafat_box box_of(const mafat_boxes *boxes, const detection *found, int class_index)
{
    float w = (float)boxes->w, h = (float)boxes->h;
    box b = found->bbox;
    return (mafat_box){
        .class_index = class_index, .probability = found->prob[class_index],
        .left = (b.x - b.w / 2) * w, .top = (b.y - b.h / 2) * h,
        .width = b.w * w, .height = b.h * h,
    };
}

bool mafat_boxes_next(const mafat_boxes *boxes, float threshold, size_t *at, mafat_box *found)
{
    size_t n_classes = (size_t)boxes->n_classes, n = (size_t)boxes->n * n_classes;
    while (*at < n) {
        const detection *box = &boxes->detections[*at / n_classes];
        int class_index = (int)((*at)++ % n_classes);
        if (!(box->prob[class_index] > threshold))
            continue;
        *found = box_of(boxes, box, class_index);
        return true;
    }
    return false;
}

/* What is drawn of a box. */
typedef struct {
    const detection *found;
    int class;                /* the first over the threshold */
    mafat_corners corners;
    int label_top, label_h;   /* the rows of its label; none where it is nowhere */
    int border;               /* of them, above and below, and of its columns */
} drawn_box;

struct mafat_drawing {
    const mafat_boxes *boxes;
    const mafat_names *names;
    const mafat_image_rounding *rounding;
    float threshold;
    int w, h;
    bool spares_cache;        /* letters' files leave it when they have been read */
    int n;
    drawn_box *drawn;         /* [n], owned */
    float *row;               /* [3][w], owned: of a label */
    mafat_picture letters[128];    /* owned; those that no label needs are empty */
};

/* --------------------------------------------------------------------------------------- labels */

/* The picture is labelled in letters of this size of data/labels, and, in a label, they overlap by
 * so many pixels: get_label(). */
int mafat_boxes_letter_size(int picture_h)
{
    int size = (int)(picture_h * .03) / 10;
    return size < 7 ? size : 7;
}

const char *mafat_boxes_letter_path(int letter, int size, char path[MAFAT_SHIPPED_PATH])
{
    char name[sizeof MAFAT_LETTERS "126_7.png" + 16];
    snprintf(name, sizeof name, MAFAT_LETTERS "%d_%d.png", letter, size);
    if (mafat_shipped_find(name, path) == name)
        memcpy(path, name, sizeof name);
    return path;
}

static int letter_step(int size)
{
    return -size - 1 + (size + 1) / 2;
}

/* Reads the letter's picture, where load_alphabet() has all of them in all sizes. Darknet has none
 * of control characters, and draws nothing for them. */
static mafat_status load_letter(mafat_drawing *d, unsigned char letter, mafat_error *error)
{
    if (letter < MAFAT_FIRST_LETTER || letter > MAFAT_LAST_LETTER ||
        d->letters[letter].rgb != NULL)
        return MAFAT_OK;
    char found[MAFAT_SHIPPED_PATH];
    const char *path = mafat_boxes_letter_path(letter, mafat_boxes_letter_size(d->h), found);
    mafat_status status = mafat_picture_read(&d->letters[letter], path, error);
    uint64_t stay_bytes;
    mafat_error unused;
    if (d->spares_cache)
        mafat_page_cache_drop(path, &stay_bytes, &unused);
    return status;
}

/* Appends a name to a label's text, behind a comma where it is not the first. */
static mafat_status append(char text[MAFAT_MAX_LABEL_LENGTH + 1], const char *name, bool first,
                           mafat_error *error)
{
    size_t used = strlen(text), left = MAFAT_MAX_LABEL_LENGTH + 1 - used;
    if ((size_t)snprintf(text + used, left, "%s%s", first ? "" : ", ", name) < left)
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_FAILED,
                           "a box has so many classes that its label is longer than %d bytes, at "
                           "\"%.80s\"; give a higher -thresh",
                           MAFAT_MAX_LABEL_LENGTH, name);
}

/* Takes out bytes beyond ASCII, which have no letters: Darknet passes over them (patches/0015). */
static void keep_ascii(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++)
        if ((unsigned char)*from < 128)
            *to++ = *from;
    *to = '\0';
}

/* The text of a box's label, and the first of its classes, or -1. */
static mafat_status find_text(const mafat_drawing *d, const detection *found,
                              char text[MAFAT_MAX_LABEL_LENGTH + 1], int *class, mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    text[0] = '\0';
    *class = -1;
    for (int c = 0; c < d->boxes->n_classes && status == MAFAT_OK; c++) {
        if (!(found->prob[c] > d->threshold))
            continue;
        status = append(text, d->names->lines[c], *class < 0, error);
        *class = *class < 0 ? c : *class;
    }
    keep_ascii(text);
    return status;
}

/* Loads a label's letters and finds out how high it is without its border. */
static mafat_status measure_label(mafat_drawing *d, const char *text, int *label_h,
                                  mafat_error *error)
{
    int w = 0, h = 0;
    for (const char *c = text; *c != '\0'; c++) {
        mafat_status status = load_letter(d, (unsigned char)*c, error);
        if (status != MAFAT_OK)
            return status;
        const mafat_picture *letter = &d->letters[(unsigned char)*c];
        h = letter->h > h || w == 0 ? letter->h : h;
        w += letter->w + (w > 0 ? letter_step(mafat_boxes_letter_size(d->h)) : 0);
        if (w < 0)
            return mafat_error_set(error, MAFAT_FAILED,
                                   "the label \"%.80s\" has so many control characters that "
                                   "Darknet makes its width negative", text);
    }
    *label_h = h;
    return MAFAT_OK;
}

static void fill_row(mafat_drawing *d, int from, int to)
{
    for (size_t c = 0; c < 3; c++)
        for (int x = from; x < to && x < d->w; x++)
            d->row[c * (size_t)d->w + (size_t)x] = 1;
}

/* Row y of a label without its border, as get_label() makes it with tile_images(): each letter's
 * floats are multiplied by what is there. Only so much of it as the picture is wide; its whole
 * width is returned. */
static int make_label_row(mafat_drawing *d, const char *text, int y)
{
    int w = 0, step = letter_step(mafat_boxes_letter_size(d->h));
    fill_row(d, 0, d->w);
    for (const char *t = text; *t != '\0'; t++) {
        const mafat_picture *letter = &d->letters[(unsigned char)*t];
        int left = w > 0 ? w + step : 0;
        for (int x = left < 0 ? -left : 0; x < letter->w && left + x < d->w && y < letter->h; x++)
            for (size_t c = 0; c < 3; c++) {
                size_t at = 3 * ((size_t)y * (size_t)letter->w + (size_t)x) + c;
                d->row[c * (size_t)d->w + (size_t)(left + x)] *=
                    d->rounding->from_byte[letter->rgb[at]];
            }
        int new_w = left + letter->w;
        fill_row(d, new_w, w);    /* what an empty letter cuts off */
        w = new_w;
    }
    return w;
}

/* Draws the rows of a label that are in the strip, coloured as draw_label() does it. */
static void draw_label_rows(mafat_drawing *d, mafat_strip *strip, const drawn_box *box,
                            const char *text, const float colour[3])
{
    int left = box->corners.left, last = strip->top + strip->n_rows;
    int h = box->label_h, border = box->border;
    if (left < 0 || left >= strip->w)
        return;
    for (int y = box->label_top > strip->top ? box->label_top : strip->top;
         y < box->label_top + h && y < last; y++) {
        int row = y - box->label_top - border;
        bool inside = row >= 0 && row < h - 2 * border;
        int w = make_label_row(d, text, inside ? row : h);
        unsigned char *to = strip->rgb + 3 * ((size_t)(y - strip->top) * (size_t)strip->w +
                                              (size_t)left);
        for (int x = 0; x < w + 2 * border && left + x < strip->w; x++, to += 3) {
            bool in_text = inside && x >= border && x < border + w;
            for (size_t c = 0; c < 3; c++) {
                float value = in_text ? d->row[c * (size_t)d->w + (size_t)(x - border)] : 1;
                to[c] = mafat_canvas_byte(colour[c] * value);
            }
        }
    }
}

/* ---------------------------------------------------------------------------------------- boxes */

/* A coordinate of a box becomes a pixel. Where int does not hold it, that is what the processor
 * makes of it, here and in Darknet. */
static int to_pixel(double coordinate, int n)
{
    return (int)(coordinate * n);
}

static void mask_size(const mafat_drawing *d, const detection *found, int *w, int *h)
{
    *w = (int)(found->bbox.w * (float)d->w);
    *h = (int)(found->bbox.h * (float)d->h);
}

static mafat_status check_mask(const mafat_drawing *d, const detection *found, mafat_error *error)
{
    int w, h;
    mask_size(d, found, &w, &h);
    if (w < 1 || h < 1 || (h > 1 && (double)w * h <= INT_MAX))
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_FAILED,
                           "a box has a mask of %dx%d pixels, which Darknet cannot scale", w, h);
}

/* draw_detections() lays masks over the picture's first channel, red: 14x14, scaled to the box. */
static void draw_mask(const mafat_drawing *d, mafat_strip *strip, const drawn_box *box)
{
    enum { SIDE = 14 };
    mafat_resizing mask;
    int w, h, left = box->corners.left, top = box->corners.top;
    mask_size(d, box->found, &w, &h);
    int begin = top > strip->top ? top : strip->top, end = strip->top + strip->n_rows;
    end = (double)top + h < end ? top + h : end;
    if (w < 1 || h < 1 || begin >= end)
        return;
    mafat_resizing_init(&mask, box->found->mask, SIDE, SIDE, w, h, d->rounding);
    for (int y = begin; y < end; y++) {
        unsigned char *row = strip->rgb + 3 * (size_t)(y - strip->top) * (size_t)strip->w;
        for (int x = 0; x < w && left + x < strip->w; x++)
            row[3 * (left + x)] = mafat_resizing_pixel(&mask, x, y - top) > .5f ? 255 : 0;
    }
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

static int frame_width(const mafat_drawing *d)
{
    return (int)(d->h * .006);
}

/* Looks at a box; drawn->class is -1 where nothing is drawn of it. */
static mafat_status look_at_box(mafat_drawing *d, const detection *found, drawn_box *drawn,
                                mafat_error *error)
{
    char text[MAFAT_MAX_LABEL_LENGTH + 1];
    int text_h = 0, width = frame_width(d);
    *drawn = (drawn_box){.found = found,
                         .corners = find_corners(found->bbox, d->w, d->h)};
    mafat_status status = find_text(d, found, text, &drawn->class, error);
    if (status == MAFAT_OK)
        status = measure_label(d, text, &text_h, error);
    if (status == MAFAT_OK && drawn->class >= 0 && found->mask != NULL)
        status = check_mask(d, found, error);
    /* the label of a box whose end no int holds is nowhere */
    if (drawn->corners.top > INT_MAX - width)
        return status;
    drawn->border = (int)(text_h * .25);
    drawn->label_h = text_h + 2 * drawn->border;
    drawn->label_top = drawn->corners.top + width;
    if (drawn->label_top >= drawn->label_h)
        drawn->label_top -= drawn->label_h;
    if (drawn->label_top >= d->h)
        drawn->label_h = 0;
    return status;
}

/* One of the six colours between which the others lie. */
static float corner_colour(int channel, int corner)
{
    return get_color(channel, corner, 5);
}

float mafat_boxes_colour(const mafat_image_rounding *rounding, int channel, int x, int max)
{
    if (rounding->colouring == MAFAT_COLOUR_BY_CALL)
        return get_color(channel, x, max);
    float at_color = rounding->colouring == MAFAT_COLOUR_BY_STEP ? (float)x * (5 / (float)max)
                                                                 : (float)x * 5 * (1 / (float)max);
    int before = (int)floorf(at_color), behind = (int)ceilf(at_color);
    float share = at_color - (float)before;
    return (1 - share) * corner_colour(channel, before) + share * corner_colour(channel, behind);
}

/* Draws what of a box is in the strip, with the colour of its first class. */
static mafat_status draw_box_of(mafat_drawing *d, mafat_strip *strip, const drawn_box *box,
                                mafat_error *error)
{
    char text[MAFAT_MAX_LABEL_LENGTH + 1];
    int class, n_classes = d->boxes->n_classes;
    int offset = (int)((long long)box->class * 123457 % n_classes);
    float colour[3];
    unsigned char rgb[3];
    for (int c = 0; c < 3; c++) {
        colour[c] = mafat_boxes_colour(d->rounding, 2 - c, offset, n_classes);
        rgb[c] = mafat_canvas_byte(colour[c]);
    }
    mafat_canvas_draw_box(strip, box->corners, frame_width(d), rgb);
    mafat_status status = MAFAT_OK;
    if (box->label_top < strip->top + strip->n_rows && box->label_top + box->label_h > strip->top)
        status = find_text(d, box->found, text, &class, error);
    else
        text[0] = '\0';
    if (status == MAFAT_OK && text[0] != '\0')
        draw_label_rows(d, strip, box, text, colour);
    if (box->found->mask != NULL)
        draw_mask(d, strip, box);
    return status;
}

mafat_status mafat_boxes_draw(void *drawing, mafat_strip *strip, mafat_error *error)
{
    mafat_drawing *d = drawing;
    mafat_status status = MAFAT_OK;
    mafat_canvas_settle(strip, d->rounding);
    for (int i = 0; i < d->n && status == MAFAT_OK; i++)
        status = draw_box_of(d, strip, &d->drawn[i], error);
    return status;
}

size_t mafat_boxes_drawing_bytes(const mafat_picture_memory *memory, mafat_canvas_format format)
{
    int size = mafat_boxes_letter_size(memory->h) + 1;
    return memory->rows_bytes + mafat_canvas_write_bytes(format, memory->w, memory->h) +
           3 * sizeof(float) * (size_t)memory->w +
           (size_t)MAFAT_CHARGE_LETTERS / 64 * (size_t)(size * size);
}

size_t mafat_boxes_most(size_t n_outputs, int n_classes)
{
    return n_outputs / (size_t)(4 + 1 + n_classes);
}

size_t mafat_boxes_bytes(size_t n_outputs, int n_classes)
{
    size_t box_bytes = sizeof(detection) + sizeof(drawn_box) + MAFAT_CHARGE_BLOCK_HEAD +
                       (size_t)n_classes * sizeof(float);
    return mafat_boxes_most(n_outputs, n_classes) * box_bytes;
}

mafat_status mafat_boxes_begin_drawing(mafat_drawing **drawing, const mafat_boxes *boxes,
                                       const mafat_names *names, float threshold,
                                       const mafat_image_rounding *rounding, bool spares_cache,
                                       mafat_error *error)
{
    mafat_drawing *d = *drawing = calloc(1, sizeof *d);
    if (d != NULL) {
        *d = (mafat_drawing){.boxes = boxes, .names = names, .threshold = threshold,
                             .rounding = rounding, .w = boxes->w, .h = boxes->h,
                             .spares_cache = spares_cache};
        d->drawn = calloc((size_t)boxes->n + 1, sizeof *d->drawn);
        d->row = malloc(3 * (size_t)boxes->w * sizeof *d->row);
    }
    mafat_status status = MAFAT_OK;
    if (d == NULL || d->drawn == NULL || d->row == NULL)
        status = mafat_error_set(error, MAFAT_FAILED, "no memory to draw %d boxes", boxes->n);
    for (int i = 0; i < boxes->n && status == MAFAT_OK; i++) {
        status = look_at_box(d, &boxes->detections[i], &d->drawn[d->n], error);
        d->n += d->drawn[d->n].class >= 0;
    }
    if (status != MAFAT_OK) {
        mafat_boxes_end_drawing(d);
        *drawing = NULL;
    }
    return status;
}

void mafat_boxes_end_drawing(mafat_drawing *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < sizeof d->letters / sizeof d->letters[0]; i++)
        mafat_picture_free(&d->letters[i]);
    free(d->drawn);
    free(d->row);
    free(d);
}
