/* SPDX-License-Identifier: ISC */
/* The program that is to be wrapped: by its path, or by PATH without wrappers. */
#include "updater/wrap/wrap_posix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/os/file.h"
#include "lib/os/path.h"

#define SCRIPT_HEAD 4096 /* bytes in which the mark of a wrapper is */

/* Whether a program is a wrapper of ours. */
static bool
is_wrapper(const char *path)
{
	struct buf head = BUF_INIT(SCRIPT_HEAD);
	struct err ignored;
	struct file_in *in = file_in_open(NULL, path, 0, &ignored);
	size_t n = 0;
	bool is = false;

	if (in != NULL && buf_reserve(&head, SCRIPT_HEAD, &ignored) == 0 &&
	    file_in_read(in, head.data, SCRIPT_HEAD, &n, &ignored) == 0) {
		head.len = n;
		head.data[n] = '\0';
		is = wrap_is_marked(&head, NULL);
	}
	file_in_close(in);
	buf_free(&head);
	return is;
}

bool
wrap_is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* The i-th directory of PATH, cut at PATH_MAX; false: there is none. */
bool
wrap_path_dir(size_t i, char out[PATH_MAX])
{
	const char *p = getenv("PATH");
	size_t n;

	if (p == NULL)
		p = "/usr/bin:/bin";
	for (; i > 0; i--) {
		p += strcspn(p, ":");
		if (*p++ == '\0')
			return false;
	}
	n = strcspn(p, ":");
	snprintf(out, PATH_MAX, "%.*s", (int)(n < PATH_MAX ? n : 0), p);
	path_trim(out);
	return true;
}

/* The first of PATH that is a program and no wrapper. */
int
wrap_search(const char *name, struct buf *out, struct err *e)
{
	char dir[PATH_MAX];

	for (size_t i = 0; wrap_path_dir(i, dir); i++) {
		buf_reset(out);
		if (dir[0] == '/' && buf_addf(out, e, "%s/%s", dir, name) == 0 &&
		    wrap_is_program(buf_text(out)) && !is_wrapper(buf_text(out)))
			return 0;
	}
	buf_reset(out);
	return err_setx(e, ERR_NOENT,
	    "%s: no such program; give its path, or put its directory into PATH", name);
}

/* The absolute path, whose links stay: they may lead to another version tomorrow. */
static int
absolute(const char *program, struct buf *out, struct err *e)
{
	char here[PATH_MAX];

	if (program[0] != '/' && getcwd(here, sizeof here) == NULL)
		return err_set(e, ERR_IO, "the current directory");
	if (path_join(out, program[0] == '/' ? "" : here, program, e) == -1)
		return -1;
	if (!wrap_is_program(buf_text(out)))
		return err_setx(e, ERR_NOENT, "%s: want a program, got none that can be started",
		    buf_text(out));
	if (is_wrapper(buf_text(out)))
		return err_setx(e, ERR_CONFLICT,
		    "%s is a wrapper of 'slipway wrap', which would call itself; give the path of the "
		    "program itself",
		    buf_text(out));
	return 0;
}

/* This program of Slipway, by its path. */
static int
own_path(char out[PATH_MAX], struct err *e)
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);

	if (n == -1)
		return err_set(e, ERR_IO, "/proc/self/exe");
	out[n] = '\0';
	if (access(out, X_OK) == -1)
		return err_set(e, ERR_NOENT, "%s, which is this program", out);
	return 0;
}

bool
wrap_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int
wrap_find(struct wrap *w, const char *program, struct err *e)
{
	struct buf path = BUF_INIT(PATH_MAX);
	char own[PATH_MAX];
	int rc = -1;

	if (own_path(own, e) == -1 ||
	    (strchr(program, '/') != NULL ? absolute(program, &path, e)
					  : wrap_search(program, &path, e)) == -1)
		goto out;
	if (wrap_same_file(own, buf_text(&path))) {
		err_setx(e, ERR_CONFLICT,
		    "%s is Slipway itself; name the program that it is to start", buf_text(&path));
		goto out;
	}
	free(w->program);
	free(w->name);
	free(w->slipway);
	free(w->icon);
	w->program = strdup(buf_text(&path));
	w->name = strdup(path_base(buf_text(&path)));
	w->slipway = strdup(own);
	w->icon = strdup(path_base(buf_text(&path)));
	rc = w->program == NULL || w->name == NULL || w->slipway == NULL || w->icon == NULL
	    ? err_nomem(e)
	    : 0;
out:
	buf_free(&path);
	return rc;
}
