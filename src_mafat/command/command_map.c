/* `darknet mafat detector map`; see command_map.h. */
#include "command/command_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/lines.h"
#include "base/notice.h"
#include "base/page_cache.h"
#include "base/progress.h"
#include "command/command_darknet.h"
#include "command/report.h"
#include "library/result.h"
#include "library/run.h"
#include "machine/measure.h"
#include "run/letterbox.h"
#include "score/score.h"
#include "session/data_file.h"
#include "upstream/labelled.h"

typedef struct {
    mafat_operands operands;
    float threshold;
    char *list;                     /* owned: the path of the list of images */
    int *class_map;                 /* owned; NULL: the data file names none */
    mafat *network;                 /* owned */
    mafat_queue waiting;            /* for those that are run with them */
    mafat_labelled labels;          /* of the image that is being judged */
    mafat_contender *contenders;    /* [n_contenders], owned; of a class */
    int n_contenders;
    mafat_truth *truths;            /* [n_truths], owned; of a class */
    int n_truths;
    mafat_score score;
    int n_images, n_without_labels;
    mafat_progress progress;
    double seconds;
} mapping;

/* ------------------------------------------------------------------------------------ an image */

/* Room for so many; their number is kept in *n_held. */
static void *make_room(void *array, int *n_held, int n, size_t size, mafat_error *error)
{
    if (n <= *n_held)
        return array;
    void *larger = mafat_array_resize(array, (size_t)n, size);
    if (larger == NULL)
        mafat_error_set(error, MAFAT_FAILED, "no memory to judge %d boxes", n);
    else
        *n_held = n;
    return larger;
}

/* What was found of a class, and its labels, which are `n_labels` from `labels` on. */
static mafat_status judge_class(mapping *m, int class_number, const mafat_boxes *boxes,
                                const mafat_labelled_box *labels, int n_labels, int w, int h,
                                mafat_error *error)
{
    int n = 0;
    float probability, box[4];
    for (int i = 0; i < boxes->n; i++)
        if (mafat_boxes_get(boxes, i, class_number, &probability, box))
            m->contenders[n++] = mafat_match_contender(i, probability, box, w, h);
    for (int i = 0; i < n_labels; i++)
        m->truths[i] = mafat_match_truth(labels[i].box, w, h);
    return mafat_score_add(&m->score, class_number, m->contenders, n, m->truths, n_labels, error);
}

static mafat_status judge(mapping *m, const mafat_boxes *boxes, int w, int h, mafat_error *error)
{
    const mafat_labelled *labels = &m->labels;
    mafat_status status = MAFAT_OK;
    void *contenders = make_room(m->contenders, &m->n_contenders, boxes->n + 1,
                                 sizeof *m->contenders, error);
    m->contenders = contenders != NULL ? contenders : m->contenders;
    void *truths = make_room(m->truths, &m->n_truths, labels->n + 1, sizeof *m->truths, error);
    m->truths = truths != NULL ? truths : m->truths;
    if (contenders == NULL || truths == NULL)
        return MAFAT_FAILED;
    for (int k = 0, first = 0, end = 0; k < m->score.n_classes && status == MAFAT_OK; k++) {
        first = end;
        while (end < labels->n && labels->at[end].class_number == k)
            end++;
        status = judge_class(m, k, boxes, labels->at + first, end - first, w, h, error);
    }
    return status;
}

static mafat_status map_image(mapping *m, const char *path, mafat_error *error)
{
    mafat_result *found = NULL;
    mafat_status status = mafat_labelled_read(&m->labels, path, m->score.n_classes, error);
    if (status == MAFAT_OK)
        status = mafat_run_detect_valid(m->network, &(mafat_image){.path = path}, m->class_map,
                                        &found, error);
    if (status == MAFAT_OK)
        status = judge(m, &found->boxes, found->boxes.w, found->boxes.h, error);
    mafat_result_free(found);
    if (status != MAFAT_OK)
        mafat_error_set_file(error, path);
    m->n_images++;
    m->n_without_labels += m->labels.is_missing;
    mafat_library_forget_file(m->network, path);
    mafat_library_forget_file(m->network, m->labels.path);
    return status;
}

/* Runs the first images that wait, as many as the network takes at once, and judges them. */
static mafat_status map_pass(mapping *m, mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    if (mafat_run_batch(m->network) > 1)
        status = mafat_run_ahead(m->network, &m->waiting, error);
    if (status != MAFAT_OK)
        return status;
    do {
        status = map_image(m, m->waiting.images[0].path, error);
        mafat_queue_drop(&m->waiting);
        mafat_progress_reach(&m->progress, (size_t)m->n_images);
    } while (status == MAFAT_OK && m->waiting.n_run > 0);
    return status;
}

static mafat_status map_line(void *context, char *path, int number, mafat_error *error)
{
    mapping *m = context;
    (void)number;
    if (mafat_lines_is_blank(path))
        return MAFAT_OK;
    mafat_status status = mafat_queue_add(&m->waiting, &(mafat_image){.path = path}, error);
    while (status == MAFAT_OK && m->waiting.n > 0 &&
           m->waiting.n >= mafat_run_batch(m->network))
        status = map_pass(m, error);
    return status;
}

