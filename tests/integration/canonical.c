/* SPDX-License-Identifier: ISC */
/*
 * canonical FILE: prints the JSON of FILE in canonical form, for the comparison with another
 * implementation.
 */
#include <stdio.h>

#include "lib/os/file.h"
#include "lib/base/json.h"
#include "lib/tuf/canonical.h"

int
main(int argc, char **argv)
{
	struct buf in = BUF_INIT(1 << 24), out = BUF_INIT(1 << 24);
	struct err e = { 0 };
	json_t *j = NULL;
	int rc = 1;

	if (argc == 2 && file_read(NULL, argv[1], &in, &e) == 0 &&
	    (j = json_text_parse(in.data, in.len, &e)) != NULL &&
	    canonical_json(j, &out, &e) == 0 && fwrite(out.data, 1, out.len, stdout) == out.len)
		rc = 0;
	else
		fprintf(stderr, "canonical: %s\n", e.text);
	json_decref(j);
	buf_free(&in);
	buf_free(&out);
	return rc;
}
