/* state.h: state tensors: which tensor each belongs to, and whether its shape holds what that tensor keeps.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_CASCADE_STATE_H
#define SINTER_CASCADE_STATE_H

#include "cascade/build.h"

/* Sets state and state_of of every declared tensor; the look-backs must be known. */
enum sinter_status cascade_bind_states(struct sinter_cascade_builder *builder);

#endif
