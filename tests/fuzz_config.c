/* fuzz_config.c: any text as a model's configuration or cascade, in each phase and variant; every operator is counted.
 * SPDX-License-Identifier: MIT
 */
#include <stdint.h>
#include <stdlib.h>

#include "workload/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_as(const uint8_t *data, size_t size, const struct sinter_model_options *options)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_model *model = NULL;
    enum sinter_status status = model_parse("fuzz", "fuzz", (const char *)data, size, options, NULL, diags, &model);

    if ((status == SINTER_OK) != (model != NULL) || (status != SINTER_OK && sinter_diagnostics_errors(diags) == 0))
        abort();
    (void)sinter_diagnostics_text(diags);
    sinter_diagnostics_free(diags);
    for (int p = 0; model && p < model->n_parts; p++)
        for (int o = 0; o < model->parts[p].cascade->n_operators; o++) {
            struct sinter_operator_row row;
            sinter_operator_count(model->parts[p].cascade, o, &row);
            if (row.flops < 0 || row.weight_bytes < 0 || row.in_bytes < 0 || row.out_bytes < 0)
                abort();
        }
    sinter_model_free(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sinter_override overrides[] = {{"N", "8", false}, {"state_type", "fp16", false}};

    read_as(data, size, NULL);
    read_as(data, size,
            &(struct sinter_model_options){
                .tokens = 64, .batch = 3, .logits = SINTER_LOGITS_LAST, .overrides = overrides, .n_overrides = 2});
    read_as(data, size, &(struct sinter_model_options){.phase = SINTER_DECODE, .batch = 2});
    read_as(data, size, &(struct sinter_model_options){.variant = "pact25"});
    return 0;
}
