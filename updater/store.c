/*
 * What a station keeps on disk about one application.
 */
#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsontext.h"

static int
file_name(const char *role, struct buf *name, struct err *e)
{
	return tuf_role_filename(role, name, e) == -1 ? -1 : buf_adds(name, ".json", e);
}

static int
load(void *arg, const char *role, struct buf *out, struct err *e)
{
	struct buf name = BUF_INIT(1024);
	int rc = file_name(role, &name, e) == -1 || file_read(arg, buf_text(&name), out, e) == -1 ? -1 :
												    1;

	buf_free(&name);
	return rc == -1 && e->code == ERR_NOENT ? 0 : rc;
}

static int
save(void *arg, const char *role, const uint8_t *data, size_t len, struct err *e)
{
	struct buf name = BUF_INIT(1024);
	int rc = file_name(role, &name, e) == -1 ? -1 :
	    file_replace(arg, buf_text(&name), data, len, 0644, e);

	buf_free(&name);
	return rc;
}

static int
forget(void *arg, const char *role, struct err *e)
{
	struct buf name = BUF_INIT(1024);
	int rc = file_name(role, &name, e) == -1 ? -1 : file_remove(arg, buf_text(&name), e);

	buf_free(&name);
	return rc == -1 ? -1 : dir_sync(arg, e);
}

void
store_io(struct dir *metadata, struct tuf_io *io)
{
	io->load = load;
	io->save = save;
	io->forget = forget;
	io->arg = metadata;
}

json_t *
store_applied(struct dir *state, struct err *e)
{
	struct buf b = BUF_INIT(STORE_APPLIED_MAX);
	json_t *j = NULL;

	if (file_read(state, "applied.json", &b, e) == 0)
		j = json_text_parse(b.data, b.len, e);
	else if (e->code == ERR_NOENT && (j = json_pack("{s:i, s:i, s:{}}", "release", 0, "version",
					      0, "files")) == NULL)
		err_nomem(e);
	buf_free(&b);
	return j;
}

int
store_set_applied(struct dir *state, const json_t *applied, struct err *e)
{
	char *text = json_dumps(applied, JSON_INDENT(1) | JSON_SORT_KEYS);
	int rc = text == NULL ? err_nomem(e) :
				file_replace(state, "applied.json", text, strlen(text), 0644, e);

	free(text);
	return rc;
}

int64_t
store_refreshed(struct dir *state)
{
	struct buf b = BUF_INIT(64);
	int64_t t = 0;
	struct err e;

	if (file_read(state, "refreshed", &b, &e) == 0 && b.len >= CLOCK_TEXT_SIZE - 1)
		clock_parse(buf_text(&b), CLOCK_TEXT_SIZE - 1, &t);
	buf_free(&b);
	return t;
}

int
store_set_refreshed(struct dir *state, int64_t now, struct err *e)
{
	char text[CLOCK_TEXT_SIZE];

	clock_format(now, text);
	text[CLOCK_TEXT_SIZE - 1] = '\n';
	return file_replace_fast(state, "refreshed", text, sizeof text, 0644, e);
}
