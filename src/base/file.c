/* file.c: reading a whole file.
 * SPDX-License-Identifier: MIT
 */
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MAX_FILE = 64 << 20 };

static enum sinter_status read_stream(FILE *stream, const char *file, struct sinter_text *text,
                                      struct sinter_diagnostics *diags)
{
    struct sinter_location at = {file, 0, 0};
    char chunk[16384];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, stream)) > 0) {
        if (text->length + n > MAX_FILE)
            return sinter_error(diags, at, "is this the file that you meant?", "the file is larger than 64 MiB");
        sinter_text_append_n(text, chunk, n);
        if (text->failed)
            return sinter_out_of_memory(diags);
    }
    if (ferror(stream))
        return sinter_error(diags, at, NULL, "cannot read the file: %s", strerror(errno));
    return SINTER_OK;
}

enum sinter_status file_read(const char *file, struct sinter_text *text, struct sinter_diagnostics *diags)
{
    if (strcmp(file, "-") == 0)
        return read_stream(stdin, "standard input", text, diags);
    FILE *stream = fopen(file, "rb");
    if (stream == NULL)
        return sinter_error(diags, (struct sinter_location){file, 0, 0}, NULL, "cannot open the file: %s", strerror(errno));
    enum sinter_status status = read_stream(stream, file, text, diags);
    fclose(stream);
    return status;
}
