/* Shares of work among threads. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "run/team.h"
#include "support/suite.h"

enum { MAX_SHARES = 97 };

typedef struct {
    mafat_team *team;
    int n_shares;
    atomic_int counts[MAX_SHARES];     /* how often each share was done */
    int results[MAX_SHARES];           /* of the last time: unguarded, as what kernels write */
    atomic_int n_inside[8];            /* shares that a thread does right now */
    atomic_int n_wrong;
} ledger;

static void do_share(void *context, int index, int thread)
{
    ledger *l = context;
    if (thread < 0 || thread >= l->team->n_threads || index < 0 || index >= l->n_shares)
        atomic_fetch_add(&l->n_wrong, 1);
    if (atomic_fetch_add(&l->n_inside[thread], 1) != 0)
        atomic_fetch_add(&l->n_wrong, 1);
    atomic_fetch_add(&l->counts[index], 1);
    atomic_fetch_sub(&l->n_inside[thread], 1);
    l->results[index] = l->n_shares;
}

/* Many pieces of work of many sizes, one right behind the other: when one returns, each of its
 * shares has been done once, and no share is done later. */
static void lead(void *context)
{
    ledger *l = context;
    int n_pieces = test_rounds(10000);
    for (int piece = 0; piece < n_pieces; piece++) {
        l->n_shares = 1 + piece % MAX_SHARES;
        mafat_team_share(l->team, l->n_shares, do_share, l);
        for (int i = 0; i < MAX_SHARES; i++) {
            bool is_share = i < l->n_shares;
            if (atomic_load(&l->counts[i]) != is_share ||
                (is_share && l->results[i] != l->n_shares))
                atomic_fetch_add(&l->n_wrong, 1);
            atomic_store(&l->counts[i], 0);
        }
    }
}

START_TEST(each_share_is_done_once_before_the_leader_goes_on)
{
    mafat_team team;
    ledger l = {.team = &team};
    mafat_team_init(&team, _i);
    for (int again = 0; again < 2; again++)
        mafat_team_run(&team, lead, &l);
    ck_assert_int_eq(atomic_load(&l.n_wrong), 0);
}
END_TEST

static void run_nothing(void *context)
{
    *(int *)context += 1;
}

START_TEST(a_team_can_be_led_without_work)
{
    mafat_team team;
    int n_calls = 0;
    mafat_team_init(&team, 3);
    for (int i = 0; i < 100; i++)
        mafat_team_run(&team, run_nothing, &n_calls);
    ck_assert_int_eq(n_calls, 100);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("team");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, each_share_is_done_once_before_the_leader_goes_on, 1, 4);
    tcase_add_test(tcase, a_team_can_be_led_without_work);
    Suite *suite = suite_create("team");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
