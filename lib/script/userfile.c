/* SPDX-License-Identifier: ISC */
/* TLS settings that name files of each user's. */
#include "lib/script/userfile.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/os/places.h"
#include "lib/script/convert.h"
#include "lib/settings/application.h"
#include "lib/settings/tls_setting.h"

/* Whether a change sets a name of files that the TLS library reads. */
static bool
is_tls_file(const struct change *x)
{
	bool is = false;

	for (int i = 0; i < TLS_SETTING_COUNT && x->op == CHANGE_SET; i++)
		is |= tls_setting_is_file((enum tls_setting)i) &&
		    ascii_same(x->name, tls_setting_name((enum tls_setting)i));
	return is && setting_key_within(x->key, SETTINGS_VENDOR_KEY) && tls_setting_is_side(x->key);
}

/* The end of the name that an entry begins with: "%NAME%", or "<NAME>" of a run without a station. */
static const char *
name_end(const char *entry)
{
	return *entry == '%' ? strchr(entry + 1, '%')
	    : *entry == '<'  ? strchr(entry + 1, '>')
			     : NULL;
}

/* Whether an entry begins with the name of a folder of each user's. */
static bool
is_of_user(const char *entry)
{
	const char *end = name_end(entry);

	return end != NULL && place_of_user(entry + 1, (size_t)(end - entry) - 1);
}

static const char *
base_name(const char *path)
{
	const char *base = path;

	for (; *path != '\0'; path++)
		if (*path == '/' || *path == '\\')
			base = path + 1;
	return base;
}

/* The file of the release that an entry seems to mean, or NULL. */
static const char *
file_of(const char *entry, const struct userfile_release *r)
{
	const char *file;

	if (!is_of_user(entry))
		return NULL;
	for (size_t i = 0; (file = r->file(r->arg, i)) != NULL; i++)
		if (*file != '\0' && ascii_same(base_name(file), base_name(entry)) &&
		    (r->meant == NULL || !r->meant(r->arg, entry, file)))
			return file;
	return NULL;
}

/* Appends a text as a script writes it: '\' between the parts of a file, or each '%' doubled. */
static int
add_as_script(struct buf *out, const char *text, bool file, struct err *e)
{
	const char *end = *text == '<' ? name_end(text) : NULL;
	int rc = file ? buf_adds(out, "%AppDir%\\", e) : 0;

	if (end != NULL) {
		rc = buf_addf(out, e, "%%%.*s%%", (int)(end - text) - 1, text + 1);
		text = end + 1;
	}
	for (; *text != '\0' && rc == 0; text++) {
		rc = buf_addc(out, file && *text == '/' ? '\\' : *text, e);
		if (rc == 0 && *text == '%')
			rc = buf_addc(out, '%', e);
	}
	return rc;
}

/* The value with these entries as they should be, as a script writes it.  *first: of them. */
static int
mend_value(const char *value, const struct userfile_release *r, struct buf *out, char **first,
    const char **file, struct err *e)
{
	struct buf entry = BUF_INIT(VALUE_SIZE_MAX);
	int rc = 0;

	for (size_t n; rc == 0; value += n + 1) {
		const char *found;

		n = strcspn(value, ";");
		buf_reset(&entry);
		if ((rc = buf_add(&entry, value, n, e)) == -1)
			break;
		found = file_of(buf_text(&entry), r);
		rc = add_as_script(out, found == NULL ? buf_text(&entry) : found, found != NULL, e);
		if (found != NULL && *file == NULL) {
			*file = found;
			*first = (char *)buf_steal(&entry);
		}
		if (value[n] == '\0')
			break;
		if (rc == 0)
			rc = buf_addc(out, ';', e);
	}
	buf_free(&entry);
	return rc;
}

/* Appends the line of a script that sets this text. */
static int
add_right_line(const struct change *x, const struct buf *text, struct buf *out, struct err *e)
{
	struct value v = VALUE_INIT;
	struct change right = { x->op, x->key, x->name, VALUE_INIT };
	int rc = value_text(&v, x->value.type, buf_text(text), text->len, e);

	right.value = v;
	if (rc == 0)
		rc = convert_change(&right, out, e);
	value_free(&v);
	return rc;
}

bool
userfile_find(const struct change *x, const struct userfile_release *r, struct err *why)
{
	struct buf text = BUF_INIT(2 * VALUE_SIZE_MAX), line = BUF_INIT(4 * VALUE_SIZE_MAX);
	const char *file = NULL;
	char *first = NULL;
	struct err e;
	bool found = false;

	if (!is_tls_file(x) || (x->value.type != VALUE_STRING && x->value.type != VALUE_EXPAND))
		return false;
	if (mend_value(value_get_text(&x->value), r, &text, &first, &file, &e) == 0 &&
	    file != NULL && add_right_line(x, &text, &line, &e) == 0) {
		err_setx(why, ERR_CONFIG,
		    "%s: %.200s is in each user's own folder, and app/%.200s goes to AppDir%s; the "
		    "right line is %s",
		    x->name, first, file, r->where == NULL ? "" : r->where, buf_text(&line));
		found = true;
	}
	free(first);
	buf_free(&text);
	buf_free(&line);
	return found;
}
