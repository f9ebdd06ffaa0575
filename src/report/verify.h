/* verify.h: verifications and studies of numbers inside the room.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_REPORT_VERIFY_H
#define SINTER_REPORT_VERIFY_H

#include "report/jot.h"

/* Values for everything that comes from outside, in the formats of the numerics (NULL: fp64): those given, or random ones. */
enum sinter_status inputs_values(const struct sinter_inputs *inputs, const struct sinter_case *given,
                                 const struct sinter_cascade *cascade, const struct sinter_numerics *numerics,
                                 const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                 struct sinter_values **in);

/* The results of a cascade, one after another: each tensor that is produced, behind it the state that it leaves. Begin with
 * -1 and false; -1 at the end. */
int results_next(const struct sinter_cascade *cascade, int tensor, bool *is_final);
int results_count(const struct sinter_cascade *cascade);

enum sinter_status verification_text(const struct sinter_verification *verification, const struct sinter_style *style,
                                     struct sinter_text *out);
enum sinter_status verification_json(const struct sinter_verification *verification, struct sinter_text *out);
enum sinter_status verification_csv(const struct sinter_verification *verification, struct sinter_text *out);

/* ---- members and phrases of both ----------------------------------------------------------------------------------- */

struct shown show_error(double error); /* "0", "3.1e-05"; not finite: "-" */
void append_format(struct sinter_text *out, const struct sinter_format *format);
void append_inputs(struct sinter_text *out, const struct sinter_inputs *inputs); /* "random numbers of seed 1" */
/* "H" or "H0.final" */
void append_result_name(struct sinter_text *out, const struct sinter_cascade *cascade, int tensor, bool is_final);
json_t *jot_inputs(struct jot *jot, const struct sinter_inputs *inputs);
json_t *jot_difference(struct jot *jot, const struct sinter_difference *difference);
json_t *jot_format(struct jot *jot, const struct sinter_format *format);
/* Puts the members of "sinter.verify/1" into an object. */
void jot_verification(struct jot *jot, json_t *object, const struct sinter_verification *verification);
void jot_study(struct jot *jot, json_t *object, const struct sinter_study *study);

#endif
