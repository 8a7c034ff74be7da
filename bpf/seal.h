// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/*
 * How a program knows that what it reads is its key's. From Linux 6.1 on, the memory of a hash table's element that goes, also because
 * another takes its place, is the next element's at once, whatever its key: who found it a moment ago would read what is another's, or
 * half of it. So an entry that changes while packets ask is copied, and the copy is believed when it has the right seal, a mix of the key
 * and of what is sealed of the value. Layout/Seal.cs of the daemon works out the same.
 */
#ifndef NP_SEAL_H
#define NP_SEAL_H

#include "np.h"

/* Odd, and as likely to have a bit as not: 2^64 divided by the golden ratio. */
#define NP_SEAL_FACTOR 0x9e3779b97f4a7c15ULL

/*
 * How often an entry is looked for. A look may find what is another's by then, and it may miss an entry that is replaced. As the daemon
 * lets all programs end before it replaces an entry again, one of two looks is sure.
 */
#define NP_LOOKS 2

typedef __u32 __attribute__((may_alias)) np_word;
typedef __u64 __attribute__((may_alias)) np_double_word;

/* The sum of all words, each times a power of the factor. */
struct np_seal {
	__u64 sum;
	__u64 factor;
};

static __always_inline void np_seal_add(struct np_seal *seal, __u64 word)
{
	seal->sum += word * seal->factor;
	seal->factor *= NP_SEAL_FACTOR;
}

/* Begins with the key, word by word. Not with 0: what is zero throughout is nobody's. */
static __always_inline struct np_seal np_seal_begin(const void *key, __u32 size)
{
	struct np_seal seal = { .sum = NP_SEAL_FACTOR, .factor = NP_SEAL_FACTOR };
	const np_word *words = key;
	__u32 i;

#pragma unroll
	for (i = 0; i < size / sizeof(*words); i++)
		np_seal_add(&seal, words[i]);
	return seal;
}

/* Goes on with the value, two words at a time. */
static __always_inline void np_seal_value(struct np_seal *seal, const void *value, __u32 size)
{
	const np_double_word *words = value;
	__u32 i;

#pragma unroll
	for (i = 0; i < size / sizeof(*words); i++)
		np_seal_add(seal, words[i]);
}

static __always_inline __u32 np_seal_end(const struct np_seal *seal)
{
	return seal->sum >> 32;
}

/* Reads each word once, whatever the compiler thinks of it. */
static __always_inline void np_copy(void *to, const void *from, __u32 size)
{
	const volatile np_double_word *source = from;
	np_double_word *target = to;
	__u32 i;

#pragma unroll
	for (i = 0; i < size / sizeof(*target); i++)
		target[i] = source[i];
}

#endif
