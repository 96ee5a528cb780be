/* SPDX-License-Identifier: ISC */
/*
 * A directory, and the store over two key files in it that don't exist yet.
 */
#include "tests/unit/common/temp.h"
#include "tests/unit/common/test.h"
#include "tests/unit/settings/store.h"

#include "lib/os/file.h"

static char dir[512], machine[576], user[576];
static void *temp;

const char *
store_path(const char *name)
{
	return *name == '\0' ? dir : strcmp(name, "user.conf") == 0 ? user : machine;
}

int
store_make(void **state)
{
	struct err e;

	if (temp_make(&temp) == -1)
		return -1;
	snprintf(dir, sizeof dir, "%s", dir_path(temp));
	snprintf(machine, sizeof machine, "%s/etc/machine.conf", dir);
	snprintf(user, sizeof user, "%s/user.conf", dir);
	return (*state = settings_open_files(machine, user, &e)) == NULL ? -1 : 0;
}

int
store_remove(void **state)
{
	settings_close(*state);
	return temp_remove(&temp);
}

void
write_text(const char *path, const char *text)
{
	char parent[sizeof machine];
	struct dir *d;
	struct err e;

	snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(path, '/') - path), path);
	assert_non_null(d = dir_make(parent, 0755, &e));
	dir_close(d);
	assert_ok(file_replace(NULL, path, text, strlen(text), 0644, &e), &e);
}

void
want_text(const char *path, const char *text)
{
	struct buf b = BUF_INIT(100000);
	struct err e;

	assert_ok(file_read(NULL, path, &b, &e), &e);
	assert_string_equal(buf_text(&b), text);
	buf_free(&b);
}

void
store_write(const char *text)
{
	write_text(machine, text);
}

void
store_want(const char *text)
{
	struct buf b = BUF_INIT(100000);
	const char *got;
	struct err e;

	assert_ok(file_read(NULL, machine, &b, &e), &e);
	got = buf_text(&b);
	/* Of a file that was made by the store. */
	if (strncmp(got, STORE_FORMAT, strlen(STORE_FORMAT)) == 0)
		got += strlen(STORE_FORMAT);
	assert_string_equal(got, text);
	buf_free(&b);
}
