/* SPDX-License-Identifier: ISC */
/* Packets of SFTP version 3. */
#include "lib/sftp/sftp_packet.h"

#include <string.h>

#include "lib/base/wire.h"

#define VERSION_WANTED 3

/* Flags of OPEN (section 6.3). */
#define OPEN_READ      0x01u
#define OPEN_WRITE     0x02u
#define OPEN_CREATE    0x08u
#define OPEN_TRUNCATE  0x10u
#define OPEN_EXCLUSIVE 0x20u

/* Flags of ATTRS (section 5). */
#define ATTR_SIZE     0x00000001u
#define ATTR_UIDGID   0x00000002u
#define ATTR_MODE     0x00000004u
#define ATTR_TIMES    0x00000008u
#define ATTR_EXTENDED 0x80000000u

/* Extensions of OpenSSH (its file PROTOCOL, section 4). */
#define POSIX_RENAME "posix-rename@openssh.com"
#define FSYNC	     "fsync@openssh.com"

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

/* Bytes of the path of a file below root, as put_joined() writes it without its length. */
static size_t
joined_len(const char *root, const char *path)
{
	size_t len = strlen(root), pathlen = strlen(path);

	if (pathlen == 0 && len > 0)
		return len;
	return len + (len == 0 || root[len - 1] != '/') + pathlen;
}

static int
put_joined(struct buf *out, const char *root, const char *path, struct err *e)
{
	size_t len = joined_len(root, path), slash = len - strlen(root) - strlen(path);

	if (wire_put_u32(out, (uint32_t)len, e) == -1 || buf_adds(out, root, e) == -1 ||
	    buf_add(out, "/", slash, e) == -1)
		return -1;
	return buf_adds(out, path, e);
}

int
sftp_put_open(struct buf *out, uint32_t id, const char *root, const char *path, struct err *e)
{
	/* The room is there after put_head(), so that no half of a packet can be left behind. */
	if (put_head(out, 4 + joined_len(root, path) + 8, SFTP_OPEN, id, e) == -1 ||
	    put_joined(out, root, path, e) == -1 || wire_put_u32(out, OPEN_READ, e) == -1)
		return -1;
	return wire_put_u32(out, 0, e); /* no attributes */
}

static int
put_mode(struct buf *out, unsigned mode, struct err *e)
{
	return wire_put_u32(out, ATTR_MODE, e) == -1 ? -1 : wire_put_u32(out, mode, e);
}

int
sftp_put_create(struct buf *out, uint32_t id, const char *root, const char *path, bool exclusive,
    unsigned mode, struct err *e)
{
	uint32_t how = OPEN_WRITE | OPEN_CREATE | (exclusive ? OPEN_EXCLUSIVE : OPEN_TRUNCATE);

	if (put_head(out, 4 + joined_len(root, path) + 12, SFTP_OPEN, id, e) == -1 ||
	    put_joined(out, root, path, e) == -1 || wire_put_u32(out, how, e) == -1)
		return -1;
	return put_mode(out, mode, e);
}

int
sftp_put_write(struct buf *out, uint32_t id, const uint8_t *handle, size_t len, uint64_t offset,
    const void *bytes, size_t n, struct err *e)
{
	if (put_head(out, 4 + len + 8 + 4 + n, SFTP_WRITE, id, e) == -1 ||
	    wire_put_string(out, handle, len, e) == -1 || wire_put_u64(out, offset, e) == -1)
		return -1;
	return wire_put_string(out, bytes, n, e);
}

int
sftp_put_fsetstat(struct buf *out, uint32_t id, const uint8_t *handle, size_t len, unsigned mode,
    struct err *e)
{
	if (put_head(out, 4 + len + 8, SFTP_FSETSTAT, id, e) == -1 ||
	    wire_put_string(out, handle, len, e) == -1)
		return -1;
	return put_mode(out, mode, e);
}

int
sftp_put_path(struct buf *out, enum sftp_type type, uint32_t id, const char *root, const char *path,
    struct err *e)
{
	if (put_head(out, 4 + joined_len(root, path), type, id, e) == -1)
		return -1;
	return put_joined(out, root, path, e);
}

int
sftp_put_path_mode(struct buf *out, enum sftp_type type, uint32_t id, const char *root,
    const char *path, unsigned mode, struct err *e)
{
	if (put_head(out, 4 + joined_len(root, path) + 8, type, id, e) == -1 ||
	    put_joined(out, root, path, e) == -1)
		return -1;
	return put_mode(out, mode, e);
}

