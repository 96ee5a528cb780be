/* SPDX-License-Identifier: ISC */
/* Names from outside: the allowlists. */
#include "lib/base/path.h"

#include <string.h>

#include "lib/base/list.h"
#include "lib/base/text.h"

#define SEPARATORS "/\\" /* of Windows */

/* The part of a component before its extension, without blanks at its end. */
static size_t
stem_of(const char *p, size_t len)
{
	const char *dot = memchr(p, '.', len);
	size_t stem = dot == NULL ? len : (size_t)(dot - p);

	while (stem > 0 && p[stem - 1] == ' ')
		stem--;
	return stem;
}

static bool
is_port(const char *p)
{
	return ascii_same_n(p, 3, "COM", 3) || ascii_same_n(p, 3, "LPT", 3);
}

/* A device name that Windows reserves, alone or before an extension. */
static bool
reserved(const char *p, size_t len)
{
	static const char *const names[] = { "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$" };
	size_t stem = stem_of(p, len);

	for (size_t i = 0; i < N(names); i++)
		if (ascii_same_n(p, stem, names[i], strlen(names[i])))
			return true;
	return stem == 4 && p[3] >= '0' && p[3] <= '9' && is_port(p);
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
	if (text_control(p, len, false) < len)
		return "has a character that is not allowed";
	for (size_t i = 0; i < len; i++)
		if (strchr("\\:*?\"<>|", p[i]) != NULL)
			return "has a character that is not allowed";
	if (p[len - 1] == '.' || p[len - 1] == ' ')
		return "has a component that ends in a dot or a space";
	if (reserved(p, len))
		return "has a name that Windows reserves for a device";
	return NULL;
}

/* Windows makes such names up, and opens the file that has another name. */
static bool
short_name(const char *p, size_t len)
{
	const char *dot = memchr(p, '.', len);
	size_t stem = dot == NULL ? len : (size_t)(dot - p), digits = stem;

	if (stem > 8 || len - stem > 4 || (dot != NULL && memchr(dot + 1, '.', len - stem - 1)))
		return false;
	while (digits > 0 && p[digits - 1] >= '0' && p[digits - 1] <= '9')
		digits--;
	return digits < stem && digits > 1 && p[digits - 1] == '~';
}

/* COM and LPT with a superscript one, two or three. */
static bool
superscript_port(const char *p, size_t len)
{
	static const char *const digits[] = { "\xc2\xb9", "\xc2\xb2", "\xc2\xb3" };

	if (stem_of(p, len) != 5 || !is_port(p))
		return false;
	for (size_t i = 0; i < N(digits); i++)
		if (memcmp(p + 3, digits[i], 2) == 0)
			return true;
	return false;
}

static const char *
portable_fault(const char *p, size_t len)
{
	static const char own[] = ".slipway-";

	if (!text_is_safe(p, len))
		return "has a character that can't be seen and changes how others are shown";
	if (superscript_port(p, len) || ascii_same_n(p, stem_of(p, len), "CLOCK$", 6))
		return "has a name that Windows reserves for a device";
	if (short_name(p, len))
		return "has a name like those that Windows makes up for other files";
	if (len >= sizeof own - 1 && ascii_same_n(p, sizeof own - 1, own, sizeof own - 1))
		return "has a name that Slipway keeps for itself (.slipway-...)";
	return NULL;
}

static int
check_components(const char *path, size_t len, const char *(*component)(const char *, size_t),
    struct err *e)
{
	const char *fault = NULL;
	int shown = len > 256 ? 256 : (int)len;

	for (size_t start = 0; fault == NULL && start <= len;) {
		const char *slash = memchr(path + start, '/', len - start);
		size_t n = slash == NULL ? len - start : (size_t)(slash - path) - start;

		fault = component(path + start, n);
		start += n + 1;
	}
	if (fault != NULL)
		return err_setx(e, ERR_UNSAFE, "path '%.*s' %s", shown, path, fault);
	return 0;
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
	if (fault != NULL)
		return err_setx(e, ERR_UNSAFE, "path '%.*s' %s", shown, path, fault);
	return check_components(path, len, component_fault, e);
}

int
path_portable(const char *path, size_t len, struct err *e)
{
	return path_check(path, len, e) == -1 ? -1 : check_components(path, len, portable_fault, e);
}

/* Of a path that begins with two separators: the bytes of its server and share, or a fault. */
static const char *
share_fault(const char *path, size_t *len)
{
	size_t server = strcspn(path + 2, SEPARATORS), share;

	if (server == 1 && strchr("?.", path[2]) != NULL)
		return "begins with '\\\\?\\' or '\\\\.\\', which not all programs take: want 'X:\\...' "
		       "or '\\\\SERVER\\SHARE\\...'";
	share = path[2 + server] == '\0' ? 0 : strcspn(path + 3 + server, SEPARATORS);
	*len = 3 + server + share;
	return server == 0 || share == 0 ? "names no share: want '\\\\SERVER\\SHARE\\...'" : NULL;
}

int
path_windows(const char *path, struct err *e)
{
	const char *fault = NULL;
	size_t at = 2, len;

	if (path[0] != '\0' && strchr(SEPARATORS, path[0]) != NULL)
		fault = share_fault(path, &at);
	for (; fault == NULL && path[at] != '\0'; at += len) {
		at += strspn(path + at, SEPARATORS);
		len = strcspn(path + at, SEPARATORS);
		if (len > 0 && !(len <= 2 && memcmp(path + at, "..", len) == 0))
			fault = component_fault(path + at, len);
	}
	return fault == NULL ? 0 : err_setx(e, ERR_UNSAFE, "path '%.256s' %s", path, fault);
}

static int
check_name(const char *what, const char *name, struct err *e)
{
	static const char *const roles[] = { "root", "targets", "snapshot", "timestamp" };
	static const char allowed[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t len = strlen(name);

	if (len > APPLICATION_NAME_MAX)
		return err_setx(e, ERR_USAGE, "%s: name over %d bytes", what, APPLICATION_NAME_MAX);
	if (len == 0 || strspn(name, allowed) != len || strchr(".-", name[0]) != NULL)
		return err_setx(e, ERR_USAGE,
		    "%s '%s': want letters, digits, '.', '_' and '-', first no '.' or '-'", what,
		    name);
	for (size_t i = 0; i < N(roles); i++)
		if (ascii_same(name, roles[i]))
			return err_setx(e, ERR_USAGE, "%s '%s': a role of TUF has this name", what,
			    name);
	if (path_portable(name, len, e) == -1) {
		e->code = ERR_USAGE;
		return -1;
	}
	return 0;
}

int
application_check(const char *name, struct err *e)
{
	return check_name("application", name, e);
}

int
installation_check(const char *name, struct err *e)
{
	return check_name("installation", name, e);
}

bool
valid_application_name(const char *name)
{
	struct err e;

	return application_check(name, &e) == 0;
}

size_t
path_characters(const char *path)
{
	size_t n = 0;

	/* Each character but its continuation bytes; four bytes are a pair of surrogates. */
	for (const unsigned char *p = (const unsigned char *)path; *p != '\0'; p++)
		n += (size_t)((*p & 0xc0) != 0x80) + (size_t)(*p >= 0xf0);
	return n;
}

int
path_casecmp(const char *a, const char *b)
{
	while (*a != '\0' && ascii_lower(*a) == ascii_lower(*b)) {
		a++;
		b++;
	}
	return (unsigned char)ascii_lower(*a) - (unsigned char)ascii_lower(*b);
}
