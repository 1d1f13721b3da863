/* How layers are divided among ranks, and how many of them work, by what messages cost; what ranks take
 * together; and what of it is kept between runs. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine/rank_cache.h"
#include "plan/build.h"
#include "plan/joint.h"
#include "search/divide.h"
#include "support/brief_cfg.h"
#include "support/random.h"
#include "support/random_cfg.h"
#include "support/suite.h"
#include "support/weight_modes.h"

enum { N_RANKS = 3 };


static const mafat_kernel_shape shape = {.n_threads = 1, .register_filters = 8, .register_pixels = 48,
                                         .vector_pixels = 16, .slice_taps = 288, .panel_pixels = 384,
                                         .winograd = {16, 1000}};

static mafat_cfg cfg;
static mafat_config config;
static mafat_costs costs;
static mafat_rank_costs rank_costs;
static mafat_divide_problem problem;
static mafat_divided divided;
static mafat_error fault;

/* Ranks with room for all weights, and messages that cost so much. */
static void pose(int n_ranks, double message_s, double message_byte_s)
{
    costs = mafat_cost_defaults(&shape);
    rank_costs = mafat_cost_rank_defaults();
    rank_costs.message_s = message_s;
    rank_costs.message_byte_s = message_byte_s;
    problem = (mafat_divide_problem){
        .network = &cfg.network, .config = &config, .costs = &costs, .rank_costs = &rank_costs,
        .workspace_bytes = 4096, .ranks = mafat_ranks_even(n_ranks, 0)};
    for (int r = 0; r < n_ranks; r++)
        problem.room_bytes[r] = SIZE_MAX;
}

static void solve(void)
{
    ck_assert_msg(mafat_divide_best(&divided, &problem, &fault) == MAFAT_OK, "%s", fault.text);
}

static void read_network(const char *brief)
{
    cfg = test_brief_read(brief);
    ck_assert_int_eq(mafat_config_parse(&config, "1x1", &fault), MAFAT_OK);
}

static void free_all(void)
{
    mafat_divided_free(&divided);
    mafat_config_free(&config);
    mafat_cfg_free(&cfg);
}

static int n_by_filters(void)
{
    int n = 0;
    for (int l = 0; l < cfg.network.n_layers; l++)
        n += divided.ways[l].kind == MAFAT_BY_FILTERS;
    return n;
}

static const char chain[] = "64x64x3 c32.3 c32.3 p2.2 c64.3 p2.2 c256.3 c256.3";

/* ------------------------------------------------------------------------------------ the choice */

START_TEST(messages_that_cost_nothing_have_all_ranks_work)
{
    read_network(chain);
    pose(4, 0, 0);
    solve();
    for (int r = 0; r < 4; r++)
        ck_assert_int_eq(divided.shares[r], 1);
    ck_assert(divided.seconds < divided.alone_s / 3);
    free_all();
}
END_TEST

START_TEST(dear_messages_leave_one_rank_working)
{
    read_network(chain);
    pose(4, 10, 0);
    solve();
    for (int r = 0; r < 4; r++)
        ck_assert_int_eq(divided.shares[r], r == 0);
    ck_assert(fabs(divided.seconds - divided.alone_s) < 1e-9);
    free_all();
}
END_TEST

START_TEST(shares_that_somebody_has_said_stay)
{
    read_network(chain);
    pose(2, 10, 0);
    problem.ranks.shares[1] = 3;
    problem.has_shares = true;
    solve();
    ck_assert_int_eq(divided.shares[0], 1);
    ck_assert_int_eq(divided.shares[1], 3);
    free_all();
}
END_TEST

/* In tenths of the fastest; and where fewer work, they are the fastest, and rank 0, which has the
 * image. */
START_TEST(slow_ranks_get_less)
{
    read_network(chain);
    pose(3, 0, 0);
    rank_costs.slowness[1] = 2;
    solve();
    ck_assert_int_eq(divided.shares[0], 2);
    ck_assert_int_eq(divided.shares[1], 1);
    ck_assert_int_eq(divided.shares[2], 2);
    mafat_divided_free(&divided);
    rank_costs.slowness[1] = 500;
    solve();
    ck_assert_int_eq(divided.shares[0], 1);
    ck_assert_int_eq(divided.shares[1], 0);
    ck_assert_int_eq(divided.shares[2], 1);
    free_all();
}
END_TEST

