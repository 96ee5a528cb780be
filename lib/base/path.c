/* SPDX-License-Identifier: ISC */
/*
 * Names of files: the allowlist for names from outside, and joining.
 */
#include "lib/base/path.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

bool
valid_utf8(const void *text, size_t len)
{
	const uint8_t *p = text, *end = p + len;

	while (p < end) {
		uint32_t c = *p++, least;
		int more;

		if (c < 0x80)
			continue;
		if (c >= 0xc2 && c <= 0xdf)
			more = 1, c &= 0x1f, least = 0x80;
		else if (c >= 0xe0 && c <= 0xef)
			more = 2, c &= 0x0f, least = 0x800;
		else if (c >= 0xf0 && c <= 0xf4)
			more = 3, c &= 0x07, least = 0x10000;
		else
			return false;
		for (; more > 0; more--) {
			if (p == end || (*p & 0xc0) != 0x80)
				return false;
			c = c << 6 | (*p++ & 0x3f);
		}
		if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return false;
	}
	return true;
}

/* A device name that Windows reserves, alone or before an extension. */
static bool
reserved(const char *p, size_t len)
{
	static const char *const names[] = { "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$" };
	const char *dot = memchr(p, '.', len);
	size_t stem = dot == NULL ? len : (size_t)(dot - p);

	while (stem > 0 && p[stem - 1] == ' ')
		stem--;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (stem == strlen(names[i]) && strncasecmp(p, names[i], stem) == 0)
			return true;
	return stem == 4 && p[3] >= '0' && p[3] <= '9' &&
	    (strncasecmp(p, "COM", 3) == 0 || strncasecmp(p, "LPT", 3) == 0);
}

static const char *
component_fault(const char *p, size_t len)
{
	if (len == 0)
		return "has an empty component";
	if (len == 1 && p[0] == '.')
		return "has a component '.'";
	if (len == 2 && p[0] == '.' && p[1] == '.')
		return "has a component '..'";
	if (len > PATH_COMPONENT_MAX)
		return "has a component that is too long";
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f ||
		    strchr("\\:*?\"<>|", p[i]) != NULL)
			return "has a character that is not allowed";
	if (p[len - 1] == '.' || p[len - 1] == ' ')
		return "has a component that ends in a dot or a space";
	if (reserved(p, len))
		return "has a name that Windows reserves for a device";
	return NULL;
}

int
path_check(const char *path, size_t len, struct err *e)
{
	const char *fault = NULL;
	int shown = len > 256 ? 256 : (int)len;

	if (len > PATH_REL_MAX)
		return err_setx(e, ERR_TOO_LARGE, "path '%.*s...': over %d bytes", shown, path,
		    PATH_REL_MAX);
	if (len == 0)
		fault = "is empty";
	else if (path[0] == '/')
		fault = "is absolute";
	else if (!valid_utf8(path, len))
		fault = "is not UTF-8";
	for (size_t start = 0; fault == NULL && start <= len;) {
		const char *slash = memchr(path + start, '/', len - start);
		size_t n = slash == NULL ? len - start : (size_t)(slash - path) - start;

		fault = component_fault(path + start, n);
		start += n + 1;
	}
	if (fault != NULL)
		return err_setx(e, ERR_UNSAFE, "path '%.*s' %s", shown, path, fault);
	return 0;
}

int
path_casecmp(const char *a, const char *b)
{
	return strcasecmp(a, b);
}

int
path_join(struct buf *out, const char *dir, const char *name, struct err *e)
{
	size_t len = strlen(dir);

	if (len == 0 || path_absolute(name))
		return buf_adds(out, name, e);
	return buf_addf(out, e, "%s%s%s", dir, dir[len - 1] == '/' ? "" : "/", name);
}
