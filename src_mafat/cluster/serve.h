/* What ranks other than 0 do. */
#ifndef MAFAT_CLUSTER_SERVE_H
#define MAFAT_CLUSTER_SERVE_H

/* Carries out rank 0's orders (bridge/orders.h) until the last one. It prints nothing, but where a run
 * fails, which ends all ranks. */
void mafat_serve_until_end(void);

#endif
