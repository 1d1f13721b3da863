/* What is learned from buffers, drawn at random, that are not placed in what is alive at once. */
#include <check.h>
#include <stdlib.h>

#include "plan/jam.h"
#include "support/random.h"
#include "support/suite.h"

/* A plan of single layers, each an edge of its own that runs for two moments. */
enum { N_LAYERS = 10, N_STEPS = 2 * N_LAYERS, N_BUFFERS = 24, CASES = 100 };

static mafat_error fault;

typedef struct {
    mafat_edges all;
    mafat_edge edges[N_LAYERS];
    int layers[N_LAYERS];
    int path[N_LAYERS];
    mafat_group groups[N_LAYERS];
    mafat_step steps[N_STEPS];
    mafat_buffer buffers[N_BUFFERS];
    mafat_plan plan;
} subject;

static void draw(test_random *r, subject *s)
{
    *s = (subject){.all = {.n_places = N_LAYERS, .n_edges = N_LAYERS, .edges = s->edges,
                           .layers = s->layers},
                   .plan = {.n_layers = N_LAYERS, .n_groups = N_LAYERS, .groups = s->groups,
                            .n_steps = N_STEPS, .steps = s->steps, .n_moments = N_STEPS,
                            .n_buffers = N_BUFFERS, .buffers = s->buffers}};
    for (int l = 0; l < N_LAYERS; l++) {
        s->path[l] = s->layers[l] = l;
        s->groups[l] = (mafat_group){.first = l, .end = l + 1};
        s->edges[l] = (mafat_edge){.from = l, .to = l + 1, .rows = 1, .cols = 1,
                                   .window_bytes = (size_t)test_random_int(r, 2) * 640};
        s->edges[l].block_bytes = s->edges[l].window_bytes / (size_t)(1 + test_random_int(r, 2));
        for (int i = 0; i < 2; i++)
            s->steps[2 * l + i] = (mafat_step){.group = l, .layer = l, .moment = 2 * l + i};
    }
    for (int i = 0; i < N_BUFFERS; i++) {
        int first = test_random_int(r, N_STEPS), n = test_random_int(r, 5);
        s->buffers[i] = (mafat_buffer){
            .storage = test_random_int(r, 8) > 0 ? MAFAT_IN_ARENA : MAFAT_IN_PINNED,
            .place = {.bytes = 64 * (size_t)(1 + test_random_int(r, 9)), .first = first,
                      .last = first + n < N_STEPS ? first + n : N_STEPS - 1}};
    }
}

/* What the buffers of the layers from `first` to `last` are placed in. */
static size_t place(const subject *s, int first, int last, size_t most_bytes)
{
    mafat_arena_buffer places[N_BUFFERS];
    int n = 0;
    size_t bytes;
    for (int i = 0; i < N_BUFFERS; i++) {
        mafat_arena_buffer p = s->buffers[i].place;
        if (s->buffers[i].storage != MAFAT_IN_ARENA || p.first > 2 * last + 1 || p.last < 2 * first)
            continue;
        p.first = p.first < 2 * first ? 2 * first : p.first;
        p.last = p.last > 2 * last + 1 ? 2 * last + 1 : p.last;
        places[n++] = p;
    }
    ck_assert_int_eq(mafat_arena_place(places, n, most_bytes, &bytes, &fault), MAFAT_OK);
    return bytes;
}

/* The most alive at once, in which not everything is placed; 0: it is. */
static size_t too_few_bytes(const subject *s)
{
    mafat_arena_buffer places[N_BUFFERS];
    for (int i = 0; i < N_BUFFERS; i++) {
        places[i] = s->buffers[i].place;
        if (s->buffers[i].storage != MAFAT_IN_ARENA)
            places[i].bytes = 0;
    }
    size_t live_bytes = mafat_arena_live_bytes(places, N_BUFFERS);
    return place(s, 0, N_LAYERS - 1, live_bytes) > live_bytes ? live_bytes : 0;
}

/* Draws until buffers leave gaps: returns the most alive at once, in which they are not placed. */
static size_t draw_gaps(test_random *r, subject *s)
{
    size_t bytes;
    do
        draw(r, s);
    while ((bytes = too_few_bytes(s)) == 0);
    return bytes;
}

