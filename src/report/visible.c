/* visible.c: texts for a terminal: what could drive it is spelled out; words are wrapped.
 * SPDX-License-Identifier: MIT
 */
#include "report/format.h"

#include <string.h>

/* A character of the text that a terminal acts on instead of showing it: its bytes, and its code point. 0: it is none. */
static size_t control_bytes(const unsigned char *text, unsigned *code)
{
    *code = text[0];
    if (text[0] < 0x20 || text[0] == 0x7F)
        return 1;
    if (text[0] == 0xC2 && text[1] >= 0x80 && text[1] < 0xA0) { /* C1 */
        *code = text[1];
        return 2;
    }
    if (text[0] == 0xD8 && text[1] == 0x9C) { /* Arabic letter mark */
        *code = 0x061C;
        return 2;
    }
    if (text[0] != 0xE2 || (text[1] != 0x80 && text[1] != 0x81) || text[2] < 0x80 || text[2] > 0xBF)
        return 0;
    *code = 0x2000u | (text[1] & 0x3Fu) << 6 | (text[2] & 0x3Fu);
    bool is_mark = *code == 0x200E || *code == 0x200F;
    bool is_separator = *code == 0x2028 || *code == 0x2029;
    bool is_bidi = (*code >= 0x202A && *code <= 0x202E) || (*code >= 0x2066 && *code <= 0x2069);
    return is_mark || is_separator || is_bidi ? 3 : 0;
}

void sinter_text_visible(struct sinter_text *out, const char *text, const char *kept)
{
    size_t begin = 0, i = 0;
    while (text[i] != '\0') {
        unsigned code;
        size_t n = control_bytes((const unsigned char *)text + i, &code);
        if (n == 0 || (n == 1 && strchr(kept, text[i]) != NULL)) {
            i++;
            continue;
        }
        sinter_text_append_n(out, text + begin, i - begin);
        if (code == '\n' || code == '\t' || code == '\r')
            sinter_text_printf(out, "\\%c", code == '\n' ? 'n' : code == '\t' ? 't' : 'r');
        else
            sinter_text_printf(out, "\\u%04x", code); /* as JSON spells it */
        i += n;
        begin = i;
    }
    sinter_text_append_n(out, text + begin, i - begin);
}

void append_clean(struct sinter_text *out, const char *text)
{
    if (text != NULL)
        sinter_text_visible(out, text, "");
}

void append_wrapped(struct sinter_text *out, const char *text, int used, int indent, int width)
{
    for (bool is_first = true; *text != '\0'; is_first = false) {
        size_t length = strcspn(text, " ");
        struct sinter_text word = {.allocator = out->allocator};
        sinter_text_append_n(&word, text, length);
        int columns = sinter_text_columns(sinter_text_data(&word));
        if (!is_first && width > 0 && used + 1 + columns > width) {
            sinter_text_printf(out, "\n%*s", indent, "");
            used = indent;
        } else if (!is_first) {
            sinter_text_append(out, " ");
            used++;
        }
        append_clean(out, sinter_text_data(&word));
        out->failed = out->failed || word.failed;
        sinter_text_free(&word);
        used += columns;
        text += length;
        text += strspn(text, " ");
    }
}
