/* narrow.inc.h: numbers of a narrow float format from and to REAL, without a branch: the body of narrow.h for one width.
 * SPDX-License-Identifier: MIT
 *
 * Set before: REAL, BITS (the unsigned integer of its width), NARROW (the parameters), NARROWED(name), and of REAL the
 * stored MANTISSA_BITS and the MOST_EXPONENT.
 */

static inline BITS NARROWED(bits)(REAL x)
{
    BITS bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline REAL NARROWED(real)(BITS bits)
{
    REAL x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline struct NARROW NARROWED(of)(int exponent_bits, int mantissa_bits, bool is_finite)
{
    BITS one = 1;
    BITS bias = (one << (exponent_bits - 1)) - 1;
    BITS real_bias = MOST_EXPONENT >> 1;
    BITS end = one << (exponent_bits + mantissa_bits); /* of the codes without a sign */
    BITS infinity = end - (one << mantissa_bits);
    struct NARROW narrow;
    narrow.sign_shift = exponent_bits + mantissa_bits;
    narrow.shift = MANTISSA_BITS - mantissa_bits;
    narrow.below_half = narrow.shift > 0 ? (one << (narrow.shift - 1)) - 1 : 0;
    narrow.odd = narrow.shift > 0;
    narrow.rebias = (real_bias - bias) << MANTISSA_BITS;
    narrow.least_normal = (real_bias - bias + 1) << MANTISSA_BITS;
    narrow.subnormal = NARROWED(real)(narrow.least_normal + ((BITS)narrow.shift << MANTISSA_BITS));
    narrow.factor = NARROWED(real)((2 * real_bias - bias) << MANTISSA_BITS);
    narrow.nan = is_finite ? end - 1 : infinity | (one << (mantissa_bits - 1));
    narrow.most = (is_finite ? end - 1 : infinity) - 1;
    narrow.overflow = is_finite ? narrow.most : infinity;
    return narrow;
}

/* Normal numbers: the exponent is moved and the mantissa cut, rounded by an addition that may carry into the exponent.
 * Subnormal ones: the addition of a number whose last place is theirs rounds, and leaves the code in its mantissa. */
static inline BITS NARROWED(encode)(const struct NARROW *narrow, REAL x)
{
    BITS bits = NARROWED(bits)(x);
    BITS magnitude = bits & (~(BITS)0 >> 1);
    BITS cut = magnitude - narrow->rebias + narrow->below_half + ((magnitude >> narrow->shift) & narrow->odd);
    BITS normal = cut >> narrow->shift;
    REAL sum = NARROWED(real)(magnitude) + narrow->subnormal;
    BITS code = magnitude < narrow->least_normal ? NARROWED(bits)(sum) - NARROWED(bits)(narrow->subnormal) : normal;
    code = code > narrow->most ? narrow->overflow : code;
    code |= (bits ^ magnitude) >> (8 * (int)sizeof bits - 1) << narrow->sign_shift;
    return magnitude > (BITS)MOST_EXPONENT << MANTISSA_BITS ? narrow->nan : code;
}

/* The code in the place of REAL's own exponent and mantissa is the number but for a power of two, subnormal or not. */
static inline REAL NARROWED(decode)(const struct NARROW *narrow, BITS code)
{
    BITS sign = (code >> narrow->sign_shift) & 1;
    BITS magnitude = code & (((BITS)1 << narrow->sign_shift) - 1);
    BITS infinity = (BITS)MOST_EXPONENT << MANTISSA_BITS;
    BITS special = magnitude == narrow->overflow ? infinity : infinity | (infinity >> 1);
    REAL finite = NARROWED(real)(magnitude << narrow->shift) * narrow->factor;
    BITS bits = magnitude > narrow->most ? special : NARROWED(bits)(finite);
    return NARROWED(real)(bits | sign << (8 * (int)sizeof bits - 1));
}
