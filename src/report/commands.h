/* commands.h: tile commands in words, for `run --commands` and for traces.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_REPORT_COMMANDS_H
#define SINTER_REPORT_COMMANDS_H

#include "report/jot.h"
#include "sinter/program.h"

/* One command in words. Names are the plan's; the texts are the caller's to free. */
struct command_words {
    struct sinter_text what, box; /* "DT", "H carry" or "DA BX on array"; "[0:1, 0:5120]" or "l 0:1, d 0:5120" */
    size_t name_length;           /* of `what` without the unit */
    const char *memory, *other;   /* where the tile lives, and what it comes from or goes to; NULL: nowhere */
    int64_t bytes, state_bytes;
};
/* Of the command that was read last. */
void command_describe(const struct sinter_plan *plan, const struct sinter_program *program,
                      const struct sinter_command *command, struct command_words *words);
void command_words_free(struct command_words *words);
/* {"command", "what", "tile" or "ranges", "bytes", "state_bytes", "from" or "to", "memory"} */
json_t *jot_command(struct jot *jot, const struct sinter_command *command, const struct command_words *words);

/* Nothing when n is 0 or the part has no plan. */
enum sinter_status commands_text(const struct sinter_part_result *part, int64_t n, bool is_colored, struct sinter_text *out);
/* A list of them. */
json_t *jot_commands(struct jot *jot, const struct sinter_part_result *part, int64_t n);

#endif
