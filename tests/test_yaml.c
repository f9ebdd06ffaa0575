/* test_yaml.c: documents as located nodes, hostile texts, typed fields, printing.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/yaml.h"
#include "expect_error.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* ---- reading ------------------------------------------------------------------------------------------------- */

/* "{a@1:1=x@1:4 b@2:1=[1@2:5 ~@2:8]}": a whole document in one line. */
static void show(struct sinter_text *out, const struct yaml_node *node)
{
    if (node->key)
        sinter_text_printf(out, "%s@%d:%d=", node->key, node->key_at.line, node->key_at.column);
    if (node->kind == YAML_SCALAR) {
        const char *quote = node->is_quoted ? "'" : "";
        sinter_text_printf(out, "%s%s%s", quote, node->is_null ? "NULL" : node->text, quote);
    } else {
        sinter_text_append(out, node->kind == YAML_MAPPING ? "{" : "[");
        int n = 0;
        for (const struct yaml_node *child = node->first; child; child = child->next, n++) {
            sinter_text_append(out, n > 0 ? " " : "");
            show(out, child);
        }
        assert_int_equal(n, node->n_children);
        sinter_text_append(out, node->kind == YAML_MAPPING ? "}" : "]");
    }
    sinter_text_printf(out, "@%d:%d", node->at.line, node->at.column);
}

static void documents_become_located_nodes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"a", "a@1:1"},
        {"a: x\n", "{a@1:1=x@1:4}@1:1"},
        {"# note\n\na:  x\nb: [1, 2]\n", "{a@3:1=x@3:5 b@4:1=[1@4:5 2@4:8]@4:4}@3:1"},
        {"a:\n  - 1\n  - {k: v}\n", "{a@1:1=[1@2:5 {k@3:6=v@3:9}@3:5]@2:3}@1:1"},
        {"- \"null\"\n- null\n- ~\n- 'x y'\n", "['null'@1:3 NULL@2:3 NULL@3:3 'x y'@4:3]@1:1"},
        {"a:\nb: |\n  x\n  y\n", "{a@1:1=NULL@1:1 b@2:1='x\ny\n'@3:1}@1:1"},
        {"{\n\t\"a\": 1,\n\t\"b\": [true, null]\n}\n", "{a@2:2=1@2:7 b@3:2=[true@3:8 NULL@3:14]@3:7}@1:1"},
        {"\xef\xbb\xbf"
         "a: b\r\nc: d\r\n",
         "{a@1:1=b@1:4 c@2:1=d@2:4}@1:1"},
        {"\xc3\xa9t\xc3\xa9: x\n", "{\xc3\xa9t\xc3\xa9@1:1=x@1:6}@1:1"},
        {"a: \"\\u00e9\\n\"\n", "{a@1:1='\xc3\xa9\n'@1:4}@1:1"},
        {"%YAML 1.2\n---\na: 1\n...\n", "{a@3:1=1@3:4}@3:1"},
        {"[]", "[]@1:1"},
        {"x: {}\n", "{x@1:1={}@1:4}@1:1"},
        {"- H[l,d] = DT[l,d] * A[d] # why\n", "[H[l,d] = DT[l,d] * A[d]@1:3]@1:1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sinter_arena *arena = sinter_arena_new(NULL);
        struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
        struct yaml_node *root = NULL;
        enum sinter_status status = yaml_read_text("t", cases[i].text, strlen(cases[i].text), arena, diags, &root);
        if (status != SINTER_OK)
            fail_msg("%s: %s", cases[i].text, sinter_diagnostics_text(diags));
        struct sinter_text shown = {0};
        show(&shown, root);
        assert_string_equal(sinter_text_data(&shown), cases[i].expected);
        assert_string_equal(root->at.file, "t");
        sinter_text_free(&shown);
        sinter_diagnostics_free(diags);
        sinter_arena_free(arena);
    }
}

/* ---- refusing ------------------------------------------------------------------------------------------------ */

static enum sinter_status read_into(const char *text, size_t length, struct sinter_diagnostics *diags)
{
    /* A copy of the exact size lets AddressSanitizer see a read past the end. */
    char *exact = malloc(length + (length == 0));
    assert_non_null(exact);
    memcpy(exact, text, length);
    struct sinter_arena *arena = sinter_arena_new(NULL);
    struct yaml_node *root = NULL;
    enum sinter_status status = yaml_read_text("f", exact, length, arena, diags, &root);
    assert_true((status == SINTER_OK) == (root != NULL));
    sinter_arena_free(arena);
    free(exact);
    return status;
}

