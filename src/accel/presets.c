/* presets.c: the shipped accelerators by name, and loading by name or file.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "accel/reader.h"
#include "base/data.h"
#include "base/file.h"

/* Names stand here because a path inside the embedded files ends in ".yaml"; a test holds the two together. */
static const char *const preset_names[] = {"marca", "pact25"};
enum { N_PRESETS = sizeof preset_names / sizeof preset_names[0] };

const char *sinter_accel_preset_name(int index)
{
    return index >= 0 && index < N_PRESETS ? preset_names[index] : NULL;
}

static const struct data_file *preset_file(const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "accelerators/%s.yaml", name);
    for (int i = 0; i < n_data_files; i++)
        if (strcmp(data_files[i].path, path) == 0)
            return &data_files[i];
    return NULL;
}

const char *sinter_accel_preset_text(int index)
{
    const char *name = sinter_accel_preset_name(index);
    const struct data_file *file = name ? preset_file(name) : NULL;

    return file ? file->text : NULL;
}

static enum sinter_status unknown_preset(const char *name, struct sinter_diagnostics *diags)
{
    char hint[256];
    size_t used;

    if (!sinter_suggest_hint(sinter_suggest(name, preset_names, N_PRESETS), hint, sizeof hint)) {
        used = (size_t)snprintf(hint, sizeof hint, "give a file, or one of");
        for (int i = 0; i < N_PRESETS && used < sizeof hint; i++)
            used += (size_t)snprintf(hint + used, sizeof hint - used, " %s", preset_names[i]);
    }
    sinter_report(diags, SINTER_ERROR, (struct sinter_location){0}, hint, "there is no accelerator or file '%s'", name);
    return SINTER_BAD_USAGE;
}

static bool looks_like_file(const char *name)
{
    FILE *stream;

    if (strchr(name, '/') || strchr(name, '.') || strcmp(name, "-") == 0)
        return true;
    stream = fopen(name, "rb");
    if (stream)
        fclose(stream);
    return stream != NULL;
}

enum sinter_status sinter_accel_load(const char *name, struct sinter_override *overrides, int n_overrides,
                                     const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                     struct sinter_accel **accel)
{
    const struct data_file *preset = NULL;
    struct sinter_text text = {.allocator = allocator};
    enum sinter_status status;

    *accel = NULL;
    for (int i = 0; i < N_PRESETS && !preset; i++)
        if (strcmp(name, preset_names[i]) == 0)
            preset = preset_file(name);
    if (preset)
        return sinter_accel_parse(preset->path, preset->text, preset->length, overrides, n_overrides, allocator, diags,
                                  accel);
    if (!looks_like_file(name))
        return unknown_preset(name, diags);
    status = file_read(name, &text, diags);
    if (status == SINTER_OK)
        status = sinter_accel_parse(strcmp(name, "-") == 0 ? "standard input" : name, sinter_text_data(&text), text.length,
                                    overrides, n_overrides, allocator, diags, accel);
    sinter_text_free(&text);
    return status;
}
