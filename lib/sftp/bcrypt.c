/* SPDX-License-Identifier: ISC */
/*
 * bcrypt_pbkdf, on Blowfish and SHA-512.
 *
 * Blowfish's initial tables are the first 33,344 bits of the fraction of pi.  OpenSSL has the
 * cipher but gives nobody its tables, so they are computed here: a few milliseconds, next to some
 * hundred that bcrypt is meant to take.
 */
#include "lib/sftp/bcrypt.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/crypto.h>

#include "lib/base/digest.h"

#define P_WORDS	     18
#define S_WORDS	     256
#define TABLE_WORDS  (P_WORDS + 4 * S_WORDS)
#define GUARD_WORDS  4 /* computed as well, so that rounding never reaches the table */
#define HASH_SIZE    32
#define HASH_WORDS   (HASH_SIZE / 4)
#define BCRYPT_TURNS 64

struct blowfish {
	uint32_t p[P_WORDS];
	uint32_t s[4][S_WORDS];
};

/* sum += (or -=) factor * atan(1 / n), all numbers scaled by 2^bits: Gregory's series. */
static int
add_arctan(BIGNUM *sum, BN_ULONG factor, BN_ULONG n, int bits, int negative)
{
	BIGNUM *power = BN_new(), *term = BN_new();
	int ok = power != NULL && term != NULL && BN_set_bit(power, bits) &&
	    BN_mul_word(power, factor) && BN_div_word(power, n) != (BN_ULONG)-1;

	for (BN_ULONG k = 1; ok && !BN_is_zero(power); k += 2) {
		ok = BN_copy(term, power) != NULL && BN_div_word(term, k) != (BN_ULONG)-1 &&
		    (negative ? BN_sub(sum, sum, term) : BN_add(sum, sum, term)) &&
		    BN_div_word(power, n * n) != (BN_ULONG)-1;
		negative = !negative;
	}
	BN_free(power);
	BN_free(term);
	return ok;
}

/* pi = 16 atan(1/5) - 4 atan(1/239) (Machin). */
static int
blowfish_tables(struct blowfish *b, struct err *e)
{
	enum { BITS = 32 * (TABLE_WORDS + GUARD_WORDS) };
	uint8_t raw[BITS / 8];
	BIGNUM *pi = BN_new();
	int ok = pi != NULL && add_arctan(pi, 16, 5, BITS, 0) && add_arctan(pi, 4, 239, BITS, 1) &&
	    BN_mask_bits(pi, BITS) && BN_bn2binpad(pi, raw, sizeof raw) == sizeof raw;

	BN_free(pi);
	if (!ok)
		return err_setx(e, ERR_CRYPTO, "Blowfish's tables can't be computed");
	for (size_t i = 0; i < TABLE_WORDS; i++) {
		const uint8_t *p = raw + 4 * i;
		uint32_t word =
		    (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];

		if (i < P_WORDS)
			b->p[i] = word;
		else
			b->s[(i - P_WORDS) / S_WORDS][(i - P_WORDS) % S_WORDS] = word;
	}
	return 0;
}

static void
encipher(const struct blowfish *b, uint32_t x[2])
{
	uint32_t l = x[0] ^ b->p[0], r = x[1], t;

	for (int i = 1; i <= 16; i++) {
		r ^= (((b->s[0][l >> 24] + b->s[1][l >> 16 & 255]) ^ b->s[2][l >> 8 & 255]) +
			 b->s[3][l & 255]) ^
		    b->p[i];
		t = l;
		l = r;
		r = t;
	}
	x[0] = r ^ b->p[17];
	x[1] = l;
}

/* The next word of bytes that repeat without end. */
static uint32_t
next_word(const uint8_t data[SHA512_SIZE], size_t *at)
{
	uint32_t word = 0;

	for (int i = 0; i < 4; i++) {
		word = word << 8 | data[*at];
		*at = (*at + 1) % SHA512_SIZE;
	}
	return word;
}

/* bcrypt's key schedule; salt may be NULL. */
static void
expand(struct blowfish *b, const uint8_t *salt, const uint8_t key[SHA512_SIZE])
{
	size_t at = 0, salt_at = 0;
	uint32_t x[2] = { 0, 0 };

	for (int i = 0; i < P_WORDS; i++)
		b->p[i] ^= next_word(key, &at);
	for (size_t i = 0; i < TABLE_WORDS; i += 2) {
		uint32_t *to = i < P_WORDS
		    ? &b->p[i]
		    : &b->s[(i - P_WORDS) / S_WORDS][(i - P_WORDS) % S_WORDS];

		if (salt != NULL) {
			x[0] ^= next_word(salt, &salt_at);
			x[1] ^= next_word(salt, &salt_at);
		}
		encipher(b, x);
		to[0] = x[0];
		to[1] = x[1];
	}
}

