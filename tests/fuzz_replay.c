/* fuzz_replay.c: runs a fuzz target over its stored corpus, so that every build covers it without libFuzzer.
 * SPDX-License-Identifier: MIT
 *
 *     fuzz_yaml tests/corpus/yaml
 *
 * Each file is fed whole and cut off at evenly spaced places: truncation is the cheapest mutation.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { N_CUTS = 32, MOST_BYTES = 1 << 24 };

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return -1;
    uint8_t *data = malloc(MOST_BYTES);
    size_t size = data ? fread(data, 1, MOST_BYTES, file) : 0;
    fclose(file);
    if (!data)
        return -1;
    for (size_t i = 0; i <= N_CUTS; i++) {
        size_t length = size * i / N_CUTS;
        /* A copy of the exact size lets AddressSanitizer see a read past the end. */
        uint8_t *exact = malloc(length + (length == 0));
        if (!exact)
            break;
        memcpy(exact, data, length);
        LLVMFuzzerTestOneInput(exact, length);
        free(exact);
    }
    free(data);
    return 0;
}

int main(int argc, char **argv)
{
    int n_files = 0;
    for (int i = 1; i < argc; i++) {
        struct dirent **entries = NULL;
        int n_entries = scandir(argv[i], &entries, NULL, alphasort);
        if (n_entries < 0) {
            fprintf(stderr, "cannot read the corpus '%s'\n", argv[i]);
            return 1;
        }
        for (int k = 0; k < n_entries; k++) {
            char path[4096];
            int length = snprintf(path, sizeof path, "%s/%s", argv[i], entries[k]->d_name);
            if (entries[k]->d_name[0] != '.' && length > 0 && (size_t)length < sizeof path) {
                if (replay(path) != 0)
                    fprintf(stderr, "cannot read '%s'\n", path);
                else
                    n_files++;
            }
            free(entries[k]);
        }
        free(entries);
    }
    printf("%d inputs replayed\n", n_files);
    return n_files > 0 ? 0 : 1;
}
