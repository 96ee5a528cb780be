/* SPDX-License-Identifier: ISC */
/* Addresses of repositories. */
#include "lib/sftp/url.h"

#include <string.h>
#include <strings.h>

#include "lib/base/digest.h"
#include "lib/os/path.h"
#include "lib/base/text.h"

/* Bytes of an address that a message shows. */
#define SHOWN_MAX 200

struct cursor {
	const char *p, *end;
};

static bool
alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* strchr() would find the NUL at the end of the set. */
static bool
one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* Unreserved characters, sub-delims, and the characters of also (RFC 3986, section 2). */
static bool
allowed(char c, const char *also)
{
	return alnum(c) || one_of(c, "-._~!$&'()*+,;=") || one_of(c, also);
}

/* Decodes the bytes from p to end into out.  Returns NULL, or the fault for the message. */
static const char *
decode_part(struct cursor c, const char *also, char *out, size_t size)
{
	size_t len = 0;

	while (c.p < c.end) {
		uint8_t byte = (uint8_t)*c.p;

		if (*c.p == '%') {
			if (c.end - c.p < 3 || hex_decode(c.p + 1, 2, &byte, 1) == -1)
				return "has a '%' that no two hexadecimal digits follow";
			c.p += 2;
		} else if (!allowed(*c.p, also)) {
			return "has a character that must be written as %XX, or not at all";
		}
		if (byte < 0x20 || byte == 0x7f)
			return "has a control character";
		if (len + 1 >= size)
			return "has a part that is too long";
		out[len++] = (char)byte;
		c.p++;
	}
	out[len] = '\0';
	return valid_utf8(out, len) ? NULL : "is not UTF-8";
}

static const char *
parse_port(struct cursor c, uint16_t *port)
{
	unsigned n = 0;

	if (c.p == c.end || c.end - c.p > 5)
		return "has no port between 1 and 65535 after the host's ':'";
	for (; c.p < c.end; c.p++) {
		if (*c.p < '0' || *c.p > '9')
			return "has a port that is no number";
		n = n * 10 + (unsigned)(*c.p - '0');
	}
	if (n < 1 || n > 65535)
		return "has no port between 1 and 65535 after the host's ':'";
	*port = (uint16_t)n;
	return NULL;
}

/* The inside of [...]: digits, colons and dots, and a zone after "%25" (RFC 6874). */
static const char *
parse_ipv6(struct cursor c, char *out)
{
	bool zone = false;
	size_t len = 0, colons = 0;

	for (; c.p < c.end; c.p++) {
		char ch = *c.p;

		if (len + 1 >= SFTP_HOST_SIZE)
			return "has a host that is too long";
		if (!zone && c.end - c.p > 3 && memcmp(c.p, "%25", 3) == 0) {
			zone = true;
			c.p += 2;
			ch = '%';
		} else if (zone ? !(alnum(ch) || one_of(ch, "._-"))
				: !one_of(ch, "0123456789abcdefABCDEF:.")) {
			return "has no IPv6 address between '[' and ']'";
		}
		colons += ch == ':';
		out[len++] = zone ? ch : ascii_lower(ch);
	}
	out[len] = '\0';
	return colons >= 2 ? NULL : "has no IPv6 address between '[' and ']'";
}

static const char *
parse_host(struct cursor *c, char *out)
{
	const char *start = c->p;
	size_t len;

	if (c->p < c->end && *c->p == '[') {
		const char *close = memchr(c->p, ']', (size_t)(c->end - c->p));

		if (close == NULL)
			return "has a '[' without ']'";
		c->p = close + 1;
		return parse_ipv6((struct cursor){ start + 1, close }, out);
	}
	while (c->p < c->end && *c->p != ':')
		c->p++;
	len = (size_t)(c->p - start);
	if (len == 0)
		return "has no host";
	if (len >= SFTP_HOST_SIZE)
		return "has a host that is too long";
	for (size_t i = 0; i < len; i++)
		if (!alnum(start[i]) && !one_of(start[i], "-._"))
			return "has a character in the host that no name has (IPv6 addresses go in [ ])";
	/*
	 * A name like "-oProxyCommand" is nobody's host, and trouble where it meets a command line.
	 */
	if (start[0] == '-' || start[0] == '.')
		return "has a host that no name begins like";
	/* Names of hosts are the same in capital letters; known_hosts has small ones. */
	for (size_t i = 0; i < len; i++)
		out[i] = ascii_lower(start[i]);
	out[len] = '\0';
	return NULL;
}

static const char *
parse_authority(struct cursor c, struct url *u)
{
	const char *at = memchr(c.p, '@', (size_t)(c.end - c.p)), *fault;

	if (at == NULL || at == c.p)
		return "has no user; write sftp://USER@HOST/PATH";
	if (memchr(c.p, ':', (size_t)(at - c.p)) != NULL)
		return "has a password, which does not belong there; use a login key";
	if ((fault = decode_part((struct cursor){ c.p, at }, "", u->user, sizeof u->user)) != NULL)
		return fault;
	c.p = at + 1;
	if ((fault = parse_host(&c, u->host)) != NULL)
		return fault;
	u->port = URL_SFTP_PORT;
	if (c.p == c.end)
		return NULL;
	if (*c.p != ':')
		return "has something else than a port after its host";
	c.p++;
	return parse_port(c, &u->port);
}

