/* The program of a rank: MPI's side of run/peers.h, and main(). Nothing else knows MPI.
 *
 * Rank 0 runs Darknet's program, the others carry out its orders. While a rank waits it sleeps: where
 * ranks share a machine, one that computes has the processors.
 *
 * A rank that is lost in a run leaves others waiting, and those yet others, so that who waits for whom
 * says little. So whoever has waited for a part of the time that is allowed tells rank 0 that it lives,
 * again and again. When rank 0 has waited for all of the time, those that told nothing in its second
 * half are lost; who has waited for longer than that has lost rank 0. Who waits for rank 0's orders tells
 * that it lives, too, for a while: it may have nothing to do in a run that others are in. (Of a process
 * that dies, mpirun learns by itself, and ends all.)
 *
 * Open MPI moves messages while it is called. So that those that nobody waits for yet come, too, while the
 * program computes, a thread calls it again and again. */
#define _DEFAULT_SOURCE    /* on_exit() */

#include <mpi.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/thread.h"
#include "base/version.h"
#include "bridge/orders.h"
#include "cluster/serve.h"
#include "run/peers.h"

/* Darknet's main(), which the Makefile renames. */
int mafat_darknet_main(int argc, char **argv);

/* What ranks tell each other first. Programs of other versions know no other message alike, so that it stays
 * what it is: the machine's name, and version and commit of the program. */
typedef struct {
    char host[MPI_MAX_PROCESSOR_NAME];
    char program[80];
} greeting;

typedef struct {
    mafat_peers peers;
    pid_t process;
    greeting *greetings;                      /* [ranks.n], owned */
    double patience_s;                        /* of who waits; 0: without end */
    MPI_Request requests[2 * MAFAT_MAX_RANKS * MAFAT_MAX_PORTIONS];    /* parcels that were started */
    int n_requests;
    pthread_mutex_t mutex;                    /* held by whoever calls MPI while the mover does */
    pthread_cond_t changed;                   /* what follows */
    bool has_mover;
    bool is_moving;                           /* it calls MPI until all parcels have come */
    pthread_t mover;
} mpi;

enum { DATA, LIFE };    /* what messages are of: tags */

/* TUNING. How often it is looked whether something has come before it is waited for: what lies between
 * two ranks' steps is some hundred microseconds. */
enum { LOOKS = 500, NAP_NS = 50000 };

/* TUNING. How often messages are moved while the program computes: in that time 1 Gbit carries 120 KB, for
 * which kernels have room. Five times as often costs 3 % of an image of YOLOv2 on two ranks. */
enum { MOVE_NAP_NS = 1000000 };

/* ------------------------------------------------------------------------------------- who is lost */

static const char *host(void *context, int rank)
{
    const mpi *m = context;
    return m->greetings[rank].host;
}

static void give_up(void *context, mafat_status status)
{
    mpi *m = context;
    pthread_mutex_lock(&m->mutex);    /* the mover calls MPI no more */
    m->has_mover = false;
    MPI_Abort(MPI_COMM_WORLD, (int)status);
}

/* Names ranks that are lost, and ends all. */
static void lose(mpi *m, const bool *lives)
{
    char names[300] = "";
    mafat_error error = {.layer = -1};
    for (int rank = 0; rank < m->peers.ranks.n; rank++) {
        size_t length = strlen(names);
        if (!lives[rank])
            snprintf(names + length, sizeof names - length, "%srank %d on %s",
                     length > 0 ? ", " : "", rank, host(m, rank));
    }
    mafat_error_set(&error, MAFAT_FAILED, "no answer in %.0f s from %s; all ranks end",
                    m->patience_s, names);
    mafat_error_print(&error, stderr);
    give_up(m, MAFAT_FAILED);
}

static void tell_life(void)
{
    static char life = 1;
    MPI_Request request;
    MPI_Isend(&life, 1, MPI_CHAR, 0, LIFE, MPI_COMM_WORLD, &request);
    MPI_Request_free(&request);
}