/* Of ranks that take whole images, one whose image all would wait for takes none. */
START_TEST(images_are_dealt_to_as_many_as_do_most_of_them)
{
    read_network(chain);
    pose(3, 0, 0);
    rank_costs.slowness[1] = 1.4;
    solve();
    ck_assert_int_eq(divided.n_taking, 3);
    ck_assert(fabs(divided.dealt_s - 1.4 * divided.alone_s) < 1e-9);
    mafat_divided_free(&divided);
    rank_costs.slowness[1] = 1.6;    /* 2 images in 1 are more than 3 in 1.6 */
    solve();
    ck_assert_int_eq(divided.n_taking, 2);
    ck_assert(divided.takes[0] && !divided.takes[1] && divided.takes[2]);
    ck_assert(fabs(divided.dealt_s - divided.alone_s) < 1e-9);
    mafat_divided_free(&divided);
    rank_costs.message_byte_s = 1;    /* of results */
    solve();
    ck_assert_int_eq(divided.n_taking, 1);
    free_all();
}
END_TEST

/* Where there is room for all weights, those of each rank's rows are there; else each has its filters'. */
START_TEST(weights_that_have_no_room_are_divided)
{
    read_network(chain);
    pose(2, 1e-6, 1e-12);
    costs.read_byte_s = 1e-6;
    solve();
    int n_with_room = n_by_filters();
    mafat_divided_free(&divided);
    for (int r = 0; r < 2; r++)
        problem.room_bytes[r] = 2 << 20;    /* of 3.4 MB */
    solve();
    ck_assert_int_gt(n_by_filters(), n_with_room);
    ck_assert_int_eq(divided.ways[6].kind, MAFAT_BY_FILTERS);
    free_all();
}
END_TEST

/* What an image takes by the plans of all ranks. */
static double plans_take(const mafat_division_way *ways)
{
    mafat_ranks ranks = problem.ranks;
    mafat_weight_mode modes[TEST_MAX_LAYERS];
    test_weights pinned = {SIZE_MAX, SIZE_MAX, 1};
    double layer_s[TEST_MAX_LAYERS * N_RANKS];
    mafat_division division = {0};
    memcpy(ranks.shares, divided.shares, sizeof ranks.shares);
    ranks.ways = ways;
    for (ranks.rank = 0; ranks.rank < N_RANKS; ranks.rank++) {
        mafat_plan plan;
        mafat_plan_options options = {.ranks = &ranks, .costs = &costs, .workspace_bytes = 4096,
                                      .weights = test_weight_modes(&cfg.network, pinned, modes)};
        ck_assert_int_eq(mafat_build_plan(&plan, &cfg.network, &config, &options, &fault), MAFAT_OK);
        double sum_s = 0;
        for (int l = 0; l < cfg.network.n_layers; l++)
            sum_s += layer_s[l * N_RANKS + ranks.rank] = plan.layer_s[l];
        ck_assert(fabs(sum_s - plan.latency_s) <= 1e-9 * sum_s);
        if (ranks.rank == 0)
            ck_assert_int_eq(mafat_division_make(&division, &cfg.network, plan.groups, plan.n_groups, false,
                                                 &ranks, &fault), MAFAT_OK);
        mafat_plan_free(&plan);
    }
    double seconds = mafat_joint_seconds(&division, &cfg.network, layer_s, &rank_costs);
    mafat_division_free(&division);
    return seconds;
}

/* What is chosen by is what the plans say, but for steps of bands and joins; and by them neither the usual
 * ways are sooner, nor any change of one layer's. */
