/* SPDX-License-Identifier: ISC */
/* The age of a connection's keys. */
#include "lib/tls/keys.h"

#include "lib/os/clock.h"

void
keys_begin(struct key_age *a)
{
	*a = (struct key_age){ .since = clock_boot_ms() };
}

void
keys_count(struct key_age *a, bool write)
{
	a->records[write]++;
}

bool
keys_due(const struct key_age *a)
{
	return a->records[0] >= TLS_KEY_RECORDS || a->records[1] >= TLS_KEY_RECORDS ||
	    clock_boot_ms() - a->since >= TLS_KEY_MS;
}
