/* SPDX-License-Identifier: ISC */
/* known_hosts files. */
#include "lib/sftp/knownhosts.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <libssh2.h>

#include "lib/base/text.h"
#include "lib/os/file.h"

#define REVOKED "@revoked"

/*
 * Names are compared without regard to case; hashed ones begin with '|' and are of small letters.
 */
static void
lower_names(struct buf *line)
{
	if (line->len > 0 && line->data[0] != '|')
		for (size_t i = 0; i < line->len && !text_blank((char)line->data[i]); i++)
			line->data[i] = (uint8_t)ascii_lower((char)line->data[i]);
}

/*
 * Reads the key on one line.  1: it is for this host (for any host where name is NULL); 0: it
 * isn't, or the line can't be used; -1: no memory.  Each line is a collection of its own, so that
 * one line can't hide another.
 */
static int
key_of_line(LIBSSH2_SESSION *session, const char *line, const char *name,
    char print[FINGERPRINT_SIZE])
{
	LIBSSH2_KNOWNHOSTS *one = libssh2_knownhost_init(session);
	struct libssh2_knownhost *entry = NULL;
	struct buf whole = BUF_INIT(KNOWNHOSTS_FILE_MAX);
	struct err e;
	int rc = 0;

	if (one != NULL &&
	    buf_addf(&whole, &e, "%s%s", name == NULL ? "revoked.invalid " : "", line) == 0)
		lower_names(&whole);
	if (one == NULL || whole.len == 0)
		rc = -1;
	else if (libssh2_knownhost_readline(one, buf_text(&whole), whole.len,
		     LIBSSH2_KNOWNHOST_FILE_OPENSSH) == 0 &&
	    libssh2_knownhost_get(one, &entry, NULL) == 0 &&
	    (name == NULL ||
		libssh2_knownhost_check(one, name, entry->key, strlen(entry->key),
		    LIBSSH2_KNOWNHOST_TYPE_PLAIN | LIBSSH2_KNOWNHOST_KEYENC_BASE64,
		    NULL) == LIBSSH2_KNOWNHOST_CHECK_MATCH))
		rc = fingerprint_of_base64(entry->key, strlen(entry->key), print, &e) == 0;
	if (one != NULL)
		libssh2_knownhost_free(one);
	buf_free(&whole);
	return rc;
}

static void
add_print(struct knownhosts *k, const char *print)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->print[i], print) == 0)
			return;
	if (k->n < KNOWNHOSTS_KEYS_MAX)
		strcpy(k->print[k->n++], print);
}

static void
drop_print(struct knownhosts *k, const char *print)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->print[i], print) == 0) {
			memmove(k->print[i], k->print[i + 1], (k->n - i - 1) * sizeof k->print[0]);
			k->n--;
			return;
		}
}

/*
 * Returns the part of line that this pass reads, or NULL.  In the pass for revoked keys, where name
 * is NULL, that part begins with the key.
 */
static const char *
text_of_line(const char *line, const char *name)
{
	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#' || (*line == '@') != (name == NULL))
		return NULL;
	if (name != NULL)
		return line;
	if (strncmp(line, REVOKED, strlen(REVOKED)) != 0)
		return NULL;
	line += strlen(REVOKED);
	if (*line != ' ' && *line != '\t')
		return NULL;
	line += strspn(line, " \t");
	line += strcspn(line, " \t"); /* a key is revoked for all hosts */
	return line + strspn(line, " \t");
}

/*
 * Makes one pass over the lines, which end in NUL: the first adds keys, the second (name NULL)
 * drops revoked keys.
 */
static int
pass(LIBSSH2_SESSION *session, const struct buf *lines, const char *name, struct knownhosts *out)
{
	char print[FINGERPRINT_SIZE];

	for (size_t at = 0; at < lines->len; at += strlen((const char *)lines->data + at) + 1) {
		const char *text = text_of_line((const char *)lines->data + at, name);
		int rc = text == NULL ? 0 : key_of_line(session, text, name, print);

		if (rc == -1)
			return -1;
		if (rc == 1)
			(name == NULL ? drop_print : add_print)(out, print);
	}
	return 0;
}

int
knownhosts_parse(const char *file, struct buf *text, const char *host, uint16_t port,
    struct knownhosts *out, struct err *e)
{
	const void *begin = text->data;
	size_t len = text->len, hostlen = strlen(host);
	LIBSSH2_SESSION *session;
	char plain[256], name[512];
	int rc = -1;

	out->n = 0;
	if (text_begin(&begin, &len, e) == -1)
		return err_context(e, "%s", file);
	/* A mark before the first line is a blank of it. */
	if (len < text->len)
		memset(text->data, ' ', text->len - len);
	session = libssh2_session_init();

	/* Like ssh: in small letters, with the port when it isn't the usual one, then without. */
	if (hostlen >= sizeof plain)
		hostlen = sizeof plain - 1;
	for (size_t i = 0; i < hostlen; i++)
		plain[i] = ascii_lower(host[i]);
	plain[hostlen] = '\0';
	if (port == 22)
		snprintf(name, sizeof name, "%s", plain);
	else
		snprintf(name, sizeof name, "[%s]:%u", plain, port);
	for (size_t i = 0; i < text->len; i++)
		if (text->data[i] == '\n' || text->data[i] == '\r')
			text->data[i] = '\0';
	if (session == NULL || pass(session, text, name, out) == -1 ||
	    (out->n == 0 && port != 22 && pass(session, text, plain, out) == -1) ||
	    pass(session, text, NULL, out) == -1)
		err_nomem(e);
	else if (out->n == 0)
		err_setx(e, ERR_HOSTKEY,
		    "%s: want a host key of %s, got none; 'ssh-keyscan -p %u %s' shows what the server "
		    "has, compare it with what its maintainer says before you add it",
		    file, name, port, host);
	else
		rc = 0;
	if (session != NULL)
		libssh2_session_free(session);
	return rc;
}

int
knownhosts_find(const char *file, const char *host, uint16_t port, struct knownhosts *out,
    struct err *e)
{
	struct buf text = BUF_INIT(KNOWNHOSTS_FILE_MAX);
	int rc = file_read(NULL, file, &text, e);

	if (rc == 0)
		rc = knownhosts_parse(file, &text, host, port, out, e);
	buf_free(&text);
	return rc;
}
