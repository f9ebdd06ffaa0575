/* page.h: --html and --figures: a result as a page, and its charts as files.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_CLI_PAGE_H
#define SINTER_CLI_PAGE_H

#include "cli/options.h"

bool wants_page(const struct options *options);
/* Before long work: that pages are built in, and that no two outputs are the same file. */
enum sinter_status page_check(struct options *options);
/* Writes what is asked for. */
enum sinter_status page_write(struct options *options, const struct sinter_page *page);

#endif
