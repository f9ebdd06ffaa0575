/* arena.h: what the room needs to know about an arena beyond base.h.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_BASE_ARENA_H
#define SINTER_BASE_ARENA_H

#include "sinter/base.h"

/* Where the arena's blocks come from: for scratch memory beside the arena. NULL: malloc. */
const struct sinter_allocator *arena_allocator(const struct sinter_arena *arena);

#endif