/* Those that are left of the list. */
static mafat_status map_rest(mapping *m, mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    while (status == MAFAT_OK && m->waiting.n > 0)
        status = map_pass(m, error);
    return status;
}

/* ------------------------------------------------------------------------------------ reporting */

/* A key whose value there may be none of, as of a precision where nothing was found. */
static void report_share(mafat_report *r, const char *key, double value)
{
    if (isnan(value) && !r->is_json)
        mafat_report_text(r, key, "undefined");
    else
        mafat_report_real(r, key, value);
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : NAN;
}

static void report_counts(mafat_report *r, const mafat_class_score *s)
{
    mafat_report_size(r, "labels", s->n_truths);
    mafat_report_size(r, "boxes", s->n_found);
    mafat_report_size(r, "true_positives", s->counts.n_right);
    mafat_report_size(r, "false_positives", s->counts.n_wrong);
    mafat_report_size(r, "false_negatives", s->counts.n_missed);
}

/* Precision and what comes of it, at the threshold. */
static void report_rates(mafat_report *r, const mafat_score_counts *counts)
{
    double right = (double)counts->n_right, wrong = (double)counts->n_wrong;
    double precision = share(right, right + wrong);
    double recall = share(right, right + (double)counts->n_missed);
    report_share(r, "precision", precision);
    report_share(r, "recall", recall);
    report_share(r, "f1", share(2 * precision * recall, precision + recall));
    report_share(r, "average_iou", share(counts->overlap_sum, right + wrong));
}

/* "map_50_voc11" of all classes, "ap_50_voc11" of one. */
static void report_averages(mafat_report *r, const char *what, const mafat_class_score *s)
{
    static const char *const suffixes[MAFAT_N_RULES] = {"voc11", "coco101"};
    for (mafat_rules rules = 0; rules < MAFAT_N_RULES; rules++) {
        char key[40];
        snprintf(key, sizeof key, "%s_50_%s", what, suffixes[rules]);
        report_share(r, key, s->at_50[rules]);
        snprintf(key, sizeof key, "%s_50_95_%s", what, suffixes[rules]);
        report_share(r, key, s->at_50_95[rules]);
    }
}

static void report_classes(const mapping *m, mafat_report *r)
{
    mafat_report_begin_list(r, "classes");
    for (int k = 0; k < m->score.n_classes; k++) {
        const mafat_class_score *class = &m->score.classes[k];
        mafat_report_begin_item(r);
        mafat_report_size(r, "class", (uint64_t)k);
        mafat_report_text(r, "name", mafat_class_name(m->network, k));
        report_counts(r, class);
        report_averages(r, "ap", class);
        mafat_report_end_item(r);
    }
    mafat_report_end_list(r);
}

/* Average precisions in percent. */
static void print_classes(const mapping *m)
{
    printf("\n                                          VOC, 11 points  COCO, 101 points\n"
           "class  labels   boxes     TP     FP     FN     50  50-95      50     50-95  name\n");
    for (int k = 0; k < m->score.n_classes; k++) {
        const mafat_class_score *c = &m->score.classes[k];
        printf("%5d %7llu %7llu %6llu %6llu %6llu", k, (unsigned long long)c->n_truths,
               (unsigned long long)c->n_found, (unsigned long long)c->counts.n_right,
               (unsigned long long)c->counts.n_wrong, (unsigned long long)c->counts.n_missed);
        if (c->n_truths > 0)
            printf(" %6.2f %6.2f  %6.2f    %6.2f", 100 * c->at_50[MAFAT_RULES_VOC],
                   100 * c->at_50_95[MAFAT_RULES_VOC], 100 * c->at_50[MAFAT_RULES_COCO],
                   100 * c->at_50_95[MAFAT_RULES_COCO]);
        else
            printf(" %6s %6s  %6s    %6s", "-", "-", "-", "-");
        printf("  %s\n", mafat_class_name(m->network, k));
    }
}

static void report(const mapping *m, bool json)
{
    const mafat_class_score total = mafat_score_total(&m->score);
    mafat_report r;
    mafat_report_begin(&r, json);
    mafat_report_session(&r, mafat_library_session(m->network));
    mafat_report_size(&r, "images", (uint64_t)m->n_images);
    mafat_report_size(&r, "images_without_labels", (uint64_t)m->n_without_labels);
    mafat_report_real(&r, "seconds", m->seconds);
    mafat_report_real(&r, "threshold", (double)m->threshold);
    report_counts(&r, &total);
    report_rates(&r, &total.counts);
    report_averages(&r, "map", &total);
    mafat_report_peaks(&r);
    if (json)
        report_classes(m, &r);
    mafat_report_end(&r);
    if (!json)
        print_classes(m);
}

/* -------------------------------------------------------------------------------------- command */

/* A look at all labels before the first image is run. */
typedef struct {
    mapping *m;
    int n_images, n_missing;
    char first_missing[4096];
} labels_check;

