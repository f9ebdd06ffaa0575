/* kernels.c: which kernels this machine runs.
 * SPDX-License-Identifier: MIT
 */
#include "exec/kernels.h"

#if defined(__x86_64__) || defined(__i386__)
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}
#else
static bool has_avx2(void)
{
    return false;
}

static bool has_avx512(void)
{
    return false;
}
#endif

const struct kernels *kernels_at(enum kernels_level level)
{
    switch (level) {
    case KERNELS_BASELINE:
        return kernels_baseline;
    case KERNELS_AVX2:
        return has_avx2() ? kernels_avx2 : NULL;
    case KERNELS_AVX512:
        return has_avx512() ? kernels_avx512 : NULL;
    case N_KERNELS_LEVELS:
        break;
    }
    return NULL;
}

const char *kernels_level_name(enum kernels_level level)
{
    static const char *const names[] = {"baseline", "avx2", "avx512"};
    return names[level];
}

static const struct kernels *best(void)
{
    const struct kernels *kernels = NULL;
    for (int level = N_KERNELS_LEVELS - 1; kernels == NULL; level--)
        kernels = kernels_at((enum kernels_level)level);
    return kernels;
}

const struct kernels_f32 *kernels_f32(void)
{
    return &best()->f32;
}

const struct kernels_f64 *kernels_f64(void)
{
    return &best()->f64;
}
