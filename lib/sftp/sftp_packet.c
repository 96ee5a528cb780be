/* SPDX-License-Identifier: ISC */
/* Packets of SFTP version 3. */
#include "lib/sftp/sftp_packet.h"

#include <string.h>

#include "lib/base/wire.h"

#define VERSION_WANTED 3
#define OPEN_FOR_READ  1u /* SSH_FXF_READ */

/* Flags of ATTRS (section 5). */
#define ATTR_SIZE     0x00000001u
#define ATTR_UIDGID   0x00000002u
#define ATTR_MODE     0x00000004u
#define ATTR_TIMES    0x00000008u
#define ATTR_EXTENDED 0x80000000u

/* Every packet begins with its length, its type, and (but for INIT) its id. */
static int
put_head(struct buf *out, size_t rest, enum sftp_type type, uint32_t id, struct err *e)
{
	if (buf_reserve(out, 9 + rest, e) == -1 ||
	    wire_put_u32(out, (uint32_t)(5 + rest), e) == -1 ||
	    wire_put_u8(out, (uint8_t)type, e) == -1)
		return -1;
	return wire_put_u32(out, id, e);
}

int
sftp_put_init(struct buf *out, struct err *e)
{
	return put_head(out, 0, SFTP_INIT, VERSION_WANTED, e);
}

int
sftp_put_open(struct buf *out, uint32_t id, const char *root, const char *path, struct err *e)
{
	size_t rootlen = strlen(root), pathlen = strlen(path), len;
	bool slash = rootlen == 0 || root[rootlen - 1] != '/';

	len = rootlen + slash + pathlen;
	/* The room is there after put_head(), so that no half of a packet can be left behind. */
	if (put_head(out, 4 + len + 8, SFTP_OPEN, id, e) == -1 ||
	    wire_put_u32(out, (uint32_t)len, e) == -1 || buf_add(out, root, rootlen, e) == -1 ||
	    buf_add(out, "/", slash, e) == -1 || buf_add(out, path, pathlen, e) == -1 ||
	    wire_put_u32(out, OPEN_FOR_READ, e) == -1)
		return -1;
	return wire_put_u32(out, 0, e); /* no attributes */
}

int
sftp_put_read(struct buf *out, uint32_t id, const uint8_t *handle, size_t len, uint64_t offset,
    uint32_t bytes, struct err *e)
{
	if (put_head(out, 4 + len + 12, SFTP_READ, id, e) == -1 ||
	    wire_put_string(out, handle, len, e) == -1 || wire_put_u64(out, offset, e) == -1)
		return -1;
	return wire_put_u32(out, bytes, e);
}

int
sftp_put_handle(struct buf *out, enum sftp_type type, uint32_t id, const uint8_t *handle,
    size_t len, struct err *e)
{
	if (put_head(out, 4 + len, type, id, e) == -1)
		return -1;
	return wire_put_string(out, handle, len, e);
}

static const char *
parse_status(struct wire *w, struct sftp_reply *r)
{
	size_t len;

	r->code = wire_u32(w);
	/* Some servers leave out the message or the language, as versions before 3 did. */
	if (!w->bad && w->p != w->end)
		r->message = (const char *)wire_string(w, &r->messagelen);
	if (!w->bad && w->p != w->end)
		wire_string(w, &len);
	return w->bad ? "a STATUS that is cut off" : NULL;
}

static const char *
parse_handle(struct wire *w, struct sftp_reply *r)
{
	r->handle = wire_string(w, &r->handlelen);
	if (w->bad)
		return "a HANDLE that is cut off";
	if (r->handlelen == 0 || r->handlelen > SFTP_HANDLE_MAX)
		return "a handle that is empty or longer than 256 bytes";
	return NULL;
}

static const char *
parse_attrs(struct wire *w, struct sftp_reply *r)
{
	uint32_t flags = wire_u32(w);

	if ((flags & ~(ATTR_SIZE | ATTR_UIDGID | ATTR_MODE | ATTR_TIMES | ATTR_EXTENDED)) != 0)
		return "ATTRS with flags that version 3 doesn't have";
	r->has_size = (flags & ATTR_SIZE) != 0;
	r->has_mode = (flags & ATTR_MODE) != 0;
	if (r->has_size)
		r->size = wire_u64(w);
	if ((flags & ATTR_UIDGID) != 0)
		wire_u64(w);
	if (r->has_mode)
		r->mode = wire_u32(w);
	if ((flags & ATTR_TIMES) != 0)
		wire_u64(w);
	if ((flags & ATTR_EXTENDED) != 0)
		w->p = w->end; /* pairs of texts, to the end; nothing here reads them */
	return w->bad ? "ATTRS that are cut off" : NULL;
}

/* Extensions are pairs of texts. */
static const char *
parse_version(struct wire *w)
{
	size_t len;

	while (!w->bad && w->p != w->end) {
		wire_string(w, &len);
		wire_string(w, &len);
	}
	return w->bad ? "a VERSION that is cut off" : NULL;
}

int
sftp_reply_parse(const uint8_t *packet, size_t len, struct sftp_reply *out, struct err *e)
{
	struct wire w = WIRE_INIT(packet, len);
	struct sftp_reply r;
	const char *fault;

	memset(&r, 0, sizeof r);
	r.type = wire_u8(&w);
	r.id = wire_u32(&w);
	if (w.bad)
		return err_setx(e, ERR_PROTOCOL,
		    "SFTP: the server sent a packet of %zu bytes, want at least 5", len);
	switch (r.type) {
	case SFTP_VERSION:
		fault = parse_version(&w);
		break;
	case SFTP_STATUS:
		fault = parse_status(&w, &r);
		break;
	case SFTP_HANDLE:
		fault = parse_handle(&w, &r);
		break;
	case SFTP_ATTRS:
		fault = parse_attrs(&w, &r);
		break;
	default:
		return err_setx(e, ERR_PROTOCOL,
		    "SFTP: the server sent a packet of type %u, which answers nothing", r.type);
	}
	if (fault == NULL && w.p != w.end)
		fault = "a packet with bytes left over";
	if (fault != NULL)
		return err_setx(e, ERR_PROTOCOL, "SFTP: the server sent %s", fault);
	*out = r;
	return 0;
}
