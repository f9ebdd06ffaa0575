/* case_manifest.c: the manifest of a stored case and the file of numbers beside it.
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "workload/case.h"

enum { MAX_CASE_TENSORS = 4096, MAX_CASE_NAME = 128, CHUNK = 512 };
static const int64_t max_size = (int64_t)1 << 50;

static enum sinter_status read_word(const struct manifest *m, const struct yaml_node *mapping, const char *key,
                                    const char *fallback, const char **word)
{
    const struct yaml_node *node = yaml_get(mapping, key);
    *word = fallback;
    if (!node && fallback)
        return SINTER_OK;
    if (!node)
        return sinter_error(m->diags, mapping->at, NULL, "%s is missing", key);
    enum sinter_status status = yaml_expect(node, YAML_SCALAR, key, m->diags);
    if (status == SINTER_OK)
        *word = node->text;
    return status;
}

static enum sinter_status read_size(const struct manifest *m, const struct yaml_node *mapping, const char *key,
                                    int64_t *size)
{
    const struct yaml_node *node = yaml_get(mapping, key);
    if (!node)
        return sinter_error(m->diags, mapping->at, NULL, "%s is missing", key);
    return yaml_integer(node, key, 0, max_size, m->diags, size);
}

/* One of a few words, the first of which is the default. */
static enum sinter_status read_choice(const struct manifest *m, const struct yaml_node *mapping, const char *key,
                                      const char *const *choices, int n_choices, const char *hint, int *choice)
{
    const char *word = NULL;
    enum sinter_status status = read_word(m, mapping, key, choices[0], &word);
    if (status != SINTER_OK)
        return status;
    for (*choice = 0; *choice < n_choices; (*choice)++) {
        if (strcmp(word, choices[*choice]) == 0)
            return SINTER_OK;
    }
    return sinter_error(m->diags, yaml_get(mapping, key)->at, hint, "%s '%.80s' is not supported", key, word);
}

/* ---- the file of numbers --------------------------------------------------------------------------------------- */

static enum sinter_status open_data(struct manifest *m, const struct yaml_node *root)
{
    const char *name = NULL, *slash = strrchr(m->at.file, '/');
    enum sinter_status status = read_word(m, root, "file", NULL, &name);
    if (status != SINTER_OK)
        return status;
    struct sinter_location at = yaml_get(root, "file")->at;
    if (!*name || strchr(name, '/'))
        return sinter_error(m->diags, at, "give the name alone", "file '%.80s' does not stand beside the manifest", name);
    int folder = slash ? (int)(slash + 1 - m->at.file) : 0;
    m->data_file = sinter_arena_printf(m->arena, "%.*s%s", folder, m->at.file, name);
    if (!m->data_file)
        return sinter_out_of_memory(m->diags);
    m->stream = fopen(m->data_file, "rb");
    off_t end = m->stream && fseeko(m->stream, 0, SEEK_END) == 0 ? ftello(m->stream) : -1;
    if (end < 0)
        return sinter_error(m->diags, at, NULL, "cannot read '%s': %s", m->data_file, strerror(errno));
    m->data_bytes = (int64_t)end;
    const struct yaml_node *total = yaml_get(root, "total_bytes");
    int64_t bytes = m->data_bytes;
    if (total && (status = yaml_integer(total, "total_bytes", 0, max_size, m->diags, &bytes)) != SINTER_OK)
        return status;
    if (bytes != m->data_bytes)
        return sinter_error(m->diags, total->at, "is the file complete?", "'%s' has %" PRId64 " bytes, expected %" PRId64,
                            m->data_file, m->data_bytes, bytes);
    return SINTER_OK;
}

/* Little-endian, on any machine. */
static double decode(const unsigned char *bytes, int n)
{
    uint64_t code = 0;
    for (int i = n - 1; i >= 0; i--)
        code = code << 8 | bytes[i];
    if (n == 8) {
        double number;
        memcpy(&number, &code, sizeof number);
        return number;
    }
    uint32_t half = (uint32_t)code;
    float number;
    memcpy(&number, &half, sizeof number);
    return (double)number;
}