static const struct mistake bad_documents[] = {
    {"", "f:0:0: the file is empty"},
    {"# nothing\n", "f:0:0: the file is empty"},
    {"---\n", "f:0:0: the file is empty"},
    {"a: 1\n---\nb: 2\n", "f:2:1: a second document begins | keep one document, without '---' between parts"},
    {"a: 1\nb: 2\na: 3\n", "f:3:1: duplicate key 'a' | it was given first in line 1"},
    {"? [a]\n: b\n", "f:1:3: a key must be a word, found a list"},
    {"? {a: b}\n: b\n", "f:1:3: a key must be a word, found a mapping"},
    {"x:\n  : b\n", "f:2:3: a key is missing before ':'"},
    {"a: &x 1\n", "f:1:4: anchors ('&name') are not supported | write the value out where it is used"},
    {"a: *x\n", "f:1:4: aliases ('*name') are not supported | write the value out where it is used"},
    {"a: &x [1]\nb: [*x, *x]\n", "f:1:4: anchors ('&name') are not supported | write the value out where it is used"},
    {"a: !!int 1\n", "f:1:4: tags ('!type') are not supported | remove the tag"},
    {"a: !<tag:x> {b: 1}\n", "f:1:4: tags ('!type') are not supported | remove the tag"},
    {"a: \"x\\0y\"\n", "f:1:4: unexpected NUL character in a text"},
    {"a: 1\nb: \xc3\n", "f:2:4: invalid UTF-8: byte 0xc3 | files are read as UTF-8 text"},
    {"a: \xc0\xaf\n", "f:1:4: invalid UTF-8: byte 0xc0 | files are read as UTF-8 text"},
    {"a: \xed\xa0\x80\n", "f:1:4: invalid UTF-8: byte 0xed | files are read as UTF-8 text"},
    {"\xc3\xa9: \xe2\x82", "f:1:4: invalid UTF-8: byte 0xe2 | files are read as UTF-8 text"},
    {"\x7f"
     "ELF\x02\x01",
     "f:1:1: unexpected control character 0x7f"},
    {"a: \x1b[31m\n", "f:1:4: unexpected control character 0x1b"},
    {"a: [1, 2\n", "f:2:1: flow sequence without a closing bracket | the bracket may stand in a line above"},
    {"a:\n\tb: 1\n", "f:2:1: tab character may not be used as indentation | indent with spaces"},
    {"a: b: c\n", "f:1:5: invalid nested block mapping on the same line | put a value that contains ': ' in quotes"},
    {"a: {b: 1,\n  c: 2\n  d: 3}\n",
     "f:3:4: missing comma in flow mapping | a comma or a closing bracket is missing here or in a line above"},
    {"a: {b: [1, 2}\n",
     "f:1:13: mismatched flow mapping end | a bracket before this one is not closed, perhaps in a line above"},
    {"{\"a\": 1,\n", "f:2:1: did not find expected node content | a value or a closing bracket is missing here or in a line "
                     "above"},
    {"a: 1\n b: 2\n", "f:1:4: invalid multiline plain key | the line below is indented deeper: give keys of one mapping the "
                      "same indentation"},
    {"a 1\nb: 2\n", NULL},
    {"%YAML 7.3\n---\na: 1\n", NULL},
    {"a: 'open\n", NULL},
    {"{a: 1}}\n", NULL},
    {"- a\nb: c\n", NULL},
    {"a: @x\n", NULL},
    {"%TAG ! tag:x\n", NULL},
    {"\"\\xZZ\"", NULL},
};

static void bad_documents_are_refused_with_a_place(void **state)
{
    (void)state;
    EXPECT_MISTAKES(bad_documents, read_into);
}

static void bytes_that_no_text_has_are_refused(void **state)
{
    (void)state;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    assert_int_equal(read_into("a: x\0y\n", 7, diags), SINTER_BAD_INPUT);
    assert_int_equal(read_into("\xff\xfe"
                               "a\0",
                               4, diags),
                     SINTER_BAD_INPUT); /* UTF-16 */
    expect_diagnostics(diags, "f:1:5: unexpected NUL byte | files are read as UTF-8 text; this one looks binary\nf:1:1: "
                              "invalid UTF-8: byte 0xff | files are read as UTF-8 text");
    sinter_diagnostics_free(diags);
}

