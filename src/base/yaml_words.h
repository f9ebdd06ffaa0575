/* yaml_words.h: words that mean something to YAML when they are not quoted.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_BASE_YAML_WORDS_H
#define SINTER_BASE_YAML_WORDS_H

#include <stdbool.h>
#include <string.h>

static inline bool is_null_word(const char *text)
{
    return text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0 || strcmp(text, "Null") == 0 ||
           strcmp(text, "NULL") == 0;
}

#endif
