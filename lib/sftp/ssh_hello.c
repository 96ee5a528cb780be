/* SPDX-License-Identifier: ISC */
/* What a server sends in clear. */
#include "lib/sftp/ssh_hello.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/base/wire.h"

/* Bytes of a server's text, and of one list of algorithms, that a message shows. */
#define SAID_MAX  200
#define SHOWN_MAX 300

#define KEXINIT	     20
#define COOKIE_SIZE  16
#define PACKET_LEAST (4 + 1 + 1 + COOKIE_SIZE)

/* A shorter round trip, in milliseconds, can't be told from the server's own work. */
#define RTT_LEAST 8

static const char begin[] = "SSH-";

int
ssh_hello_find(const uint8_t *data, size_t len, size_t *at, struct err *e)
{
	const uint8_t *p = data, *end = data + len;

	while (p < end) {
		const uint8_t *stop = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((stop == NULL ? end : stop) - p);
		bool ours = n >= sizeof begin - 1 && memcmp(p, begin, sizeof begin - 1) == 0;

		if (ours && n > SSH_IDENTIFICATION_MAX && p[n - 1] == '\r')
			n--;
		if (ours && n > SSH_IDENTIFICATION_MAX)
			return err_setx(e, ERR_PROTOCOL,
			    "want an SSH identification of at most %d bytes, got a longer one",
			    SSH_IDENTIFICATION_MAX);
		if (stop == NULL)
			break;
		if (ours) {
			*at = (size_t)(p - data);
			return 1;
		}
		p = stop + 1;
	}
	return len < SSH_HELLO_MAX
	    ? 0
	    : err_setx(e, ERR_PROTOCOL, "want an SSH identification, got %zu other bytes", len);
}

int
ssh_hello_said(const uint8_t *data, size_t len, struct buf *out, struct err *e)
{
	const char *text = (const char *)data;
	size_t n;

	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	n = text_cut(text, len, SAID_MAX);
	return text_add_safe(out, text, n, e) == -1 || (n < len && buf_adds(out, "...", e) == -1)
	    ? -1
	    : 0;
}

/* Whether two lists with commas share a name. */
static bool
share_name(const char *a, size_t alen, const char *b, size_t blen)
{
	for (size_t i = 0, n; i < alen; i += n + 1) {
		const char *comma = memchr(a + i, ',', alen - i);

		n = comma == NULL ? alen - i : (size_t)(comma - a) - i;
		for (size_t k = 0, m; k < blen; k += m + 1) {
			comma = memchr(b + k, ',', blen - k);
			m = comma == NULL ? blen - k : (size_t)(comma - b) - k;
			if (n == m && memcmp(a + i, b + k, n) == 0)
				return true;
		}
	}
	return false;
}

static int
add_kind(struct buf *out, const char *name, const char *ours, const char *theirs, size_t len,
    struct err *e)
{
	size_t n = text_cut(theirs, len, SHOWN_MAX);

	if (buf_addf(out, e, "%s%s: want one of %s, the server has ", out->len > 0 ? "; " : "",
		name, ours) == -1)
		return -1;
	return text_add_safe(out, theirs, n, e) == -1 || (n < len && buf_adds(out, "...", e) == -1)
	    ? -1
	    : 0;
}

int
ssh_hello_compare(const uint8_t *data, size_t len, const char *const ours[SSH_KINDS],
    struct buf *out, struct err *e)
{
	static const char *const names[SSH_KINDS] = { "key exchange", "host keys", "ciphers",
		"MACs" };
	const uint8_t *line = memchr(data, '\n', len);
	struct wire w = WIRE_INIT(data, len);

	if (line == NULL || (size_t)(data + len - line - 1) < PACKET_LEAST ||
	    line[1 + 4 + 1] != KEXINIT)
		return 0;
	w.p = line + 1 + PACKET_LEAST;
	/* Ciphers and MACs have a list for each direction. */
	for (int kind = 0; kind < SSH_KINDS; kind++) {
		bool done = false;

		for (int way = 0; way < (kind < SSH_KIND_CIPHER ? 1 : 2); way++) {
			size_t n;
			const char *theirs = (const char *)wire_string(&w, &n);

			if (theirs == NULL)
				return 0;
			if (done || share_name(theirs, n, ours[kind], strlen(ours[kind])))
				continue;
			done = true;
			if (add_kind(out, names[kind], ours[kind], theirs, n, e) == -1)
				return -1;
		}
	}
	return 0;
}

enum sftp_nagle
ssh_hello_nagle(const struct ssh_hello_times *t)
{
	int64_t gap = t->listed - t->identified;

	if (!t->waited || t->rtt < RTT_LEAST || gap < 0)
		return SFTP_NAGLE_UNKNOWN;
	if (gap < t->rtt / 2)
		return SFTP_NAGLE_OFF;
	/* Ours was there when the server sent its own; a longer gap is a slow server's. */
	return gap >= t->rtt - t->rtt / 4 && gap <= t->rtt + t->rtt / 4 &&
		t->identified - t->sent >= t->rtt
	    ? SFTP_NAGLE_ON
	    : SFTP_NAGLE_UNKNOWN;
}