static mafat_status check_labels_of(void *context, char *path, int number, mafat_error *error)
{
    labels_check *check = context;
    const mafat_session *session = &check->m->operands.session;
    mafat_labelled *labels = &check->m->labels;
    uint64_t stay_bytes;
    mafat_error unused;
    (void)number;
    if (mafat_lines_is_blank(path))
        return MAFAT_OK;
    mafat_status status = mafat_labelled_read(labels, path, session->cfg.n_classes, error);
    check->n_images++;
    if (status == MAFAT_OK && labels->is_missing && check->n_missing++ == 0)
        memcpy(check->first_missing, labels->path, sizeof check->first_missing);
    if (status == MAFAT_OK && !labels->is_missing && session->limit_bytes > 0)
        mafat_page_cache_drop(labels->path, &stay_bytes, &unused);
    return status;
}

/* An image without a file of labels has nothing in it. All of them are without where the files lie
 * elsewhere. */
static mafat_status check_labels(mapping *m, mafat_error *error)
{
    labels_check check = {.m = m};
    int n_lines;
    mafat_status status = mafat_lines_each(m->list, "list of images", &n_lines, check_labels_of,
                                           &check, error);
    if (status != MAFAT_OK)
        return status;
    if (check.n_missing == check.n_images)
        return mafat_lines_fail(error, m->list, "none of its %d images has a file of labels; that "
                                "of the first would be %.400s", check.n_images,
                                check.first_missing);
    m->progress.n = (size_t)check.n_images;
    if (check.n_missing > 0)
        mafat_notice("%s: %d of %d images have no file of labels, which says that nothing is in them; "
                     "the first such file would be %s", m->list, check.n_missing, check.n_images,
                     check.first_missing);
    return MAFAT_OK;
}

/* Reads what the command line says, beyond what mafat_command_darknet_verify() looked at. */
static mafat_status prepare(mapping *m, mafat_error *error)
{
    const mafat_darknet_options *options = &m->operands.options;
    const mafat_cfg *cfg = &m->operands.session.cfg;
    char *map = NULL;
    m->threshold = options->threshold != NULL ? (float)strtod(options->threshold, NULL) : .25f;
    if (cfg->n_classes == 0 || cfg->network.input.c > MAFAT_COLOURS) {
        mafat_error_set(error, MAFAT_USAGE, "`detector map` is for detectors on images: networks "
                        "with [yolo], [region] or [detection] and an input of 1 to 3 channels");
        mafat_error_set_file(error, m->operands.cfg);
        return MAFAT_USAGE;
    }
    mafat_status status = mafat_data_file_find_text(m->operands.data, "valid", "data/train.list",
                                                    &m->list, error);
    if (status == MAFAT_OK)
        status = mafat_data_file_find_text(m->operands.data, "map", NULL, &map, error);
    if (status == MAFAT_OK && map != NULL)
        m->class_map = mafat_boxes_read_map(map);
    free(map);
    return status == MAFAT_OK ? check_labels(m, error) : status;
}

static mafat_status map_all(mapping *m, bool json, mafat_error *error)
{
    const mafat_session *session = mafat_library_session(m->network);
    int n_lines;
    mafat_status status = mafat_score_init(&m->score, session->cfg.n_classes, m->threshold,
                                           session->limit_bytes > 0, error);
    double begin = mafat_measure_now_s();
    mafat_progress_begin(&m->progress, "images", m->progress.n);
    if (status == MAFAT_OK)
        status = mafat_lines_each(m->list, "list of images", &n_lines, map_line, m, error);
    if (status == MAFAT_OK)
        status = map_rest(m, error);
    mafat_progress_end(&m->progress);
    m->seconds = mafat_measure_now_s() - begin;
    if (status == MAFAT_OK)
        status = mafat_score_end(&m->score, error);
    if (status == MAFAT_OK)
        report(m, json);
    return status;
}

bool mafat_command_map_is(const mafat_arguments *arguments)
{
    return mafat_arguments_begin_with(arguments, "detector", "map");
}

mafat_status mafat_command_map(mafat_arguments *arguments, mafat_error *error)
{
    mapping m = {0};
    mafat_report_watch_memory();
    mafat_status status = mafat_command_darknet_sort(arguments, &m.operands, error);
    if (status == MAFAT_OK)
        status = mafat_command_darknet_verify(arguments, &m.operands, error);
    if (status != MAFAT_OK)
        return status;
    status = prepare(&m, error);
    if (status == MAFAT_OK)
        status = mafat_command_darknet_open(&m.network, arguments, &m.operands, error);
    if (status == MAFAT_OK)
        status = map_all(&m, arguments->json, error);
    mafat_close(m.network);
    mafat_session_close(&m.operands.session);
    mafat_labelled_free(&m.labels);
    mafat_score_free(&m.score);
    mafat_queue_free(&m.waiting);
    free(m.contenders);
    free(m.truths);
    free(m.class_map);
    free(m.list);
    return status;
}
