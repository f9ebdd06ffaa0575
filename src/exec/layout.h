/* layout.h: addresses for what lives in one memory over time.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_EXEC_LAYOUT_H
#define SINTER_EXEC_LAYOUT_H

#include "sinter/base.h"

/* Something that takes `bits` at all moments in [begin, end). */
struct lodger {
    int begin, end;
    int64_t bits;
    int64_t address; /* found */
};

/* Gives every lodger an address so that no two that live at one moment overlap, and tries to need no more than `peak` bits, the
 * most that lives at one moment. Returns the bits needed; -1: out of memory. Deterministic. `scratch` is as before afterwards. */
int64_t layout(struct lodger *lodgers, int n, int64_t peak, struct sinter_arena *scratch);

#endif
