/* A plan's picture: its sheet and title; see plan_picture.h. */
#include "draw/plan_picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "draw/plan_picture_arena.h"
#include "draw/plan_picture_layers.h"
#include "draw/plan_picture_messages.h"
#include "draw/plan_picture_sheet.h"
#include "draw/plan_picture_tiles.h"
#include "draw/plan_picture_weights.h"

enum { INDENT = 24, TITLE_HEIGHT = 150, MARGIN = 28 };

/* Writes the configuration, cut off where it needs more than `most` characters. */
static mafat_status print_config(const mafat_config *config, size_t most, char **text,
                                 mafat_error *error)
{
    static const char more[] = "…";
    size_t length = (size_t)mafat_config_print(config, NULL, 0);
    *text = malloc(length + sizeof more);
    if (*text == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for a configuration's text");
    mafat_config_print(config, *text, length + 1);
    if (length > most)
        memcpy(*text + most, more, sizeof more);
    return MAFAT_OK;
}

/* --------------------------------------------------------------------------------------- title */

/* A bar of what predicted_bytes is made of, and the limit. */
static void draw_prediction(mafat_plan_sheet *sheet, double y)
{
    enum { BAR = 20 };
    const mafat_prediction *p = &sheet->session->prediction;
    const struct {
        const char *name, *color;
        size_t bytes;
    } terms[] = {
        {"program", "#c3c9d0", p->base_bytes + p->file_bytes + p->network_bytes +
                                     p->name_bytes},
        {"threads", "#a2abb5", p->thread_bytes},
        {"kernel", "#8b95a1", p->kernel_bytes + p->page_table_bytes + p->ahead_bytes},
        {"the plan itself", "#dcdfe3", p->plan_bytes},
        {"image", mafat_plan_colors[MAFAT_HOLDS_IMAGE], p->image_bytes},
        {"decoding the image", "#d9c943", p->decode_bytes},
        {"results", mafat_plan_colors[MAFAT_HOLDS_MAP], p->result_bytes},
        {"weights that are kept, statistics", MAFAT_PINNED_COLOR,
         p->pinned_bytes + p->parameter_bytes},
        {"arena", "#46586b", p->arena_bytes},
    };
    size_t limit = sheet->session->limit_bytes;
    size_t all = limit > p->total_bytes ? limit : p->total_bytes;
    double x = INDENT, max_width = sheet->width - 2 * INDENT, key = INDENT;
    mafat_svg_rect(&sheet->svg, (mafat_svg_box){x, y, max_width, BAR}, "#f0f2f4", NULL);
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
        char bytes[32], text[96];
        if (terms[i].bytes == 0)
            continue;
        double w = max_width * (double)terms[i].bytes / (double)all;
        snprintf(text, sizeof text, "%s %s", terms[i].name,
                 mafat_svg_print_bytes(terms[i].bytes, bytes, sizeof bytes));
        mafat_svg_rect(&sheet->svg, (mafat_svg_box){x, y, w, BAR}, terms[i].color, text);
        key = mafat_svg_legend(&sheet->svg, (mafat_svg_point){key, y + BAR + 18}, terms[i].color,
                               text);
        x += w;
    }
    if (limit > 0) {
        double at = INDENT + max_width * (double)limit / (double)all;
        mafat_svg_line(&sheet->svg, (mafat_svg_point){at, y - 4},
                       (mafat_svg_point){at, y + BAR + 4}, (mafat_svg_pen){"#b3261e", 2, NULL});
    }
}

static void draw_title(mafat_plan_sheet *sheet, const char *cfg_path, const char *config)
{
    const mafat_session *session = sheet->session;
    const mafat_plan *plan = sheet->plan;
    char text[512], bytes[32], limit[48] = "no limit";
    snprintf(text, sizeof text, "Plan of %s: %s", cfg_path, config);
    double max_width = sheet->width - 2 * INDENT;
    double size = fmin(22, 22 * max_width / mafat_svg_text_width(text, 22));
    mafat_svg_text(&sheet->svg, (mafat_svg_point){INDENT, 42},
                   (mafat_svg_font){.size = size, .color = MAFAT_INK, .bold = true}, text);
    if (session->limit_bytes > 0)
        snprintf(limit, sizeof limit, "limit %s",
                 mafat_svg_print_bytes(session->limit_bytes, bytes, sizeof bytes));
    mafat_svg_print_bytes(session->prediction.total_bytes, bytes, sizeof bytes);
    snprintf(text, sizeof text, "predicted_bytes %zu (%s), %s; %d thread%s; %d layer group%s, "
             "%d steps; %.1f million MACs, plus %.1f %% redundant",
             session->prediction.total_bytes, bytes, limit, session->n_threads,
             session->n_threads == 1 ? "" : "s", plan->n_groups, plan->n_groups == 1 ? "" : "s",
             plan->n_steps, (double)(plan->macs - plan->redundant_macs) / 1e6,
             mafat_plan_redundant_percent(plan->macs, plan->redundant_macs));
    mafat_svg_text(&sheet->svg, (mafat_svg_point){INDENT, 68},
                   (mafat_svg_font){.size = 13, .color = MAFAT_FAINT_INK}, text);
    draw_prediction(sheet, 84);
}

/* ---------------------------------------------------------------------------------------- sheet */

static mafat_status draw(mafat_plan_sheet *sheet, const char *cfg_path, const char *config,
                         const char *path, mafat_error *error)
{
    double layers = TITLE_HEIGHT + MARGIN, arena = layers + MAFAT_LAYERS_HEIGHT + MARGIN;
    double weights = arena + MAFAT_ARENA_HEIGHT + MARGIN;
    double messages = weights + MAFAT_WEIGHTS_HEIGHT + MARGIN;
    double messages_height = mafat_plan_picture_messages_height(sheet);
    double tiles = messages_height > 0 ? messages + messages_height + MARGIN : messages;
    double height = tiles + mafat_plan_picture_tiles_draw(sheet, tiles, false) + MARGIN;
    char title[256];
    snprintf(title, sizeof title, "MAFAT's plan of %.200s", cfg_path);
    mafat_status status = mafat_svg_begin(&sheet->svg, path, sheet->width, height, title, config,
                                          error);
    if (status != MAFAT_OK)
        return status;
    draw_title(sheet, cfg_path, config);
    mafat_plan_picture_layers_draw(sheet, layers);
    mafat_plan_picture_arena_draw(sheet, arena);
    mafat_plan_picture_weights_draw(sheet, weights);
    mafat_plan_picture_messages_draw(sheet, messages);
    mafat_plan_picture_tiles_draw(sheet, tiles, true);
    return mafat_svg_end(&sheet->svg, error);
}

mafat_status mafat_plan_picture_write(const mafat_session *session, const char *cfg_path,
                                      const char *path, mafat_error *error)
{
    enum { MAX_CONFIG_LENGTH = 100 };
    if (session->by_layers)
        return mafat_error_set(error, MAFAT_USAGE, MAFAT_LAYERS_ARE ": there is no plan to draw");
    char *config;
    mafat_plan_sheet sheet;
    mafat_status status = print_config(&session->config, MAX_CONFIG_LENGTH, &config, error);
    if (status == MAFAT_OK && !mafat_plan_sheet_begin(&sheet, session)) {
        mafat_plan_sheet_end(&sheet);
        free(config);
        status = mafat_error_set(error, MAFAT_FAILED, "no memory for a plan's picture");
    }
    if (status != MAFAT_OK)
        return status;
    status = draw(&sheet, cfg_path, config, path, error);
    mafat_plan_sheet_end(&sheet);
    free(config);
    return status;
}
