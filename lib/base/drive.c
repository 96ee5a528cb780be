/* SPDX-License-Identifier: ISC */
/* Letters of drives in paths and addresses. */
#include "lib/base/drive.h"

#include <stdbool.h>
#include <string.h>

#include "lib/base/text.h"

/* The text behind the scheme and host of an address of this computer; NULL: it is none. */
static const char *
address_path(const char *text)
{
	static const char *const begins[] = { "file:///", "file://localhost/" };

	for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
		size_t n = strlen(begins[i]);

		if (strnlen(text, n) == n && ascii_same_n(text, n, begins[i], n))
			return text + n;
	}
	return NULL;
}

static bool
separates(char c)
{
	return c == '/' || c == '\\';
}

static bool
has_letter(const char *path)
{
	char c = ascii_lower(path[0]);

	return c >= 'a' && c <= 'z' && path[1] == ':' && separates(path[2]);
}

/* A path without the "\\?\" or "\\.\" that may stand in front of a drive's letter. */
static const char *
behind_prefix(const char *path)
{
	return separates(path[0]) && separates(path[1]) && (path[2] == '?' || path[2] == '.') &&
		separates(path[3]) && has_letter(path + 4)
	    ? path + 4
	    : path;
}

char
drive_letter(const char *text)
{
	const char *path = address_path(text);

	if (path == NULL)
		path = behind_prefix(text);
	return has_letter(path) ? path[0] : '\0';
}

/* A name as a part of an address: RFC 3986, with '/' between its parts. */
static int
add_to_address(const char *name, size_t len, struct buf *out, struct err *e)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~$:/";
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < len; i++) {
		char c = name[i] == '\\' ? '/' : name[i];

		rc = strchr(plain, c) != NULL ? buf_addc(out, c, e)
					      : buf_addf(out, e, "%%%02X", (unsigned char)c);
	}
	return rc;
}

int
drive_replace(const char *text, const struct drive *d, struct buf *out, struct err *e)
{
	const char *address = address_path(text),
		   *rest = (address == NULL ? behind_prefix(text) : address) + 2; /* behind "X:" */
	size_t len = strlen(d->name);
	int rc;

	if (d->kind == DRIVE_IS_MISSING)
		return err_setx(e, ERR_CONFIG,
		    "%.200s: want a drive that is there for the system, got a letter without one here; "
		    "an administrator's console doesn't have the drives that a person mapped: write "
		    "\\\\SERVER\\SHARE instead of the letter, which 'net use' in the person's console shows",
		    text);
	if (len == 0)
		return d->kind == DRIVE_IS_THERE
		    ? 0
		    : err_setx(e, ERR_CONFIG,
			  "%.200s: want a drive that is there for the system, got one of the network, "
			  "of which Windows tells no name; write \\\\SERVER\\SHARE instead of the letter",
			  text);
	while (len > 0 && (d->name[len - 1] == '\\' || d->name[len - 1] == '/'))
		len--;
	if (address == NULL)
		rc = buf_add(out, d->name, len, e);
	else if ((rc = buf_adds(out, has_letter(d->name) ? "file:///" : "file:", e)) == 0)
		rc = add_to_address(d->name, len, out, e);
	return rc == -1 || buf_adds(out, rest, e) == -1 ? -1 : 1;
}
