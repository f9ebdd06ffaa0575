/* slips.c: keys of a configuration that are ignored, but look like a known one with a slip of the pen.
 * SPDX-License-Identifier: MIT
 *
 * Configurations are full of fields that say nothing about the shape, so an unknown key is no error. One slip is all that is
 * asked about: with two, "time_step_min" would be taken for "time_step_rank".
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "workload/config.h"

/* clang-format off */
static const char *const root_keys[] = {
    "cascade", "model_type", "hidden_size", "d_model", "intermediate_size", "d_inner", "state_size", "conv_kernel",
    "vocab_size", "pad_vocab_size_multiple", "time_step_rank", "num_hidden_layers", "n_layer", "expand", "ssm_cfg",
    "use_bias", "use_conv_bias", "layer_norm_epsilon", "norm_epsilon", "mixer_rms_eps", "hidden_act", "rms_norm",
    "tie_word_embeddings", "tie_embeddings", "attn_layer_idx", "d_intermediate"};
/* clang-format on */
static const char *const inner_keys[] = {"d_state", "dt_rank", "d_conv", "expand", "conv_bias", "bias", "layer"};
enum { N_ROOT_KEYS = sizeof root_keys / sizeof root_keys[0], N_INNER_KEYS = sizeof inner_keys / sizeof inner_keys[0] };

/* Case and the kind of separator aside. */
static bool is_same_letter(char a, char b)
{
    a = a == '-' ? '_' : a;
    b = b == '-' ? '_' : b;
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Does one wrong, missing, extra or swapped letter, or only the case, lie between two different words? */
static bool is_one_slip(const char *word, const char *other)
{
    size_t n = strlen(word), m = strlen(other);

    while (n > 0 && m > 0 && is_same_letter(*word, *other)) {
        word++;
        other++;
        n--;
        m--;
    }
    while (n > 0 && m > 0 && is_same_letter(word[n - 1], other[m - 1])) {
        n--;
        m--;
    }
    return (n <= 1 && m <= 1) ||
           (n == 2 && m == 2 && is_same_letter(word[0], other[1]) && is_same_letter(word[1], other[0]));
}

static void warn_of_member(const struct yaml_node *member, const char *const *known, int n_known,
                           struct sinter_diagnostics *diags)
{
    const char *near = NULL;
    char hint[64];

    for (int i = 0; i < n_known; i++) {
        if (strcmp(member->key, known[i]) == 0)
            return;
        if (!near && is_one_slip(member->key, known[i]))
            near = known[i];
    }
    if (near)
        sinter_report(diags, SINTER_WARNING, member->key_at, sinter_suggest_hint(near, hint, sizeof hint),
                      "field '%.80s' is unknown and ignored", member->key);
}

void config_warn_of_slips(const struct yaml_node *root, struct sinter_diagnostics *diags)
{
    const struct yaml_node *inner = yaml_get(root, "ssm_cfg");

    for (const struct yaml_node *member = root->first; member; member = member->next)
        warn_of_member(member, root_keys, N_ROOT_KEYS, diags);
    if (!inner || inner->kind != YAML_MAPPING)
        return;
    for (const struct yaml_node *member = inner->first; member; member = member->next)
        warn_of_member(member, inner_keys, N_INNER_KEYS, diags);
}
