/* Frames of a film, read by a thread or not: each comes once, in order, with its number, and stays
 * as it is until the one behind it is asked for. */
#include <stdatomic.h>
#include <stdlib.h>

#include "support/suite.h"
#include "video/ahead.h"

enum { N_FRAMES = 100, WIDTH = 32, HEIGHT = 8, N_BYTES = 3 * WIDTH * HEIGHT };

/* A film as video.h wants it, with two frames that it writes to in turn. Each byte of frame number
 * N is N. */
struct mafat_film {
    unsigned char frames[2][N_BYTES];
    int at, turn;
    atomic_int n_inside;    /* calls that are under way: a film is no place for two */
};

static bool advance(mafat_film *film)
{
    ck_assert_int_eq(atomic_fetch_add(&film->n_inside, 1), 0);
    bool is_there = film->at < N_FRAMES;
    film->at += is_there;
    return is_there;
}

static bool read_frame(mafat_film *film, mafat_frame *frame)
{
    bool is_there = advance(film);
    if (is_there) {
        film->turn = 1 - film->turn;
        for (int i = 0; i < N_BYTES; i++)
            film->frames[film->turn][i] = (unsigned char)(film->at - 1);
        *frame = (mafat_frame){film->frames[film->turn], WIDTH, HEIGHT, 3 * WIDTH};
    }
    atomic_fetch_sub(&film->n_inside, 1);
    return is_there;
}

static bool skip_frame(mafat_film *film)
{
    bool is_there = advance(film);
    atomic_fetch_sub(&film->n_inside, 1);
    return is_there;
}

static const mafat_video video = {.read = read_frame, .skip = skip_frame};

static void look_at(const mafat_frame *frame, long number)
{
    for (int i = 0; i < N_BYTES; i++)
        test_require(frame->pixels[i] == number);
}

/* Goes through a film whose thread begins behind so many frames; -1: none does. */
static void go_through(int n_skipped, int n_before)
{
    static mafat_film film;
    film = (mafat_film){.at = 0};
    mafat_ahead ahead;
    mafat_frame frame;
    mafat_error error;
    long n = 0;
    mafat_ahead_begin(&ahead, &video, &film, n_skipped);
    while (true) {
        if (n == n_before)
            ck_assert_int_eq(mafat_ahead_start(&ahead, &error), MAFAT_OK);
        if (!mafat_ahead_next(&ahead, &frame))
            break;
        for (int i = 0; i < 20; i++)
            look_at(&frame, n * (n_skipped + 1));
        n++;
    }
    ck_assert(!mafat_ahead_next(&ahead, &frame));
    ck_assert_int_eq(n, (N_FRAMES + n_skipped) / (n_skipped + 1));
    mafat_ahead_end(&ahead);
    mafat_ahead_end(&ahead);
}

START_TEST(each_frame_comes_once_and_stays)
{
    for (int n_skipped = 0; n_skipped < 5; n_skipped++)
        for (int n_before = -1; n_before < 4; n_before++) {
            test_case("%d passed over, a thread behind %d", n_skipped, n_before);
            if (n_before != 0)    /* the first one is read before there is a thread */
                go_through(n_skipped, n_before);
        }
}
END_TEST

START_TEST(a_film_may_be_left_in_the_middle)
{
    static mafat_film film;
    for (int n = 1; n < 10; n++) {
        mafat_ahead ahead;
        mafat_frame frame;
        mafat_error error;
        film = (mafat_film){.at = 0};
        mafat_ahead_begin(&ahead, &video, &film, 0);
        ck_assert(mafat_ahead_next(&ahead, &frame));
        ck_assert_int_eq(mafat_ahead_start(&ahead, &error), MAFAT_OK);
        for (int i = 0; i < n; i++)
            ck_assert(mafat_ahead_next(&ahead, &frame));
        mafat_ahead_end(&ahead);
        look_at(&frame, n);
        ck_assert_int_le(film.at, n + 2);    /* and no further */
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("ahead");
    tcase_add_test(tests, each_frame_comes_once_and_stays);
    tcase_add_test(tests, a_film_may_be_left_in_the_middle);
    Suite *suite = suite_create("ahead");
    suite_add_tcase(suite, tests);
    return test_suite_run(suite);
}
