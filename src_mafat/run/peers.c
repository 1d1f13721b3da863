/* The peers of a process; see peers.h. */
#include "run/peers.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct {
    const mafat_peers *peers;
    pid_t process;
} here;

const mafat_peers *mafat_peers_here(void)
{
    return here.peers != NULL && here.process == getpid() ? here.peers : NULL;
}

void mafat_peers_exchange(const mafat_peers *peers, const mafat_parcel *sent, int n_sent,
                          const mafat_parcel *received, int n_received)
{
    peers->start(peers->context, sent, n_sent, received, n_received, true);
    peers->finish(peers->context);
}

void mafat_peers_name_rank(const mafat_peers *peers, int rank, mafat_error *error)
{
    char text[sizeof error->text];
    memcpy(text, error->text, sizeof text);
    snprintf(error->text, sizeof error->text, "rank %d on %s: %.600s", rank,
             peers->host(peers->context, rank), text);
}

void mafat_peers_set_here(const mafat_peers *peers)
{
    here.peers = peers;
    here.process = getpid();
}
