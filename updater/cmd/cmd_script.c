/* SPDX-License-Identifier: ISC */
/* slipway script check */
#include "updater/cmd/command.h"

#include <stdio.h>

#include "lib/script/dryrun.h"

/* Bytes of a printed change set. */
#define OUTPUT_MAX (64u * 1024 * 1024)

static int
tell_line(void *arg, const char *script, const char *text, struct err *e)
{
	(void)arg;
	(void)e;
	log_info("%s: %s", script, text);
	return 0;
}

static int
check_script(const char *path, const char *facts, struct err *e)
{
	struct buf json = BUF_INIT(DRYRUN_FACTS_MAX), source = BUF_INIT(SCRIPT_SIZE_MAX),
		   out = BUF_INIT(OUTPUT_MAX);
	struct dryrun_options o = { .log = tell_line };
	struct dryrun *c = NULL;
	int rc = -1;

	if (facts != NULL && file_read(NULL, facts, &json, e) == -1)
		goto out;
	if (facts != NULL) {
		o.json = (const uint8_t *)buf_text(&json);
		o.len = json.len;
	}
	if ((c = dryrun_new(&o, e)) == NULL) {
		if (facts != NULL)
			err_context(e, "%s", facts);
		goto out;
	}
	if (file_read(NULL, path, &source, e) == -1 ||
	    dryrun_run(c, path, source.data, source.len, &out, e) == -1)
		goto out;
	if (out.len == 0)
		puts("nothing changes");
	fwrite(buf_text(&out), 1, out.len, stdout);
	rc = 0;
out:
	dryrun_free(c);
	buf_free(&json);
	buf_free(&source);
	buf_free(&out);
	return rc;
}

struct options {
	const char *facts;
};

static int
run_script_check(struct call *call, struct err *e)
{
	const struct options *o = call->options;

	return check_script(call->argv[0], o->facts, e);
}

static const struct option options[] = {
	{ "facts", OPTION_TEXT, OPTION_TO(struct options, facts), "FILE",
	    "what the station is, as JSON (docs/scripts.md); else it is made up" },
	OPTION_END,
};

const struct command cmd_script_check = { "script check", run_script_check, "[options] FILE", 1, 1,
	"run a configuration script and print what it would change", NULL, options,
	sizeof(struct options), NULL, .stop = false };
