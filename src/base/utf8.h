/* utf8.h: characters of more than one byte.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_BASE_UTF8_H
#define SINTER_BASE_UTF8_H

#include <stddef.h>

/* The bytes of the character at the start of the text (1 to 4), or 0 when it is no valid UTF-8: truncated, overlong,
 * a surrogate, beyond U+10FFFF. `length` > 0. */
size_t utf8_size(const char *text, size_t length);

#endif
