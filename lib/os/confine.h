/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_CONFINE_H
#define LIB_OS_CONFINE_H

/*
 * A process gives up what it doesn't need before it reads untrusted data: files, network, other
 * processes, new privileges, more memory.  Each measure is taken where the kernel has it; struct
 * confined tells which hold, for status and log.  There is no way back.
 */
#include <stdbool.h>

#include "lib/base/buf.h"

/* What stays possible besides computing and using open descriptors. */
struct confine_want {
	bool sockets; /* sending and receiving on sockets that are open */
	/* bytes of address space more than now (Windows: than any program needs); 0: no limit */
	uint64_t memory;
	unsigned cpu_seconds; /* of processor time in all; 0: no limit */
};

/* What holds. */
struct confined {
	/*
	 * no core file, no file written, no new descriptor (Windows: no new process), the processor
	 * time
	 */
	bool limits;
	bool memory;	       /* the address space */
	bool memory_unlimited; /* a sanitizer makes that impossible */
	bool privileges;       /* none to gain, and none held */
	/* Linux */
	bool seccomp;	   /* only the listed system calls */
	unsigned landlock; /* ABI version of the kernel; 0: it has no Landlock */
	/* Windows */
	bool token; /* restricted: opens only what everybody can open, not what is this user's */
	bool integrity; /* low: changes nothing but what is marked as low, too */
	bool desktop;	/* no clipboard, no other program's windows, no settings of the desktop */
	/* no memory that becomes code, none loaded from the network or from low places */
	bool code;
};

/*
 * As root, become the user "slipway-net" (the package's, of whom nothing runs besides and nothing is
 * owned), "slipway" or "nobody", the first that there is, for good.  Call it before confine(), which
 * takes the right to do so away.  Returns 1, 0 where root can't become another
 * user (in a container without the right to, say), or -1 with ERR_ACCESS: another reason, such as a
 * limit of that user's processes, and this process is to end.
 */
int confine_drop_user(struct err *e);

/* Confine this process.  *out tells which measures hold; a measure that fails is no error. */
void confine(const struct confine_want *want, struct confined *out);

/* Convert to a number for a frame, and back.  Any number converts back. */
uint32_t confined_pack(const struct confined *c);
void confined_unpack(uint32_t packed, struct confined *c);

/* Whether all measures that this version of Slipway knows hold. */
bool confined_fully(const struct confined *c);

/*
 * Append a line for people: "Landlock version 6, seccomp, no privileges, memory limit, limits", on
 * Windows "restricted token, low integrity, no privileges, memory limit, limits, no desktop, no new
 * code". 0 or -1 with ERR_NOMEM or ERR_TOO_LARGE.
 */
int confined_format(const struct confined *c, struct buf *out, struct err *e);

/*
 * Whether this build is one with AddressSanitizer or ThreadSanitizer, which need an address space
 * without limit.
 */
bool confine_sanitized(void);

#endif
