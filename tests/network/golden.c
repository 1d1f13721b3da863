/* golden DIR CASE CFG: whether a network gives the numbers that AlexeyAB's Darknet gave for it, by our
 * Darknet's own layer-by-layer pass. tests/network/alexeyab.sh runs it; DIR/manifest.txt has a line for
 * each file of numbers, with a tolerance. Prints what differs; exits 1 when something does.
 *
 * AlexeyAB's batch norm divides by sqrt(variance + 1e-5), this one by sqrt(variance) + 1e-6: variances
 * are changed so that both divide by the same. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "darknet.h"
#include "doors.h"

enum { MAX_ROWS = 4096 };

static const char *dir;
static int n_failures;

static char *path_of(const char *name, const char *end)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s%s", dir, name, end);
    return path;
}

static FILE *open_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

static void read_floats(const char *name, float *x, int n)
{
    FILE *file = open_file(path_of(name, ""));
    if (fread(x, sizeof *x, (size_t)n, file) != (size_t)n || fgetc(file) != EOF) {
        fprintf(stderr, "%s: not %d floats\n", name, n);
        exit(1);
    }
    fclose(file);
}

static network *load(const char *name, char *cfg)
{
    char weights[4096];
    snprintf(weights, sizeof weights, "%s/%s.weights", dir, name);
    network *net = load_network(cfg, weights, 0);
    set_batch_network(net, 1);
    for (int i = 0; i < net->n; i++) {
        layer *l = &net->layers[i];
        for (int f = 0; l->type == CONVOLUTIONAL && l->batch_normalize && f < l->n; f++) {
            double root = sqrt((double)l->rolling_variance[f] + 1e-5) - 1e-6;
            l->rolling_variance[f] = (float)(root * root);
        }
    }
    return net;
}

/* "gen": the input that all cases share; else a file of floats. */
static void run(network *net, const char *input)
{
    float *x = calloc((size_t)net->inputs, sizeof *x);
    if (strcmp(input, "gen") != 0)
        read_floats(input, x, net->inputs);
    for (int i = 0; i < net->inputs && strcmp(input, "gen") == 0; i++)
        x[i] = (float)((i * 7919L) % 1000 / 1000.);
    network_predict(net, x);
    free(x);
}

/* A case has an input of its own, or all cases'. */
static void check_layer(network *net, const char *name, const char *file, int index, double tolerance)
{
    const layer *l = &net->layers[index];
    float *want = calloc((size_t)l->outputs, sizeof *want);
    double most = 0;
    char own[4096], input[160];
    snprintf(input, sizeof input, "%s.input.f32", name);
    snprintf(own, sizeof own, "%s/%s", dir, input);
    run(net, access(own, R_OK) == 0 ? input : "gen");
    read_floats(file, want, l->outputs);
    for (int i = 0; i < l->outputs; i++) {
        double off = fabs((double)l->output[i] - (double)want[i]);
        most = off > most || isnan(off) ? off : most;
    }
    free(want);
    if (!(most <= tolerance)) {
        fprintf(stderr, "%s: off by %g, %g is allowed\n", file, most, tolerance);
        n_failures++;
    }
}

/* A class, its probability, and the box. */
typedef struct {
    int class_index;
    float values[5];
    int is_taken;
} row;

static int read_rows(const char *file, row *rows)
{
    FILE *in = open_file(path_of(file, ""));
    int n = 0;
    for (row r = {0}; n < MAX_ROWS && fscanf(in, "%d %f %f %f %f %f", &r.class_index, &r.values[0],
                                             &r.values[1], &r.values[2], &r.values[3],
                                             &r.values[4]) == 6;)
        rows[n++] = r;
    fclose(in);
    return n;
}

static int find_rows(network *net, int w, int h, int is_final, row *rows)
{
    int n_boxes = 0, n = 0, n_classes = net->layers[net->n - 1].classes;
    detection *boxes = get_network_boxes(net, w, h, .25f, .5f, NULL, 1, &n_boxes);
    if (is_final)
        mafat_foreign_nms_sort(net, (struct detection *)boxes, n_boxes, n_classes, .45f);
    for (int i = 0; i < n_boxes; i++) {
        for (int k = 0; k < n_classes; k++) {
            box b = boxes[i].bbox;
            if (boxes[i].prob[k] > 0 && n < MAX_ROWS)
                rows[n++] = (row){k, {boxes[i].prob[k], b.x, b.y, b.w, b.h}, 0};
        }
    }
    free_detections(boxes, n_boxes);
    return n;
}

static double distance(const row *a, const row *b)
{
    double most = a->class_index == b->class_index ? 0 : INFINITY;
    for (int i = 0; i < 5; i++)
        most = fmax(most, fabs((double)a->values[i] - (double)b->values[i]));
    return most;
}

/* Sets of rows: each that is wanted has one of its own among those that were found. */
static void check_rows(network *net, const char *file, int w, int h, int is_final, double tolerance)
{
    static row want[MAX_ROWS], got[MAX_ROWS];
    int n_want = read_rows(file, want), n_got = find_rows(net, w, h, is_final, got);
    int n_missing = 0;
    double most = 0;
    for (int i = 0; i < n_want; i++) {
        int nearest = -1;
        for (int k = 0; k < n_got; k++)
            if (!got[k].is_taken &&
                (nearest < 0 || distance(&want[i], &got[k]) < distance(&want[i], &got[nearest])))
                nearest = k;
        double off = nearest < 0 ? INFINITY : distance(&want[i], &got[nearest]);
        n_missing += !(off <= tolerance);
        most = fmax(most, off);
        if (nearest >= 0)
            got[nearest].is_taken = 1;
    }
    if (n_missing == 0 && n_want == n_got && n_want > 0)
        return;
    fprintf(stderr, "%s: %d rows, not %d; of these %d have none within %g, the worst is off by %g\n",
            file, n_got, n_want, n_missing, tolerance, most);
    n_failures++;
}

int main(int argc, char **argv)
{
    char line[512], file[128], name[128], what[128], fitted[16], state[16];
    int n_checked = 0, index, w, h;
    double tolerance;
    if (argc < 4)
        return 2;
    dir = argv[1];
    /* AlexeyAB's changes what weights of shortcuts mean where it folds */
    int is_weighted = strstr(argv[2], "shortcut_feature") != NULL || strstr(argv[2], "shortcut_channel") != NULL;
    network *net = load(argv[2], argv[3]);
    FILE *manifest = open_file(path_of("manifest.txt", ""));
    while (fgets(line, sizeof line, manifest) != NULL) {
        if (sscanf(line, "layer %127s %127s %d %127s %*s %lf", file, name, &index, what, &tolerance) == 5 &&
            strcmp(name, argv[2]) == 0 &&
            strcmp(what, is_weighted ? "nofold" : "fold") == 0) {
            check_layer(net, name, file, index, tolerance);
            n_checked++;
        } else if (sscanf(line, "rows %127s %127s %127s %d %d %15s %15s %*s %*s %*s %lf", file, name, what,
                          &w, &h, fitted, state, &tolerance) == 8 && strcmp(name, argv[2]) == 0) {
            int is_letter = strcmp(fitted, "letter") == 0;
            run(net, what);
            check_rows(net, file, is_letter ? w : net->w, is_letter ? h : net->h,
                       strcmp(state, "final") == 0, tolerance);
            n_checked++;
        }
    }
    fclose(manifest);
    if (n_checked == 0)
        fprintf(stderr, "%s: the manifest has nothing of it\n", argv[2]);
    return n_failures > 0 || n_checked == 0;
}
