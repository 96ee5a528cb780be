/*
 * %NAME% in settings and scripts.
 */
#include "settings/expand.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/places.h"

/* Most bytes of a name. */
#define NAME_SIZE	128

/* 1 known, 0 no such name, -1. */
static int
look_up(const char *name, size_t len, const struct expand_names *names, struct buf *out,
    struct err *e)
{
	char copy[NAME_SIZE];
	const char *env;
	int rc;

	for (size_t i = 0; i < names->n; i++)
		if (strlen(names->own[i].name) == len && strncasecmp(names->own[i].name, name, len) == 0)
			return buf_adds(out, names->own[i].text, e) == -1 ? -1 : 1;
	if ((rc = place_known(name, len, out, e)) != 0 || !names->environment || len >= sizeof copy)
		return rc;
	memcpy(copy, name, len);
	copy[len] = '\0';
	if ((env = getenv(copy)) == NULL)
		return 0;
	return buf_adds(out, env, e) == -1 ? -1 : 1;
}

int
expand(const char *text, size_t len, const struct expand_names *names, struct buf *out,
    struct err *e)
{
	size_t i = 0;

	while (i < len) {
		const char *percent = memchr(text + i, '%', len - i), *end;
		size_t plain = percent == NULL ? len - i : (size_t)(percent - text) - i, n;
		int rc;

		if (buf_add(out, text + i, plain, e) == -1)
			return -1;
		if (percent == NULL)
			return 0;
		i += plain + 1;
		if ((end = memchr(text + i, '%', len - i)) == NULL)
			return err_setx(e, ERR_SYNTAX,
			    "a lone '%%' in '%.*s'; a literal one is written '%%%%'",
			    (int)(len > 200 ? 200 : len), text);
		n = (size_t)(end - text) - i;
		if (n == 0)
			rc = buf_addc(out, '%', e) == -1 ? -1 : 1;
		else
			rc = look_up(text + i, n, names, out, e);
		if (rc == 0)
			return err_setx(e, ERR_SYNTAX, "%%%.*s%% is not a name that is known here",
			    (int)(n > 100 ? 100 : n), text + i);
		if (rc == -1)
			return -1;
		i += n + 1;
	}
	return 0;
}
