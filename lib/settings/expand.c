/* SPDX-License-Identifier: ISC */
/* %NAME% in settings and scripts. */
#include "lib/settings/expand.h"

#include <string.h>

#include "lib/base/list.h"
#include "lib/base/text.h"
#include "lib/os/places.h"

/* Bytes of a name between the two '%'. */
#define EXPAND_NAME_MAX 255

const char *
expand_script_name(size_t i)
{
	static const char *const names[] = { "InstallDir", "AppDir", "Application",
		"Installation" };

	return i < N(names) ? names[i] : NULL;
}

static bool
is_script_name(const char *name, size_t len)
{
	const char *its;

	for (size_t i = 0; (its = expand_script_name(i)) != NULL; i++)
		if (ascii_same_n(its, strlen(its), name, len))
			return true;
	return false;
}

/* 1 found and appended, 0 no such variable, -1 error. */
static int
from_environment(const char *name, size_t len, struct buf *out, struct err *e)
{
	char copy[EXPAND_NAME_MAX + 1];

	memcpy(copy, name, len);
	copy[len] = '\0';
	if (memchr(copy, '=', len) != NULL || memchr(copy, '\0', len) != NULL)
		return 0;
	return place_variable(copy, out, e);
}

static int
add_expanded(const char *name, size_t len, const struct expand_names *names, struct buf *out,
    struct err *e)
{
	int shown = len > 100 ? 100 : (int)len, found;

	if (len > EXPAND_NAME_MAX)
		return err_setx(e, ERR_SYNTAX, "unknown name %%%.*s...%%", shown, name);
	for (size_t i = 0; i < names->n; i++)
		if (ascii_same_n(names->own[i].name, strlen(names->own[i].name), name, len))
			return names->own[i].text != NULL
			    ? buf_adds(out, names->own[i].text, e)
			    : err_setx(e, ERR_CONFIG, "%%%.*s%% has no value here", shown, name);
	found = names->only_own ? 0 : place_known(name, len, out, e);
	/* The environment of a privileged process may be that of somebody else: "sudo -E". */
	if (found == 0 && names->environment && place_privileged() && !is_script_name(name, len))
		return err_setx(e, ERR_SYNTAX,
		    "unknown name %%%.*s%%: a privileged process doesn't ask the environment",
		    shown, name);
	if (found == 0 && names->environment && !place_privileged())
		found = from_environment(name, len, out, e);
	/* Somebody doubled the '%' in a script, or wrote the setting without one. */
	if (found == 0 && names->environment && is_script_name(name, len))
		return err_setx(e, ERR_SYNTAX,
		    "unknown name %%%.*s%%, which only scripts and enrolments have; in a script it has one '%%' at each end, not two",
		    shown, name);
	if (found == 0)
		return err_setx(e, ERR_SYNTAX, "unknown name %%%.*s%%", shown, name);
	return found == 1 ? 0 : err_context(e, "%%%.*s%%", shown, name);
}

/* The same with each '%' doubled. */
static int
add_name_escaped(const char *name, size_t len, const struct expand_names *names, struct buf *out,
    struct err *e)
{
	struct buf text = BUF_INIT(EXPAND_MAX);
	int rc = add_expanded(name, len, names, &text, e);

	for (size_t i = 0; i < text.len && rc == 0; i++)
		if ((rc = buf_addc(out, (char)text.data[i], e)) == 0 && text.data[i] == '%')
			rc = buf_addc(out, '%', e);
	buf_free(&text);
	return rc;
}

static int
expand_all(const char *text, size_t len, const struct expand_names *names, struct buf *out,
    struct err *e)
{
	int (*add)(const char *, size_t, const struct expand_names *, struct buf *, struct err *) =
	    names->again ? add_name_escaped : add_expanded;
	const char *p = text, *end = text + len;

	while (p < end) {
		const char *first = memchr(p, '%', (size_t)(end - p)), *second;

		if (first == NULL)
			first = end;
		if (buf_add(out, p, (size_t)(first - p), e) == -1)
			return -1;
		if (first == end)
			return 0;
		second = memchr(first + 1, '%', (size_t)(end - first) - 1);
		if (second == NULL)
			return err_setx(e, ERR_SYNTAX,
			    "lone '%%' at character %zu: want %%NAME%%, or %%%% for one '%%'",
			    (size_t)(first - text) + 1);
		if (second == first + 1) {
			if (buf_addc(out, '%', e) == -1)
				return -1;
		} else if (add(first + 1, (size_t)(second - first) - 1, names, out, e) == -1) {
			return -1;
		}
		p = second + 1;
	}
	return 0;
}

int
expand(const char *text, size_t len, const struct expand_names *names, struct buf *out,
    struct err *e)
{
	static const struct expand_names none = { .own = NULL };
	struct buf whole = BUF_INIT(EXPAND_MAX);
	int rc = -1;

	if (expand_all(text, len, names != NULL ? names : &none, &whole, e) == -1)
		goto out;
	rc = buf_add(out, whole.data, whole.len, e);
out:
	buf_free(&whole);
	return rc;
}
