/* SPDX-License-Identifier: ISC */
/* Where keys, certificates and revocation lists come from. */
#include "lib/x509/source.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/os/file.h"
#include "lib/os/path.h"

/* Bytes of a name that is too long which messages show. */
#define SHOWN_MAX 60

/* Bytes of a setting with several names that messages show. */
#define LIST_SHOWN_MAX 300

const char *
source_name(const struct source *s)
{
	return s->content ? "(given by the program)" : s->text;
}

int
source_read(const struct source *s, bool secret, struct buf *out, struct err *e)
{
	if (s->content)
		return buf_add(out, s->text, s->len, e);
	if (s->len > SOURCE_PATH_MAX)
		return err_setx(e, ERR_TOO_LARGE, "%.*s...: the file's name is over %d bytes",
		    SHOWN_MAX, s->text, SOURCE_PATH_MAX);
	return secret ? file_read_secret(NULL, s->text, out, e) : file_read(NULL, s->text, out, e);
}

int
sources_each(const struct source *s, void (*each)(void *arg, const struct source *one), void *arg,
    struct err *e)
{
	char path[SOURCE_PATH_MAX + 1];
	struct source one = { s->label, path, 0, false };
	const char *list = s->text;

	if (s->content) {
		each(arg, s);
		return 0;
	}
	for (unsigned files = 1; *list != '\0'; files++) {
		const char *name = list;
		size_t shown, all = strcspn(list, ";");

		if (files > SOURCES_MAX)
			return err_setx(e, ERR_TOO_LARGE, "%s: over %d files", s->label,
			    SOURCES_MAX);
		one.len = all;
		text_trim(&name, &one.len);
		shown = one.len > SOURCE_PATH_MAX ? SHOWN_MAX : one.len;
		memcpy(path, name, shown);
		path[shown] = '\0';
		if (one.len > 0)
			each(arg, &one);
		list += all + (list[all] == ';');
	}
	return 0;
}

/* The first relative name. */
struct relative {
	char name[SHOWN_MAX + 1]; /* "": none */
};

static void
note_relative(void *arg, const struct source *one)
{
	struct relative *r = arg;

	if (r->name[0] == '\0' && one->len > 0 && !path_absolute(one->text))
		snprintf(r->name, sizeof r->name, "%s", one->text);
}

int
source_whole(const struct source *s, bool list, struct err *e)
{
	struct relative r = { "" };

	if (!list)
		note_relative(&r, s);
	else if (sources_each(s, note_relative, &r, e) == -1)
		return -1;
	if (s->content || r.name[0] == '\0')
		return 0;
	return err_setx(e, ERR_CONFIG,
	    "%s = %.*s: want whole paths, got '%s', which would be in whatever folder the program "
	    "works in; write the folder before it, as in %%ProgramData%%/COV_PB/%s",
	    s->label, LIST_SHOWN_MAX, s->text, r.name, path_base(r.name));
}
