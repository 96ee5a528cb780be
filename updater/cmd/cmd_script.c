/* SPDX-License-Identifier: ISC */
/* slipway script check, convert */
#include "updater/cmd/command.h"

#include <stdio.h>

#include "lib/script/convert.h"
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

/* Lines that are told of; a file of another kind has no other ones. */
#define TOLD_MAX 1000

struct telling {
	const char *path;
	size_t lost, looks;
};

static void
tell_of_line(const struct telling *t, size_t line, const char *why)
{
	if (t->lost + t->looks <= TOLD_MAX)
		log_warn("%s:%zu: %s", t->path, line, why);
}

static int
on_lost(void *arg, size_t line, const char *why, struct err *e)
{
	struct telling *t = arg;

	(void)e;
	t->lost++;
	tell_of_line(t, line, why);
	return 0;
}

static int
on_look(void *arg, size_t line, const char *why, struct err *e)
{
	struct telling *t = arg;

	(void)e;
	t->looks++;
	tell_of_line(t, line, why);
	return 0;
}

/* Runs the script as 'script check' does, at a station that lets it change all keys. */
static int
check_converted(const struct buf *script, struct err *e)
{
	static const char facts[] = "{\"keys\": [\"HKLM\", \"HKCU\"]}";
	const struct dryrun_options o = { .json = (const uint8_t *)facts, .len = sizeof facts - 1 };
	struct dryrun *c = dryrun_new(&o, e);
	struct buf out = BUF_INIT(OUTPUT_MAX);
	int rc = c == NULL ? -1 : dryrun_run(c, "the script", script->data, script->len, &out, e);

	dryrun_free(c);
	buf_free(&out);
	return rc;
}

static int
read_and_convert(struct telling *t, struct buf *script, struct convert_count *n, struct err *e)
{
	const struct convert_told told = { on_lost, on_look, t };
	struct buf file = BUF_INIT(CONVERT_FILE_MAX);
	int rc = file_read(NULL, t->path, &file, e);

	if (rc == 0 && (rc = convert(buf_text(&file), file.len, &told, script, n, e)) == -1)
		err_context(e, "%s", t->path);
	if (rc == 0 && t->lost + t->looks > TOLD_MAX)
		log_warn("%s: %zu lines more", t->path, t->lost + t->looks - TOLD_MAX);
	if (rc == 0 && n->machine + n->user == 0)
		rc = err_setx(e, ERR_SYNTAX,
		    "%s: want a .reg file, or a batch file with reg add or reg delete, got no line that "
		    "can be turned",
		    t->path);
	if (rc == 0 && n->machine > 0 && n->user > 0) {
		t->looks++;
		log_warn("%s: has keys of HKLM and of HKCU: put the lines of HKLM into a script in "
			 "scripts/machine, those of HKCU into one in scripts/user",
		    t->path);
	}
	buf_free(&file);
	return rc;
}

struct convert_options {
	const char *out;
};

static int
run_script_convert(struct call *call, struct err *e)
{
	const struct convert_options *o = call->options;
	struct telling t = { .path = call->argv[0] };
	struct buf script = BUF_INIT(SCRIPT_SIZE_MAX);
	struct convert_count n = { 0, 0 };
	int rc = -1;

	if (read_and_convert(&t, &script, &n, e) == -1 || check_converted(&script, e) == -1)
		goto out;
	if (o->out == NULL)
		fwrite(buf_text(&script), 1, script.len, stdout);
	else if (file_create(NULL, o->out, script.data, script.len, 0644, e) == -1)
		goto out;
	if (t.lost > 0)
		log_warn("%s: %zu line%s not turned; the script has a comment in the place of each",
		    t.path, t.lost, t.lost == 1 ? " is" : "s are");
	rc = t.lost + t.looks > 0 ? CLI_ATTEND : CLI_OK;
out:
	buf_free(&script);
	return rc;
}

static const struct option convert_options[] = {
	{ "out", OPTION_TEXT, OPTION_TO(struct convert_options, out), "FILE",
	    "write the script to this new file, instead of standard output" },
	OPTION_END,
};

const struct command cmd_script_convert = { "script convert", run_script_convert, "[options] FILE",
	1, 1, "turn a .reg file, or reg add and reg delete of a batch file, into a script",
	"Tells of each line that it can't turn, and exits with 3 then, and where a line needs a look.",
	convert_options, sizeof(struct convert_options), NULL, .stop = false };
