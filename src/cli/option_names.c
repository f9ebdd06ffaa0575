/* option_names.c: long options by name.
 * SPDX-License-Identifier: MIT
 */
#include "cli/option_names.h"

#include <string.h>

#include "sinter/base.h"

enum { MAX_NAMES = 64 };
static const struct argp_option of_argp[] = {
    {"help", '?', NULL, 0, NULL, 0}, {"usage", 0, NULL, 0, NULL, 0}, {"version", 'V', NULL, 0, NULL, 0}, {0}};

static int add_names(const struct argp_option *options, const char **names, int n)
{
    for (; options != NULL && (options->name != NULL || options->key != 0 || options->doc != NULL); options++)
        if (options->name != NULL && n < MAX_NAMES)
            names[n++] = options->name;
    return n;
}

static int list_names(const struct argp *argp, const char **names, int n)
{
    n = add_names(argp->options, names, n);
    for (const struct argp_child *child = argp->children; child != NULL && child->argp != NULL; child++)
        n = list_names(child->argp, names, n);
    return n;
}

/* What has the key, or begins with the first `length` characters of the name: what is no longer than that comes first. */
static const struct argp_option *find(const struct argp *argp, const char *name, size_t length, int key)
{
    const struct argp_option *longer = NULL;
    for (const struct argp_option *o = argp->options; o != NULL && (o->name != NULL || o->key != 0 || o->doc != NULL); o++) {
        bool is_found = name == NULL ? o->key == key : o->name != NULL && strncmp(o->name, name, length) == 0;
        if (is_found && (name == NULL || o->name[length] == '\0'))
            return o;
        longer = is_found ? o : longer;
    }
    for (const struct argp_child *child = argp->children; child != NULL && child->argp != NULL; child++) {
        const struct argp_option *found = find(child->argp, name, length, key);
        if (found != NULL && (name == NULL || found->name[length] == '\0'))
            return found;
        longer = found != NULL ? found : longer;
    }
    return longer;
}

static const struct argp_option *find_name(const struct argp *argp, const char *name)
{
    const struct argp own = {.options = of_argp};
    size_t length = strcspn(name, "=");
    const struct argp_option *found = find(argp, name, length, 0);
    return found != NULL ? found : find(&own, name, length, 0);
}

bool option_exists(const struct argp *argp, const char *name)
{
    return find_name(argp, name) != NULL;
}

bool option_is_whole(const struct argp *argp, const char *name)
{
    const struct argp_option *option = find_name(argp, name);
    return option != NULL && strlen(option->name) == strcspn(name, "=");
}

const char *option_suggest(const struct argp *argp, const char *name)
{
    const char *names[MAX_NAMES];
    char word[64];
    size_t length = strcspn(name, "=");
    if (length >= sizeof word)
        return NULL;
    memcpy(word, name, length);
    word[length] = '\0';
    int n = add_names(of_argp, names, list_names(argp, names, 0));
    return sinter_suggest(word, names, n);
}

/* Is the next argument the value of this one? */
static bool takes_next(const struct argp *argp, const char *argument)
{
    size_t length = strlen(argument);
    if (argument[0] != '-' || length < 2)
        return false;
    const struct argp_option *option = argument[1] == '-'
                                           ? strchr(argument, '=') != NULL ? NULL : find_name(argp, argument + 2)
                                           : find(argp, NULL, 0, argument[length - 1]);
    return option != NULL && option->arg != NULL;
}

/* What is short for an option here, but is the name of another command's, is taken for that. */
static bool is_meant_for_another(const struct argp *argp, const struct argp *const *all, int n_all, const char *name)
{
    bool is_another = false;
    for (int i = 0; i < n_all; i++)
        is_another = is_another || option_is_whole(all[i], name);
    return is_another && !option_is_whole(argp, name);
}

const char *option_find_unknown(const struct argp *argp, const struct argp *const *all, int n_all, int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        bool is_long = strncmp(argv[i], "--", 2) == 0;
        if (is_long && (!option_exists(argp, argv[i] + 2) || is_meant_for_another(argp, all, n_all, argv[i] + 2)))
            return argv[i];
        i += takes_next(argp, argv[i]);
    }
    return NULL;
}
