/* published.h: the files of data/published/: what a paper publishes, and the tables that are set beside it.
 * SPDX-License-Identifier: MIT
 *
 * Whatever is computed or published is a *point*: a value on each axis, or none. Lists of values on the axes (*axes*) say
 * what a table computes, what a number belongs to, and where a reason holds. data/published/pact25.yaml explains the
 * fields.
 */
#ifndef SINTER_REPORT_PUBLISHED_H
#define SINTER_REPORT_PUBLISHED_H

#include "sinter/report.h"

/* In the order of the rows of a table: the last one runs fastest. */
enum axis {
    AXIS_SETTING,
    AXIS_QUANTITY,
    AXIS_TOKENS,
    AXIS_AREA,  /* with AXIS_SHARE a member of the accelerator's family: its area_fraction */
    AXIS_SHARE, /* and its memory_fraction */
    AXIS_STRATEGY,
    AXIS_BUFFER, /* of a member of a family it is not said: the fractions make it */
    AXIS_NODE,
    N_AXES
};

struct axis_value {
    const char *text; /* as written; NULL: nothing is said */
    double number;    /* of tokens, of fractions, and of a buffer in bytes */
};
struct axes {
    struct {
        int n; /* 0: nothing is said */
        const struct axis_value *values;
    } at[N_AXES];
};
struct point {
    struct axis_value at[N_AXES];
};

/* What can be computed of a point. */
enum quantity {
    QUANTITY_CYCLES,          /* of the layer, or of a node */
    QUANTITY_COMPUTE,         /* cycles of computation of a node */
    QUANTITY_GROUP,           /* cycles of the group that a node stands in */
    QUANTITY_PEAK,            /* bytes of on-chip memory that this group needs */
    QUANTITY_TILE,            /* bytes that a tensor takes in it */
    QUANTITY_LIFETIME,        /* cycles that tiles of a tensor have space in it, simulated */
    QUANTITY_OCCUPANCY,       /* bytes in the memory at the fullest moment of the group, simulated */
    QUANTITY_SPEEDUP,         /* cycles of the baseline / cycles */
    QUANTITY_UTILIZATION,     /* operations / (PEs * cycles) */
    QUANTITY_OPERATIONS,      /* from here on nothing is scheduled: scalar operations */
    QUANTITY_BYTES,           /* of all operands, node by node */
    QUANTITY_ROOFLINE,        /* cycles: the larger of operations / PEs and bytes / DRAM bandwidth, summed over the nodes */
    QUANTITY_INTENSITY,       /* operations / byte of each node, weighted by its operations */
    QUANTITY_OPERATION_SHARE, /* of the layer, in per cent */
    QUANTITY_ROOFLINE_SHARE,
    N_QUANTITIES
};
const char *quantity_name(enum quantity quantity); /* as in the files: "cycles" */
bool quantity_find(const char *name, enum quantity *quantity);
/* Does it need a schedule, and so a strategy? */
bool quantity_is_scheduled(enum quantity quantity);
/* Is more of it better? Of cycles and bytes less is. */
bool quantity_is_gain(enum quantity quantity);

/* What a number is counted in. */
enum unit { UNIT_OWN, UNIT_MODEL, UNIT_MS_PER_TOKEN, UNIT_MS, UNIT_SECONDS, N_UNITS };
const char *unit_name(enum unit unit); /* "" is the quantity's own unit, "model" counts all layers */

/* A model on an accelerator. */
struct published_setting {
    const char *name, *label, *says;
    const char *model, *variant, *cascade; /* a model, or the cascade of one of its layers below data/ */
    int64_t layers;                        /* of a cascade; 0: the model says it */
    const char *accel;
    double buffer_bytes;
    bool is_decode; /* one token; the tokens of a point are those before it */
    bool is_honest; /* not the paper's assumptions, but ours */
    int n_set;
    const char **fields, **values; /* --set */
    struct sinter_location at;
};

struct published_nodes {
    const char *name;
    int n_operators;
    const char **operators;
};

struct published_number {
    struct axes axes; /* the node and the quantity among them */
    enum unit unit;
    double value;
};

struct published_reason {
    struct axes axes;
    const char *text;
};

/* A product of axes. */
struct published_block {
    struct axes axes;
    enum unit unit;
    const char *baseline;  /* of a speed-up */
    const char *against;   /* the setting whose numbers stand beside ours; NULL: its own */
    const char *otherwise; /* the strategy where the one that was asked for does not fit */
    bool is_best;          /* of points that differ in strategy or memory_fraction alone only the best is a row */
};
struct published_table {
    const char *id, *title;
    int figure; /* 0: none */
    int n_blocks;
    const struct published_block *blocks;
};

struct published {
    const char *paper, *title, *source;
    int n_settings, n_nodes, n_numbers, n_reasons, n_tables, n_closing;
    const struct published_setting *settings; /* the numbers belong to the first */
    const struct published_nodes *nodes;
    const struct published_number *numbers;
    const struct published_reason *reasons;
    const struct published_table *tables;
    const char **closing;
};

/* Reads the file of a paper into the arena. SINTER_BAD_USAGE for a paper that there is no file of. */
enum sinter_status published_read(const char *paper, struct sinter_arena *arena, struct sinter_diagnostics *diags,
                                  const struct published **published);

/* The setting of that name, or NULL. */
const struct published_setting *published_setting(const struct published *published, const char *name);
/* Is the point a member of the accelerator's family, by its fractions? */
bool point_is_of_family(const struct point *point);
/* Is the point on each axis that something is said of among the values? */
bool axes_fit(const struct axes *axes, const struct point *point);
/* The published number of a point, in the quantity's own unit or, where *unit says so, in another; NAN: there is none. */
double published_number(const struct published *published, const struct point *point, enum unit *unit);
const char *published_reason(const struct published *published, const struct point *point);

#endif
