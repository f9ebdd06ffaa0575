/* fuzz_cascade.c: any bytes are a cascade or an error; a cascade prints, and what it prints is the same cascade.
 * SPDX-License-Identifier: MIT
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sinter/cascade.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const struct sinter_cascade *cascade)
{
    struct sinter_text printed = {0}, again = {0};
    struct sinter_cascade *copy = NULL;
    sinter_cascade_print(cascade, &printed);
    if (sinter_cascade_parse("printed", sinter_text_data(&printed), printed.length, NULL, 0, NULL, NULL, &copy) != SINTER_OK)
        abort();
    sinter_cascade_print(copy, &again);
    if (strcmp(sinter_text_data(&printed), sinter_text_data(&again)) != 0 || copy->n_cycles != cascade->n_cycles)
        abort();
    sinter_cascade_free(copy);
    sinter_text_free(&printed);
    sinter_text_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_cascade *cascade = NULL;
    enum sinter_status status = sinter_cascade_parse("fuzz", (const char *)data, size, NULL, 0, NULL, diags, &cascade);
    if ((status == SINTER_OK) != (cascade != NULL) || (status == SINTER_OK) != (sinter_diagnostics_errors(diags) == 0))
        abort();
    (void)sinter_diagnostics_text(diags);
    if (cascade) {
        int64_t counts[SINTER_N_OPS] = {0};
        for (int i = 0; i < cascade->n_einsums; i++)
            sinter_einsum_operations(cascade, i, counts);
        check_round_trip(cascade);
    }
    sinter_cascade_free(cascade);
    sinter_diagnostics_free(diags);
    return 0;
}
