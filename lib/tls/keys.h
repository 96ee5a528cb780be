/* SPDX-License-Identifier: ISC */
#ifndef LIB_TLS_KEYS_H
#define LIB_TLS_KEYS_H

/*
 * When a connection that lasts changes its keys by itself (KeyUpdate, RFC 8446, 4.6.3): AES-GCM is
 * safe for 2^24.5 records under one key (5.5), and a key that leaks shouldn't open months.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Records in one direction under one key; a build for tests has fewer. */
#ifndef TLS_KEY_RECORDS
#define TLS_KEY_RECORDS (1u << 24)
#endif

/* Milliseconds under one key, those asleep among them. */
#define TLS_KEY_MS (24 * 3600 * 1000ll)

struct key_age {
	uint32_t records[2]; /* read, written */
	int64_t since;	     /* clock_boot_ms() */
};

/* New keys are in use. */
void keys_begin(struct key_age *a);

/* A record was read or written. */
void keys_count(struct key_age *a, bool write);

/* Whether it is time for new keys. */
bool keys_due(const struct key_age *a);

#endif