/* Rank 0 hears who has told that it lives. */
static void hear_lives(bool *lives)
{
    int has_come = 1;
    while (has_come) {
        MPI_Status status;
        char life;
        MPI_Iprobe(MPI_ANY_SOURCE, LIFE, MPI_COMM_WORLD, &has_come, &status);
        if (!has_come)
            break;
        MPI_Recv(&life, 1, MPI_CHAR, status.MPI_SOURCE, LIFE, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        lives[status.MPI_SOURCE] = true;
    }
}

/* A wait, in parts of the patience: what has been done in which. */
enum { PARTS = 8 };
typedef struct {
    double begin_s;
    int n_parts;
    bool is_for_order;    /* for which others may have it wait without end */
} waiting;

/* A run that this rank has nothing to do in is over, or has lost somebody, after so many parts. */
enum { TOLD_PARTS = 3 * PARTS };

/* What is to be done by who still waits, in each part once. */
static void judge_wait(mpi *m, waiting *w)
{
    bool lives[MAFAT_MAX_RANKS] = {true};    /* rank 0, where that asks */
    int n_parts = (int)((MPI_Wtime() - w->begin_s) / m->patience_s * PARTS);
    if (n_parts <= w->n_parts || (w->is_for_order && n_parts > TOLD_PARTS))
        return;
    if (m->peers.ranks.rank > 0)
        tell_life();
    else if (w->n_parts < PARTS / 2)
        hear_lives(lives);    /* before: of earlier waits, too */
    w->n_parts = n_parts;
    if (m->peers.ranks.rank == 0 && n_parts >= PARTS) {
        hear_lives(lives);
        lose(m, lives);
    } else if (!w->is_for_order && n_parts >= PARTS + PARTS / 2) {
        for (int rank = 0; rank < m->peers.ranks.n; rank++)
            lives[rank] = rank > 0;
        lose(m, lives);
    }
}

static void wait_for(mpi *m, MPI_Request *requests, int n, bool is_for_order)
{
    int is_done = 0;
    waiting w = {.begin_s = MPI_Wtime(), .is_for_order = is_for_order};
    for (int i = 0; !is_done; i++) {
        MPI_Testall(n, requests, &is_done, MPI_STATUSES_IGNORE);
        if (!is_done && i < LOOKS) {
            sched_yield();
        } else if (!is_done) {
            nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
            if (m->patience_s > 0)
                judge_wait(m, &w);
        }
    }
}

/* ---------------------------------------------------------------------------------------- messages */

/* The type of a parcel's blocks; to be freed. */
static MPI_Datatype blocks_of(const mafat_parcel *parcel)
{
    MPI_Datatype type;
    MPI_Type_vector((int)parcel->n_blocks, (int)parcel->block_floats, (int)parcel->stride_floats,
                    MPI_FLOAT, &type);
    MPI_Type_commit(&type);
    return type;
}

static void *move(void *context)
{
    mpi *m = context;
    pthread_mutex_lock(&m->mutex);
    while (m->has_mover) {
        int is_done;
        if (!m->is_moving) {
            pthread_cond_wait(&m->changed, &m->mutex);
            continue;
        }
        MPI_Testall(m->n_requests, m->requests, &is_done, MPI_STATUSES_IGNORE);
        m->is_moving = !is_done;
        pthread_mutex_unlock(&m->mutex);
        nanosleep(&(struct timespec){.tv_nsec = MOVE_NAP_NS}, NULL);
        pthread_mutex_lock(&m->mutex);
    }
    pthread_mutex_unlock(&m->mutex);
    return NULL;
}

/* Starts the mover, or ends all ranks. */
static void start_mover(mpi *m)
{
    mafat_error error = {.layer = -1};
    m->has_mover = true;
    int reason = mafat_thread_start(&m->mover, move, m);
    if (reason == 0)
        return;
    mafat_error_set(&error, MAFAT_FAILED, "no thread to move messages: %s", strerror(reason));
    mafat_peers_name_rank(&m->peers, m->peers.ranks.rank, &error);
    mafat_error_print(&error, stderr);
    give_up(m, MAFAT_FAILED);
}

static void end_mover(mpi *m)
{
    if (!m->has_mover)
        return;
    pthread_mutex_lock(&m->mutex);
    m->has_mover = false;
    pthread_cond_signal(&m->changed);
    pthread_mutex_unlock(&m->mutex);
    pthread_join(m->mover, NULL);
}

static void start(void *context, const mafat_parcel *sent, int n_sent, const mafat_parcel *received,
                  int n_received, bool is_awaited)
{
    mpi *m = context;
    if (!is_awaited && !m->has_mover)
        start_mover(m);
    pthread_mutex_lock(&m->mutex);
    for (int i = 0; i < n_received; i++) {
        MPI_Datatype type = blocks_of(&received[i]);
        MPI_Irecv(received[i].data, 1, type, received[i].peer, DATA, MPI_COMM_WORLD,
                  &m->requests[m->n_requests++]);
        MPI_Type_free(&type);    /* when the message has come */
    }
    for (int i = 0; i < n_sent; i++) {
        MPI_Datatype type = blocks_of(&sent[i]);
        MPI_Isend(sent[i].data, 1, type, sent[i].peer, DATA, MPI_COMM_WORLD,
                  &m->requests[m->n_requests++]);
        MPI_Type_free(&type);
    }
    m->is_moving = !is_awaited;
    if (m->is_moving)
        pthread_cond_signal(&m->changed);
    pthread_mutex_unlock(&m->mutex);
}

static void abandon(void *context)
{
    mpi *m = context;
    pthread_mutex_lock(&m->mutex);
    m->is_moving = false;
    pthread_mutex_unlock(&m->mutex);
}

static void finish(void *context)
{
    mpi *m = context;
    abandon(m);    /* from here on it is moved by who waits */
    wait_for(m, m->requests, m->n_requests, false);
    m->n_requests = 0;
}

static void tell(void *context, void *bytes, size_t n_bytes)
{
    mpi *m = context;
    MPI_Request requests[MAFAT_MAX_RANKS];
    int n = 0;
    if (m->peers.ranks.rank > 0)
        MPI_Irecv(bytes, (int)n_bytes, MPI_BYTE, 0, DATA, MPI_COMM_WORLD, &requests[n++]);
    for (int rank = 1; rank < m->peers.ranks.n && m->peers.ranks.rank == 0; rank++)
        MPI_Isend(bytes, (int)n_bytes, MPI_BYTE, rank, DATA, MPI_COMM_WORLD, &requests[n++]);
    wait_for(m, requests, n, m->peers.ranks.rank > 0);
}

static void collect(void *context, const void *bytes, size_t n_bytes, void *all)
{
    mpi *m = context;
    MPI_Request requests[MAFAT_MAX_RANKS];
    int n = 0;
    if (m->peers.ranks.rank > 0)
        MPI_Isend(bytes, (int)n_bytes, MPI_BYTE, 0, DATA, MPI_COMM_WORLD, &requests[n++]);
    else
        memcpy(all, bytes, n_bytes);
    for (int rank = 1; rank < m->peers.ranks.n && m->peers.ranks.rank == 0; rank++)
        MPI_Irecv((char *)all + (size_t)rank * n_bytes, (int)n_bytes, MPI_BYTE, rank, DATA,
                  MPI_COMM_WORLD, &requests[n++]);
    wait_for(m, requests, n, false);
}

static void expect(void *context, double seconds)
{
    mpi *m = context;
    m->patience_s = seconds;
}

/* ------------------------------------------------------------------------------------- the program */

/* At the end of the command, which may come anywhere. */
static void end(int status, void *context)
{
    mpi *m = context;
    if (getpid() != m->process)
        return;
    end_mover(m);
    if (mafat_orders_end())
        MPI_Finalize();
    else
        MPI_Abort(MPI_COMM_WORLD, status);
}

/* What else Open MPI has takes 7 MB of each rank. And of long messages it would write all but the first
 * part at once into the receiver's memory, when that has asked for it ("put"): two ranks that send each
 * other such messages then often wait for each other, as one's request lies behind what it sends itself,
 * and take as long as if the wire went one way at a time. Whoever knows better has said so. */
static void set_defaults(void)
{
    setenv("OMPI_MCA_pml", "ob1", 0);
    setenv("OMPI_MCA_btl", "tcp,self", 0);
    setenv("OMPI_MCA_btl_tcp_flags", "send,inplace", 0);
}

/* All ranks' greetings, for free(). */
static greeting *greet(int n)
{
    greeting own = {.host = ""}, *all = calloc((size_t)n, sizeof *all);
    int length;
    if (all == NULL)
        return NULL;
    MPI_Get_processor_name(own.host, &length);
    snprintf(own.program, sizeof own.program, "%s of commit %.12s", mafat_version.number,
             mafat_version.commit);
    MPI_Allgather(&own, sizeof own, MPI_CHAR, all, sizeof own, MPI_CHAR, MPI_COMM_WORLD);
    return all;
}

/* Rank 0 does so for all. */
static mafat_status check_programs(const mpi *m, mafat_error *error)
{
    const char *own = m->greetings[0].program;
    int n = m->peers.ranks.rank == 0 ? m->peers.ranks.n : 0;
    for (int rank = 1; rank < n; rank++) {
        const char *other = m->greetings[rank].program;
        if (strcmp(other, own) != 0) {
            mafat_error_set(error, MAFAT_USAGE, "runs %s, and rank 0 %s; all ranks run the same program",
                            other, own);
            mafat_peers_name_rank(&m->peers, rank, error);
            return MAFAT_USAGE;
        }
    }
    return MAFAT_OK;
}

static mafat_status begin(mpi *m, int *argc, char ***argv, mafat_error *error)
{
    int level, n, rank;
    set_defaults();
    /* the mover, and Darknet's commands may run their networks in another thread than main()'s */
    MPI_Init_thread(argc, argv, MPI_THREAD_SERIALIZED, &level);
    MPI_Comm_size(MPI_COMM_WORLD, &n);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (level < MPI_THREAD_SERIALIZED)
        return mafat_error_set(error, MAFAT_UNSUPPORTED, "this MPI allows one thread alone to call it; MAFAT "
                               "has several, of which one does at a time (MPI_THREAD_SERIALIZED)");
    if (n > MAFAT_MAX_RANKS)
        return mafat_error_set(error, MAFAT_USAGE, "%d ranks are more than %d, the most that there can "
                               "be", n, MAFAT_MAX_RANKS);
    *m = (mpi){.peers = {m, mafat_ranks_even(n, rank), start, finish, abandon, tell, collect, host, expect,
                         give_up},
               .process = getpid(), .greetings = greet(n),
               .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    if (m->greetings == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for the names of %d machines", n);
    if (n > 1)
        mafat_peers_set_here(&m->peers);
    return check_programs(m, error);
}

int main(int argc, char **argv)
{
    static mpi m;
    mafat_error error = {.layer = -1};
    mafat_status status = begin(&m, &argc, &argv, &error);
    if (status != MAFAT_OK) {
        mafat_error_print(&error, stderr);
        MPI_Abort(MPI_COMM_WORLD, (int)status);
    }
    if (m.peers.ranks.rank == 0) {
        on_exit(end, &m);
        return mafat_darknet_main(argc, argv);
    }
    mafat_serve_until_end();
    end_mover(&m);
    MPI_Finalize();
    return MAFAT_OK;
}
