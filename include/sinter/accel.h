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
 * Its area is what the file says, or follows from its parts ("area and power" below, docs/model.md):
 *
 *     area: 222 mm2                  # under `stated`
 *     area_model: components         # stated (the default), shares (of a `family`, see docs/files.md), or components: memories
 *                                    # by CACTI's table, PEs by precision, and
 *     area_other: 3 mm2              # what neither is
 *     area_budget: 222 mm2           # with shares or components: the unit of
 *     area_fill: array               # area_fill gets as many PEs as fit; default: the family's, or the only one
 *     static_power: 1 W              # default: the leakage of the memories
 *     published: {area: 221.88 mm2, power: 10.44 W, remark: why the models differ}       # for `sinter show` to compare with
 *     # of a memory on the chip: cells: lstp (the default, low standby power), hp (high performance) or lop (low operating
 *     # power); width: 64 B (of an access; the default); leakage: 5 mW. Of a unit: precision: fp32 (the default), fp16,
 *     # fp16-fp32 (accumulates in fp32), int32 or int8; pe_area: 5420 um2. Under components, an energy that is missing is
 *     # that of the tables.
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
/* What an on-chip memory is made of (ITRS): low standby power, high performance, low operating power. */
enum sinter_cells { SINTER_LSTP, SINTER_HP, SINTER_LOP };
/* What a PE computes with; FP16_FP32 multiplies fp16 and accumulates fp32. */
enum sinter_precision { SINTER_PE_FP32, SINTER_PE_FP16, SINTER_PE_FP16_FP32, SINTER_PE_INT32, SINTER_PE_INT8 };
enum sinter_area_model { SINTER_AREA_STATED, SINTER_AREA_SHARES, SINTER_AREA_COMPONENTS };

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
    enum sinter_cells cells;
    double width_bytes;   /* of an access; 0: SINTER_SRAM_WIDTH */
    double leakage_watts; /* when has_leakage: what the file says */
    bool has_leakage;
    bool is_energy_modelled; /* pj_per_bit is the table's, and follows when the memory is changed */
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
    int64_t n_pes;                     /* their product */
    double cycles[SINTER_N_OPS];       /* per operation on one PE; 0: cannot run this class */
    double pj[SINTER_N_OPS];           /* per operation; 0 when the file does not say */
    bool is_pj_modelled[SINTER_N_OPS]; /* it is the table's */
    enum sinter_precision precision;
    double pe_mm2; /* what the file says; 0: by its precision */
    int n_rules;
    const struct sinter_spatial_rule *rules;
    struct sinter_location at;
};

/* Accelerators of one kind in other sizes: what its area holds when all of it is memory, and when all of it is PEs. */
struct sinter_family {
    double area_mm2; /* 0: there is no family */
    double sram_bytes;
    int64_t pes;
    int memory, unit;
};

/* What its designers say of it, to stand beside what the models say. 0 and NULL: nothing. */
struct sinter_published {
    double area_mm2, watts;
    const char *remark; /* why the two differ */
};

struct sinter_accel {
    const char *name;
    double technology_nm; /* 0: not said */
    double hz;
    bool prefetch;
    double area_mm2; /* by its area model; 0: not said */
    enum sinter_area_model area_model;
    double stated_area_mm2; /* what the file says, whatever the model; 0: nothing */
    double area_other_mm2;
    double area_budget_mm2; /* 0: none */
    int area_fill;          /* unit that fills the budget */
    double static_watts;    /* stated, or the leakage of its memories */
    bool has_static_power;  /* it is stated */
    struct sinter_family family;
    struct sinter_published published;
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

/* The PEs of each set of a unit's dimensions (bit d: dimension d), and what one of them is of all in the set. */
#define SINTER_MAX_PE_SETS (1 << SINTER_MAX_PE_DIMS)
struct sinter_pe_sets {
    int64_t pes[SINTER_MAX_PE_SETS];
    double per_pe[SINTER_MAX_PE_SETS];
};
SINTER_API void sinter_unit_pe_sets(const struct sinter_unit *unit, struct sinter_pe_sets *sets);

/* ---- area and power: docs/model.md has every rule and its source --------------------------------------------------- */

#define SINTER_SRAM_WIDTH 64.0

/* An on-chip memory by CACTI's table. Area, energies and leakage never fall with capacity. `width_bytes` and `nm` may be 0:
 * SINTER_SRAM_WIDTH, 28 nm. */
struct sinter_sram {
    double area_mm2;
    double read_pj_per_bit, write_pj_per_bit;
    double leakage_watts;
    double access_s, cycle_s; /* from the address to the data; between two accesses of a bank */
};
SINTER_API struct sinter_sram sinter_sram(double capacity_bytes, double width_bytes, enum sinter_cells cells, double nm);
SINTER_API const char *sinter_cells_name(enum sinter_cells cells); /* "lstp", "hp", "lop" */

/* A PE that has one mac, and one operation on it. `nm` may be 0: 28 nm. */
SINTER_API double sinter_pe_area_mm2(enum sinter_precision precision, double nm);
SINTER_API double sinter_pe_energy_pj(enum sinter_precision precision, enum sinter_op op, double nm);
SINTER_API const char *sinter_precision_name(enum sinter_precision precision); /* "fp32", "fp16-fp32" */

SINTER_API const char *sinter_area_model_name(enum sinter_area_model model); /* "stated", "shares", "components" */

/* Where an accelerator's area goes. What the model does not know is 0: `stated` has a total only; `shares` counts the memory
 * and the unit of the family and has neither leakage nor `sram`. */
struct sinter_accel_area {
    enum sinter_area_model model;
    double memories_mm2[SINTER_MAX_MEMORIES], units_mm2[SINTER_MAX_UNITS], other_mm2, total_mm2;
    struct sinter_sram sram[SINTER_MAX_MEMORIES]; /* the table's word, also where the file says another energy */
    double leakage_watts[SINTER_MAX_MEMORIES];    /* what the file says, else the table's */
    double static_watts;                          /* what the file says, else their sum */
};
/* By the accelerator's own model, or by another. SINTER_BAD_INPUT when there is none: no stated area, no family, a memory
 * on the chip that is unlimited. *area is 0 then. */
SINTER_API enum sinter_status sinter_accel_area(const struct sinter_accel *accel, struct sinter_accel_area *area);
SINTER_API enum sinter_status sinter_accel_area_by(const struct sinter_accel *accel, enum sinter_area_model model,
                                                   struct sinter_accel_area *area);

/* Works out again what follows from the other fields: energies that are modelled, the PEs that fill the budget, area_mm2 and
 * static_watts. To be called after fields of a (copied) accelerator were changed; reading does. SINTER_BAD_INPUT when the
 * area model cannot say, or when nothing is left of the budget for a single PE; with `diags` (may be NULL) located at the
 * memory or unit at fault. */
SINTER_API enum sinter_status sinter_accel_refit(struct sinter_accel *accel, struct sinter_diagnostics *diags);

/* Is `memory` the unit's own memory or one that it is filled through (its parent, and so on up to DRAM)? */
SINTER_API bool sinter_unit_reaches(const struct sinter_accel *accel, const struct sinter_unit *unit, int memory);

#endif
