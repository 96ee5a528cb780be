/* SPDX-License-Identifier: ISC */
#ifndef SERVER_ROLLOVER_LOOK_H
#define SERVER_ROLLOVER_LOOK_H

/*
 * The step of a replacement, found each time anew from the pairs in certs/, from the present
 * releases and from the certificates that the Kernels serve.
 *
 *	certs/NAME.pem, .crt		the pair in use
 *	certs/NAME.new.pem, .crt	the pair that takes its place, until then
 *	certs/NAME.old.pem, .crt	the pair that was in use before
 */
#include "server/rollover/trust.h"

enum replace_step {
	REPLACE_MAKE = 1,
	REPLACE_BOTH,
	REPLACE_WAIT,
	REPLACE_INSTALL,
	REPLACE_ONLY,
	REPLACE_RETIRE,
	REPLACE_DONE
};

struct look_kernel {
	const char *server; /* belongs to the replacement */
	bool looked;	    /* the Kernel answered; otherwise why has the reason */
	bool serves[REPLACE_COUNT];
	char hex[SHA256_HEX_SIZE]; /* the SHA-256 of the certificate that the Kernel serves */
	struct err why;
};

struct look {
	struct bundle_cert cert[REPLACE_COUNT];
	struct buf pem[REPLACE_COUNT]; /* of the two certificates; empty: not in certs/ */
	const char *at[REPLACE_COUNT]; /* "", ".new" or ".old": place of the pair, or NULL */
	struct replace_trust trust;
	struct look_kernel kernels[REPLACE_KERNELS_MAX];
	size_t n;
	enum replace_step next;
};

void look_init(struct look *l);
void look_free(struct look *l);

/* Reads the pairs and the releases of r, and connects to the Kernels.  Returns 0 or -1. */
int look_all(struct look *l, const struct replace *p, const struct repo *r, struct err *e);

/* Connects only to the Kernel i. */
void look_kernel(struct look *l, const struct replace *p, size_t i);

/* Returns the number of Kernels that serve the certificate. */
size_t look_serving(const struct look *l, int which);

/* Appends the step of a replacement and the next command in words.  Returns 0 or -1. */
int say_standing(const struct replace *p, const struct look *l, struct buf *out, struct err *e);

/*
 * The same for programs: {"name", "under_way", "step": 1 to 6, or 0 when finished, "next": its word,
 * "old" and "new" (SHA-256), times, "kernels": [{"server", "serves", "sha256"} or {"server",
 * "error"}]}.  NULL: no memory.
 */
json_t *say_json(const struct replace *p, const struct look *l);

#endif
