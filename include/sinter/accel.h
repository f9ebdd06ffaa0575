/* accel.h: an accelerator: memories, compute units, clock, energies, and the files that describe it.
 * SPDX-License-Identifier: MIT
 *
 *     accelerator: marca
 *     technology: 28 nm
 *     clock: 1 GHz
 *     prefetch: true                 # may transfers run ahead of the computation that needs them? default true
 *     memories:                      # outermost first; each is filled from the one before it, or from `parent`
 *       - {name: dram,   kind: dram, bandwidth: 256 GB/s, energy: 7 pJ/bit}
 *       - {name: buffer, kind: sram, capacity: 24 MiB, bandwidth: unlimited, double: false}
 *         # also: link: 1 TB/s (between it and the memory outside it; default unlimited), latency: 100 ns (from asking a memory
 *         # to its first data; default 0), burst: 64 B (a transfer takes whole bursts of time; default none), and of dram
 *         # write_bandwidth: 128 GB/s (writes have a port of their own; default: they share the one of the reads)
 *     units:
 *       - name: array
 *         at: buffer                 # the memory whose tiles it reads and writes
 *         pes: [64, 128]
 *         cycles: {mac: 1, mul: 1, add: 1, exp: 4}      # per scalar operation and PE; a class that is missing cannot run
 *         energy: {mac: 2.33 pJ, exp: 4.66 pJ}          # per scalar operation; missing: 0, and the report says so
 *         spatial:                   # how ranks unroll over the dimensions of the PEs; first rule that fits, else the best
 *           - {pes: [N, D]}          # fits an Einsum that has both ranks
 *           - {only: elementwise, pes: [~, D]}            # ~ leaves a dimension idle; only: elementwise or reduction
 *
 * Each figure of a shipped preset has its source in a comment beside it. In C, names carry units: bytes, cycles, hz, pj.
 */
#ifndef SINTER_ACCEL_H
#define SINTER_ACCEL_H

#include "sinter/base.h"
#include "sinter/cascade.h"

#define SINTER_MAX_MEMORIES 8
#define SINTER_MAX_UNITS 8
#define SINTER_MAX_PE_DIMS 4

enum sinter_memory_kind { SINTER_DRAM, SINTER_SRAM, SINTER_REGISTERS };

struct sinter_memory {
    const char *name;
    enum sinter_memory_kind kind;
    int parent;               /* the memory that it is filled from; -1 for the outermost, which is DRAM */
    double capacity_bytes;    /* INFINITY: unlimited */
    double bytes_per_s;       /* one port for reads and writes; INFINITY: unlimited */
    double write_bytes_per_s; /* > 0: writes have their own port (DRAM only); 0: they share it */
    double link_bytes_per_s;  /* between it and the memory that fills it; INFINITY: unlimited */
    double latency_s;         /* from asking it to its first data */
    double burst_bytes;       /* a transfer takes whole bursts of its time; 0: as many bits as it has */
    double pj_per_bit;        /* 0 when the file does not say */
    bool is_double;           /* tiles that are refilled count twice (double buffering) */
    struct sinter_location at;
};

/* One rule of `spatial`: by name, because an accelerator does not know the cascade. */
enum sinter_spatial_only { SINTER_ANY_EINSUM, SINTER_ELEMENTWISE, SINTER_REDUCTION };
struct sinter_spatial_rule {
    enum sinter_spatial_only only;
    const char *ranks[SINTER_MAX_PE_DIMS]; /* per PE dimension; NULL: idle */
    struct sinter_location at;
};

struct sinter_unit {
    const char *name;
    int memory;
    int n_dims;
    int64_t pes[SINTER_MAX_PE_DIMS];
    int64_t n_pes;               /* their product */
    double cycles[SINTER_N_OPS]; /* per operation on one PE; 0: cannot run this class */
    double pj[SINTER_N_OPS];     /* per operation; 0 when the file does not say */
    int n_rules;
    const struct sinter_spatial_rule *rules;
    struct sinter_location at;
};

struct sinter_accel {
    const char *name;
    double technology_nm; /* 0: not said */
    double hz;
    bool prefetch;
    double area_mm2; /* 0: not said */
    int n_memories, n_units;
    struct sinter_memory memories[SINTER_MAX_MEMORIES]; /* [0] is DRAM; parents before children */
    struct sinter_unit units[SINTER_MAX_UNITS];
    int n_notes;              /* sources and remarks, in the file's order */
    const char *const *notes; /* the entries of `notes:` */
    struct sinter_arena *arena;
};

/* Reads YAML. Overrides name a field: "clock", "buffer.capacity", "array.pes", "array.cycles.exp". */
SINTER_API enum sinter_status sinter_accel_parse(const char *file, const char *text, size_t length,
                                                 struct sinter_override *overrides, int n_overrides,
                                                 const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                                 struct sinter_accel **accel);
/* A preset's name ("marca") or a file's path. An unknown name suggests the nearest preset. */
SINTER_API enum sinter_status sinter_accel_load(const char *name, struct sinter_override *overrides, int n_overrides,
                                                const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                                struct sinter_accel **accel);
SINTER_API void sinter_accel_free(struct sinter_accel *accel);

/* The shipped presets: name and file text by index; NULL past the end. */
SINTER_API const char *sinter_accel_preset_name(int index);
SINTER_API const char *sinter_accel_preset_text(int index);

/* Canonical YAML, appended; parsing it gives an equal accelerator and the same text again. */
SINTER_API void sinter_accel_print(const struct sinter_accel *accel, struct sinter_text *out);

/* Index by name, or -1. */
SINTER_API int sinter_accel_memory(const struct sinter_accel *accel, const char *name);
SINTER_API int sinter_accel_unit(const struct sinter_accel *accel, const char *name);
/* Can the unit run every class of operation of this Einsum? When not, *missing (optional) is one that it cannot. */
SINTER_API bool sinter_unit_can_run(const struct sinter_unit *unit, const struct sinter_einsum *einsum,
                                    enum sinter_op *missing);

/* What an Einsum asks of a unit, however it is scheduled: the cycles that each of its operations would take on one PE,
 * operations over the same ranks taken together, and the energy. */
#define SINTER_MAX_WORK_TERMS 4
struct sinter_work {
    bool can_run;  /* else the rest is 0 */
    bool has_more; /* more rank sets than terms: the terms are of no use, and each operation counts alone */
    int n_terms;
    struct sinter_work_term {
        sinter_rank_set ranks;
        double cycles;
    } terms[SINTER_MAX_WORK_TERMS];
    double cycles, joules; /* of all operations */
};
SINTER_API void sinter_unit_work(const struct sinter_unit *unit, const struct sinter_einsum *einsum,
                                 struct sinter_work *work);

/* Is `memory` the unit's own memory or one that it is filled through (its parent, and so on up to DRAM)? */
SINTER_API bool sinter_unit_reaches(const struct sinter_accel *accel, const struct sinter_unit *unit, int memory);

#endif
