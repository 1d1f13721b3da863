/* The peers of a process; see peers.h. */
#include "run/peers.h"

#include <unistd.h>

static struct {
    const mafat_peers *peers;
    pid_t process;
} here;

const mafat_peers *mafat_peers_here(void)
{
    return here.peers != NULL && here.process == getpid() ? here.peers : NULL;
}

void mafat_peers_set_here(const mafat_peers *peers)
{
    here.peers = peers;
    here.process = getpid();
}