enum sinter_status manifest_numbers(const struct manifest *m, const struct manifest_tensor *tensor, double *numbers)
{
    unsigned char bytes[CHUNK * sizeof(double)];
    size_t size = (size_t)m->item_bytes, n;
    bool is_read = fseeko(m->stream, (off_t)tensor->offset, SEEK_SET) == 0;
    for (int64_t first = 0; first < tensor->elements && is_read; first += CHUNK) {
        n = tensor->elements - first < CHUNK ? (size_t)(tensor->elements - first) : CHUNK;
        is_read = fread(bytes, size, n, m->stream) == n;
        for (size_t i = 0; i < n && is_read; i++)
            numbers[first + (int64_t)i] = decode(bytes + i * size, m->item_bytes);
    }
    if (is_read)
        return SINTER_OK;
    return sinter_error(m->diags, tensor->at, NULL, "cannot read '%s' from '%s': %s", tensor->name, m->data_file,
                        ferror(m->stream) ? strerror(errno) : "the file ends early");
}

/* ---- tensors --------------------------------------------------------------------------------------------------- */

const char *manifest_shape_text(const struct manifest *m, int n_dims, const int64_t *shape)
{
    const char *text = "[";
    for (int d = 0; d < n_dims && text; d++)
        text = sinter_arena_printf(m->arena, "%s%s%" PRId64, text, d > 0 ? ", " : "", shape[d]);
    return text ? sinter_arena_printf(m->arena, "%s]", text) : NULL;
}

static enum sinter_status read_shape(const struct manifest *m, const struct yaml_node *node, struct manifest_tensor *tensor)
{
    const struct yaml_node *shape = yaml_get(node, "shape");
    enum sinter_status status = shape ? yaml_expect_as(shape, YAML_SEQUENCE, "shape", "such as [1, 8, 4]", m->diags)
                                      : sinter_error(m->diags, node->at, NULL, "shape is missing");
    if (status != SINTER_OK)
        return status;
    if (shape->n_children > SINTER_MAX_DIMS)
        return sinter_error(m->diags, shape->at, NULL, "'%s' has %d dimensions, expected at most %d", tensor->name,
                            shape->n_children, SINTER_MAX_DIMS);
    tensor->elements = 1;
    for (const struct yaml_node *size = shape->first; size; size = size->next) {
        int64_t *extent = &tensor->shape[tensor->n_dims++];
        if ((status = yaml_integer(size, "shape", 0, max_size, m->diags, extent)) != SINTER_OK)
            return status;
        if (!sinter_multiply(tensor->elements, *extent, &tensor->elements))
            return sinter_error(m->diags, size->at, NULL, "the size of '%s' overflows", tensor->name);
    }
    return SINTER_OK;
}

/* Do shape, nbytes and offset fit each other and the file? */
static enum sinter_status check_bytes(const struct manifest *m, const struct yaml_node *node,
                                      const struct manifest_tensor *tensor, int64_t nbytes)
{
    int64_t expected = 0, end = 0;
    const char *shape = manifest_shape_text(m, tensor->n_dims, tensor->shape);
    if (!shape)
        return sinter_out_of_memory(m->diags);
    if (!sinter_multiply(tensor->elements, m->item_bytes, &expected) || expected != nbytes)
        return sinter_error(m->diags, yaml_get(node, "nbytes")->at, NULL,
                            "nbytes of '%s' is %" PRId64 ", but shape %s takes %" PRId64 " numbers of %d bytes",
                            tensor->name, nbytes, shape, tensor->elements, m->item_bytes);
    if (!sinter_add(tensor->offset, nbytes, &end) || end > m->data_bytes)
        return sinter_error(m->diags, yaml_get(node, "offset")->at, "is the file complete?",
                            "'%s' ends behind the %" PRId64 " bytes of '%s'", tensor->name, m->data_bytes, m->data_file);
    return SINTER_OK;
}

