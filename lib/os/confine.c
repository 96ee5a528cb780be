/* SPDX-License-Identifier: ISC */
/*
 * Confinements as a number; confine_posix.c and confine_windows.c have the measures and their
 * words.
 */
#include "lib/os/confine.h"

enum {
	LIMITS = 1,
	MEMORY = 2,
	UNLIMITED = 4,
	PRIVILEGES = 8,
	SECCOMP = 16,
	TOKEN = 32,
	INTEGRITY = 64,
	DESKTOP = 128,
	CODE = 0x10000
};

#define LANDLOCK_SHIFT 8
#define LANDLOCK_MASK  0xffu

uint32_t
confined_pack(const struct confined *c)
{
	return (c->limits ? LIMITS : 0u) | (c->memory ? MEMORY : 0u) |
	    (c->memory_unlimited ? UNLIMITED : 0u) | (c->privileges ? PRIVILEGES : 0u) |
	    (c->seccomp ? SECCOMP : 0u) | (c->landlock & LANDLOCK_MASK) << LANDLOCK_SHIFT |
	    (c->token ? TOKEN : 0u) | (c->integrity ? INTEGRITY : 0u) |
	    (c->desktop ? DESKTOP : 0u) | (c->code ? CODE : 0u);
}

void
confined_unpack(uint32_t packed, struct confined *c)
{
	*c = (struct confined){ .limits = packed & LIMITS,
		.memory = packed & MEMORY,
		.memory_unlimited = packed & UNLIMITED,
		.privileges = packed & PRIVILEGES,
		.seccomp = packed & SECCOMP,
		.landlock = packed >> LANDLOCK_SHIFT & LANDLOCK_MASK,
		.token = packed & TOKEN,
		.integrity = packed & INTEGRITY,
		.desktop = packed & DESKTOP,
		.code = packed & CODE };
}
