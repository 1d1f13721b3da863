/* What is said once; see notes.h. */
#include "session/notes.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/lines.h"
#include "base/notice.h"
#include "base/size.h"
#include "plan/algorithm.h"

/* What has been said, whichever thread said it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void mafat_notes_print_cfg(const mafat_cfg *cfg, const char *path)
{
    static char printed[4096];
    pthread_mutex_lock(&lock);
    if (strcmp(path, printed) != 0) {
        snprintf(printed, sizeof printed, "%s", path);
        mafat_cfg_print_notes(cfg, path);
    }
    pthread_mutex_unlock(&lock);
}

void mafat_notes_print_fast(const mafat_network *network, const char *path)
{
    static char printed[4096];
    int n_fast = mafat_algorithm_count(network), n_convolutions = 0;
    for (int l = 0; l < network->n_layers; l++)
        n_convolutions += network->layers[l].kind == MAFAT_CONVOLUTION;
    pthread_mutex_lock(&lock);
    if (strcmp(path, printed) != 0) {
        snprintf(printed, sizeof printed, "%s", path);
        if (n_fast == 0)
            mafat_notice("%s: fast: Winograd's algorithm suits none of its %d convolutions", path,
                         n_convolutions);
        else
            mafat_notice("%s: fast: %d of %d convolutions by Winograd's algorithm, whose results are "
                         "near Darknet's and not its bits", path, n_fast, n_convolutions);
    }
    pthread_mutex_unlock(&lock);
}

void mafat_notes_print_stray(const char *path, int number, const char *line)
{
    static char printed[4096];
    static int last;
    char shown[128];
    pthread_mutex_lock(&lock);
    if (strcmp(path, printed) != 0) {
        snprintf(printed, sizeof printed, "%s", path);
        last = 0;
    }
    if (number > last) {
        mafat_notice("%s: line %d: %s is no KEY=VALUE; Darknet passes over it", path, number,
                     mafat_lines_show(shown, sizeof shown, line));
        last = number;
    }
    pthread_mutex_unlock(&lock);
}

/* A cut behind the last layer; whether there is one. */
static bool print_cut(const mafat_network *network, const mafat_config *asked, const char *config)
{
    int cut = asked->groups[asked->n_groups - 1].cut;
    if (cut < network->n_layers)
        return false;
    mafat_notice("configuration %s: cut %d has no effect: it is behind the last layer, %d",
                 config, cut, network->n_layers - 1);
    return true;
}

/* The first grid that has more tiles than the map it divides has rows or columns, or units of them
 * (mafat_group_unit()); whether there is one. */
static bool print_grid(const mafat_network *network, const mafat_plan *plan, const char *config)
{
    for (int g = 0; g < plan->n_groups; g++) {
        const mafat_group *group = &plan->groups[g];
        mafat_shape out = network->layers[group->end - 1].out;
        int rows = group->tiling.rows, cols = group->tiling.cols;
        int unit = mafat_group_unit(network, group);
        int max_rows = mafat_size_parts(out.h, unit), max_cols = mafat_size_parts(out.w, unit);
        if (rows <= max_rows && cols <= max_cols)
            continue;
        mafat_notice("configuration %s: layers %d to %d give a map of %d rows and %d "
                     "columns, which is no more than %dx%d tiles", config, group->first,
                     group->end - 1, out.h, out.w, mafat_size_min_int(rows, max_rows),
                     mafat_size_min_int(cols, max_cols));
        return true;
    }
    return false;
}

void mafat_notes_print_config(const mafat_network *network, const mafat_config *asked,
                              const mafat_plan *plan)
{
    static bool printed;
    char config[256];
    if (asked->n_groups == 0)
        return;
    mafat_config_print(asked, config, sizeof config);
    pthread_mutex_lock(&lock);
    if (!printed) {
        bool has_cut = print_cut(network, asked, config);
        printed = print_grid(network, plan, config) || has_cut;
    }
    pthread_mutex_unlock(&lock);
}

void mafat_notes_print_layers(const char *path)
{
    mafat_notice("%s: configuration \"layers\" is Darknet's own forward pass: there is no plan, and "
                 "nothing is predicted; `bench` measures it", path);
}

void mafat_notes_print_ranks(const mafat_ranks *ranks)
{
    int n_working = 0;
    for (int rank = 0; rank < ranks->n; rank++)
        n_working += ranks->shares[rank] > 0;
    if (n_working < ranks->n)
        mafat_notice("%d of %d ranks work: with more, messages would take longer than computing saves "
                     "(-shares decides otherwise)", n_working, ranks->n);
}

void mafat_notes_print_dealing(int n_taking, int n_ranks)
{
    static bool is_said;    /* a network may be planned again */
    if (!is_said)
        mafat_notice("%d of %d ranks take whole images (-shares has all divide each image)",
                     n_taking, n_ranks);
    is_said = true;
}
