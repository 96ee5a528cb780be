/* SPDX-License-Identifier: ISC */
/* slipway-repo log. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/repo/audit.h"
#include "server/repo/audit_state.h"
#include "lib/base/text.h"
#include "lib/os/log.h"
#include "lib/os/move.h"
#include "server/cmd/command.h"
#include "server/repo/share.h"
#include "server/repo/change_commit.h"

struct logging {
	bool json, verify, accept;
	const char *head; /* --head, or NULL */
	bool found;
	int64_t timestamp; /* version in the line before, or 0 */
};

static const char *
shown_text(const json_t *j, const char *name)
{
	const char *text = json_string_value(json_object_get(j, name));

	return text == NULL ? "?" : text;
}

/* Prints a line as it is in the file, unless a character in it would control a terminal. */
static void
print_line(const json_t *entry, const char *line)
{
	char *ascii = NULL;

	if (!text_is_safe(line, strlen(line)))
		ascii = json_dumps(entry, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
	puts(ascii != NULL ? ascii : line);
	free(ascii);
}

/* Prints the new versions of roles. */
static void
print_roles(json_t *roles)
{
	const char *name;
	json_t *role;

	json_object_foreach (roles, name, role) {
		const json_t *release = json_object_get(role, "release");

		putchar(' ');
		cli_print(name);
		printf(" version %" PRId64,
		    (int64_t)json_integer_value(json_object_get(role, "version")));
		if (release != NULL)
			printf(" release %" PRId64, (int64_t)json_integer_value(release));
	}
}

static void
print_detail(const char *name, const json_t *value)
{
	char *text;

	putchar(' ');
	cli_print(name);
	putchar('=');
	if (json_is_string(value)) {
		cli_print(json_string_value(value));
		return;
	}
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
	cli_print(text == NULL ? "?" : text);
	free(text);
}

static void
print_entry(const json_t *entry)
{
	const json_t *who = json_object_get(entry, "who");
	const char *name;
	json_t *value;

	cli_print(shown_text(entry, "time"));
	putchar(' ');
	cli_print(shown_text(who, "user"));
	putchar('@');
	cli_print(shown_text(who, "host"));
	if (json_object_get(who, "sudo") != NULL) {
		printf(" (sudo ");
		cli_print(shown_text(who, "sudo"));
		putchar(')');
	}
	putchar(' ');
	cli_print(shown_text(entry, "action"));
	json_object_foreach (json_object_get(entry, "details"), name, value) {
		if (strcmp(name, "roles") == 0)
			print_roles(value);
		else
			print_detail(name, value);
	}
	if (json_object_get(entry, "cut") != NULL)
		printf(" (a line before it was cut by a power failure)");
	putchar('\n');
}

static int64_t
timestamp_version(const json_t *entry)
{
	return json_integer_value(json_object_get(
	    json_object_get(json_object_get(entry, "state"), "timestamp"), "version"));
}

/* Whether the live metadata may be older than the line before says. */
static bool
takes_back(const json_t *entry)
{
	const char *action = shown_text(entry, "action");

	return strcmp(action, "accept") == 0 || strcmp(action, "end a change that was cut") == 0;
}

static int
each(void *arg, const json_t *entry, const char *hash, const char *line, struct err *e)
{
	struct logging *l = arg;
	int64_t version = timestamp_version(entry);

	(void)e;
	if (l->head != NULL && strcmp(l->head, hash) == 0)
		l->found = true;
	/* Every change makes at most one new timestamp. */
	if (l->timestamp != 0 && !takes_back(entry) &&
	    (version > l->timestamp + 1 || version < l->timestamp))
		log_warn("log: line %" PRId64 ": timestamp went from version %" PRId64
			 " to %" PRId64 "; the changes between are not recorded",
		    (int64_t)json_integer_value(json_object_get(entry, "seq")), l->timestamp,
		    version);
	l->timestamp = version;
	if (l->json)
		print_line(entry, line);
	else if (!l->verify)
		print_entry(entry);
	return 0;
}

/* Compares the live metadata with the last line; another program made any difference. */
static void
compare_live(struct dir *top, const struct audit_report *report)
{
	struct err e;
	json_t *now;

	if (report->last == NULL)
		return;
	if ((now = audit_state(top, &e)) == NULL)
		log_warn("log: can't compare with what is live: %s", e.text);
	else if (!json_equal(now, json_object_get(report->last, "state")))
		log_warn("log: what is live now is not what the last line says; "
			 "the last change is not recorded, or was not made by this program");
	json_decref(now);
}

static int
log_lines(struct logging *l, struct dir *top, struct err *e)
{
	struct audit_report report;
	int rc = audit_walk(top, each, l, &report, e);

	if (rc == 0 && report.cut > 0)
		log_warn("log: the last line was cut after %zu bytes (a power failure?); "
			 "the next change replaces it",
		    report.cut);
	if (rc == 0 && l->verify) {
		compare_live(top, &report);
		if (!l->json)
			printf("%" PRId64 " line%s, the chain holds\nhead %s\n", report.lines,
			    cli_plural((uint64_t)report.lines), report.head);
	}
	if (rc == 0 && l->head != NULL && !l->found)
		rc = err_setx(e, ERR_CONFLICT,
		    AUDIT_FILE
		    ": no line with hash %.64s: lines were taken away at the end, or the whole "
		    "file was written anew",
		    l->head);
	audit_report_free(&report);
	return rc;
}

/* Records the live metadata as right, under the lock of the repository. */
static int
accept_live(const char *path, struct err *e)
{
	struct repo *r = repo_open_unread(path, true, e);
	int rc = -1;

	if (r == NULL)
		return -1;
	if (change_resume(r->top, r->metadata, e) != -1 && repo_read(r, e) == 0 &&
	    file_remove(r->top, REPO_BEGUN_FILE, e) != -1 && (rc = audit_accept(r->top, e)) == 0)
		printf("accepted: timestamp version %" PRId64 ", snapshot version %" PRId64
		       ", root version %" PRId64 "\n",
		    r->timestamp->c.version, r->snapshot->c.version, r->root->c.version);
	repo_close(r);
	return rc;
}

static int
run_log(struct call *call, struct err *e)
{
	struct logging *l = call->options;
	const char *path;
	struct dir *top;
	int rc;

	if (l->accept && (l->verify || l->json || l->head != NULL))
		return err_setx(e, ERR_USAGE, "log: --accept goes with no other option");

	if (l->head != NULL &&
	    (strlen(l->head) != 64 || l->head[strspn(l->head, "0123456789abcdef")] != '\0'))
		return err_setx(e, ERR_USAGE,
		    "--head: want 64 hexadecimal digits in lower case, got '%s'", l->head);
	if (l->accept)
		return (path = command_repo(call, e)) == NULL ? -1 : accept_live(path, e);
	if ((path = command_repo(call, e)) == NULL || (top = repo_top(path, false, e)) == NULL)
		return -1;
	rc = log_lines(l, top, e);
	dir_close(top);
	return rc;
}

#define TO(member) OPTION_TO(struct logging, member)
static const struct option options[] = {
	{ "verify", OPTION_FLAG, TO(verify), NULL,
	    "check the chain and print its head instead of the lines" },
	{ "head", OPTION_TEXT, TO(head), "HASH",
	    "fail unless a line with this hash (a head kept elsewhere) is there",
	    .offers = OFFER_NOTHING },
	{ "json", OPTION_FLAG, TO(json), NULL, "print the lines as they are" },
	{ "accept", OPTION_FLAG, TO(accept), NULL,
	    "record the live metadata as right, after the record or newer metadata was lost" },
	OPTION_END,
};

const struct command cmd_log = { "log", run_log, "[options]", 0, 0,
	"print the changes of the repository, and check their record", NULL, options,
	sizeof(struct logging), NULL, .stop = false };