int
sftp_put_rename(struct buf *out, uint32_t id, const char *root, const char *from, const char *to,
    bool posix, struct err *e)
{
	size_t extra = posix ? 4 + strlen(POSIX_RENAME) : 0;

	if (put_head(out, extra + 8 + joined_len(root, from) + joined_len(root, to),
		posix ? SFTP_EXTENDED : SFTP_RENAME, id, e) == -1 ||
	    (posix && wire_put_text(out, POSIX_RENAME, e) == -1) ||
	    put_joined(out, root, from, e) == -1)
		return -1;
	return put_joined(out, root, to, e);
}

int
sftp_put_fsync(struct buf *out, uint32_t id, const uint8_t *handle, size_t len, struct err *e)
{
	if (put_head(out, 4 + strlen(FSYNC) + 4 + len, SFTP_EXTENDED, id, e) == -1 ||
	    wire_put_text(out, FSYNC, e) == -1)
		return -1;
	return wire_put_string(out, handle, len, e);
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

/* Returns whether the attributes have the pairs of texts that follow these. */
static bool
parse_fixed_attrs(struct wire *w, struct sftp_reply *r, const char **fault)
{
	uint32_t flags = wire_u32(w);

	*fault = NULL;
	if ((flags & ~(ATTR_SIZE | ATTR_UIDGID | ATTR_MODE | ATTR_TIMES | ATTR_EXTENDED)) != 0)
		*fault = "ATTRS with flags that version 3 doesn't have";
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
	return (flags & ATTR_EXTENDED) != 0;
}

static const char *
parse_attrs(struct wire *w, struct sftp_reply *r)
{
	const char *fault;

	if (parse_fixed_attrs(w, r, &fault))
		w->p = w->end; /* pairs of texts, to the end; nothing here reads them */
	if (fault != NULL)
		return fault;
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

void
sftp_extensions_parse(const uint8_t *packet, size_t len, struct sftp_extensions *out)
{
	struct wire w = WIRE_INIT(packet, len);

	*out = (struct sftp_extensions){ false, false };
	wire_u8(&w);
	wire_u32(&w);
	while (!w.bad && w.p != w.end) {
		size_t namelen, n;
		const uint8_t *name = wire_string(&w, &namelen);

		wire_string(&w, &n);
		if (w.bad)
			return;
		out->posix_rename |=
		    namelen == strlen(POSIX_RENAME) && memcmp(name, POSIX_RENAME, namelen) == 0;
		out->fsync |= namelen == strlen(FSYNC) && memcmp(name, FSYNC, namelen) == 0;
	}
}

/* Reads one entry of NAME: a name, a line for people, attributes. */
static const char *
parse_name(struct wire *w, struct sftp_name *out)
{
	struct sftp_reply r = { .type = SFTP_NAME };
	const char *fault;
	size_t n;

	out->name = (const char *)wire_string(w, &out->len);
	wire_string(w, &n);
	if (parse_fixed_attrs(w, &r, &fault))
		for (uint32_t left = wire_u32(w); left > 0 && !w->bad; left--) {
			wire_string(w, &n);
			wire_string(w, &n);
		}
	out->has_size = r.has_size;
	out->has_mode = r.has_mode;
	out->size = r.size;
	out->mode = r.mode;
	return w->bad ? "a NAME that is cut off" : fault;
}

int
sftp_names_parse(const uint8_t *packet, size_t len,
    int (*each)(void *arg, const struct sftp_name *name, struct err *e), void *arg, struct err *e)
{
	struct wire w = WIRE_INIT(packet, len);
	const char *fault = NULL;
	struct sftp_name name;
	uint32_t count;

	wire_u8(&w);
	wire_u32(&w);
	count = wire_u32(&w);
	if (w.bad)
		fault = "a NAME that is cut off";
	for (; count > 0 && fault == NULL; count--)
		if ((fault = parse_name(&w, &name)) == NULL && each(arg, &name, e) == -1)
			return -1;
	if (fault == NULL && w.p < w.end)
		fault = "a packet with bytes left over";
	return fault == NULL ? 0 : err_setx(e, ERR_PROTOCOL, "SFTP: the server sent %s", fault);
}
