/* SPDX-License-Identifier: ISC */
/*
 * Reading many files over one SFTP session: packets that are collected, and the bytes of DATA,
 * which go on without being collected.
 */
#include "lib/sftp/sftp_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/base/wire.h"

#define SHOWN_MAX 200 /* bytes of a server's text that a message shows */

#define DATA_HEAD 13 /* length, type, id, length of the data */

/* Takes the head of a DATA packet, of DATA_HEAD bytes. */
static int
data_begins(struct sftp *s, const uint8_t *head, struct err *e)
{
	struct wire w = WIRE_INIT(head, DATA_HEAD);
	uint32_t length = wire_u32(&w), id, len;
	struct sftp_request *r;

	wire_u8(&w);
	id = wire_u32(&w);
	len = wire_u32(&w);
	if ((r = sftp_find(s, id, e)) == NULL)
		return -1;
	if (r->type != SFTP_READ)
		return err_setx(e, ERR_PROTOCOL,
		    "SFTP: the server sent data for a request that asked for none");
	if (len > r->len)
		return err_setx(e, ERR_PROTOCOL,
		    "SFTP: asked for %" PRIu32 " bytes, the server sent %" PRIu32, r->len, len);
	if (length != DATA_HEAD - 4 + len)
		return err_setx(e, ERR_PROTOCOL,
		    "SFTP: a packet of %" PRIu32 " bytes holds %" PRIu32 " bytes of data", length,
		    len);
	if (r->entry != NULL && r->entry->reads != r && len > 0 && (r->early = malloc(len)) == NULL)
		return err_nomem(e);
	s->filling = r;
	s->filling_left = len;
	return 0;
}

static int
data_ends(struct sftp *s, struct err *e)
{
	struct sftp_request *r = s->filling;

	s->filling = NULL;
	r->done = true;
	r->eof = r->got == 0; /* some servers say the end like this */
	if (r->entry == NULL) {
		sftp_request_free(s, r);
		return 0;
	}
	return sftp_advance(s, r->entry, e);
}

static int
data_comes(struct sftp *s, const uint8_t *bytes, size_t len, struct err *e)
{
	struct sftp_request *r = s->filling;

	/* The entry may have ended in the middle of its bytes; then they are dropped. */
	if (r->entry != NULL && r->early != NULL) {
		memcpy(r->early + r->got, bytes, len);
	} else if (r->entry != NULL && sftp_deliver(s, r->entry, bytes, len, e) == -1) {
		return -1;
	}
	r->got += (uint32_t)len;
	s->filling_left -= (uint32_t)len;
	return 0;
}

/*
 * Returns how many bytes of the packet that is being collected must be there before it can be
 * looked at; 0 when its length is impossible.
 */
static size_t
wanted(const struct sftp *s)
{
	struct wire w = WIRE_INIT(s->packet, sizeof s->packet);
	uint32_t length = wire_u32(&w);
	uint8_t type = wire_u8(&w);

	if (s->have < 5)
		return 5;
	if (type == SFTP_DATA)
		return length >= DATA_HEAD - 4 && s->version ? DATA_HEAD : 0;
	return length >= 5 && length <= SFTP_REPLY_MAX ? 4 + (size_t)length : 0;
}

/* A packet that can't be: text of a login shell or of a banner, where no packet came before. */
static int
impossible(struct sftp *s, const uint8_t *bytes, size_t len, struct err *e)
{
	struct wire w = WIRE_INIT(s->packet, sizeof s->packet);
	uint32_t length = wire_u32(&w);
	char text[SHOWN_MAX + 1];
	size_t n = s->have;

	if (s->version || s->packet[0] == 0) /* no packet has 16 MB */
		return err_setx(e, ERR_PROTOCOL,
		    "SFTP: want a packet of 5 to %u bytes, the server says %" PRIu32 " (type %u)",
		    SFTP_REPLY_MAX, length, s->packet[4]);
	memcpy(text, s->packet, n);
	if (len > sizeof text - 1 - n)
		len = sizeof text - 1 - n;
	memcpy(text + n, bytes, len);
	n += len;
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	return err_setx(e, ERR_PROTOCOL,
	    "want SFTP, the server said '%.*s'; its login shell must print nothing, or internal-sftp "
	    "must take its place",
	    (int)text_cut(text, n, n), text);
}

static int
collect_packet(struct sftp *s, const uint8_t **bytes, size_t *len, struct err *e)
{
	size_t want = wanted(s), n;
	int rc = 0;

	n = want - s->have < *len ? want - s->have : *len;
	memcpy(s->packet + s->have, *bytes, n);
	s->have += n;
	*bytes += n;
	*len -= n;
	if (s->have < want)
		return 0;
	if ((want = wanted(s)) == 0)
		return impossible(s, *bytes, *len, e);
	if (s->have < want)
		return 0;
	s->have = 0;
	if (s->packet[4] != SFTP_DATA)
		return sftp_reply(s, s->packet + 4, want - 4, e);
	if ((rc = data_begins(s, s->packet, e)) == 0 && s->filling_left == 0)
		rc = data_ends(s, e);
	return rc;
}

int
sftp_input(struct sftp *s, const uint8_t *bytes, size_t len, struct err *e)
{
	while (len > 0) {
		size_t n = len < s->filling_left ? len : s->filling_left;

		if (s->filling == NULL) {
			if (collect_packet(s, &bytes, &len, e) == -1)
				return -1;
			continue;
		}
		if (data_comes(s, bytes, n, e) == -1)
			return -1;
		bytes += n;
		len -= n;
		if (s->filling_left == 0 && data_ends(s, e) == -1)
			return -1;
	}
	return 0;
}
