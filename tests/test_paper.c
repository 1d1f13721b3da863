/* The paper's search: which configurations it knows, in which order it tries them, what it returns.
 * Run from the repository root: networks are read from cfg/ and darknet/cfg/. */
#include <check.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/cfg.h"
#include "plan/group.h"
#include "search/paper.h"
#include "support/random.h"
#include "support/suite.h"

#define FIRST16 "cfg/yolov2-first16.cfg"
#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

static mafat_error fault;

static mafat_cfg network_of(const char *path)
{
    mafat_cfg cfg;
    ck_assert_msg(mafat_cfg_read(&cfg, path, 0, 0, &fault) == MAFAT_OK, "%s: %s", path, fault.text);
    return cfg;
}

static mafat_paper_space space_of(const mafat_network *network)
{
    mafat_paper_space space;
    ck_assert_int_eq(mafat_paper_enumerate(&space, network, &fault), MAFAT_OK);
    return space;
}

static void print_choice(mafat_paper_choice choice, char *text, size_t size)
{
    mafat_config config;
    ck_assert_int_eq(mafat_paper_configure(&config, choice, &fault), MAFAT_OK);
    ck_assert_int_lt(mafat_config_print(&config, text, size), (int)size);
    mafat_config_free(&config);
}

static int n_tiles(mafat_paper_choice c)
{
    return c.top * c.top + c.bottom * c.bottom;
}

/* -- the space --------------------------------------------------------------------------------- */

START_TEST(the_papers_network_has_the_papers_configurations)
{
    static const char *const known[] = {
        "1x1/NoCut", "2x2/NoCut", "3x3/NoCut", "4x4/NoCut", "5x5/NoCut", "5x5/8/2x2", "3x3/8/2x2",
        "2x2/12/1x1", "5x5/12/5x5", "5x5/4/2x2", "4x4/2/3x3",
    };
    mafat_cfg cfg = network_of(FIRST16);
    mafat_paper_space space = space_of(&cfg.network);
    ck_assert_int_eq(space.n_choices, 5 + 4 * (2 + 3 + 4 + 5));    /* cuts 2, 4, 8, 12 */
    for (int k = 0; k < COUNT(known); k++) {
        int n = 0;
        for (int i = 0; i < space.n_choices; i++) {
            char text[64];
            print_choice(space.choices[i], text, sizeof text);
            n += strcmp(text, known[k]) == 0;
        }
        ck_assert_msg(n == 1, "%s is there %d times", known[k], n);
    }
    mafat_paper_free(&space);
    mafat_cfg_free(&cfg);
}
END_TEST

START_TEST(they_are_tried_from_few_tiles_to_many)
{
    static const char *const first[] = {
        "1x1/NoCut", "2x2/NoCut", "2x2/12/1x1", "2x2/8/1x1", "2x2/4/1x1", "2x2/2/1x1",
        "2x2/12/2x2", "2x2/8/2x2", "2x2/4/2x2", "2x2/2/2x2", "3x3/NoCut", "3x3/12/1x1",
    };
    mafat_cfg cfg = network_of(FIRST16);
    mafat_paper_space space = space_of(&cfg.network);
    for (int i = 0; i < COUNT(first); i++) {
        char text[64];
        print_choice(space.choices[i], text, sizeof text);
        ck_assert_str_eq(text, first[i]);
    }
    char last[64];
    print_choice(space.choices[space.n_choices - 1], last, sizeof last);
    ck_assert_str_eq(last, "5x5/2/5x5");
    mafat_paper_free(&space);
    mafat_cfg_free(&cfg);
}
END_TEST

/* Few tiles first; among equals no cut, then later cuts. Hence none is there twice. */
static bool comes_before(mafat_paper_choice a, mafat_paper_choice b)
{
    if (n_tiles(a) != n_tiles(b))
        return n_tiles(a) < n_tiles(b);
    return b.cut != 0 && (a.cut == 0 || a.cut > b.cut);
}

