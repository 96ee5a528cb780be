/* SPDX-License-Identifier: ISC */
/* Child processes of the same executable: what all platforms share. */
#include "lib/os/child_system.h"

#include <stdlib.h>
#include <string.h>

void
child_main(const struct child_role *const *roles, int argc, char **argv)
{
	int status = CHILD_STATUS_BAD;

	if (argc != 3 + child_arguments || strcmp(argv[1], CHILD_ARGUMENT) != 0) {
		child_remember();
		return;
	}
	for (; *roles != NULL; roles++)
		if (strcmp((*roles)->name, argv[2]) == 0) {
			status = child_run(*roles, argv + 3);
			break;
		}
	child_exit(status);
}

static void
child_free(struct child *c)
{
	child_release(c);
	frames_close(c->frames);
	free(c);
}

struct child *
child_start(const struct child_role *role, struct err *e)
{
	struct child *c = calloc(1, sizeof *c);
	pipe_end ends[2];
	int rc = -1;

	if (c == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (pipe_pair(ends, e) == -1) {
		free(c);
		return NULL;
	}
	if ((c->frames = frames_open(ends[0], role->frame_max, e)) != NULL)
		rc = child_spawn(c, role, ends[1], e);
	pipe_close(ends[1]);
	if (rc == 0)
		return c;
	err_context(e, "%s child", role->name);
	child_free(c);
	return NULL;
}

struct frames *
child_frames(struct child *c)
{
	return c->frames;
}

void
child_end(struct child *c, int64_t deadline, char how[CHILD_HOW_SIZE])
{
	if (c == NULL)
		return;
	pipe_finish(frames_pipe(c->frames));
	child_reap(c, deadline, how);
	child_free(c);
}

int
child_hello(struct frames *parent, uint8_t type, const struct confine_want *want, struct err *e)
{
	struct buf b = BUF_INIT(sizeof(uint32_t));
	struct confined c;
	int rc = -1;

	confine(want, &c);
	if (wire_put_u32(&b, confined_pack(&c), e) == 0)
		rc = frame_send(parent, type, b.data, b.len, FRAME_FOREVER, e);
	buf_free(&b);
	return rc;
}

bool
child_take_hello(struct wire *w, bool *taken, struct confined *out)
{
	uint32_t packed = wire_u32(w);

	if (w->bad || w->p != w->end || *taken)
		return false;
	confined_unpack(packed, out);
	return *taken = true;
}
