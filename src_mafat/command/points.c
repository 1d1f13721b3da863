/* See points.h. */
#include "command/points.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/progress.h"
#include "base/size.h"
#include "draw/front_picture.h"

mafat_status mafat_points_add(mafat_points *points, size_t limit_bytes, const mafat_found *found,
                              const mafat_process *process, mafat_error *error)
{
    mafat_point *grown = mafat_array_resize(points->points, (size_t)points->n + 1,
                                            sizeof *grown);
    if (grown != NULL)
        points->points = grown;
    char *config = grown == NULL ? NULL : mafat_config_text(&found->config);
    if (config == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for %d plans", points->n + 1);
    points->points[points->n++] = (mafat_point){
        .limit_bytes = limit_bytes, .total_bytes = mafat_found_predict(found, process).total_bytes,
        .read_bytes = found->plan.weight_bytes_read, .n_images = found->plan.n_images,
        .seconds = found->plan.latency_s / found->plan.n_images, .config = config,
    };
    return MAFAT_OK;
}

/* Adds the best plan for a limit; MAFAT_NO_FIT as mafat_search_best() has it. */
static mafat_status add_best(mafat_points *points, mafat_search *search,
                             const mafat_points_finder *finder, size_t limit_bytes,
                             mafat_error *error)
{
    mafat_found found;
    mafat_status status = finder != NULL
                              ? finder->find(finder->context, limit_bytes, &found, error)
                              : mafat_search_best(search, limit_bytes, &found, error);
    if (status != MAFAT_OK)
        return status;
    status = mafat_points_add(points, limit_bytes, &found, search->problem.process, error);
    mafat_found_free(&found);
    return status;
}

/* How many plans there can be from a limit down to the smallest one that works, `least`. */
static size_t count_left(size_t limit_bytes, size_t least, int percent)
{
    size_t n = 0;
    for (; limit_bytes >= least; n++)
        limit_bytes -= limit_bytes / 100 * (size_t)percent + 1;
    return n;
}

mafat_status mafat_points_descend(mafat_points *points, mafat_search *search,
                                  const mafat_points_finder *finder, size_t limit_bytes,
                                  int percent, int most, mafat_error *error)
{
    mafat_progress progress;
    mafat_error unused;
    size_t least;
    int end = most < INT32_MAX - points->n ? points->n + most : INT32_MAX;
    mafat_status status = MAFAT_OK;
    mafat_progress_begin(&progress, "plans", 0);
    bool is_bounded = mafat_search_min_limit(search, &least, &unused) == MAFAT_OK;
    while (points->n < end && status == MAFAT_OK) {
        status = add_best(points, search, finder, limit_bytes, error);
        if (status != MAFAT_OK)
            break;
        size_t taken = points->points[points->n - 1].total_bytes;
        limit_bytes = taken - taken / 100 * (size_t)percent - 1;
        if (is_bounded)
            progress.n = mafat_size_min((size_t)points->n + count_left(limit_bytes, least, percent),
                                        (size_t)end);
        mafat_progress_reach(&progress, (size_t)points->n);
    }
    progress.n = (size_t)points->n;
    mafat_progress_end(&progress);
    return status == MAFAT_NO_FIT && points->n > 0 ? MAFAT_OK : status;
}

static bool is_double(const mafat_points *points, int index)
{
    for (int i = 0; i < index; i++)
        if (strcmp(points->points[i].config, points->points[index].config) == 0)
            return true;
    return false;
}

void mafat_points_drop_doubles(mafat_points *points)
{
    int i = 0;
    while (i < points->n) {
        if (!is_double(points, i)) {
            i++;
            continue;
        }
        free(points->points[i].config);
        memmove(&points->points[i], &points->points[i + 1],
                (size_t)(--points->n - i) * sizeof *points->points);
    }
}

/* Whether any is for several images. */
static bool have_images(const mafat_points *points)
{
    for (int i = 0; i < points->n; i++)
        if (points->points[i].n_images > 1)
            return true;
    return false;
}

void mafat_points_print(const mafat_points *points)
{
    bool has_images = have_images(points);
    printf("\n%12s  %12s  %10s  %14s  %10s  %sconfig\n", "limit bytes", "takes bytes", "latency s",
           "reads in a run", "takes", has_images ? "images  " : "");
    for (int i = 0; i < points->n; i++) {
        const mafat_point *p = &points->points[i];
        char limit[32] = "none", images[32] = "";
        if (p->limit_bytes < SIZE_MAX)
            snprintf(limit, sizeof limit, "%zu", p->limit_bytes);
        if (has_images)
            snprintf(images, sizeof images, "%6d  ", p->n_images);
        printf("%12s  %12zu  %10.4f  %14zu  %10s  %s%s\n", limit, p->total_bytes, p->seconds,
               p->read_bytes, MAFAT_SIZE(p->total_bytes), images, p->config);
    }
}

void mafat_points_report(const mafat_points *points, mafat_report *report)
{
    mafat_report_begin_list(report, "front");
    for (int i = 0; i < points->n; i++) {
        const mafat_point *p = &points->points[i];
        mafat_report_begin_item(report);
        mafat_report_text(report, "config", p->config);
        if (p->n_images > 1)
            mafat_report_size(report, "batch", (size_t)p->n_images);
        if (p->limit_bytes < SIZE_MAX)
            mafat_report_size(report, "limit_bytes", p->limit_bytes);
        mafat_report_size(report, "predicted_bytes", p->total_bytes);
        mafat_report_size(report, "weight_bytes_read", p->read_bytes);
        mafat_report_real(report, "predicted_latency_s", p->seconds);
        mafat_report_end_item(report);
    }
    mafat_report_end_list(report);
}

mafat_status mafat_points_draw(const mafat_points *points, const char *title, const char *path,
                               mafat_error *error)
{
    mafat_front_point *drawn = calloc((size_t)points->n, sizeof *drawn);
    if (drawn == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to draw %d plans", points->n);
    for (int i = 0; i < points->n; i++) {
        const mafat_point *p = &points->points[points->n - 1 - i];
        drawn[i] = (mafat_front_point){p->total_bytes, p->seconds, p->config};
    }
    mafat_status status = mafat_front_picture_write(drawn, points->n, title, path, error);
    free(drawn);
    return status;
}

void mafat_points_free(mafat_points *points)
{
    for (int i = 0; i < points->n; i++)
        free(points->points[i].config);
    free(points->points);
    *points = (mafat_points){0};
}