/* The network's layer groups under a choice are the two (or one) that it names. */
static void expect_groups(const char *path, const mafat_network *network, mafat_paper_choice c,
                          mafat_group *groups)
{
    mafat_config config;
    int n_groups, g = 0;
    ck_assert_int_eq(mafat_paper_configure(&config, c, &fault), MAFAT_OK);
    ck_assert_msg(mafat_group_resolve(network, &config, groups, &n_groups, &fault) == MAFAT_OK,
                  "%s: %dx%d/%d/%dx%d: %s", path, c.top, c.top, c.cut, c.bottom, c.bottom,
                  fault.text);
    mafat_config_free(&config);
    ck_assert_int_eq(groups[0].tiling.rows, c.top);
    ck_assert_int_eq(groups[0].tiling.cols, c.top);
    if (c.cut > 0) {
        ck_assert_int_eq(groups[0].end, c.cut);
        ck_assert_int_eq(network->layers[c.cut - 1].kind, MAFAT_MAXPOOL);
        ck_assert_int_eq(groups[1].first, c.cut);
        ck_assert_int_eq(groups[1].tiling.rows, c.bottom);
        ck_assert_int_eq(groups[1].tiling.cols, c.bottom);
        ck_assert_int_le(c.bottom, c.top);
        g = 1;
    }
    while (++g < n_groups)    /* the rest is whole */
        ck_assert_int_eq(groups[g].end - groups[g].first + groups[g].tiling.rows, 2);
}

/* Pools in the first group of a network without a cut, but for the one that may end it. */
static int count_cuts(const mafat_network *network, const mafat_group *whole)
{
    int n = 0;
    for (int l = whole->first; l + 1 < whole->end; l++)
        n += network->layers[l].kind == MAFAT_MAXPOOL;
    return n;
}

START_TEST(every_configuration_suits_every_stock_network)
{
    glob_t files;
    int n_with_cuts = 0;
    ck_assert_int_eq(glob("darknet/cfg/*.cfg", 0, NULL, &files), 0);
    for (size_t f = 0; f < files.gl_pathc; f++) {
        mafat_cfg cfg = network_of(files.gl_pathv[f]);
        mafat_paper_space space = space_of(&cfg.network);
        mafat_group *groups = calloc((size_t)cfg.network.n_layers, sizeof *groups);
        ck_assert_ptr_nonnull(groups);
        ck_assert_int_ge(space.n_choices, 1);
        ck_assert_int_eq(space.choices[0].top, 1);
        for (int i = 0; i < space.n_choices; i++) {
            expect_groups(files.gl_pathv[f], &cfg.network, space.choices[i], groups);
            test_require(i == 0 || comes_before(space.choices[i - 1], space.choices[i]));
            if (i == 1 && space.choices[1].cut == 0)
                ck_assert_int_eq(space.n_choices, 5 + 14 * count_cuts(&cfg.network, groups));
        }
        n_with_cuts += space.n_choices > 5;
        free(groups);
        mafat_paper_free(&space);
        mafat_cfg_free(&cfg);
    }
    ck_assert_int_ge(n_with_cuts, 10);
    globfree(&files);
}
END_TEST

START_TEST(without_a_layer_to_fuse_there_is_one_choice)
{
    mafat_layer layers[] = {{.kind = MAFAT_WHOLE, .type = "connected"},
                            {.kind = MAFAT_MAXPOOL, .type = "maxpool"}};
    mafat_network network = {.n_layers = 2, .layers = layers};
    mafat_paper_space space = space_of(&network);
    ck_assert_int_eq(space.n_choices, 1);
    char text[32];
    print_choice(space.choices[0], text, sizeof text);
    ck_assert_str_eq(text, "1x1/NoCut");
    mafat_paper_free(&space);
    mafat_paper_free(&space);
}
END_TEST

/* -- the search -------------------------------------------------------------------------------- */

/* A predictor that has an opinion on each configuration of the space, and takes notes. */
typedef struct {
    const mafat_paper_space *space;
    bool *fits;               /* [space->n_choices] */
    int n_asked;
    int fails_at;             /* reports an error when it is asked about this one; -1: never */
} opinions;

