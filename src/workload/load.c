/* load.c: the built-in models and cascades by name, and loading by name or file.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "base/data.h"
#include "base/file.h"
#include "workload/model.h"

/* Names stand here because a path inside the embedded files ends in ".json" or ".yaml"; a test holds the two together. Models
 * come first. */
static const char *const builtin_names[] = {"mamba-130m",      "mamba-370m",   "mamba-790m", "mamba-1.4b",    "mamba-2.8b",
                                            "falcon-mamba-7b", "mamba2-block", "opt-2.7b",   "selective-scan"};
enum { N_CASCADES = 3, N_NAMES = sizeof builtin_names / sizeof builtin_names[0], N_BUILTINS = N_NAMES - N_CASCADES };

const char *sinter_model_builtin_name(int index)
{
    return index >= 0 && index < N_BUILTINS ? builtin_names[index] : NULL;
}

const char *sinter_cascade_builtin_name(int index)
{
    return index >= 0 && index < N_CASCADES ? builtin_names[N_BUILTINS + index] : NULL;
}

/* A configuration, or one of the cascades that are shipped beside them. */
static const struct data_file *builtin_file(const char *name)
{
    char model[64], cascade[64];

    snprintf(model, sizeof model, "models/%s.json", name);
    snprintf(cascade, sizeof cascade, "cascades/%s.yaml", name);
    for (int i = 0; i < n_data_files; i++)
        if (strcmp(data_files[i].path, model) == 0 || strcmp(data_files[i].path, cascade) == 0)
            return &data_files[i];
    return NULL;
}

const char *sinter_model_builtin_text(int index)
{
    const char *name = sinter_model_builtin_name(index);
    const struct data_file *file = name ? builtin_file(name) : NULL;

    return file ? file->text : NULL;
}

static bool can_open(const char *path)
{
    FILE *stream = fopen(path, "rb");

    if (stream)
        fclose(stream);
    return stream != NULL;
}

/* The names contain dots: only a slash, a known ending or a file that exists make a file. */
static bool looks_like_file(const char *name)
{
    const char *ending = strrchr(name, '.');

    if (strchr(name, '/') || strcmp(name, "-") == 0)
        return true;
    if (ending && (strcmp(ending, ".json") == 0 || strcmp(ending, ".yaml") == 0 || strcmp(ending, ".yml") == 0))
        return true;
    return can_open(name);
}

static enum sinter_status unknown_model(const char *name, struct sinter_diagnostics *diags)
{
    char hint[256];
    int used;

    if (!sinter_suggest_hint(sinter_suggest(name, builtin_names, N_NAMES), hint, sizeof hint)) {
        used = snprintf(hint, sizeof hint, "give a config.json, a cascade file, or one of");
        for (int i = 0; i < N_NAMES && used < (int)sizeof hint; i++)
            used += snprintf(hint + used, sizeof hint - (size_t)used, " %s", builtin_names[i]);
    }
    sinter_report(diags, SINTER_ERROR, (struct sinter_location){0}, hint, "there is no model or file '%s'", name);
    return SINTER_BAD_USAGE;
}

/* "state-spaces/mamba-2.8b-hf" is a name on Hugging Face's hub and no file here: the built-in model that it begins with. */
static enum sinter_status refuse_hub_name(const char *name, struct sinter_diagnostics *diags)
{
    const char *slash = strrchr(name, '/');
    char hint[128];

    for (int i = 0; slash && i < N_BUILTINS && !can_open(name); i++)
        if (strncmp(slash + 1, builtin_names[i], strlen(builtin_names[i])) == 0) {
            snprintf(hint, sizeof hint, "models of the hub are not fetched; '%s' is built in", builtin_names[i]);
            return sinter_error(diags, (struct sinter_location){.file = name}, hint, "there is no such file");
        }
    return SINTER_OK;
}

/* A model of Hugging Face is a folder, and its configuration a file in it: "mamba" -> "mamba/config.json". `path` is left empty
 * where the name is not that of a folder. */
static enum sinter_status find_in_folder(const char *name, struct sinter_text *path, struct sinter_diagnostics *diags)
{
    const char *slash = name[0] && name[strlen(name) - 1] == '/' ? "" : "/";
    struct sinter_text folder = {.allocator = path->allocator};
    bool is_folder;

    sinter_text_printf(&folder, "%s%s.", name, slash);
    if (folder.failed)
        return sinter_out_of_memory(diags);
    is_folder = strcmp(name, "-") != 0 && can_open(sinter_text_data(&folder));
    sinter_text_free(&folder);
    if (!is_folder)
        return SINTER_OK;
    sinter_text_printf(path, "%s%sconfig.json", name, slash);
    if (path->failed)
        return sinter_out_of_memory(diags);
    if (!can_open(sinter_text_data(path)))
        return sinter_error(diags, (struct sinter_location){.file = name}, "give a model's folder, or a file",
                            "this is a folder without a config.json");
    return SINTER_OK;
}

/* "models/tiny.json" -> "tiny"; "tiny/config.json" -> "tiny", because every such file has the same name; "./config.json" ->
 * "config". */
static void name_from_path(const char *path, char *name, size_t size)
{
    const char *slash = strrchr(path, '/'), *start = slash ? slash + 1 : path, *ending = strrchr(start, '.');
    const char *end = ending && ending > start ? ending : start + strlen(start);

    if (slash && strcmp(slash, "/config.json") == 0 && slash > path && slash[-1] != '.') {
        for (start = end = slash; start > path && start[-1] != '/'; start--)
            continue;
    }
    snprintf(name, size, "%.*s", (int)(end - start), start);
}

enum sinter_status sinter_model_load(const char *name, const struct sinter_model_options *options,
                                     const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                     struct sinter_model **model)
{
    const struct data_file *builtin = builtin_file(name);
    const char *file = strcmp(name, "-") == 0 ? "standard input" : name;
    struct sinter_text text = {.allocator = allocator}, path = {.allocator = allocator};
    char short_name[256];
    enum sinter_status status;

    *model = NULL;
    if (builtin)
        return model_parse(name, builtin->path, builtin->text, builtin->length, options, allocator, diags, model);
    if (!looks_like_file(name))
        return unknown_model(name, diags);
    status = refuse_hub_name(name, diags);
    if (status == SINTER_OK)
        status = find_in_folder(name, &path, diags);
    if (path.length > 0)
        name = file = sinter_text_data(&path);
    if (status == SINTER_OK)
        status = file_read(name, &text, diags);
    name_from_path(file, short_name, sizeof short_name);
    if (status == SINTER_OK)
        status = model_parse(short_name, file, sinter_text_data(&text), text.length, options, allocator, diags, model);
    sinter_text_free(&text);
    sinter_text_free(&path);
    return status;
}
