/* Two bars for each layer whose output is exchanged; see plan_picture_messages.h. */
#include "draw/plan_picture_messages.h"

#include <math.h>

#include "base/size.h"

/* Colours of what is sent, and of what is received. */
static const char *const colors[2] = {"#0b6e99", "#e08a1e"};
enum { RECEIVED, SENT };

static size_t message_bytes(const mafat_plan_sheet *sheet, const mafat_message *message)
{
    return mafat_part_bytes(sheet->network, message->layer, message->part);
}

/* Bytes of a layer's output, or of the image, in one direction. */
static size_t bytes_of(const mafat_plan_sheet *sheet, int layer, bool is_sent)
{
    size_t bytes = 0;
    int n;
    const mafat_message *messages = mafat_plan_messages(sheet->plan, layer, &n);
    for (int i = 0; i < n; i++)
        bytes += messages[i].is_sent == is_sent ? message_bytes(sheet, &messages[i]) : 0;
    return bytes;
}

static size_t find_max_bytes(const mafat_plan_sheet *sheet)
{
    size_t most = 1;
    for (int l = 0; l < sheet->plan->n_layers; l++)
        most = mafat_size_max(most, mafat_size_max(bytes_of(sheet, l, true), bytes_of(sheet, l, false)));
    return most;
}

static void print_remark(const mafat_plan_sheet *sheet, char *text, size_t size)
{
    const mafat_ranks *ranks = &sheet->session->ranks;
    size_t sent_bytes = 0, received_bytes = 0;
    char sent[32], received[32], image[32];
    for (int l = 0; l < sheet->plan->n_layers; l++) {
        sent_bytes += bytes_of(sheet, l, true);
        received_bytes += bytes_of(sheet, l, false);
    }
    snprintf(text, size, "rank %d of %d, for an image: %s are sent, %s received, and %s of the image, "
             "before all that", ranks->rank, ranks->n, mafat_svg_print_bytes(sent_bytes, sent, sizeof sent),
             mafat_svg_print_bytes(received_bytes, received, sizeof received),
             mafat_svg_print_bytes(bytes_of(sheet, -1, true) + bytes_of(sheet, -1, false), image,
                                   sizeof image));
}

/* The bar of one direction: a piece for each rank at the other end. */
static void draw_bar(mafat_plan_sheet *sheet, mafat_plan_area a, int l, bool is_sent)
{
    enum { MAX_BAR = 70 };
    int column = sheet->layers[l].column, n;
    double x = sheet->column_x[column], w = sheet->column_x[column + 1] - x;
    double bar = fmin(0.44 * w, MAX_BAR), base = a.base;
    const mafat_message *messages = mafat_plan_messages(sheet->plan, l, &n);
    for (int i = 0; i < n; i++) {
        const mafat_part *part = &messages[i].part;
        char bytes[32], tip[160];
        if (messages[i].is_sent != is_sent)
            continue;
        double h = mafat_plan_sheet_height(a, message_bytes(sheet, &messages[i]));
        base -= h;
        snprintf(tip, sizeof tip, "layer %d, channels %d–%d, rows %d–%d: %s %s rank %d", l,
                 part->channel_begin, part->channel_end - 1, part->row_begin, part->row_end - 1,
                 mafat_svg_print_bytes(message_bytes(sheet, &messages[i]), bytes, sizeof bytes),
                 is_sent ? "to" : "from", messages[i].peer);
        mafat_svg_rect(&sheet->svg, (mafat_svg_box){x + w / 2 - (is_sent ? bar : 0), base, bar,
                                                    fmax(h - fmin(0.8, h / 4), 0.4)}, colors[is_sent], tip);
    }
}

double mafat_plan_picture_messages_height(const mafat_plan_sheet *sheet)
{
    enum { HEIGHT = 234 };
    return sheet->plan->n_messages > 0 ? HEIGHT : 0;
}

void mafat_plan_picture_messages_draw(mafat_plan_sheet *sheet, double y)
{
    enum { LEGEND = 26, TOP = 88, BASE = 208, NUMBERS = 221 };
    char remark[256];
    if (sheet->plan->n_messages == 0)
        return;
    size_t most = find_max_bytes(sheet);
    mafat_plan_area a = {y + TOP, y + BASE, most, mafat_svg_byte_unit(most)};
    print_remark(sheet, remark, sizeof remark);
    mafat_plan_sheet_head(sheet, y, "Messages", remark);
    double x = mafat_svg_legend(&sheet->svg, (mafat_svg_point){sheet->left, y + LEGEND}, colors[SENT],
                                "sent to other ranks");
    mafat_svg_legend(&sheet->svg, (mafat_svg_point){x, y + LEGEND}, colors[RECEIVED],
                     "received of them");
    mafat_plan_sheet_draw_axis(sheet, a, 4);
    mafat_plan_sheet_draw_borders(sheet, a.top, a.base);
    mafat_svg_open(&sheet->svg, "messages");
    for (int l = 0; l < sheet->plan->n_layers; l++) {
        draw_bar(sheet, a, l, true);
        draw_bar(sheet, a, l, false);
    }
    mafat_svg_close(&sheet->svg);
    mafat_plan_sheet_number(sheet, y + NUMBERS);
}
