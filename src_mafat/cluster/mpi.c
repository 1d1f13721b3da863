/* The program of a rank: MPI's side of run/peers.h, and main(). Nothing else knows MPI.
 *
 * Rank 0 runs Darknet's program, the others carry out its orders. While a rank waits
 * it sleeps: where ranks share a machine, one that computes has the processors. */
#define _DEFAULT_SOURCE    /* on_exit() */

#include <mpi.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bridge/orders.h"
#include "cluster/serve.h"
#include "run/peers.h"

/* Darknet's main(), which the Makefile renames. */
int mafat_darknet_main(int argc, char **argv);

typedef struct {
    mafat_peers peers;
    pid_t process;
    char (*hosts)[MPI_MAX_PROCESSOR_NAME];    /* [ranks.n], owned */
} mpi;

/* TUNING. How often it is looked whether something has come before it is waited for: what lies between
 * two ranks' steps is some hundred microseconds. */
enum { LOOKS = 500, NAP_NS = 50000 };

static void wait_for(MPI_Request *requests, int n)
{
    int is_done = 0;
    for (int i = 0; !is_done; i++) {
        MPI_Testall(n, requests, &is_done, MPI_STATUSES_IGNORE);
        if (!is_done && i < LOOKS)
            sched_yield();
        else if (!is_done)
            nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
    }
}

/* The type of a parcel's blocks; to be freed. */
static MPI_Datatype blocks_of(const mafat_parcel *parcel)
{
    MPI_Datatype type;
    MPI_Type_vector((int)parcel->n_blocks, (int)parcel->block_floats, (int)parcel->stride_floats,
                    MPI_FLOAT, &type);
    MPI_Type_commit(&type);
    return type;
}

static void exchange(void *context, const mafat_parcel *sent, int n_sent,
                     const mafat_parcel *received, int n_received)
{
    MPI_Request requests[2 * MAFAT_MAX_RANKS];
    (void)context;
    for (int i = 0; i < n_received; i++) {
        MPI_Datatype type = blocks_of(&received[i]);
        MPI_Irecv(received[i].data, 1, type, received[i].peer, 0, MPI_COMM_WORLD, &requests[i]);
        MPI_Type_free(&type);    /* when the message has come */
    }
    for (int i = 0; i < n_sent; i++) {
        MPI_Datatype type = blocks_of(&sent[i]);
        MPI_Isend(sent[i].data, 1, type, sent[i].peer, 0, MPI_COMM_WORLD, &requests[n_received + i]);
        MPI_Type_free(&type);
    }
    wait_for(requests, n_received + n_sent);
}

static void tell(void *context, void *bytes, size_t n_bytes)
{
    MPI_Request request;
    (void)context;
    MPI_Ibcast(bytes, (int)n_bytes, MPI_BYTE, 0, MPI_COMM_WORLD, &request);
    wait_for(&request, 1);
}

static void collect(void *context, const void *bytes, size_t n_bytes, void *all)
{
    MPI_Request request;
    (void)context;
    MPI_Igather(bytes, (int)n_bytes, MPI_BYTE, all, (int)n_bytes, MPI_BYTE, 0, MPI_COMM_WORLD,
                &request);
    wait_for(&request, 1);
}

static const char *host(void *context, int rank)
{
    const mpi *m = context;
    return m->hosts[rank];
}

static void give_up(void *context, mafat_status status)
{
    (void)context;
    MPI_Abort(MPI_COMM_WORLD, (int)status);
}

/* At the end of the command, which may come anywhere. */
static void end(int status, void *context)
{
    const mpi *m = context;
    if (getpid() != m->process)
        return;
    if (mafat_orders_end())
        MPI_Finalize();
    else
        MPI_Abort(MPI_COMM_WORLD, status);
}

/* What else Open MPI has takes 7 MB of each rank. Whoever knows better has said so. */
static void set_defaults(void)
{
    setenv("OMPI_MCA_pml", "ob1", 0);
    setenv("OMPI_MCA_btl", "tcp,self", 0);
}

static mafat_status start(mpi *m, int *argc, char ***argv, mafat_error *error)
{
    int level, n, rank, length;
    char own[MPI_MAX_PROCESSOR_NAME] = "";
    set_defaults();
    /* Darknet's commands may run their networks in another thread than main()'s */
    MPI_Init_thread(argc, argv, MPI_THREAD_SERIALIZED, &level);
    MPI_Comm_size(MPI_COMM_WORLD, &n);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Get_processor_name(own, &length);
    if (n > MAFAT_MAX_RANKS)
        return mafat_error_set(error, MAFAT_USAGE, "%d ranks are more than %d, the most that there can "
                               "be", n, MAFAT_MAX_RANKS);
    *m = (mpi){.peers = {m, mafat_ranks_even(n, rank), exchange, tell, collect, host, give_up},
               .process = getpid(), .hosts = calloc((size_t)n, sizeof *m->hosts)};
    if (m->hosts == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for the names of %d machines", n);
    MPI_Allgather(own, sizeof own, MPI_CHAR, m->hosts, sizeof own, MPI_CHAR, MPI_COMM_WORLD);
    if (n > 1)
        mafat_peers_set_here(&m->peers);
    return MAFAT_OK;
}

int main(int argc, char **argv)
{
    static mpi m;
    mafat_error error = {.layer = -1};
    mafat_status status = start(&m, &argc, &argv, &error);
    if (status != MAFAT_OK) {
        mafat_error_print(&error, stderr);
        MPI_Abort(MPI_COMM_WORLD, (int)status);
    }
    if (m.peers.ranks.rank == 0) {
        on_exit(end, &m);
        return mafat_darknet_main(argc, argv);
    }
    mafat_serve_until_end();
    MPI_Finalize();
    return MAFAT_OK;
}
