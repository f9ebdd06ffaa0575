/* mamba1.h: the cascades of the Mamba-1 family.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_WORKLOAD_MAMBA1_H
#define SINTER_WORKLOAD_MAMBA1_H

#include "workload/maker.h"

/* Each fills in a maker that was started and leaves the finishing to its caller. */
void mamba1_embed(struct maker *maker);
void mamba1_block(struct maker *maker);
void mamba1_head(struct maker *maker);
void mamba1_head_last(struct maker *maker); /* the logits of the last token alone */
/* The block as the public artifact of arXiv 2504.17333 counts it. */
void mamba1_pact25_block(struct maker *maker);

#endif
