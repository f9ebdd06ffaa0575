/* price.c: what one schedule of a model costs on an accelerator, through the library.
 * SPDX-License-Identifier: MIT
 *
 *     cc examples/price.c $(pkg-config --cflags --libs sinter) -o price && ./price mamba-2.8b marca fuse-all
 */
#include <sinter/report.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    const char *model_name = argc > 1 ? argv[1] : "mamba-2.8b", *accel_name = argc > 2 ? argv[2] : "marca";
    const char *name = argc > 3 ? argv[3] : "mem-aware";
    struct sinter_model_options options = {.tokens = 2048};
    struct sinter_strategy strategy = {.label = name, .name = name};
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_model *model = NULL;
    struct sinter_accel *accel = NULL;
    struct sinter_result *result = NULL;

    enum sinter_status status = sinter_model_load(model_name, &options, NULL, diags, &model);
    if (status == SINTER_OK)
        status = sinter_accel_load(accel_name, NULL, 0, NULL, diags, &accel);
    if (status == SINTER_OK)
        status = sinter_result_evaluate(model, accel, &strategy, NULL, diags, &result);
    if (status == SINTER_OK)
        printf("%s: %.0f cycles, %lld bytes from and %lld bytes to DRAM\n", name, result->one.cycles,
               (long long)result->one.read_bytes, (long long)result->one.write_bytes);
    else
        fputs(sinter_diagnostics_text(diags), stderr);
    sinter_result_free(result);
    sinter_accel_free(accel);
    sinter_model_free(model);
    sinter_diagnostics_free(diags);
    return status == SINTER_OK ? 0 : 1;
}