START_TEST(no_other_division_is_sooner_by_the_plans)
{
    char text[TEST_CFG_BYTES];
    test_random random_state = {(uint64_t)_i * 6151 + 3};
    test_cfg_make(&random_state, text, 1 + test_random_int(&random_state, 8));
    cfg = test_cfg_parse(text);
    ck_assert_int_eq(mafat_config_parse(&config, "1x1", &fault), MAFAT_OK);
    pose(N_RANKS, 1e-8 * test_random_int(&random_state, 1000), 1e-12 * test_random_int(&random_state, 10000));
    problem.has_shares = true;
    solve();
    test_case("%d ranks, %g s a message and %g a byte", N_RANKS, rank_costs.message_s,
              rank_costs.message_byte_s);
    double chosen_s = plans_take(divided.ways);
    test_require(fabs(chosen_s - divided.seconds) < 0.03 * chosen_s + 5e-6);
    test_require(chosen_s < 1.1 * plans_take(NULL));
    for (int l = 0; l < cfg.network.n_layers; l++) {
        mafat_division_way own = divided.ways[l];
        for (mafat_division_kind kind = 0; kind < MAFAT_N_DIVISION_KINDS; kind++) {
            divided.ways[l].kind = kind;
            test_require(chosen_s < 1.1 * plans_take(divided.ways));
        }
        for (int n = 1; n <= MAFAT_MAX_PORTIONS; n++) {
            divided.ways[l] = (mafat_division_way){own.kind, n};
            test_require(chosen_s < 1.1 * plans_take(divided.ways));
        }
        divided.ways[l] = own;
    }
    free_all();
}
END_TEST

/* -------------------------------------------------------------------------------------- together */

/* What two ranks take for two convolutions divided by filters, in so many portions each: layer_s of rank 0
 * and 1, of rank 0 and 1. */
static double joint_seconds(const char *brief, int n_portions, const double *layer_s,
                            const mafat_rank_costs *message_costs)
{
    const mafat_division_way ways[] = {{MAFAT_BY_FILTERS, n_portions}, {MAFAT_BY_FILTERS, n_portions}};
    mafat_ranks ranks = mafat_ranks_even(2, 0);
    mafat_division division;
    mafat_group groups[] = {{.first = 0, .end = 2, .tiling = {1, 1, false}}};
    read_network(brief);
    ranks.ways = ways;
    ck_assert_int_eq(mafat_division_make(&division, &cfg.network, groups, 1, false, &ranks, &fault), MAFAT_OK);
    double seconds = mafat_joint_seconds(&division, &cfg.network, layer_s, message_costs);
    mafat_division_free(&division);
    free_all();
    return seconds;
}

/* Each rank has half of each map, and between them half a map goes each way. */
START_TEST(ranks_wait_for_each_other_and_for_messages)
{
    const double layer_s[] = {1, 3, 5, 2};
    const mafat_rank_costs dear = {.message_s = 100, .message_byte_s = 1};
    double half = 8 * 8 * 8 * sizeof(float), image = 8 * 8 * 3 * sizeof(float);
    /* the image; what rank 1 computes, as rank 0 waits for it; halves; what rank 0 computes, as results are
       its own; and rank 1's half */
    double expected = 100 + image + 3 + 100 + half + 5 + 100 + half;
    ck_assert(fabs(joint_seconds("8x8x3 c16.3 c16.3", 1, layer_s, &dear) - expected) < 1e-6);
}
END_TEST

/* Portions of a quarter of a map, which take 2 s on the way. */
START_TEST(portions_go_while_the_next_ones_are_computed)
{
    const double layer_s[] = {4, 6, 10, 2};
    const double quarter = 8 * 8 * 8 * sizeof(float), image = 8 * 8 * 3 * sizeof(float);
    const mafat_rank_costs portion_costs = {.message_s = 1, .message_byte_s = 1 / quarter};
    /* the image; what rank 1 computes, whose last portion both wait for; then rank 1's portions have come
       when rank 0 has computed its own: it takes the first at 5, and the second at 7; and what a second
       portion costs in itself */
    double expected = 1 + image / quarter + 6 + 2 + 10 + 2 * MAFAT_PORTION_S;
    ck_assert(fabs(joint_seconds("8x8x3 c32.3 c32.3", 2, layer_s, &portion_costs) - expected) < 1e-6);
    /* whole halves cost a message less, and are waited for */
    expected = 1 + image / quarter + 6 + 3 + 10 + 3;
    ck_assert(fabs(joint_seconds("8x8x3 c32.3 c32.3", 1, layer_s, &portion_costs) - expected) < 1e-6);
}
END_TEST

