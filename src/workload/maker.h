/* maker.h: the cascade builder with the batch rank left in or out.
 * SPDX-License-Identifier: MIT
 *
 * Texts carry an `@` where the batch stands: "H[@l,d,n]" is "H[b,l,d,n]" with a batch and "H[l,d,n]" without, and
 * "@L, D" is "B, L, D" or "L, D". Weights have none.
 */
#ifndef SINTER_WORKLOAD_MAKER_H
#define SINTER_WORKLOAD_MAKER_H

#include "workload/config.h"

struct maker {
    const struct config *config;
    struct sinter_cascade_builder *builder;
    struct sinter_arena *arena; /* for texts; lives at least until `finish` */
    struct sinter_diagnostics *diags;
    struct sinter_location at;
    bool is_out_of_memory;
};

/* Starts the cascade "MODEL-PART" and declares rank B when there is a batch. */
enum sinter_status maker_start(struct maker *maker, const struct config *config, const char *part,
                               struct sinter_arena *arena, const struct sinter_allocator *allocator,
                               struct sinter_diagnostics *diags);
/* Ranks by the letters of their extents, e.g. "LEV". */
void maker_ranks(struct maker *maker, const char *letters);
void maker_rank(struct maker *maker, const char *name, int64_t extent, enum extent from);
/* `type` NULL: the default. `state` NULL: none. */
void maker_tensor(struct maker *maker, const char *name, const char *ranks, enum sinter_role role, const char *type,
                  const char *state);
void maker_einsum(struct maker *maker, const char *operator_name, const char *format, ...) SINTER_PRINTF(3, 4);
enum sinter_status maker_finish(struct maker *maker, struct sinter_cascade **cascade);

#endif