static enum sinter_status read_tensor(struct manifest *m, const struct yaml_node *node)
{
    static const char *const roles[] = {"input", "weight", "output"};
    struct manifest_tensor *tensor = &m->tensors[m->n_tensors];
    int64_t nbytes = 0;
    int role = 0;
    enum sinter_status status = yaml_expect(node, YAML_MAPPING, "a tensor", m->diags);
    if (status == SINTER_OK)
        status = read_word(m, node, "name", NULL, &tensor->name);
    if (status != SINTER_OK)
        return status;
    tensor->at = yaml_get(node, "name")->at;
    if (strlen(tensor->name) > MAX_CASE_NAME)
        return sinter_error(m->diags, tensor->at, NULL, "a name is longer than %d bytes", (int)MAX_CASE_NAME);
    if (manifest_find(m, tensor->name))
        return sinter_error(m->diags, tensor->at, NULL, "tensor '%s' is there twice", tensor->name);
    status = read_choice(m, node, "role", roles, 3, "roles are input, weight and output", &role);
    tensor->is_output = role == 2;
    if (status == SINTER_OK)
        status = read_shape(m, node, tensor);
    if (status == SINTER_OK)
        status = read_size(m, node, "offset", &tensor->offset);
    if (status == SINTER_OK)
        status = read_size(m, node, "nbytes", &nbytes);
    if (status == SINTER_OK)
        status = check_bytes(m, node, tensor, nbytes);
    m->n_tensors += status == SINTER_OK;
    return status;
}

static enum sinter_status read_tensors(struct manifest *m, const struct yaml_node *root)
{
    const struct yaml_node *list = yaml_get(root, "tensors");
    enum sinter_status status = list ? yaml_expect(list, YAML_SEQUENCE, "tensors", m->diags)
                                     : sinter_error(m->diags, root->at, NULL, "tensors is missing");
    if (status != SINTER_OK)
        return status;
    if (list->n_children > MAX_CASE_TENSORS)
        return sinter_error(m->diags, list->at, NULL, "%d tensors, expected at most %d", list->n_children,
                            (int)MAX_CASE_TENSORS);
    m->tensors = sinter_arena_alloc(m->arena, (size_t)list->n_children, sizeof *m->tensors);
    if (!m->tensors)
        return sinter_out_of_memory(m->diags);
    for (const struct yaml_node *node = list->first; node && status == SINTER_OK; node = node->next)
        status = read_tensor(m, node);
    return status;
}

struct manifest_tensor *manifest_find(const struct manifest *m, const char *name)
{
    for (int i = 0; i < m->n_tensors; i++) {
        if (strcmp(m->tensors[i].name, name) == 0)
            return &m->tensors[i];
    }
    return NULL;
}

/* ---- entry ------------------------------------------------------------------------------------------------------ */

enum sinter_status manifest_read(const char *file, struct sinter_arena *arena, struct sinter_diagnostics *diags,
                                 struct manifest *m)
{
    static const char *const dtypes[] = {"<f8", "<f4"}, *const orders[] = {"C"};
    struct yaml_node *root = NULL;
    int dtype = 0, order = 0;
    *m = (struct manifest){.arena = arena, .diags = diags};
    enum sinter_status status = yaml_read_file(file, arena, diags, &root);
    if (status == SINTER_OK)
        status = yaml_expect(root, YAML_MAPPING, "a manifest", diags);
    if (status != SINTER_OK)
        return status;
    m->at = root->at;
    m->config = yaml_get(root, "config");
    status = read_word(m, root, "name", "case", &m->name);
    if (status == SINTER_OK)
        status = read_word(m, root, "notes", "", &m->notes);
    if (status == SINTER_OK)
        status = read_choice(m, root, "dtype", dtypes, 2, "numbers are \"<f8\" or \"<f4\": little-endian IEEE", &dtype);
    if (status == SINTER_OK)
        status = read_choice(m, root, "order", orders, 1, "tensors are row-major: \"C\"", &order);
    m->item_bytes = dtype == 0 ? 8 : 4;
    if (status == SINTER_OK)
        status = open_data(m, root);
    return status == SINTER_OK ? read_tensors(m, root) : status;
}

void manifest_close(struct manifest *m)
{
    if (m->stream)
        fclose(m->stream);
    m->stream = NULL;
}
