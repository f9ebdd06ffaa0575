/* config.h: the configuration of a model of the Mamba-1 family, as its cascades are built from it.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_WORKLOAD_CONFIG_H
#define SINTER_WORKLOAD_CONFIG_H

#include "base/yaml.h"
#include "sinter/workload.h"

/* The extents of a model and where each of them comes from, so that a size that overflows is reported at its field. */
enum extent { EXTENT_E, EXTENT_D, EXTENT_N, EXTENT_R, EXTENT_K, EXTENT_V, EXTENT_LAYERS, EXTENT_L, EXTENT_B, N_EXTENTS };

struct config {
    const char *name, *source;
    int64_t extent[N_EXTENTS];
    struct sinter_location at[N_EXTENTS];
    bool has_conv_bias, has_projection_bias, has_state_norm, is_tied; /* is_tied: the head uses the embedding's weights */
    double norm_epsilon, state_norm_epsilon;
    const char *type, *state_type; /* of activations and weights; of the running state */
    const char **assumptions;      /* "FIELD=VALUE" for each field that the file leaves out */
    int n_assumptions;
};

/* Reads everything but L and B, which are no fields of a file. Overrides change the tree first. `default_state` is N unless
 * an override gives it; 0: the file's. */
enum sinter_status config_read(struct yaml_node *root, struct sinter_override *overrides, int n_overrides,
                               int64_t default_state, struct sinter_arena *arena, struct sinter_diagnostics *diags,
                               struct config *config);

/* Warns of ignored keys that look like a known one. */
void config_warn_of_slips(const struct yaml_node *root, struct sinter_diagnostics *diags);

/* The location of an override: "--set FIELD". False when memory is out. */
bool override_location(const struct sinter_override *override, struct sinter_arena *arena, struct sinter_location *at);

/* Weights of the whole network, a tied embedding counted once; false when they overflow. */
bool config_parameters(const struct config *config, int64_t *parameters);

#endif
