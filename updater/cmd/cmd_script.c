/* SPDX-License-Identifier: ISC */
/*
 * slipway script check
 */
#include "updater/cmd/common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/file.h"
#include "lib/os/log.h"
#include "lib/script/dryrun.h"

/* Bytes of a printed change set. */
#define OUTPUT_MAX (64u * 1024 * 1024)

static int
tell(void *arg, const char *script, const char *text, struct err *e)
{
	(void)arg;
	(void)e;
	log_info("%s: %s", script, text);
	return 0;
}

static int
check(const char *path, const char *facts, struct err *e)
{
	struct buf json = BUF_INIT(CHECK_FACTS_MAX), source = BUF_INIT(SCRIPT_SIZE_MAX),
		   out = BUF_INIT(OUTPUT_MAX);
	struct check_options o = { .log = tell };
	struct check *c = NULL;
	int rc = -1;

	if (facts != NULL && file_read(NULL, facts, &json, e) == -1)
		goto out;
	if (facts != NULL) {
		o.json = (const uint8_t *)buf_text(&json);
		o.len = json.len;
	}
	if ((c = check_new(&o, e)) == NULL) {
		if (facts != NULL)
			err_context(e, "%s", facts);
		goto out;
	}
	if (file_read(NULL, path, &source, e) == -1 ||
	    check_run(c, path, source.data, source.len, &out, e) == -1)
		goto out;
	if (out.len == 0)
		puts("nothing changes");
	fwrite(buf_text(&out), 1, out.len, stdout);
	if (fflush(stdout) == EOF)
		err_set(e, ERR_IO, "standard output");
	else
		rc = 0;
out:
	check_free(c);
	buf_free(&json);
	buf_free(&source);
	buf_free(&out);
	return rc;
}

int
cmd_script(int argc, char **argv)
{
	static const struct option options[] = {
		{ "facts", required_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	const char *facts = NULL;
	struct err e;
	int c;

	if (argc < 2 || strcmp(argv[1], "check") != 0)
		return cmd_usage("script");
	argc--;
	argv++;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 'f')
			return cmd_usage("script");
		facts = optarg;
	}
	if (optind != argc - 1)
		return cmd_usage("script");
	return check(argv[optind], facts, &e) == -1 ? cmd_fail(&e) : EXIT_SUCCESS;
}
