/* published.c: reads the files of data/published/.
 * SPDX-License-Identifier: MIT
 */
#include "report/published.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/data.h"
#include "base/yaml.h"

struct reader {
    struct sinter_arena *arena;
    struct sinter_diagnostics *diags;
    enum sinter_status status; /* the first failure sticks */
};

static const char *const axis_keys[N_AXES] = {"setting",         "quantity", "tokens", "area_fraction",
                                              "memory_fraction", "strategy", "buffer", "node"};

/* ---- names ------------------------------------------------------------------------------------------------------ */

static const char *const quantity_names[N_QUANTITIES] = {
    "cycles",      "compute",    "group", "peak",     "tile",      "lifetime",        "occupancy",     "speedup",
    "utilization", "operations", "bytes", "roofline", "intensity", "operation_share", "roofline_share"};
static const char *const unit_names[N_UNITS] = {"", "model", "ms/token", "ms", "s"};

const char *quantity_name(enum quantity quantity)
{
    return quantity_names[quantity];
}

bool quantity_find(const char *name, enum quantity *quantity)
{
    for (int q = 0; q < N_QUANTITIES; q++) {
        if (strcmp(name, quantity_names[q]) == 0) {
            *quantity = (enum quantity)q;
            return true;
        }
    }
    return false;
}

bool quantity_is_scheduled(enum quantity quantity)
{
    return quantity < QUANTITY_OPERATIONS;
}

bool quantity_is_gain(enum quantity quantity)
{
    return quantity == QUANTITY_SPEEDUP || quantity == QUANTITY_UTILIZATION;
}

const char *unit_name(enum unit unit)
{
    return unit_names[unit];
}

/* ---- pieces of a file ------------------------------------------------------------------------------------------- */

static bool passes(struct reader *reader, enum sinter_status status)
{
    if (reader->status == SINTER_OK)
        reader->status = status;
    return status == SINTER_OK;
}

static void *room(struct reader *reader, int n, size_t bytes)
{
    void *block = sinter_arena_alloc(reader->arena, (size_t)n, bytes);
    if (block == NULL)
        passes(reader, sinter_out_of_memory(reader->diags));
    return block;
}

/* A scalar's text; NULL when the node is missing (which is an error when it is required) or wrong. */
static const char *word(struct reader *reader, const struct yaml_node *mapping, const char *key, bool is_required)
{
    const struct yaml_node *node = yaml_get(mapping, key);
    if (node == NULL && is_required)
        passes(reader, sinter_error(reader->diags, mapping->at, NULL, "'%s' is missing", key));
    return node != NULL && passes(reader, yaml_expect(node, YAML_SCALAR, key, reader->diags)) ? node->text : NULL;
}

