/* fuzz_yaml.c: any bytes as a document; what is read is printed and read again.
 * SPDX-License-Identifier: MIT
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libfyaml 0.7.12 loses a buffer of 4 KiB when a long quoted text over two lines turns out to be a key. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void walk(const struct yaml_node *node)
{
    int64_t integer;
    double number;
    bool flag;
    require(node->at.line > 0 && node->at.column > 0);
    require((node->text != NULL) == (node->kind == YAML_SCALAR));
    yaml_integer(node, "x", INT64_MIN, INT64_MAX, NULL, &integer);
    yaml_number(node, "x", NULL, &number);
    yaml_boolean(node, "x", NULL, &flag);
    for (int dimension = SINTER_COUNT; dimension <= SINTER_TIME; dimension++)
        yaml_quantity(node, "x", (enum sinter_dimension)dimension, NULL, &number);
    int n_children = 0;
    for (const struct yaml_node *child = node->first; child; child = child->next, n_children++) {
        require((child->key != NULL) == (node->kind == YAML_MAPPING));
        walk(child);
    }
    require(n_children == node->n_children);
}

static void print(struct sinter_text *out, const struct yaml_node *node)
{
    if (node->key) {
        yaml_print_scalar(out, node->key);
        sinter_text_append(out, ": ");
    }
    if (node->kind == YAML_SCALAR) {
        if (node->is_null)
            sinter_text_append(out, "null");
        else
            yaml_print_scalar(out, node->text);
        return;
    }
    sinter_text_append(out, node->kind == YAML_MAPPING ? "{" : "[");
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        print(out, child);
        sinter_text_append(out, ", ");
    }
    sinter_text_append(out, node->kind == YAML_MAPPING ? "}" : "]");
}

static void compare(const struct yaml_node *a, const struct yaml_node *b)
{
    require(a->kind == b->kind && a->n_children == b->n_children);
    require(!a->key || strcmp(a->key, b->key) == 0);
    require(a->is_null == b->is_null);
    require(a->kind != YAML_SCALAR || a->is_null || strcmp(a->text, b->text) == 0);
    for (a = a->first, b = b->first; a; a = a->next, b = b->next)
        compare(a, b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_arena *arena = sinter_arena_new(NULL);
    struct yaml_node *root = NULL, *again = NULL;
    enum sinter_status status = yaml_read_text("fuzz", (const char *)data, size, arena, diags, &root);
    require((status == SINTER_OK) == (root != NULL));
    require((status == SINTER_OK) == (sinter_diagnostics_errors(diags) == 0));
    sinter_diagnostics_text(diags);
    if (root) {
        walk(root);
        struct sinter_text text = {0};
        print(&text, root);
        /* YAML takes a key of more than 1024 characters only behind a "?". */
        if (yaml_read_text("again", sinter_text_data(&text), text.length, arena, NULL, &again) == SINTER_OK)
            compare(root, again);
        else
            require(size > 900);
        sinter_text_free(&text);
    }
    sinter_arena_free(arena);
    sinter_diagnostics_free(diags);
    return 0;
}
