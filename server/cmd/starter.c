/* SPDX-License-Identifier: ISC */
/* The first release of an application. */
#include "server/cmd/starter.h"

#include <string.h>

#include "lib/base/list.h"
#include "lib/base/path.h"
#include "lib/os/file.h"
#include "lib/os/path.h"

/* share/scripts/tls-client.lua, from CMakeLists.txt. */
extern const char starter_script[];

#define CERTIFICATE	 "server.crt"
#define SCRIPT		 "10-tls.lua"
#define SCRIPT_MAX	 (16u * 1024) /* bytes */
#define STARTER_PATH_MAX 4096

/* The lines that the script wants changed. */
#define INSTALLATION "local installation = \"D2EXE_COV_PB\"\n"
#define APPLICATION  "local application = \"COV_PB\"\n"

/* Opens a directory of the release, and makes it. */
static struct dir *
open_part(const struct starter *s, const char *part, struct err *e)
{
	struct buf path = BUF_INIT(STARTER_PATH_MAX);
	struct dir *d = NULL;

	if (path_join(&path, s->dir, part, e) == 0)
		d = dir_make(buf_text(&path), 0755, e);
	buf_free(&path);
	return d;
}

static int
check_free(const struct starter *s, const char *part, const char *name, struct err *e)
{
	struct buf path = BUF_INIT(STARTER_PATH_MAX);
	struct file_info info;
	int found = -1;

	if (path_join(&path, s->dir, part, e) == 0 && buf_addf(&path, e, "/%s", name) == 0)
		found = file_stat(NULL, buf_text(&path), &info, e);
	if (found == 1)
		err_setx(e, ERR_EXISTS,
		    "%s is there already; --release begins a release, and changes none",
		    buf_text(&path));
	buf_free(&path);
	return found == 0 ? 0 : -1;
}

int
starter_check(const struct starter *s, struct err *e)
{
	if (installation_check(s->installation, e) == -1)
		return err_context(e, "--installation");
	if (application_check(s->application, e) == -1)
		return err_context(e, "--app");
	return check_free(s, "app", CERTIFICATE, e) == -1 ||
		check_free(s, "scripts/machine", SCRIPT, e) == -1
	    ? -1
	    : 0;
}

/* Appends the script up to a line, and instead of that line one with name.  Returns the rest. */
static const char *
add_until(struct buf *out, const char *text, const char *line, const char *what, const char *name,
    struct err *e)
{
	const char *at = strstr(text, line);

	if (at == NULL) {
		err_setx(e, ERR_SYNTAX, "the starter script has no %s", what);
		return NULL;
	}
	return buf_add(out, text, (size_t)(at - text), e) == -1 ||
		buf_addf(out, e, "local %s = \"%s\"\n", what, name) == -1
	    ? NULL
	    : at + strlen(line);
}

static int
write_script(const struct starter *s, struct err *e)
{
	struct buf text = BUF_INIT(SCRIPT_MAX);
	struct dir *d = NULL;
	const char *rest =
	    add_until(&text, starter_script, INSTALLATION, "installation", s->installation, e);
	int rc = -1;

	if (rest != NULL)
		rest = add_until(&text, rest, APPLICATION, "application", s->application, e);
	if (rest != NULL && buf_adds(&text, rest, e) == 0 &&
	    (d = open_part(s, "scripts/machine", e)) != NULL)
		rc = file_replace(d, SCRIPT, text.data, text.len, 0644, e);
	dir_close(d);
	buf_free(&text);
	return rc;
}

int
starter_prepare(const struct starter *s, struct err *e)
{
	static const char *const parts[] = { "app", "scripts/machine" };

	for (size_t i = 0; i < N(parts); i++) {
		struct dir *d = open_part(s, parts[i], e);

		if (d == NULL)
			return -1;
		dir_close(d);
	}
	return 0;
}

int
starter_write(const struct starter *s, const struct buf *crt, struct err *e)
{
	struct dir *d = open_part(s, "app", e);
	int rc = d == NULL ? -1 : file_replace(d, CERTIFICATE, crt->data, crt->len, 0644, e);

	dir_close(d);
	return rc == -1 ? -1 : write_script(s, e);
}