static void a_message_shows_the_line_and_a_caret(void **state)
{
    (void)state;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    assert_int_equal(read_into("clock: 1 GHz\nunits: &all []\n", strlen("clock: 1 GHz\nunits: &all []\n"), diags),
                     SINTER_BAD_INPUT);
    assert_string_equal(sinter_diagnostics_text(diags), "f:2:8: error: anchors ('&name') are not supported\n"
                                                        "    units: &all []\n"
                                                        "           ^\n"
                                                        "  hint: write the value out where it is used\n");
    sinter_diagnostics_free(diags);
}

/* Repeats a piece n times. */
static char *repeat(const char *piece, size_t n)
{
    size_t length = strlen(piece);
    char *text = malloc(length * n + 1);
    assert_non_null(text);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * length, piece, length);
    text[length * n] = '\0';
    return text;
}

static void depth_and_size_are_limited(void **state)
{
    (void)state;
    static const struct {
        const char *piece;
        size_t n;
        const char *expected;
    } cases[] = {
        {"[", 100000, "nested deeper than 64 levels"},
        {"- ", 5000, "nested deeper than 64 levels"},
        {"{a: ", 100000, "nested deeper than 64 levels"},
        {"? ", 5000, "a key must be a word, found a mapping"},
        {"- 1\n", 1000001, "more than 1000000 values"},
        {"1234567890123456789012345678901\n", (size_t)(64 << 20) / 32 + 1, "the text is larger than 64 MiB"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
        char *text = repeat(cases[i].piece, cases[i].n);
        assert_int_equal(read_into(text, strlen(text), diags), SINTER_BAD_INPUT);
        assert_non_null(strstr(sinter_diagnostics_text(diags), cases[i].expected));
        free(text);
        sinter_diagnostics_free(diags);
    }
}

static void sixty_four_levels_are_fine(void **state)
{
    (void)state;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    char text[129] = {0};
    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    assert_int_equal(read_into(text, 128, diags), SINTER_OK);
    sinter_diagnostics_free(diags);
}

/* A duplicate among many keys is found by sorting; the first one in the file's order is reported. */
static void duplicates_among_many_keys_are_found(void **state)
{
    (void)state;
    struct sinter_text text = {0};
    for (int i = 0; i < 5000; i++)
        sinter_text_printf(&text, "k%d: %d\n", i == 3000 ? 7 : i == 4000 ? 1 : i, i);
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    assert_int_equal(read_into(sinter_text_data(&text), text.length, diags), SINTER_BAD_INPUT);
    const struct sinter_diagnostic *first = sinter_diagnostics_at(diags, 0);
    assert_string_equal(first->message, "duplicate key 'k7'");
    assert_string_equal(first->hint, "it was given first in line 8");
    assert_int_equal(first->at.line, 3001);
    sinter_diagnostics_free(diags);
    sinter_text_free(&text);
}

static void files_that_cannot_be_read_are_reported(void **state)
{
    (void)state;
    static const char *const files[] = {"tests/no-such-file.yaml", "tests"};
    for (size_t i = 0; i < COUNT(files); i++) {
        struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
        struct sinter_arena *arena = sinter_arena_new(NULL);
        struct yaml_node *root = NULL;
        assert_int_equal(yaml_read_file(files[i], arena, diags, &root), SINTER_BAD_INPUT);
        assert_null(root);
        assert_string_equal(sinter_diagnostics_at(diags, 0)->at.file, files[i]);
        sinter_arena_free(arena);
        sinter_diagnostics_free(diags);
    }
}

static void running_out_of_memory_is_reported_and_leaks_nothing(void **state)
{
    (void)state;
    struct sinter_text text = {0};
    for (int i = 0; i < 40; i++)
        sinter_text_printf(&text, "key-%d: [%d, {a: b}]\n", i, i);
    enum sinter_status status = SINTER_NO_MEMORY;
    for (int64_t n = 0; status != SINTER_OK; n++) {
        assert_true(n < 1000);
        struct sinter_counting_allocator counting;
        sinter_counting_allocator_init(&counting, n);
        struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
        struct sinter_arena *arena = sinter_arena_new(&counting.allocator);
        struct yaml_node *root = NULL;
        if (arena) {
            status = yaml_read_text("t", sinter_text_data(&text), text.length, arena, diags, &root);
            assert_true(status == SINTER_OK || status == SINTER_NO_MEMORY);
            assert_int_equal(sinter_diagnostics_errors(diags), status == SINTER_OK ? 0 : 1);
        }
        if (status == SINTER_OK)
            assert_int_equal(yaml_put(root, "new", "1", root->at, arena), SINTER_OK);
        sinter_arena_free(arena);
        sinter_diagnostics_free(diags);
        assert_int_equal(counting.n_live, 0);
    }
    sinter_text_free(&text);
}

/* ---- fields -------------------------------------------------------------------------------------------------- */

struct fixture {
    struct sinter_arena *arena;
    struct sinter_diagnostics *diags;
    struct yaml_node *root;
};

static struct fixture read_fixture(const char *text)
{
    struct fixture fixture = {.arena = sinter_arena_new(NULL), .diags = sinter_diagnostics_new(NULL)};
    assert_int_equal(yaml_read_text("f", text, strlen(text), fixture.arena, fixture.diags, &fixture.root), SINTER_OK);
    return fixture;
}

static void drop_fixture(struct fixture *fixture)
{
    sinter_arena_free(fixture->arena);
    sinter_diagnostics_free(fixture->diags);
}

static void integers_are_read_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_good;
        int64_t value;
    } cases[] = {
        {"v: 2048", true, 2048},
        {"v: 1e6", true, 1000000},
        {"v: 4Ki", true, 4096},
        {"v: 4k", true, 4000},
        {"v: 1.5Ki", true, 1536},
        {"v: 2.5e1", true, 25},
        {"v: -7", true, -7},
        {"v: \"12\"", true, 12},
        {"v: 9223372036854775807", true, INT64_MAX},
        {"v: 9007199254740993", true, 9007199254740993},
        {"v: 9223372036854775808", false, 0},
        {"v: 1e19", false, 0},
        {"v: 1e999999999999999999999", false, 0},
        {"v: 99999999999999999999999999999999999999999999999999999999999999999999999999999999", false, 0},
        {"v: 1.5", false, 0},
        {"v: 0.1Ki", false, 0},
        {"v: 12x", false, 0},
        {"v: ''", false, 0},
        {"v:", false, 0},
        {"v: [1]", false, 0},
        {"v: 0x10", false, 0},
        {"v: -101", false, 0},
        {"v: .nan", false, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fixture f = read_fixture(cases[i].text);
        int64_t value = -999;
        enum sinter_status status = yaml_integer(yaml_get(f.root, "v"), "v", -100, INT64_MAX, f.diags, &value);
        if ((status == SINTER_OK) != cases[i].is_good)
            fail_msg("%s: %s", cases[i].text, sinter_diagnostics_text(f.diags));
        assert_int_equal(value, cases[i].is_good ? cases[i].value : -999);
        drop_fixture(&f);
    }
}

