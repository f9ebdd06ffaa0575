/* field.c: the fields of an accelerator, by the names that they have in files.
 * SPDX-License-Identifier: MIT
 */
#include "explore/field.h"

#include <stdio.h>
#include <string.h>

static bool is_text(const char *word, const char *text, size_t length)
{
    return strlen(word) == length && memcmp(word, text, length) == 0;
}

static bool memory_field(const struct sinter_memory *memory, const char *field, size_t length, double *value,
                         enum sinter_dimension *dimension)
{
    const struct {
        const char *name;
        double value;
        enum sinter_dimension dimension;
    } fields[] = {{"capacity", memory->capacity_bytes, SINTER_BYTES},
                  {"bandwidth", memory->bytes_per_s, SINTER_BANDWIDTH},
                  {"write_bandwidth", memory->write_bytes_per_s, SINTER_BANDWIDTH},
                  {"link", memory->link_bytes_per_s, SINTER_BANDWIDTH},
                  {"latency", memory->latency_s, SINTER_TIME},
                  {"burst", memory->burst_bytes, SINTER_BYTES},
                  {"energy", memory->pj_per_bit, SINTER_ENERGY_PER_BIT}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (is_text(fields[i].name, field, length)) {
            *value = fields[i].value;
            *dimension = fields[i].dimension;
            return true;
        }
    return false;
}

bool accel_field(const struct sinter_accel *accel, const char *field, size_t length, double *value,
                 enum sinter_dimension *dimension)
{
    const char *dot = memchr(field, '.', length);
    if (dot == NULL) {
        *dimension = is_text("area", field, length)    ? SINTER_AREA
                     : is_text("clock", field, length) ? SINTER_FREQUENCY
                                                       : SINTER_LENGTH;
        *value = *dimension == SINTER_AREA        ? accel->area_mm2
                 : *dimension == SINTER_FREQUENCY ? accel->hz
                                                  : accel->technology_nm;
        return *dimension != SINTER_LENGTH || is_text("technology", field, length);
    }
    size_t n_part = (size_t)(dot - field), n_rest = length - n_part - 1;
    for (int m = 0; m < accel->n_memories; m++)
        if (is_text(accel->memories[m].name, field, n_part))
            return memory_field(&accel->memories[m], dot + 1, n_rest, value, dimension);
    for (int u = 0; u < accel->n_units; u++)
        if (is_text(accel->units[u].name, field, n_part) && is_text("pes", dot + 1, n_rest)) {
            *value = (double)accel->units[u].n_pes;
            *dimension = SINTER_COUNT;
            return true;
        }
    return false;
}

/* ---- names that were meant ---------------------------------------------------------------------------------------------- */

enum { MOST_NAME = 96 };

/* A word, and the name that is most like it of those that were offered. */
struct guess {
    const char *word;
    char best[MOST_NAME];
};

static void offer(struct guess *guess, const char *part, const char *field, const char *inner)
{
    char name[MOST_NAME];
    const char *const candidates[] = {guess->best, name};
    int n =
        snprintf(name, sizeof name, "%s%s%s%s%s", part, *part != '\0' ? "." : "", field, *inner != '\0' ? "." : "", inner);
    const char *near = n >= (int)sizeof name  ? NULL
                       : *guess->best == '\0' ? sinter_suggest(guess->word, candidates + 1, 1)
                                              : sinter_suggest(guess->word, candidates, 2);
    if (near == name)
        memcpy(guess->best, name, sizeof name);
}

static void offer_all(struct guess *guess, const struct sinter_accel *accel, bool is_setting)
{
    static const char *const of_all[] = {"area", "clock", "technology", "area_budget", "area_model", "prefetch"};
    static const char *const of_memory[] = {"capacity", "bandwidth", "write_bandwidth", "link",
                                            "latency",  "burst",     "energy"};
    for (size_t i = 0; i < (is_setting ? sizeof of_all / sizeof *of_all : 3); i++)
        offer(guess, "", of_all[i], "");
    for (int m = 0; m < accel->n_memories; m++)
        for (size_t i = 0; i < sizeof of_memory / sizeof *of_memory; i++)
            offer(guess, accel->memories[m].name, of_memory[i], "");
    for (int u = 0; u < accel->n_units; u++) {
        offer(guess, accel->units[u].name, "pes", "");
        for (int op = 0; op < SINTER_N_OPS && is_setting; op++) {
            offer(guess, accel->units[u].name, "cycles", sinter_op_name((enum sinter_op)op));
            offer(guess, accel->units[u].name, "energy", sinter_op_name((enum sinter_op)op));
        }
    }
}

const char *near_field(const struct sinter_accel *accel, const char *word, size_t length, bool is_setting, char *hint,
                       size_t size)
{
    char copy[MOST_NAME];
    struct guess guess = {.word = copy};
    if (length >= sizeof copy)
        return NULL;
    snprintf(copy, sizeof copy, "%.*s", (int)length, word);
    offer_all(&guess, accel, is_setting);
    return *guess.best == '\0' ? NULL : sinter_suggest_hint(guess.best, hint, size);
}