/* Whole parts where messages cost nothing, as portions pack their input anew; portions where bytes do. */
START_TEST(portions_are_made_where_messages_take_long)
{
    int most = 0;
    read_network("38x38x256 c256.3 c256.3");
    pose(2, 0, 0);
    solve();
    for (int l = 0; l < cfg.network.n_layers; l++)
        ck_assert_int_eq(divided.ways[l].n_portions, 1);
    mafat_divided_free(&divided);
    pose(2, 0, 4e-9);
    problem.has_shares = true;
    solve();
    for (int l = 0; l < cfg.network.n_layers; l++)
        most = divided.ways[l].n_portions > most ? divided.ways[l].n_portions : most;
    ck_assert_int_gt(most, 1);
    free_all();
}
END_TEST

/* ---------------------------------------------------------------------------------- between runs */

static const char *hosts[N_RANKS] = {"a", "b", "a"};

static const char *host(void *context, int rank)
{
    (void)context;
    return hosts[rank];
}

static mafat_rank_costs find_costs(const mafat_peers *peers)
{
    mafat_rank_costs costs;
    mafat_error error;
    ck_assert_msg(mafat_rank_cache_find(peers, &costs, &error) == MAFAT_OK, "%s", error.text);
    return costs;
}

START_TEST(what_ranks_cost_is_kept_for_the_same_machines)
{
    char folder[] = "/tmp/mafat-test-XXXXXX", command[128];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("XDG_CACHE_HOME", folder, 1);
    mafat_peers peers = {.ranks = mafat_ranks_even(N_RANKS, 0), .host = host};
    mafat_rank_costs kept = mafat_cost_rank_defaults(), found = find_costs(&peers);
    ck_assert(!found.are_measured && found.message_s == kept.message_s);
    kept.message_s = 0.25;
    kept.message_byte_s = 1e-7;
    kept.slowness[1] = 3;
    mafat_rank_cache_keep(&peers, &kept);
    found = find_costs(&peers);
    ck_assert(found.are_measured && found.message_s == 0.25 && found.message_byte_s == 1e-7);
    ck_assert(found.slowness[0] == 1 && found.slowness[1] == 3 && found.slowness[2] == 1);
    hosts[2] = "b";
    ck_assert(!find_costs(&peers).are_measured);
    hosts[2] = "a";
    ck_assert(!find_costs(NULL).are_measured);
    /* what nobody can have measured is none */
    static const char *const wrong[] = {
        "s/message_s: .*/message_s: -1/", "s/message_byte_s: .*/message_byte_s: nan/",
        "s/rank 1: .*/rank 1: 0/", "s/rank 1: .*/rank 1: inf/", "s/slowness of rank 1/slowness of rank 3/",
        "/slowness of rank 2/d", "/message_s/d", "s/slowness of rank 2/slowness of rank 1/",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        mafat_rank_cache_keep(&peers, &kept);
        snprintf(command, sizeof command, "sed -i '%s' %s/mafat/ranks-*", wrong[i], folder);
        ck_assert_int_eq(system(command), 0);
        ck_assert_msg(!find_costs(&peers).are_measured, "%s", wrong[i]);
    }
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

int main(void)
{
    const int n_networks = test_rounds(20);
    TCase *tcase = tcase_create("divide");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, messages_that_cost_nothing_have_all_ranks_work);
    tcase_add_test(tcase, dear_messages_leave_one_rank_working);
    tcase_add_test(tcase, shares_that_somebody_has_said_stay);
    tcase_add_test(tcase, slow_ranks_get_less);
    tcase_add_test(tcase, images_are_dealt_to_as_many_as_do_most_of_them);
    tcase_add_test(tcase, weights_that_have_no_room_are_divided);
    tcase_add_loop_test(tcase, no_other_division_is_sooner_by_the_plans, 0, n_networks);
    tcase_add_test(tcase, ranks_wait_for_each_other_and_for_messages);
    tcase_add_test(tcase, portions_go_while_the_next_ones_are_computed);
    tcase_add_test(tcase, portions_are_made_where_messages_take_long);
    tcase_add_test(tcase, what_ranks_cost_is_kept_for_the_same_machines);
    Suite *suite = suite_create("divide");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