static void fields_are_read_or_complained_about(void **state)
{
    (void)state;
    struct fixture f = read_fixture("n: 1.5e-3\nt: true\ng: False\nq: 24 MiB\nlist: [1]\nmap: {a: 1}\nnull: ~\nw: word\n");
    double number = 0;
    bool flag = false;
    int64_t integer = 0;
    assert_int_equal(yaml_number(yaml_get(f.root, "n"), "n", f.diags, &number), SINTER_OK);
    assert_true(number == 1.5e-3);
    assert_int_equal(yaml_boolean(yaml_get(f.root, "t"), "t", f.diags, &flag), SINTER_OK);
    assert_true(flag);
    assert_int_equal(yaml_boolean(yaml_get(f.root, "g"), "g", f.diags, &flag), SINTER_OK);
    assert_false(flag);
    assert_int_equal(yaml_quantity(yaml_get(f.root, "q"), "q", SINTER_BYTES, f.diags, &number), SINTER_OK);
    assert_true(number == 25165824);
    assert_int_equal(yaml_expect(yaml_get(f.root, "list"), YAML_SEQUENCE, "list", f.diags), SINTER_OK);
    assert_int_equal(yaml_expect(yaml_get(f.root, "map"), YAML_MAPPING, "map", f.diags), SINTER_OK);
    assert_null(yaml_get(f.root, "missing"));
    assert_null(yaml_get(yaml_get(f.root, "w"), "x"));
    assert_int_equal(sinter_diagnostics_count(f.diags), 0);

    assert_int_equal(yaml_number(yaml_get(f.root, "w"), "rate", f.diags, &number), SINTER_BAD_INPUT);
    assert_int_equal(yaml_boolean(yaml_get(f.root, "n"), "flag", f.diags, &flag), SINTER_BAD_INPUT);
    assert_int_equal(yaml_quantity(yaml_get(f.root, "list"), "size", SINTER_BYTES, f.diags, &number), SINTER_BAD_INPUT);
    assert_int_equal(yaml_expect(yaml_get(f.root, "w"), YAML_MAPPING, "memory", f.diags), SINTER_BAD_INPUT);
    assert_int_equal(yaml_expect(yaml_get(f.root, "null"), YAML_SCALAR, "name", f.diags), SINTER_BAD_INPUT);
    assert_int_equal(yaml_integer(yaml_get(f.root, "w"), "pes", 1, 64, f.diags, &integer), SINTER_BAD_INPUT);
    assert_int_equal(yaml_integer(yaml_get(f.root, "w"), "pes", 1, INT64_MAX, f.diags, &integer), SINTER_BAD_INPUT);
    assert_int_equal(yaml_expect(NULL, YAML_MAPPING, "units", f.diags), SINTER_BAD_INPUT);
    static const char *const expected[] = {
        "rate: expected a number, found 'word'",
        "flag: expected true or false, found '1.5e-3'",
        "size: expected a number with a unit, found a list",
        "memory: expected a mapping, found 'word'",
        "name: expected a single value, found nothing",
        "pes: expected a whole number from 1 to 64, found 'word'",
        "pes: expected a whole number of at least 1, found 'word'",
        "units is missing; expected a mapping",
    };
    assert_int_equal(sinter_diagnostics_count(f.diags), (int)COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_string_equal(sinter_diagnostics_at(f.diags, (int)i)->message, expected[i]);
    assert_int_equal(sinter_diagnostics_at(f.diags, 0)->at.line, 8);
    drop_fixture(&f);
}

static void unknown_keys_are_named_with_a_suggestion(void **state)
{
    (void)state;
    static const char *const known[] = {"name", "bandwidth", "capacity"};
    struct fixture f = read_fixture("name: dram\nbandwith: 1\nzzz: 2\n");
    assert_int_equal(yaml_known_keys(f.root, "memory 'dram'", known, 3, f.diags), SINTER_BAD_INPUT);
    assert_string_equal(sinter_diagnostics_text(f.diags), "f:2:1: error: unknown field 'bandwith' in memory 'dram'\n"
                                                          "    bandwith: 1\n"
                                                          "    ^\n"
                                                          "  hint: did you mean 'bandwidth'?\n"
                                                          "f:3:1: error: unknown field 'zzz' in memory 'dram'\n"
                                                          "    zzz: 2\n"
                                                          "    ^\n"
                                                          "  hint: known are name, bandwidth, capacity\n");
    drop_fixture(&f);
}

static void a_field_can_be_replaced_or_added(void **state)
{
    (void)state;
    struct fixture f = read_fixture("a: [1, 2]\nb: x\n");
    struct sinter_location at = {"--set", 0, 0};
    assert_int_equal(yaml_put(f.root, "a", "4 MB", at, f.arena), SINTER_OK);
    assert_int_equal(yaml_put(f.root, "c", "null", at, f.arena), SINTER_OK);
    assert_int_equal(f.root->n_children, 3);
    assert_int_equal(yaml_get(f.root, "a")->kind, YAML_SCALAR);
    assert_int_equal(yaml_get(f.root, "a")->n_children, 0);
    assert_string_equal(yaml_get(f.root, "a")->text, "4 MB");
    assert_string_equal(yaml_get(f.root, "a")->at.file, "--set");
    assert_true(yaml_get(f.root, "c")->is_null);
    assert_string_equal(yaml_get(f.root, "b")->text, "x");
    drop_fixture(&f);
}

/* ---- printing ------------------------------------------------------------------------------------------------ */

static void printed_scalars_read_back(void **state)
{
    (void)state;
    static const struct {
        const char *text, *printed;
    } cases[] = {
        {"marca", "marca"},
        {"24 MiB", "24 MiB"},
        {"7 pJ/bit", "7 pJ/bit"},
        {"-5", "-5"},
        {".5", ".5"},
        {"mamba-2.8b", "mamba-2.8b"},
        {"", "\"\""},
        {"~", "\"~\""},
        {"null", "\"null\""},
        {"...", "\"...\""},
        {"---", "\"---\""},
        {"- x", "\"- x\""},
        {"a: b", "\"a: b\""},
        {"a #b", "\"a #b\""},
        {" a", "\" a\""},
        {"a ", "\"a \""},
        {"[x]", "\"[x]\""},
        {"a,b", "\"a,b\""},
        {"say \"x\\y\"", "\"say \\\"x\\\\y\\\"\""},
        {"line\nnext\ttab\r", "\"line\\nnext\\ttab\\u000d\""},
        {"\x1b[0m", "\"\\u001b[0m\""},
        {"\xc3\xa9", "\"\xc3\xa9\""},
        {"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
        {"\xc2\x85", "\"\\u0085\""},
        {"\xe2\x80\xa8", "\"\\u2028\""},
        {"&x", "\"&x\""},
        {"*x", "\"*x\""},
        {"!x", "\"!x\""},
        {"%x", "\"%x\""},
        {"@x", "\"@x\""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sinter_text line = {0};
        yaml_print_scalar(&line, cases[i].text);
        assert_string_equal(sinter_text_data(&line), cases[i].printed);
        sinter_text_free(&line);
        /* in a list, in a flow list, as a value, as a key */
        yaml_print_scalar(&line, cases[i].text);
        struct sinter_text text = {0};
        const char *scalar = sinter_text_data(&line);
        sinter_text_printf(&text, "- %s\n- [%s, 1]\n- {v: %s}\n- v: %s\n", scalar, scalar, scalar, scalar);
        struct fixture f = read_fixture(sinter_text_data(&text));
        const struct yaml_node *nodes[] = {f.root->first, f.root->first->next->first, f.root->first->next->next->first,
                                           f.root->first->next->next->next->first};
        for (size_t k = 0; k < COUNT(nodes); k++) {
            assert_string_equal(nodes[k]->text, cases[i].text);
            assert_false(nodes[k]->is_null);
        }
        drop_fixture(&f);
        sinter_text_free(&text);
        sinter_text_free(&line);
    }
}

static void random_bytes_never_break_the_reader(void **state)
{
    (void)state;
    static const char letters[] = "ab1 \n\t:-[]{},&*!|>'\"%@`#?~\\\xc3\xa9\xff\0";
    struct sinter_random random = {.state = 20260101};
    for (int i = 0; i < 3000; i++) {
        char text[48];
        size_t length = (size_t)sinter_random_below(&random, sizeof text);
        for (size_t k = 0; k < length; k++)
            text[k] = letters[sinter_random_below(&random, sizeof letters)];
        struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
        enum sinter_status status = read_into(text, length, diags);
        assert_true(status == SINTER_OK || status == SINTER_BAD_INPUT);
        assert_int_equal(sinter_diagnostics_errors(diags), status == SINTER_OK ? 0 : 1);
        sinter_diagnostics_free(diags);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_become_located_nodes),
        cmocka_unit_test(bad_documents_are_refused_with_a_place),
        cmocka_unit_test(bytes_that_no_text_has_are_refused),
        cmocka_unit_test(a_message_shows_the_line_and_a_caret),
        cmocka_unit_test(depth_and_size_are_limited),
        cmocka_unit_test(sixty_four_levels_are_fine),
        cmocka_unit_test(duplicates_among_many_keys_are_found),
        cmocka_unit_test(files_that_cannot_be_read_are_reported),
        cmocka_unit_test(running_out_of_memory_is_reported_and_leaks_nothing),
        cmocka_unit_test(integers_are_read_exactly),
        cmocka_unit_test(fields_are_read_or_complained_about),
        cmocka_unit_test(unknown_keys_are_named_with_a_suggestion),
        cmocka_unit_test(a_field_can_be_replaced_or_added),
        cmocka_unit_test(printed_scalars_read_back),
        cmocka_unit_test(random_bytes_never_break_the_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
