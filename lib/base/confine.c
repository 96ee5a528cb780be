/*
 * What a confinement is in words and on the wire; confine_posix.c does it.
 */
#include "base/confine.h"

enum { LIMITS = 1, MEMORY = 2, UNLIMITED = 4, PRIVILEGES = 8, SECCOMP = 16 };

#define LANDLOCK_SHIFT 8
#define LANDLOCK_MASK  0xffu

uint32_t
confined_pack(const struct confined *c)
{
	return (c->limits ? LIMITS : 0u) | (c->memory ? MEMORY : 0u) |
	       (c->memory_unlimited ? UNLIMITED : 0u) | (c->privileges ? PRIVILEGES : 0u) |
	       (c->seccomp ? SECCOMP : 0u) | (c->landlock & LANDLOCK_MASK) << LANDLOCK_SHIFT;
}

void
confined_unpack(uint32_t packed, struct confined *c)
{
	*c = (struct confined){ .limits = packed & LIMITS,
		.memory = packed & MEMORY,
		.memory_unlimited = packed & UNLIMITED,
		.privileges = packed & PRIVILEGES,
		.seccomp = packed & SECCOMP,
		.landlock = packed >> LANDLOCK_SHIFT & LANDLOCK_MASK };
}

bool
confined_fully(const struct confined *c)
{
	return c->limits && c->memory && c->privileges && c->seccomp && c->landlock > 0;
}

int
confined_format(const struct confined *c, struct buf *out, struct err *e)
{
	const char *memory = c->memory ? "memory limit"
			     : c->memory_unlimited
				 ? "no memory limit (AddressSanitizer needs the room)"
				 : "no memory limit";

	if (c->landlock > 0 ? buf_addf(out, e, "Landlock version %u", c->landlock) == -1
			    : buf_adds(out, "no Landlock", e) == -1)
		return -1;
	return buf_addf(out, e, ", %s, %s, %s, %s", c->seccomp ? "seccomp" : "no seccomp",
	    c->privileges ? "no privileges" : "privileges as they were", memory,
	    c->limits ? "limits" : "no limits");
}