static const char *
parse_path(struct cursor c, char *out)
{
	const char *fault = decode_part(c, "/:@", out, URL_PATH_SIZE);
	size_t len;

	if (fault != NULL)
		return fault;
	len = strlen(out);
	while (len > 1 && out[len - 1] == '/')
		out[--len] = '\0';
	for (const char *p = out; p != NULL && *p == '/'; p = strchr(p + 1, '/')) {
		size_t n = strcspn(p + 1, "/");

		if (n == 0 && len > 1)
			return "has a doubled '/' in its path";
		if ((n == 1 && p[1] == '.') || (n == 2 && p[1] == '.' && p[2] == '.'))
			return "has '.' or '..' in its path";
	}
	return NULL;
}

/* Where there are drives, there are servers: file://server/share is //server/share. */
static bool
has_server(const char *host, const char *slash)
{
	return path_absolute("C:/") && slash > host &&
	    strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") ==
	    (size_t)(slash - host);
}

static const char *
add_server(const char *host, const char *slash, char *path)
{
	size_t n = (size_t)(slash - host) + 2, len = strlen(path) + 1;

	if (n + len > URL_PATH_SIZE)
		return "is too long";
	memmove(path + n, path, len);
	memcpy(path, "//", 2);
	memcpy(path + 2, host, n - 2);
	return NULL;
}

/* Where there are drives, file:///E:/ is E:/, whose '/' parse_path() took for one at the end. */
static void
take_drive(char *path)
{
	const char drive[] = { path[0] == '\0' ? '\0' : path[1], ':', '/', '\0' };

	if (strlen(path) == 3 && path[0] == '/' && path[2] == ':' && path_absolute(drive))
		memcpy(path, drive, sizeof drive);
}

static const char *
parse_url(struct cursor c, struct url *u)
{
	const char *slash, *fault = NULL;
	size_t len = (size_t)(c.end - c.p);
	bool server = false;

	if (len >= URL_SIZE)
		return "is too long";
	if (len >= 7 && strncasecmp(c.p, "sftp://", 7) == 0)
		u->scheme = URL_SFTP;
	else if (len >= 7 && strncasecmp(c.p, "file://", 7) == 0)
		u->scheme = URL_FILE;
	else
		return "is neither sftp://USER@HOST/PATH nor file:///PATH";
	c.p += 7;
	if ((slash = memchr(c.p, '/', (size_t)(c.end - c.p))) == NULL)
		return "has no path";
	if (u->scheme == URL_SFTP)
		fault = parse_authority((struct cursor){ c.p, slash }, u);
	else if (slash == c.p || (slash - c.p == 9 && strncasecmp(c.p, "localhost", 9) == 0))
		fault = NULL;
	else if (has_server(c.p, slash))
		server = true;
	else
		fault = "has a host; write file:///PATH with three '/'";
	if (fault == NULL)
		fault = parse_path((struct cursor){ slash, c.end }, u->path);
	if (fault == NULL && server)
		fault = add_server(c.p, slash, u->path);
	/* Where there are drives, file:///C:/dir is C:/dir. */
	if (fault == NULL && u->scheme == URL_FILE && !server && !path_absolute(u->path) &&
	    path_absolute(u->path + 1))
		memmove(u->path, u->path + 1, strlen(u->path));
	if (fault == NULL && u->scheme == URL_FILE && !server)
		take_drive(u->path);
	return fault;
}

int
url_of_directory(const char *path, struct buf *out, struct err *e)
{
	bool server = path[0] == '/' && path[1] == '/';
	int rc = buf_adds(out, server ? "file:" : path[0] == '/' ? "file://" : "file:///", e);

	for (; *path != '\0' && rc == 0; path++)
		if (alnum(*path) || one_of(*path, "-._~/:"))
			rc = buf_addc(out, *path, e);
		else
			rc = buf_addf(out, e, "%%%02X", (unsigned)(unsigned char)*path);
	return rc;
}

/* The place behind the '@' that follows what may be a password, which no message repeats; or 0. */
static size_t
behind_password(const char *text, size_t len)
{
	const char *at = NULL, *colon;

	for (size_t i = 0; i < len; i++)
		if (text[i] == '@')
			at = text + i;
	if (at == NULL)
		return 0;
	colon = memchr(text, ':', (size_t)(at - text));
	/* The first colon is the scheme's. */
	if (colon != NULL && at - colon > 3 && memcmp(colon, "://", 3) == 0)
		colon = memchr(colon + 3, ':', (size_t)(at - colon - 3));
	return colon == NULL ? 0 : (size_t)(at - text) + 1;
}

int
url_parse(const char *text, size_t len, struct url *out, struct err *e)
{
	struct url u;
	const char *fault;

	memset(&u, 0, sizeof u);
	if ((fault = parse_url((struct cursor){ text, text + len }, &u)) != NULL) {
		size_t skip = behind_password(text, len),
		       left = text_cut(text + skip, len - skip, SHOWN_MAX);

		return err_setx(e, ERR_CONFIG, "address '%s%.*s' %s", skip > 0 ? "...@" : "",
		    (int)left, text + skip, fault);
	}
	*out = u;
	return 0;
}
