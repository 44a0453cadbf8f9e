/* Which of 64 bytes end a cell, and whether any is a quote, CR or NUL, or above 127. SSE2 is in every x86-64 and NEON in every aarch64, so
   nothing is chosen at run time; AVX2 was no faster. */
#pragma once
#include <string.h>
#include "kernels.h"

#define ONES 0x0101010101010101ULL
#define HIGH 0x8080808080808080ULL

INLINE u64 load8(const uint8_t *p) {
  u64 x;
  memcpy(&x, p, 8);
  return x;
}
INLINE u64 not_zero(u64 x) { return ((x & ~HIGH) + ~HIGH) | x; } /* & HIGH: the bytes that are not 0 */

INLINE i64 count_bits(u64 x) { /* without an instruction that older processors lack */
  x -= (x >> 1) & 0x5555555555555555ULL;
  x = (x & 0x3333333333333333ULL) + ((x >> 2) & 0x3333333333333333ULL);
  return (i64)((((x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fULL) * ONES) >> 56);
}

typedef struct { u64 odd, high; } Marks; /* not 0 where one of the bytes so far was */

#if defined(__SSE2__) && !defined(BARWISE_PLAIN_C)
#include <emmintrin.h>
#define VARIANT "SSE2"
INLINE u64 separators(const uint8_t *p, uint8_t delimiter, Marks *marks) {
  const __m128i cell = _mm_set1_epi8((char)delimiter), line = _mm_set1_epi8('\n'), quote = _mm_set1_epi8('"'), cr = _mm_set1_epi8('\r');
  const __m128i nul = _mm_setzero_si128();
  __m128i odd = nul, high = nul;
  u64 mask = 0;
  for (int i = 0; i < 4; i++) {
    const __m128i x = _mm_loadu_si128((const __m128i *)(p + 16 * i));
    const __m128i ends = _mm_or_si128(_mm_cmpeq_epi8(x, cell), _mm_cmpeq_epi8(x, line));
    mask |= (u64)(u32)_mm_movemask_epi8(ends) << (16 * i);
    odd = _mm_or_si128(odd, _mm_or_si128(_mm_cmpeq_epi8(x, nul), _mm_or_si128(_mm_cmpeq_epi8(x, quote), _mm_cmpeq_epi8(x, cr))));
    high = _mm_or_si128(high, x);
  }
  marks->odd |= (u64)_mm_movemask_epi8(odd);
  marks->high |= (u64)_mm_movemask_epi8(high);
  return mask;
}
#elif defined(__ARM_NEON) && defined(__aarch64__) && !defined(BARWISE_PLAIN_C)
#include <arm_neon.h>
#define VARIANT "NEON"
INLINE u64 separators(const uint8_t *p, uint8_t delimiter, Marks *marks) {
  static const uint8_t WEIGHTS[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const uint8x16_t weights = vld1q_u8(WEIGHTS), cell = vdupq_n_u8(delimiter), line = vdupq_n_u8('\n');
  uint8x16_t bits[4], odd = vdupq_n_u8(0), high = odd;
  for (int i = 0; i < 4; i++) {
    const uint8x16_t x = vld1q_u8(p + 16 * i);
    bits[i] = vandq_u8(vorrq_u8(vceqq_u8(x, cell), vceqq_u8(x, line)), weights);
    odd = vorrq_u8(odd, vorrq_u8(vceqzq_u8(x), vorrq_u8(vceqq_u8(x, vdupq_n_u8('"')), vceqq_u8(x, vdupq_n_u8('\r')))));
    high = vorrq_u8(high, x);
  }
  marks->odd |= vmaxvq_u8(odd);
  marks->high |= vmaxvq_u8(high) & 0x80;
  uint8x16_t sums = vpaddq_u8(vpaddq_u8(bits[0], bits[1]), vpaddq_u8(bits[2], bits[3]));
  sums = vpaddq_u8(sums, sums); /* a byte for each eight of the 64 */
  return vgetq_lane_u64(vreinterpretq_u64_u8(sums), 0);
}
#else /* eight bytes in a register: 1.8 times the time of the whole scan */
#define VARIANT "plain C"
INLINE u64 equal_bytes(u64 x, uint8_t byte) { return ~not_zero(x ^ (ONES * byte)) & HIGH; }
INLINE u64 separators(const uint8_t *p, uint8_t delimiter, Marks *marks) {
  u64 mask = 0;
  for (int i = 0; i < 8; i++) {
    const u64 x = load8(p + 8 * i), ends = equal_bytes(x, delimiter) | equal_bytes(x, '\n');
    mask |= (((ends >> 7) * 0x0102040810204080ULL) >> 56) << (8 * i); /* the lowest bit of each byte, side by side */
    marks->odd |= equal_bytes(x, 0) | equal_bytes(x, '"') | equal_bytes(x, '\r');
    marks->high |= x & HIGH;
  }
  return mask;
}
#endif
