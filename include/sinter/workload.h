/* workload.h: models: whole networks as cascades with counts, from names, Hugging Face configs and cascade files.
 * SPDX-License-Identifier: MIT
 *
 * A model is a list of parts, each a cascade and how often it runs: embedding once, the block once per layer, the head
 * once. A cascade file is a model of one part. Nothing below this room knows what a model is.
 */
#ifndef SINTER_WORKLOAD_H
#define SINTER_WORKLOAD_H

#include "sinter/cascade.h"

enum sinter_phase { SINTER_PREFILL, SINTER_DECODE };

/* The positions whose logits the head computes. The last alone is what generation needs of a prefill; the final norm runs
 * over all positions nevertheless, because the reference implementations cut the last one out behind it. */
enum sinter_logits { SINTER_LOGITS_ALL, SINTER_LOGITS_LAST };

/* Zero is the default of every field. */
struct sinter_model_options {
    int64_t tokens;       /* L; 0: 1 in decode, in prefill: */
    int64_t usual_tokens; /* 0: 2048 */
    int64_t batch;        /* B; 0: 1 */
    enum sinter_phase phase;
    enum sinter_logits logits;         /* one position, as in decode: both are the same */
    const char *variant;               /* NULL: the model as published; "pact25": the assumptions of arXiv 2504.17333 */
    struct sinter_override *overrides; /* fields of the config ("state_size", or the rank "N"), "type", "state_type" */
    int n_overrides;
};

struct sinter_part {
    const char *name; /* "embed", "block", "head" */
    int64_t count;    /* how often it runs */
    struct sinter_cascade *cascade;
};

/* The published dimensions of a model; all 0 for a cascade file. */
struct sinter_model_config {
    int64_t hidden, inner, state, layers, dt_rank, conv, vocab;
    bool has_conv_bias, has_projection_bias, has_state_norm; /* has_state_norm: RMSNorm on dt, B and C (Falcon-Mamba) */
    double norm_epsilon;
};

struct sinter_model {
    const char *name;
    const char *source;  /* file or built-in data it came from */
    const char *variant; /* "" or "pact25" */
    enum sinter_phase phase;
    enum sinter_logits logits; /* as asked for; SINTER_LOGITS_ALL where there is no head */
    int64_t tokens, batch;
    int64_t parameters; /* 0 for a cascade file */
    struct sinter_model_config config;
    int n_assumptions;              /* fields that the configuration leaves out */
    const char *const *assumptions; /* and the defaults they got, as overrides: "num_hidden_layers=32" */
    int n_parts, block;             /* block: index of the part that is priced when one layer is asked for */
    struct sinter_part *parts;
    struct sinter_arena *arena;
};

/* A built-in name ("mamba-2.8b"), a cascade that is shipped ("mamba2-block", "selective-scan", "opt-2.7b": the files of
 * data/cascades), a Hugging Face config.json of the Mamba-1 family (model_type mamba or falcon_mamba) or the folder with it, or
 * a cascade YAML file. An unknown name suggests the nearest. */
SINTER_API enum sinter_status sinter_model_load(const char *name, const struct sinter_model_options *options,
                                                const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                                struct sinter_model **model);
SINTER_API void sinter_model_free(struct sinter_model *model);

/* Built-in networks by index: name and config text (JSON as published, with its source); NULL past the end. */
SINTER_API const char *sinter_model_builtin_name(int index);
SINTER_API const char *sinter_model_builtin_text(int index);
/* Shipped cascades, which are loaded by name as models are; NULL past the end. */
SINTER_API const char *sinter_cascade_builtin_name(int index);

/* One row of a model's table of operators, in bytes of distinct tensors, as the field counts them: each tensor that
 * enters or leaves the operator once; initial states are inputs; the final state of a tensor that the operator looks
 * back at without producing it is an output. */
struct sinter_operator_row {
    const char *name;
    int64_t flops;
    int64_t operations[SINTER_N_OPS];
    int64_t weight_bytes, in_bytes, out_bytes;
};
SINTER_API void sinter_operator_count(const struct sinter_cascade *cascade, int cascade_operator,
                                      struct sinter_operator_row *row);

/* ---- stored cases -------------------------------------------------------------------------------------------- */

/* Numbers to run a cascade on, and what it must compute: a JSON manifest beside a binary file.
 *
 *     {"name": "tiny", "config": {"kind": "scan1", "B": 1, "L": 8, "D": 4, "N": 2},
 *      "dtype": "<f8", "order": "C", "file": "tiny.bin",
 *      "tensors": [{"name": "dt_raw", "role": "input", "shape": [1, 8, 4], "offset": 0, "nbytes": 256}, ...]}
 *
 * dtype is "<f8" or "<f4", the same for all; `file` stands beside the manifest. Any number may be NaN or infinite. The kind
 * says which cascade, and what its tensors are called in the manifest:
 *
 *     mamba1   the block of a Mamba-1       r conv_state_in h0 in_proj_w ... -> u x z xs x_dbl dt y_scan y_skip gated out ...
 *     mamba2   data/cascades/mamba2-block   the same kinds of tensors
 *     scan1    data/cascades/selective-scan dt_raw x B C z h0 A_log D -> dt y_scan out h_final
 *
 * A_log becomes A = -exp(A_log). A tensor that several of the cascade's make up becomes several cuts ("x_dbl.DTR"); one that
 * is the sum of two (block_out) a cut of two tensors. */
struct sinter_case_input {
    int tensor;           /* an input, a weight, or a state: what it is before */
    const double *values; /* all elements, row-major in the tensor's own order of ranks */
};
struct sinter_case_cut {
    const char *name;
    int n_tensors, tensors[2]; /* of equal shape; their sum must be `values` */
    bool is_final;             /* what the run leaves in a state */
    const double *values;
};
struct sinter_case {
    const char *name, *source, *notes; /* source: the manifest's file; notes: "" without */
    struct sinter_model *model;        /* owns the cascade; NULL for a case that was bound to one */
    const struct sinter_cascade *cascade;
    int n_inputs, n_cuts;
    const struct sinter_case_input *inputs; /* one for each tensor that comes from outside, in the cascade's order */
    const struct sinter_case_cut *cuts;     /* in the order of the kind's table; of a bound case: of the manifest */
    struct sinter_arena *arena;
};

/* Reads a case whose config names a kind. All types are fp64 unless an override says otherwise; the extents are the data's. */
SINTER_API enum sinter_status sinter_case_load(const char *file, struct sinter_override *overrides, int n_overrides,
                                               const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                               struct sinter_case **loaded);
/* Reads numbers for a cascade, which must outlive the case: the manifest's tensors have its names and shapes, whatever the
 * config says. A produced tensor is a cut, and so is "H0.final": what the run leaves in the state H0. */
SINTER_API enum sinter_status sinter_case_bind(const char *file, const struct sinter_cascade *cascade,
                                               const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                               struct sinter_case **loaded);
SINTER_API void sinter_case_free(struct sinter_case *loaded);

#endif
