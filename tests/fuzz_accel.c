/* fuzz_accel.c: any text as an accelerator; what is accepted prints and parses back to the same text.
 * SPDX-License-Identifier: MIT
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sinter/accel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sinter_accel *parse(const char *text, size_t length)
{
    struct sinter_override overrides[] = {{"array.cycles.exp", "4", false}, {"area_fraction", "0.5", false}};
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_accel *accel = NULL;
    /* A text of odd length also goes through overrides. */
    enum sinter_status status = sinter_accel_parse("fuzz", text, length, overrides, length % 2 ? 2 : 0, NULL, diags, &accel);

    if ((status == SINTER_OK) != (accel != NULL) || (status != SINTER_OK && sinter_diagnostics_errors(diags) == 0))
        abort();
    (void)sinter_diagnostics_text(diags);
    sinter_diagnostics_free(diags);
    return accel;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sinter_accel *accel = parse((const char *)data, size), *again = NULL;
    struct sinter_text first = {0}, second = {0};

    if (!accel)
        return 0;
    sinter_accel_print(accel, &first);
    if (sinter_accel_parse("again", sinter_text_data(&first), first.length, NULL, 0, NULL, NULL, &again) != SINTER_OK)
        abort();
    sinter_accel_print(again, &second);
    if (strcmp(sinter_text_data(&first), sinter_text_data(&second)) != 0)
        abort();
    sinter_text_free(&first);
    sinter_text_free(&second);
    sinter_accel_free(again);
    sinter_accel_free(accel);
    return 0;
}
