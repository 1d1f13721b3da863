/* The paper's configurations, fewest tiles first; see paper.h. */
#include "search/paper.h"

#include <stdlib.h>

#include "plan/group.h"

/* Choices without a cut, and those with one at a certain layer: 2x2 to 5x5, each with all grids up
 * to it behind the cut. */
enum {
    MAX_WITHOUT_CUT = MAFAT_PAPER_MAX_GRID,
    MAX_AT_A_CUT = MAFAT_PAPER_MAX_GRID * (MAFAT_PAPER_MAX_GRID + 1) / 2 - 1
};

/* Stores where the run of layers ends that one tiling can cover from layer 0 on: 0 where the first
 * layer cannot be fused. */
static mafat_status find_head(const mafat_network *network, int *end, mafat_error *error)
{
    *end = 0;
    if (!mafat_group_can_fuse(&network->layers[0]))
        return MAFAT_OK;
    mafat_config_group tiled = {.cut = 0, .tiling = {2, 2, false}};
    mafat_config config = {.n_groups = 1, .groups = &tiled, .says_no_cut = true};
    mafat_group *groups = calloc((size_t)network->n_layers, sizeof *groups);
    if (groups == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to group %d layers",
                               network->n_layers);
    int n_groups;
    mafat_status status = mafat_group_resolve(network, &config, groups, &n_groups, error);
    if (status == MAFAT_OK)
        *end = groups[0].end;
    free(groups);
    return status;
}

static bool may_cut(const mafat_network *network, int cut)
{
    return network->layers[cut - 1].kind == MAFAT_MAXPOOL;
}

/* Appends the choices of so many tiles. */
static void add_choices(mafat_paper_space *space, const mafat_network *network, int end,
                        int n_tiles)
{
    for (int top = 1; top <= MAFAT_PAPER_MAX_GRID; top++)
        if (top * top == n_tiles)
            space->choices[space->n_choices++] = (mafat_paper_choice){top, 0, 0};
    for (int cut = end - 1; cut > 0; cut--)
        for (int top = 2; top <= MAFAT_PAPER_MAX_GRID && may_cut(network, cut); top++)
            for (int bottom = 1; bottom <= top; bottom++)
                if (top * top + bottom * bottom == n_tiles)
                    space->choices[space->n_choices++] = (mafat_paper_choice){top, cut, bottom};
}

mafat_status mafat_paper_enumerate(mafat_paper_space *space, const mafat_network *network,
                                   mafat_error *error)
{
    int end, n_cuts = 0;
    *space = (mafat_paper_space){0};
    mafat_status status = find_head(network, &end, error);
    if (status != MAFAT_OK)
        return status;
    for (int cut = end - 1; cut > 0; cut--)
        n_cuts += may_cut(network, cut);
    size_t most = MAX_WITHOUT_CUT + (size_t)n_cuts * MAX_AT_A_CUT;
    space->choices = calloc(most, sizeof *space->choices);
    if (space->choices == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for %zu configurations", most);
    int max_tiles = end > 0 ? 2 * MAFAT_PAPER_MAX_GRID * MAFAT_PAPER_MAX_GRID : 1;
    for (int n_tiles = 1; n_tiles <= max_tiles; n_tiles++)
        add_choices(space, network, end, n_tiles);
    return MAFAT_OK;
}

void mafat_paper_free(mafat_paper_space *space)
{
    free(space->choices);
    *space = (mafat_paper_space){0};
}

mafat_status mafat_paper_configure(mafat_config *config, mafat_paper_choice choice,
                                   mafat_error *error)
{
    int n_groups = choice.cut == 0 ? 1 : 2;
    *config = (mafat_config){.n_groups = n_groups, .says_no_cut = choice.cut == 0};
    config->groups = calloc((size_t)n_groups, sizeof *config->groups);
    if (config->groups == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for a configuration");
    config->groups[0].tiling = (mafat_tiling){choice.top, choice.top, false};
    if (choice.cut != 0)
        config->groups[1] = (mafat_config_group){
            .cut = choice.cut, .tiling = {choice.bottom, choice.bottom, false}};
    return MAFAT_OK;
}

mafat_status mafat_paper_search(const mafat_network *network, mafat_paper_fits *fits, void *context,
                                mafat_config *config, bool *found, mafat_error *error)
{
    mafat_paper_space space;
    bool does_fit = false;
    mafat_status status = mafat_paper_enumerate(&space, network, error);
    for (int i = 0; i < space.n_choices && status == MAFAT_OK && !does_fit; i++) {
        status = mafat_paper_configure(config, space.choices[i], error);
        if (status == MAFAT_OK)
            status = fits(context, config, &does_fit, error);
        if (status != MAFAT_OK || !does_fit)
            mafat_config_free(config);
    }
    *found = status == MAFAT_OK && does_fit;
    mafat_paper_free(&space);
    return status;
}
