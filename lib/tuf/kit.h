/* SPDX-License-Identifier: ISC */
#ifndef LIB_TUF_KIT_H
#define LIB_TUF_KIT_H

/*
 * An enrolment kit: one file with all that "slipway enroll" needs, made on the repository's
 * machine.  Nobody signs it: whoever enrols with it trusts it as a whole, by the way it came or by
 * its SHA-256.  A JSON object:
 *   slipway-kit    1, the format
 *   installation, application
 *   servers        [URL...]
 *   host_keys      ["SHA256:..."...]
 *   root           the bytes of the root metadata to trust, as a text
 *   options        {NAME: TEXT}: options of "slipway enroll" by their names (kit_options)
 *   login_key      a private key as ssh-keygen writes it; only where it was asked for
 */
#include <jansson.h>

#include "lib/base/buf.h"
#include "lib/base/list.h"

#define KIT_MAX	     (1024u * 1024) /* bytes of a kit */
#define KIT_LIST_MAX 16		    /* servers, and host keys */
#define KIT_KEY_MAX  (16u * 1024)   /* bytes of a login key */

/* The options that a kit may have, without "--"; a NULL ends them. */
extern const char *const kit_options[];

/* Start with KIT_INIT; release with kit_free(). */
struct kit {
	char *installation, *application, *root;
	struct strings servers, host_keys;
	struct strings names, values; /* of options, as many of both */
	char *login_key;	      /* or NULL */
};

#define KIT_INIT \
	{ \
		.installation = NULL \
	}

/*
 * Read a kit.  Returns 0, or -1 with ERR_SYNTAX (the text names the member), ERR_VERSION,
 * ERR_TOO_LARGE or ERR_NOMEM, and *k empty.  What addresses, fingerprints and values say is the
 * reader's to check.
 */
int kit_parse(const uint8_t *data, size_t len, struct kit *k, struct err *e);

/* Append one as its file is written.  Returns 0, or -1 as kit_parse() would refuse it. */
int kit_format(const struct kit *k, struct buf *out, struct err *e);

/* The text of an option, or NULL.  Owned by k. */
const char *kit_option(const struct kit *k, const char *name);

/* Add an option.  Returns 0, or -1 with ERR_USAGE (no such option, or given twice). */
int kit_add_option(struct kit *k, const char *name, const char *value, struct err *e);

void kit_free(struct kit *k);

#endif
