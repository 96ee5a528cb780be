/* SPDX-License-Identifier: ISC */
/*
 * server/repo/audit: the chain of the log.
 */
#include "tests/unit/common/test.h"

#include "lib/base/text.h"
#include "lib/tuf/canonical.h"
#include "server/repo/audit.h"
#include "tests/unit/common/temp.h"

static void
add(struct dir *d, const char *action)
{
	json_t *entry = json_pack("{s:s,s:s}", "action", action, "time", "2026-03-01T12:00:00Z");
	struct err e;
	struct file_lock *lock = file_lock(d, AUDIT_FILE, 0, &e);

	assert_true(entry != NULL && lock != NULL);
	assert_ok(audit_add(d, entry, &e), &e);
	file_unlock(lock);
	json_decref(entry);
}

static void
make(struct dir *d, struct buf *text)
{
	struct err e;

	add(d, "init");
	add(d, "publish");
	add(d, "gc");
	assert_ok(file_read(d, AUDIT_FILE, text, &e), &e);
}

static void
put(struct dir *d, const void *data, size_t len)
{
	struct err e;

	assert_ok(file_replace_fast(d, AUDIT_FILE, data, len, 0600, &e), &e);
}

static void
holds(void **state)
{
	struct audit_report report;
	struct err e = { 0 };

	assert_ok(audit_walk(*state, NULL, NULL, &report, &e), &e);
	assert_int_equal(report.lines, 0);
	assert_int_equal(report.head[0], '0');
	add(*state, "init");
	add(*state, "publish");
	assert_ok(audit_walk(*state, NULL, NULL, &report, &e), &e);
	assert_int_equal(report.lines, 2);
	assert_string_equal(json_string_value(json_object_get(report.last, "action")), "publish");
	audit_report_free(&report);
}

/* Changing any byte of the log breaks the chain. */
static void
altered(void **state)
{
	struct buf text = BUF_INIT(65536);
	struct audit_report report;
	struct err e = { 0 };

	make(*state, &text);
	for (size_t i = 0; i + 1 < text.len; i++) {
		/*
		 * Only its form protects the last line: somebody who can write may change it.
		 */
		if (memchr(text.data + i, '\n', text.len - 1 - i) == NULL)
			break;
		text.data[i] ^= 1;
		put(*state, text.data, text.len);
		assert_err(audit_walk(*state, NULL, NULL, &report, &e), ERR_CONFLICT, &e);
		audit_report_free(&report);
		text.data[i] ^= 1;
	}
	buf_free(&text);
}

static void
line_removed(void **state)
{
	struct buf text = BUF_INIT(65536);
	struct audit_report report;
	struct err e = { 0 };
	const uint8_t *second;

	make(*state, &text);
	second = memchr(text.data, '\n', text.len);
	put(*state, second + 1, text.len - (size_t)(second + 1 - text.data));
	assert_err(audit_walk(*state, NULL, NULL, &report, &e), ERR_CONFLICT, &e);
	assert_non_null(strstr(e.text, "line 1"));
	audit_report_free(&report);
	buf_free(&text);
}

/* A power failure at any byte: the next line replaces the incomplete line and says so. */
static void
cut(void **state)
{
	struct buf text = BUF_INIT(65536);
	json_t *last;
	struct audit_report report;
	struct err e = { 0 };

	make(*state, &text);
	for (size_t len = 0; len < text.len; len++) {
		put(*state, text.data, len);
		assert_ok(audit_last(*state, &last, &e), &e);
		json_decref(last);
		add(*state, "later");
		assert_ok(audit_walk(*state, NULL, NULL, &report, &e), &e);
		assert_int_equal(report.cut, 0);
		assert_int_equal(json_object_get(report.last, "cut") != NULL,
		    len > 0 && text.data[len - 1] != '\n');
		audit_report_free(&report);
	}
	buf_free(&text);
}

/* Texts from outside as 0.1.0 wrote them, and as they are written now. */
static void
hostile(void **state)
{
	static const char *const texts[] = { "a\nb", "\n", "a\n\nb\n", "a\n{\"action\":\"x\"}\nb",
		"\x1b[2J", "\t",
		"\xc2\x9b"
		"31m",
		"\xe2\x80\xae"
		"exe" };
	struct audit_report report;
	json_t *last;
	struct err e = { 0 };

	for (size_t i = 0; i < N(texts); i++) {
		struct buf line = BUF_INIT(65536), all = BUF_INIT(65536);
		json_t *old =
			   json_pack("{s:s, s:s, s:{s:s}, s:i, s:s}", "action", "refresh", "prev",
			       "0000000000000000000000000000000000000000000000000000000000000000",
			       "who", "sudo", texts[i], "seq", 1, "time", "2026-03-01T12:00:00Z"),
		       *entry = json_pack("{s:s, s:s, s:{s:s}}", "action", "publish", "time",
			   "2026-03-02T12:00:00Z", "details", "name", texts[i]);

		assert_ok(canonical_json(old, &line, &e), &e);
		assert_ok(buf_add(&all, line.data, line.len, &e) | buf_addc(&all, '\n', &e), &e);
		put(*state, all.data, all.len);
		assert_ok(audit_last(*state, &last, &e), &e);
		json_decref(last);
		assert_ok(audit_add(*state, entry, &e), &e);
		add(*state, "later");
		assert_ok(audit_walk(*state, NULL, NULL, &report, &e), &e);
		assert_int_equal(report.lines, 3);
		audit_report_free(&report);
		/* The added line is one line of safe text. */
		buf_reset(&all);
		assert_ok(file_read(*state, AUDIT_FILE, &all, &e), &e);
		assert_true(all.len > line.len + 1);
		size_t lines = 0;
		const char *new = buf_text(&all) + line.len + 1;

		for (const char *p = new; (p = strchr(p, '\n')) != NULL; p++)
			lines++;
		assert_int_equal(lines, 2);
		assert_true(text_is_safe(new, strcspn(new, "\n")));
		/* A power failure in the old line, which is the last one. */
		for (size_t len = 12; len < line.len; len += 7)
			if (line.data[len - 1] != '\n') {
				put(*state, line.data, len);
				assert_ok(audit_last(*state, &last, &e), &e);
				json_decref(last);
				add(*state, "later");
				assert_ok(audit_walk(*state, NULL, NULL, &report, &e), &e);
				assert_int_equal(report.lines, 1);
				audit_report_free(&report);
			}
		buf_free(&line);
		buf_free(&all);
		json_decref(old);
		json_decref(entry);
	}
}

/* Nothing is appended to an incomplete last line. */
static void
damaged(void **state)
{
	static const char bad[] = "{\"action\":\"init\"}\n";
	json_t *entry = json_pack("{s:s}", "action", "x"), *last;
	struct buf text = BUF_INIT(4096);
	struct err e = { 0 };

	put(*state, bad, sizeof bad - 1);
	assert_err(audit_last(*state, &last, &e), ERR_SYNTAX, &e);
	assert_null(last);
	assert_err(audit_add(*state, entry, &e), ERR_SYNTAX, &e);
	assert_ok(file_read(*state, AUDIT_FILE, &text, &e), &e);
	assert_string_equal(buf_text(&text), bad);
	buf_free(&text);
	json_decref(entry);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(holds, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(altered, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(line_removed, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(cut, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(hostile, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(damaged, temp_make, temp_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