static mafat_status look_up(void *context, const mafat_config *config, bool *fits,
                            mafat_error *error)
{
    opinions *o = context;
    char expected[64], given[64];
    ck_assert_int_lt(o->n_asked, o->space->n_choices);
    print_choice(o->space->choices[o->n_asked], expected, sizeof expected);
    mafat_config_print(config, given, sizeof given);
    ck_assert_str_eq(given, expected);
    *fits = o->fits[o->n_asked];
    return o->n_asked++ == o->fails_at ? mafat_error_set(error, MAFAT_UNSUPPORTED, "no idea")
                                       : MAFAT_OK;
}

static mafat_status search(const mafat_network *network, opinions *o, mafat_config *config,
                           bool *found)
{
    o->n_asked = 0;
    memset(config, 0, sizeof *config);
    return mafat_paper_search(network, look_up, o, config, found, &fault);
}

START_TEST(the_first_that_fits_is_found)
{
    mafat_cfg cfg = network_of(FIRST16);
    mafat_paper_space space = space_of(&cfg.network);
    opinions o = {.space = &space, .fits = calloc((size_t)space.n_choices, sizeof *o.fits),
                  .fails_at = -1};
    test_random r = {(uint64_t)_i + 1};
    for (int i = 0; i < space.n_choices; i++)
        o.fits[i] = i >= _i && (i == _i || test_random_int(&r, 2) == 0);
    mafat_config config;
    bool found = false;
    ck_assert_int_eq(search(&cfg.network, &o, &config, &found), MAFAT_OK);
    ck_assert(found);
    ck_assert_int_eq(o.n_asked, _i + 1);
    char text[64], expected[64];
    mafat_config_print(&config, text, sizeof text);
    print_choice(space.choices[_i], expected, sizeof expected);
    ck_assert_str_eq(text, expected);
    mafat_config_free(&config);
    free(o.fits);
    mafat_paper_free(&space);
    mafat_cfg_free(&cfg);
}
END_TEST

START_TEST(where_nothing_fits_all_were_tried)
{
    mafat_cfg cfg = network_of("darknet/cfg/yolov2.cfg");
    mafat_paper_space space = space_of(&cfg.network);
    opinions o = {.space = &space, .fits = calloc((size_t)space.n_choices, sizeof *o.fits),
                  .fails_at = -1};
    mafat_config config;
    bool found = true;
    ck_assert_int_eq(search(&cfg.network, &o, &config, &found), MAFAT_OK);
    ck_assert(!found);
    ck_assert_int_eq(o.n_asked, space.n_choices);
    ck_assert_ptr_null(config.groups);
    free(o.fits);
    mafat_paper_free(&space);
    mafat_cfg_free(&cfg);
}
END_TEST

START_TEST(a_predictor_that_fails_ends_the_search)
{
    mafat_cfg cfg = network_of(FIRST16);
    mafat_paper_space space = space_of(&cfg.network);
    opinions o = {.space = &space, .fits = calloc((size_t)space.n_choices, sizeof *o.fits),
                  .fails_at = 7};
    o.fits[7] = true;
    mafat_config config;
    bool found = true;
    ck_assert_int_eq(search(&cfg.network, &o, &config, &found), MAFAT_UNSUPPORTED);
    ck_assert_str_eq(fault.text, "no idea");
    ck_assert(!found);
    ck_assert_int_eq(o.n_asked, 8);
    ck_assert_ptr_null(config.groups);
    free(o.fits);
    mafat_paper_free(&space);
    mafat_cfg_free(&cfg);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("paper");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, the_papers_network_has_the_papers_configurations);
    tcase_add_test(tcase, they_are_tried_from_few_tiles_to_many);
    tcase_add_test(tcase, every_configuration_suits_every_stock_network);
    tcase_add_test(tcase, without_a_layer_to_fuse_there_is_one_choice);
    tcase_add_loop_test(tcase, the_first_that_fits_is_found, 0, 61);
    tcase_add_test(tcase, where_nothing_fits_all_were_tried);
    tcase_add_test(tcase, a_predictor_that_fails_ends_the_search);
    Suite *suite = suite_create("paper");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