/* Over the jam's edges and no others, one after the other, a path gets into it. */
static void expect_path_into(const mafat_jams *jams, const mafat_jam *jam)
{
    uint64_t open = 0;
    size_t arena_bytes = 64;
    for (int i = jam->n_edges - 1; i >= 0; i--) {
        ck_assert_uint_eq(arena_bytes, 64);
        if (i < jam->n_edges - 1)
            ck_assert_uint_eq(open, 1);
        open = mafat_jams_go_on(jams, jam->edges[i], open, jam->block_bytes, &arena_bytes);
    }
    ck_assert_uint_eq(open, 0);
    ck_assert_uint_eq(arena_bytes, jam->arena_bytes);
    if (jam->block_bytes > 0)
        ck_assert_uint_eq(mafat_jams_go_on(jams, jam->edges[jam->n_edges - 1], 0,
                                           jam->block_bytes - 1, &arena_bytes), 0);
}

/* The run is not placed in the room that was given, and without its last edge it is, after all that
 * was before it; without its first one it is. */
START_TEST(a_jam_is_a_run_that_is_not_placed_and_no_longer_than_needed)
{
    test_random r = {(uint32_t)_i + 1};
    subject s;
    mafat_jams jams;
    bool learned;
    size_t bytes = draw_gaps(&r, &s);
    ck_assert_int_eq(mafat_jams_init(&jams, &s.all, &fault), MAFAT_OK);
    ck_assert_int_eq(mafat_jams_learn(&jams, &s.plan, s.path, N_LAYERS, bytes, &learned, &fault),
                     MAFAT_OK);
    ck_assert(learned && jams.n == 1);
    const mafat_jam *jam = &jams.jams[0];
    int first = jam->edges[0], end = first + jam->n_edges, last = end - 1;
    if (jam->block_bytes == 0 && s.edges[last].block_bytes < s.edges[last].window_bytes)
        while (last > first && place(&s, 0, last - 1, bytes) > bytes)
            last--;    /* it goes on to the edge with the windows */
    for (int l = last + 1; l < end - 1; l++)
        ck_assert_uint_eq(s.edges[l].window_bytes, 0);
    for (int i = 0; i < jam->n_edges; i++)
        ck_assert_int_eq(jam->edges[i], first + i);
    ck_assert_uint_gt(place(&s, first, last, bytes), bytes);
    ck_assert_uint_eq(jam->arena_bytes,
                      mafat_size_max(place(&s, first, last, SIZE_MAX), bytes + 1));
    ck_assert(first == last || place(&s, first + 1, last, bytes) <= bytes);
    ck_assert(last == 0 || place(&s, 0, last - 1, bytes) <= bytes);
    int next = last + 1;
    while (next < N_LAYERS && s.edges[next].window_bytes == 0)
        next++;
    size_t block_bytes = next < N_LAYERS ? s.edges[next].block_bytes : 0;
    if (next < N_LAYERS && block_bytes < s.edges[next].window_bytes)
        ck_assert_int_eq(end, next + 1);
    else
        ck_assert(end == last + 1 && jam->block_bytes == block_bytes);
    expect_path_into(&jams, jam);
    mafat_jams_free(&jams);
}
END_TEST

/* When all bits are taken, nothing more is learned, and nothing is forgotten. */
START_TEST(no_more_is_learned_than_there_is_room_for)
{
    test_random r = {1};
    subject s;
    mafat_jams jams;
    bool learned;
    size_t bytes = draw_gaps(&r, &s);
    ck_assert_int_eq(mafat_jams_init(&jams, &s.all, &fault), MAFAT_OK);
    for (int i = 0; i < MAFAT_MOST_JAMS + 2; i++) {
        ck_assert_int_eq(mafat_jams_learn(&jams, &s.plan, s.path, N_LAYERS, bytes, &learned,
                                          &fault), MAFAT_OK);
        ck_assert_int_eq(learned, i < MAFAT_MOST_JAMS);
    }
    ck_assert_int_eq(jams.n, MAFAT_MOST_JAMS);
    mafat_jams_free(&jams);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("jam");
    tcase_add_loop_test(tcase, a_jam_is_a_run_that_is_not_placed_and_no_longer_than_needed, 0,
                        CASES);
    tcase_add_test(tcase, no_more_is_learned_than_there_is_room_for);
    Suite *suite = suite_create("jam");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