/* A name out of a list, by index; 0 when it is missing. */
static int choice(struct reader *reader, const struct yaml_node *mapping, const char *key, const char *const *names,
                  int n_names)
{
    const char *text = word(reader, mapping, key, false);
    for (int i = 0; text != NULL && i < n_names; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    if (text != NULL)
        passes(reader, sinter_error(reader->diags, yaml_get(mapping, key)->at, NULL, "unknown %s '%s'", key, text));
    return 0;
}

static struct axis_value value_of(struct reader *reader, const struct yaml_node *node, enum axis axis)
{
    struct axis_value value = {NULL, 0};
    int64_t count = 0;
    enum quantity quantity;
    if (!passes(reader, yaml_expect(node, YAML_SCALAR, axis_keys[axis], reader->diags)))
        return value;
    value.text = node->text;
    if (axis == AXIS_TOKENS && passes(reader, yaml_integer(node, "tokens", 1, (int64_t)1 << 40, reader->diags, &count)))
        value.number = (double)count;
    if (axis == AXIS_AREA || axis == AXIS_SHARE)
        passes(reader, yaml_number(node, axis_keys[axis], reader->diags, &value.number));
    if (axis == AXIS_BUFFER)
        passes(reader, yaml_quantity(node, "buffer", SINTER_BYTES, reader->diags, &value.number));
    if (axis == AXIS_QUANTITY && !quantity_find(node->text, &quantity))
        passes(reader, sinter_error(reader->diags, node->at, NULL, "unknown quantity '%s'", node->text));
    return value;
}

/* The members of a mapping that are axes, each a value or a list of values. What it leaves unsaid stays as it is. */
static void read_axes(struct reader *reader, const struct yaml_node *mapping, struct axes *axes)
{
    for (int a = 0; a < N_AXES; a++) {
        const struct yaml_node *node = yaml_get(mapping, axis_keys[a]);
        if (node == NULL)
            continue;
        bool is_list = node->kind == YAML_SEQUENCE;
        int n = is_list ? node->n_children : 1;
        struct axis_value *values = room(reader, n, sizeof *values);
        const struct yaml_node *item = is_list ? node->first : node;
        for (int i = 0; i < n && values != NULL; i++, item = item->next)
            values[i] = value_of(reader, item, (enum axis)a);
        axes->at[a].n = values == NULL ? 0 : n;
        axes->at[a].values = values;
    }
}

static void set_axis(struct reader *reader, struct axes *axes, enum axis axis, struct axis_value value)
{
    struct axis_value *values = room(reader, 1, sizeof *values);
    if (values == NULL)
        return;
    *values = value;
    axes->at[axis].n = 1;
    axes->at[axis].values = values;
}

/* The list under a key, or an empty one. */
static const struct yaml_node *list_of(struct reader *reader, const struct yaml_node *mapping, const char *key,
                                       enum yaml_kind kind, int *n)
{
    const struct yaml_node *node = yaml_get(mapping, key);
    *n = 0;
    if (node == NULL || !passes(reader, yaml_expect(node, kind, key, reader->diags)))
        return NULL;
    *n = node->n_children;
    return node->first;
}

static void known(struct reader *reader, const struct yaml_node *mapping, const char *what, const char *const *keys, int n)
{
    if (passes(reader, yaml_expect(mapping, YAML_MAPPING, what, reader->diags)))
        passes(reader, yaml_known_keys(mapping, what, keys, n, reader->diags));
}
#define KNOWN(reader, mapping, what, keys) known(reader, mapping, what, keys, (int)(sizeof(keys) / sizeof(keys)[0]))

/* ---- parts of a file ---------------------------------------------------------------------------------------------- */

static void read_setting(struct reader *reader, const struct yaml_node *node, struct published_setting *setting)
{
    static const char *const keys[] = {"name",   "label",       "says",   "model",  "variant", "cascade",
                                       "layers", "accelerator", "buffer", "decode", "honest",  "set"};
    KNOWN(reader, node, "a setting", keys);
    setting->at = node->at;
    setting->name = word(reader, node, "name", true);
    setting->label = word(reader, node, "label", true);
    setting->says = word(reader, node, "says", true);
    setting->model = word(reader, node, "model", yaml_get(node, "cascade") == NULL);
    setting->variant = word(reader, node, "variant", false);
    setting->cascade = word(reader, node, "cascade", false);
    setting->accel = word(reader, node, "accelerator", true);
    if (yaml_get(node, "layers") != NULL)
        passes(reader, yaml_integer(yaml_get(node, "layers"), "layers", 1, 1000000, reader->diags, &setting->layers));
    if (yaml_get(node, "decode") != NULL)
        passes(reader, yaml_boolean(yaml_get(node, "decode"), "decode", reader->diags, &setting->is_decode));
    if (yaml_get(node, "honest") != NULL)
        passes(reader, yaml_boolean(yaml_get(node, "honest"), "honest", reader->diags, &setting->is_honest));
    if (word(reader, node, "buffer", true) != NULL)
        passes(reader,
               yaml_quantity(yaml_get(node, "buffer"), "buffer", SINTER_BYTES, reader->diags, &setting->buffer_bytes));
    const struct yaml_node *item = list_of(reader, node, "set", YAML_MAPPING, &setting->n_set);
    setting->fields = room(reader, setting->n_set, sizeof *setting->fields);
    setting->values = room(reader, setting->n_set, sizeof *setting->values);
    for (int i = 0; i < setting->n_set && setting->fields != NULL && setting->values != NULL; i++, item = item->next) {
        setting->fields[i] = item->key;
        setting->values[i] = item->text;
    }
}

static void read_nodes(struct reader *reader, const struct yaml_node *node, struct published_nodes *nodes)
{
    nodes->name = node->key;
    if (!passes(reader, yaml_expect(node, YAML_SEQUENCE, "nodes", reader->diags)))
        return;
    nodes->operators = room(reader, node->n_children, sizeof *nodes->operators);
    const struct yaml_node *item = node->first;
    for (; item != NULL && nodes->operators != NULL; item = item->next)
        if (passes(reader, yaml_expect(item, YAML_SCALAR, "operator", reader->diags)))
            nodes->operators[nodes->n_operators++] = item->text;
}

/* Is the member the numbers of a quantity: {node: number}? */
static bool is_numbers(const struct yaml_node *member)
{
    enum quantity quantity;
    return quantity_find(member->key, &quantity) && member->kind == YAML_MAPPING;
}

static int count_numbers(const struct yaml_node *list)
{
    int n = 0;
    for (const struct yaml_node *entry = list; entry != NULL; entry = entry->next)
        for (const struct yaml_node *member = entry->first; member != NULL; member = member->next)
            n += member->key != NULL && is_numbers(member) ? member->n_children : 0;
    return n;
}

static void read_numbers(struct reader *reader, const struct yaml_node *entry, double buffer_bytes,
                         struct published_number *numbers, int *n)
{
    const char *keys[N_QUANTITIES + 6] = {"strategy", "tokens", "area_fraction", "memory_fraction", "buffer", "unit"};
    memcpy(keys + 6, quantity_names, sizeof quantity_names);
    KNOWN(reader, entry, "a published number", keys);
    struct axes axes = {.at = {{0, NULL}}};
    read_axes(reader, entry, &axes);
    if (axes.at[AXIS_BUFFER].n == 0 && axes.at[AXIS_AREA].n == 0 && axes.at[AXIS_SHARE].n == 0)
        set_axis(reader, &axes, AXIS_BUFFER, (struct axis_value){"", buffer_bytes});
    enum unit unit = (enum unit)choice(reader, entry, "unit", unit_names, N_UNITS);
    for (const struct yaml_node *member = entry->first; member != NULL; member = member->next) {
        if (!is_numbers(member))
            continue;
        set_axis(reader, &axes, AXIS_QUANTITY, (struct axis_value){member->key, 0});
        for (const struct yaml_node *item = member->first; item != NULL; item = item->next) {
            struct published_number *number = &numbers[(*n)++];
            number->unit = unit;
            number->axes = axes;
            set_axis(reader, &number->axes, AXIS_NODE, (struct axis_value){item->key, 0});
            passes(reader, yaml_number(item, "published number", reader->diags, &number->value));
        }
    }
}

static void read_reason(struct reader *reader, const struct yaml_node *node, struct published_reason *reason)
{
    static const char *const keys[] = {"setting",  "quantity", "tokens", "area_fraction", "memory_fraction",
                                       "strategy", "buffer",   "node",   "text"};
    KNOWN(reader, node, "a reason", keys);
    read_axes(reader, node, &reason->axes);
    reason->text = word(reader, node, "text", true);
}

static void read_block(struct reader *reader, const struct yaml_node *node, struct published_block *block)
{
    const char *text;
    read_axes(reader, node, &block->axes);
    if (yaml_get(node, "unit") != NULL)
        block->unit = (enum unit)choice(reader, node, "unit", unit_names, N_UNITS);
    block->baseline = (text = word(reader, node, "baseline", false)) != NULL ? text : block->baseline;
    block->against = (text = word(reader, node, "against", false)) != NULL ? text : block->against;
    block->otherwise = (text = word(reader, node, "otherwise", false)) != NULL ? text : block->otherwise;
    if (yaml_get(node, "best") != NULL)
        passes(reader, yaml_boolean(yaml_get(node, "best"), "best", reader->diags, &block->is_best));
}

static void read_table(struct reader *reader, const struct yaml_node *node, const struct published *published,
                       struct published_table *table)
{
    static const char *const keys[] = {
        "setting", "quantity", "tokens",   "area_fraction", "memory_fraction", "strategy", "buffer",
        "node",    "unit",     "baseline", "against",       "otherwise",       "best",     "id",
        "figure",  "title",    "rows"};
    const int n_block_keys = 13;
    KNOWN(reader, node, "a table", keys);
    table->id = word(reader, node, "id", true);
    table->title = word(reader, node, "title", true);
    int64_t figure = 0;
    if (yaml_get(node, "figure") != NULL)
        passes(reader, yaml_integer(yaml_get(node, "figure"), "figure", 1, 1000, reader->diags, &figure));
    table->figure = (int)figure;
    struct published_block whole = {.unit = UNIT_OWN};
    set_axis(reader, &whole.axes, AXIS_SETTING, (struct axis_value){published->settings[0].name, 0});
    set_axis(reader, &whole.axes, AXIS_NODE, (struct axis_value){"layer", 0});
    read_block(reader, node, &whole);
    int n;
    const struct yaml_node *item = list_of(reader, node, "rows", YAML_SEQUENCE, &n);
    table->n_blocks = n > 0 ? n : 1;
    struct published_block *blocks = room(reader, table->n_blocks, sizeof *blocks);
    table->blocks = blocks;
    for (int i = 0; i < table->n_blocks && blocks != NULL; i++, item = n > 0 ? item->next : NULL) {
        blocks[i] = whole;
        if (item == NULL)
            continue;
        known(reader, item, "rows of a table", keys, n_block_keys);
        read_block(reader, item, &blocks[i]);
    }
}

/* ---- the file ----------------------------------------------------------------------------------------------------- */

static void read_first_parts(struct reader *reader, const struct yaml_node *root, struct published *published)
{
    int n;
    const struct yaml_node *item = list_of(reader, root, "settings", YAML_SEQUENCE, &n);
    struct published_setting *settings = room(reader, n, sizeof *settings);
    for (int i = 0; i < n && settings != NULL; i++, item = item->next)
        read_setting(reader, item, &settings[i]);
    published->settings = settings;
    published->n_settings = n;
    item = list_of(reader, root, "nodes", YAML_MAPPING, &n);
    struct published_nodes *nodes = room(reader, n, sizeof *nodes);
    for (int i = 0; i < n && nodes != NULL; i++, item = item->next)
        read_nodes(reader, item, &nodes[i]);
    published->nodes = nodes;
    published->n_nodes = n;
    if (published->n_settings == 0)
        passes(reader, sinter_error(reader->diags, root->at, NULL, "there is no setting"));
}

static void read_other_parts(struct reader *reader, const struct yaml_node *root, struct published *published)
{
    int n, filled = 0;
    const struct yaml_node *item = list_of(reader, root, "published", YAML_SEQUENCE, &n);
    struct published_number *numbers = room(reader, count_numbers(item), sizeof *numbers);
    for (; item != NULL && numbers != NULL; item = item->next)
        read_numbers(reader, item, published->settings[0].buffer_bytes, numbers, &filled);
    published->numbers = numbers;
    published->n_numbers = filled;
    item = list_of(reader, root, "reasons", YAML_SEQUENCE, &n);
    struct published_reason *reasons = room(reader, n, sizeof *reasons);
    for (int i = 0; i < n && reasons != NULL; i++, item = item->next)
        read_reason(reader, item, &reasons[i]);
    published->reasons = reasons;
    published->n_reasons = n;
    item = list_of(reader, root, "tables", YAML_SEQUENCE, &n);
    struct published_table *tables = room(reader, n, sizeof *tables);
    for (int i = 0; i < n && tables != NULL; i++, item = item->next)
        read_table(reader, item, published, &tables[i]);
    published->tables = tables;
    published->n_tables = n;
    item = list_of(reader, root, "closing", YAML_SEQUENCE, &n);
    published->closing = room(reader, n, sizeof *published->closing);
    for (int i = 0; i < n && published->closing != NULL; i++, item = item->next)
        if (passes(reader, yaml_expect(item, YAML_SCALAR, "remark", reader->diags)))
            published->closing[i] = item->text;
    published->n_closing = n;
}

static const char folder[] = "published/";

const char *sinter_paper_name(int index, char *buffer, size_t size)
{
    size_t before = sizeof folder - 1;
    for (int i = 0; i < n_data_files; i++) {
        const char *name = data_files[i].path + before;
        if (strncmp(data_files[i].path, folder, before) != 0 || index-- > 0)
            continue;
        snprintf(buffer, size, "%.*s", (int)strcspn(name, "."), name);
        return buffer;
    }
    return NULL;
}

static const struct data_file *find_paper(const char *paper)
{
    size_t before = sizeof folder - 1, length = strlen(paper);
    for (int i = 0; i < n_data_files; i++) {
        const char *path = data_files[i].path;
        if (strncmp(path, folder, before) == 0 && strncmp(path + before, paper, length) == 0 &&
            strcmp(path + before + length, ".yaml") == 0)
            return &data_files[i];
    }
    return NULL;
}

enum sinter_status published_read(const char *paper, struct sinter_arena *arena, struct sinter_diagnostics *diags,
                                  const struct published **published)
{
    static const char *const keys[] = {"paper",     "title",   "source", "settings", "nodes",
                                       "published", "reasons", "tables", "closing"};
    const struct data_file *file = find_paper(paper);
    struct published *made = sinter_arena_alloc(arena, 1, sizeof *made);
    struct yaml_node *root = NULL;
    if (made == NULL)
        return sinter_out_of_memory(diags);
    if (file == NULL)
        return SINTER_BAD_USAGE;
    enum sinter_status status = yaml_read_text(file->path, file->text, file->length, arena, diags, &root);
    if (status != SINTER_OK)
        return status;
    struct reader reader = {arena, diags, SINTER_OK};
    KNOWN(&reader, root, "a paper", keys);
    if (reader.status == SINTER_OK) {
        made->paper = word(&reader, root, "paper", true);
        made->title = word(&reader, root, "title", true);
        made->source = word(&reader, root, "source", true);
        read_first_parts(&reader, root, made);
    }
    if (reader.status == SINTER_OK)
        read_other_parts(&reader, root, made);
    *published = made;
    return reader.status;
}

/* ---- questions ---------------------------------------------------------------------------------------------------- */

const struct published_setting *published_setting(const struct published *published, const char *name)
{
    for (int i = 0; i < published->n_settings; i++)
        if (strcmp(published->settings[i].name, name) == 0)
            return &published->settings[i];
    return NULL;
}

static bool is_number(enum axis axis)
{
    return axis == AXIS_TOKENS || axis == AXIS_AREA || axis == AXIS_SHARE || axis == AXIS_BUFFER;
}

/* Are numbers of an axis the same? Tokens and bytes are whole, of fractions digits count. */
static bool is_same(enum axis axis, double one, double other)
{
    return fabs(one - other) < (axis == AXIS_AREA || axis == AXIS_SHARE ? 1e-9 : 0.5);
}

bool point_is_of_family(const struct point *point)
{
    return point->at[AXIS_AREA].text != NULL || point->at[AXIS_SHARE].text != NULL;
}

bool axes_fit(const struct axes *axes, const struct point *point)
{
    for (int a = 0; a < N_AXES; a++) {
        const struct axis_value *wanted = &point->at[a];
        bool is_found = axes->at[a].n == 0;
        for (int i = 0; i < axes->at[a].n && !is_found; i++) {
            const struct axis_value *value = &axes->at[a].values[i];
            is_found =
                wanted->text != NULL && (is_number((enum axis)a) ? is_same((enum axis)a, value->number, wanted->number)
                                                                 : strcmp(value->text, wanted->text) == 0);
        }
        if (!is_found)
            return false;
    }
    return true;
}

double published_number(const struct published *published, const struct point *point, enum unit *unit)
{
    struct point wanted = *point;
    bool is_of_paper = strcmp(point->at[AXIS_SETTING].text, published->settings[0].name) == 0;
    for (int i = 0; i < published->n_numbers && is_of_paper; i++) {
        if (!axes_fit(&published->numbers[i].axes, &wanted))
            continue;
        *unit = published->numbers[i].unit;
        return published->numbers[i].value;
    }
    return (double)NAN;
}

const char *published_reason(const struct published *published, const struct point *point)
{
    for (int i = 0; i < published->n_reasons; i++)
        if (axes_fit(&published->reasons[i].axes, point))
            return published->reasons[i].text;
    return NULL;
}
