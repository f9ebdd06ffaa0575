/* yaml_print.c: prints a scalar so that it reads back as the same text.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/utf8.h"
#include "base/yaml.h"
#include "base/yaml_words.h"

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Plain is what needs no thought: letters, digits and a few marks that mean nothing to YAML, also inside [] and {}. */
static bool is_plain(const char *text)
{
    size_t length = strlen(text);
    if (is_null_word(text) || length > 100 || text[length - 1] == ' ')
        return false;
    bool starts_well = is_letter(text[0]) || is_digit(text[0]) || text[0] == '_' || text[0] == '/';
    bool is_negative = text[0] == '-' && is_digit(text[1]);
    bool is_point = text[0] == '.' && is_digit(text[1]); /* "..." would end the document */
    if (!starts_well && !is_negative && !is_point)
        return false;
    for (const char *c = text; *c; c++) {
        if (!is_letter(*c) && !is_digit(*c) && !strchr(" _-+./*^()=<>", *c))
            return false;
    }
    return true;
}

/* The length of a character that YAML allows between double quotes as it stands; 0 for one that must be escaped. */
static size_t printable_size(const char *text, size_t length)
{
    size_t size = utf8_size(text, length);
    unsigned char c = (unsigned char)text[0];
    if (size == 1)
        return c >= 0x20 && c != 0x7f && c != '"' && c != '\\';
    bool is_c1 = size == 2 && c == 0xc2 && (unsigned char)text[1] < 0xa0;
    /* U+2028 and U+2029 break lines, U+FEFF marks a byte order, U+FFFE and U+FFFF are no characters. */
    bool is_special = size == 3 && (memcmp(text, "\xe2\x80\xa8", 3) == 0 || memcmp(text, "\xe2\x80\xa9", 3) == 0 ||
                                    memcmp(text, "\xef\xbb\xbf", 3) == 0 || memcmp(text, "\xef\xbf\xbe", 3) == 0 ||
                                    memcmp(text, "\xef\xbf\xbf", 3) == 0);
    return is_c1 || is_special ? 0 : size;
}

static unsigned code_point(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    if (size == 2)
        return (bytes[0] & 0x1fu) << 6 | (bytes[1] & 0x3fu);
    if (size == 3)
        return (bytes[0] & 0x0fu) << 12 | (bytes[1] & 0x3fu) << 6 | (bytes[2] & 0x3fu);
    return bytes[0];
}

void yaml_print_scalar(struct sinter_text *out, const char *text)
{
    if (is_plain(text)) {
        sinter_text_append(out, text);
        return;
    }
    size_t length = strlen(text);
    sinter_text_append(out, "\"");
    for (size_t i = 0, size; i < length; i += size) {
        size = printable_size(text + i, length - i);
        if (size > 0) {
            sinter_text_append_n(out, text + i, size);
            continue;
        }
        size = utf8_size(text + i, length - i);
        size = size ? size : 1; /* bytes that are no text come back as the characters of their numbers */
        switch (text[i]) {
        case '"':
            sinter_text_append(out, "\\\"");
            break;
        case '\\':
            sinter_text_append(out, "\\\\");
            break;
        case '\n':
            sinter_text_append(out, "\\n");
            break;
        case '\t':
            sinter_text_append(out, "\\t");
            break;
        default:
            sinter_text_printf(out, "\\u%04x", code_point(text + i, size));
        }
    }
    sinter_text_append(out, "\"");
}