static void
bcrypt_hash(const struct blowfish *tables, const uint8_t pass[SHA512_SIZE],
    const uint8_t salt[SHA512_SIZE], uint8_t out[HASH_SIZE])
{
	static const uint8_t magic[HASH_SIZE + 1] = "OxychromaticBlowfishSwatDynamite";
	struct blowfish b = *tables;
	uint32_t x[HASH_WORDS];

	expand(&b, salt, pass);
	for (int i = 0; i < BCRYPT_TURNS; i++) {
		expand(&b, NULL, salt);
		expand(&b, NULL, pass);
	}
	for (size_t i = 0; i < HASH_WORDS; i++)
		x[i] = (uint32_t)magic[4 * i] << 24 | (uint32_t)magic[4 * i + 1] << 16 |
		    (uint32_t)magic[4 * i + 2] << 8 | magic[4 * i + 3];
	for (int i = 0; i < BCRYPT_TURNS; i++)
		for (int k = 0; k < HASH_WORDS; k += 2)
			encipher(&b, x + k);
	for (size_t i = 0; i < HASH_SIZE; i++)
		out[i] = (uint8_t)(x[i / 4] >> 8 * (i % 4));
	OPENSSL_cleanse(&b, sizeof b);
}

/* One block of output: as many hashes as there are rounds, XORed. */
static int
block(const struct blowfish *tables, const uint8_t pass[SHA512_SIZE], const uint8_t *salt,
    size_t saltlen, uint32_t count, uint32_t rounds, uint8_t out[HASH_SIZE], struct err *e)
{
	uint8_t counted[BCRYPT_SALT_MAX + 4], digest[SHA512_SIZE], hash[HASH_SIZE];

	memcpy(counted, salt, saltlen);
	for (size_t i = 0; i < 4; i++)
		counted[saltlen + i] = (uint8_t)(count >> (24 - 8 * i));
	if (digest_of(DIGEST_SHA512, counted, saltlen + 4, digest, e) == -1)
		return -1;
	bcrypt_hash(tables, pass, digest, hash);
	memcpy(out, hash, HASH_SIZE);
	for (uint32_t i = 1; i < rounds; i++) {
		if (digest_of(DIGEST_SHA512, hash, HASH_SIZE, digest, e) == -1)
			return -1;
		bcrypt_hash(tables, pass, digest, hash);
		for (size_t k = 0; k < HASH_SIZE; k++)
			out[k] ^= hash[k];
	}
	OPENSSL_cleanse(hash, sizeof hash);
	return 0;
}

int
bcrypt_pbkdf(const char *passphrase, const uint8_t *salt, size_t saltlen, uint32_t rounds,
    uint8_t *out, size_t outlen, struct err *e)
{
	struct blowfish *tables = NULL;
	uint8_t pass[SHA512_SIZE], part[HASH_SIZE];
	size_t blocks = (outlen + HASH_SIZE - 1) / HASH_SIZE;
	int rc = -1;

	if (*passphrase == '\0' || saltlen == 0 || saltlen > BCRYPT_SALT_MAX || rounds == 0 ||
	    outlen == 0 || outlen > BCRYPT_KEY_MAX)
		return err_setx(e, ERR_USAGE, "bcrypt: empty or too long input");
	if ((tables = malloc(sizeof *tables)) == NULL)
		return err_nomem(e);
	if (blowfish_tables(tables, e) == -1 ||
	    digest_of(DIGEST_SHA512, passphrase, strlen(passphrase), pass, e) == -1)
		goto out;
	/*
	 * Byte i of block n goes to place i * blocks + n, so that no block alone is a part of the
	 * key.
	 */
	for (size_t n = 0; n < blocks; n++) {
		if (block(tables, pass, salt, saltlen, (uint32_t)n + 1, rounds, part, e) == -1)
			goto out;
		for (size_t i = 0; i < HASH_SIZE && i * blocks + n < outlen; i++)
			out[i * blocks + n] = part[i];
	}
	rc = 0;
out:
	OPENSSL_cleanse(pass, sizeof pass);
	OPENSSL_cleanse(part, sizeof part);
	free(tables);
	return rc;
}
