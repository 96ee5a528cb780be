/* SPDX-License-Identifier: ISC */
/* Finding the step of a replacement. */
#include "server/rollover/look.h"

#include <string.h>

#include "lib/x509/facts.h"
#include "server/cert/probe.h"
#include "server/rollover/pair.h"

/* Bytes of the names of all releases. */
#define WHERE_MAX (1024u * 1024)

void
look_init(struct look *l)
{
	memset(l, 0, sizeof *l);
	l->trust.where = (struct buf)BUF_INIT(WHERE_MAX);
	for (int i = 0; i < REPLACE_COUNT; i++)
		l->pem[i] = (struct buf)BUF_INIT(CERT_FILE_MAX);
}

void
look_free(struct look *l)
{
	for (int i = 0; i < REPLACE_COUNT; i++)
		buf_free(&l->pem[i]);
	buf_free(&l->trust.where);
}

/* Takes the pair if its certificate is the wanted one.  Returns 0 or -1. */
static int
take_pair(struct look *l, int which, const struct replace_pair *pair, const char *at, struct err *e)
{
	if (!pair->cert || memcmp(pair->sha256, l->cert[which].sha256, SHA256_SIZE) != 0)
		return 0;
	buf_reset(&l->pem[which]);
	if (buf_add(&l->pem[which], pair->pem.data, pair->pem.len, e) == -1)
		return -1;
	if (pair->key)
		l->at[which] = at;
	return 0;
}

/* Finds the two certificates and their keys in certs/. */
static int
look_pairs(struct look *l, const struct replace *p, struct err *e)
{
	static const char *const places[] = { "", ".new", ".old" };

	for (int which = 0; which < REPLACE_COUNT; which++) {
		l->at[which] = NULL;
		buf_reset(&l->pem[which]);
		memcpy(l->cert[which].sha256, p->m.sha256[which], SHA256_SIZE);
		l->cert[which].pem = &l->pem[which];
		for (size_t i = 0;
		     i < N(places) && l->at[which] == NULL && *p->m.hex[which] != '\0'; i++) {
			struct replace_pair pair;
			int rc = replace_pair_read(p, places[i], &pair, e);

			if (rc == 0)
				rc = take_pair(l, which, &pair, places[i], e);
			replace_pair_free(&pair);
			if (rc == -1)
				return -1;
		}
	}
	return 0;
}

/* Takes what one Kernel serves; looked is freed. */
static void
take_kernel(struct look_kernel *k, const struct replace *p, struct cert_looked *looked)
{
	X509 *x = NULL;

	*k = (struct look_kernel){ .server = looked->server, .why = looked->why };
	if (looked->rc == 0 &&
	    (x = cert_parse(looked->pem.data, looked->pem.len, &k->why)) != NULL) {
		cert_hex(x, k->hex);
		k->looked = true;
	}
	X509_free(x);
	for (int which = 0; which < REPLACE_COUNT && k->looked; which++)
		k->serves[which] = strcmp(p->m.hex[which], k->hex) == 0;
	buf_free(&looked->pem);
}

void
look_kernel(struct look *l, const struct replace *p, size_t i)
{
	struct cert_looked looked;

	cert_look(&looked, p->m.kernels.v[i]);
	take_kernel(&l->kernels[i], p, &looked);
}

static void
look_kernels(struct look *l, const struct replace *p)
{
	struct cert_looked looked[REPLACE_KERNELS_MAX];

	l->n = p->m.kernels.n;
	cert_look_all(looked, (const char *const *)p->m.kernels.v, l->n);
	for (size_t i = 0; i < l->n; i++)
		take_kernel(&l->kernels[i], p, &looked[i]);
}

size_t
look_serving(const struct look *l, int which)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += l->kernels[i].serves[which];
	return n;
}

static enum replace_step
next_step(const struct look *l, const struct replacement *m)
{
	const struct replace_trust *t = &l->trust;
	bool installed = l->n > 0 && look_serving(l, REPLACE_NEW) == l->n;
	bool only = t->fresh > 0 && t->both == 0 && t->old == 0;

	if (m->moving != REPLACE_STAYS)
		return REPLACE_RETIRE;
	if (l->at[REPLACE_NEW] == NULL)
		return REPLACE_MAKE;
	if (only) {
		if (!installed)
			return REPLACE_INSTALL;
		return *l->at[REPLACE_NEW] != '\0' || m->finished == REPLACE_NEVER ? REPLACE_RETIRE
										   : REPLACE_DONE;
	}
	if (t->both == 0 || t->old > 0 || t->fresh > 0)
		return REPLACE_BOTH;
	if (!replacement_waited(m))
		return REPLACE_WAIT;
	return installed ? REPLACE_ONLY : REPLACE_INSTALL;
}

int
look_all(struct look *l, const struct replace *p, const struct repo *r, struct err *e)
{
	if (look_pairs(l, p, e) == -1 || replace_trust_look(&l->trust, r, l->cert, e) == -1)
		return -1;
	look_kernels(l, p);
	l->next = p->m.exists ? next_step(l, &p->m) : REPLACE_MAKE;
	return 0;
}
