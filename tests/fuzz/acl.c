/* SPDX-License-Identifier: ISC */
/*
 * Access lists of Windows.  The input is the list of a directory, a newline, and that of a file
 * that is replaced.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/base/acl.h"

#define SELF "S-1-5-21-1-2-3-1001"

/* What is mended has no fault, and mending it again changes nothing. */
static void
check_mended(const char *text, const struct acl_rule *rule)
{
	struct buf once = BUF_INIT(ACL_TEXT_MAX), twice = BUF_INIT(ACL_TEXT_MAX);
	struct err e;

	if (acl_mend(text, rule, &once, &e) == 0) {
		must(acl_judge(buf_text(&once), rule) == ACL_GOOD);
		must(acl_mend(buf_text(&once), rule, &twice, &e) == 0);
		must(acl_same(buf_text(&once), buf_text(&twice)));
	} else {
		must(once.len == 0);
	}
	buf_free(&once);
	buf_free(&twice);
}

/* A privileged process gives no file an owner that isn't good. */
static void
check_chosen(const struct acl_file *f)
{
	struct buf out = BUF_INIT(ACL_TEXT_MAX), owner = BUF_INIT(ACL_TEXT_MAX);
	struct err e;

	if (acl_choose(f, &out, &e) == 0) {
		must(acl_owner(buf_text(&out), &owner, &e) == 0);
		must((owner.len > 0) == f->privileged);
		must(!f->privileged || strcmp(buf_text(&owner), SELF) != 0);
		must(acl_same(buf_text(&out), buf_text(&out)));
	} else {
		must(out.len == 0);
	}
	buf_free(&out);
	buf_free(&owner);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = size > 0 ? memchr(data, '\n', size) : NULL;
	const struct acl_rule secret = { true, NULL }, ours = { false, SELF };
	char *directory, *file;

	if (cut == NULL)
		return 0;
	directory = feed_text(data, (size_t)(cut - data));
	file = feed_text(cut + 1, size - (size_t)(cut - data) - 1);
	for (int i = 0; i < 4; i++)
		check_chosen(&(struct acl_file){ ACL_INSTALLED, i & 1, SELF, directory,
		    (unsigned)i >> 1, size % 2 == 0 ? file : NULL });
	check_mended(file, &secret);
	check_mended(file, &ours);
	free(directory);
	free(file);
	return 0;
}
