/* SPDX-License-Identifier: ISC */
/* For whom an enrolment is. */
#include "updater/cmd/for_whom.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/os/places.h"
#include "updater/cmd/command.h"

#define LINE_MAX_BYTES (256u * 1024)

int
for_whom_own(struct err *e)
{
	if (strcmp(place_system(), "windows") == 0)
		return err_setx(e, ERR_USAGE,
		    "--user: enrolments are for all users on this system; leave it out");
	if (place_privileged())
		return err_setx(e, ERR_USAGE,
		    "--user: root's enrolments are for all users; run this as the user, without sudo");
	return 0;
}

/* Before anything is looked at: what the rights and the place of this process say. */
static int
check_rights(const struct call *call, const struct enrolment *en, bool own, struct err *e)
{
	struct buf line = BUF_INIT(LINE_MAX_BYTES);
	struct err ignored;

	if (own && for_whom_own(e) == -1)
		return -1;
	if (!place_stationwide() || place_privileged())
		return 0;
	if (own)
		return err_setx(e, ERR_CONFLICT,
		    "--user: this computer is a station for all users, beside which a user's own "
		    "enrolment counts for nothing; 'slipway status' shows it");
	if (en->change || strcmp(place_system(), "windows") == 0)
		return 0; /* told by what is refused */
	(void)cli_line(call, &line, &ignored);
	err_setx(e, ERR_ACCESS,
	    "enroll needs root, because this computer is a station for all users: sudo %s",
	    buf_text(&line));
	buf_free(&line);
	return -1;
}

/* Returns 0, or -1 where a person says no.  Nobody is asked where nobody can answer. */
static int
ask(const char *line, const char *why, const char *user, struct err *e)
{
	bool person = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	char answer[8] = "";

	fprintf(stderr, "%s: this enrolment is for the user %s alone, not for all users (%s)\n",
	    person ? "slipway" : "slipway: note", user, why);
	fprintf(stderr, "for all users: sudo %s\n", line);
	if (!person)
		return 0;
	fprintf(stderr, "Enrol for %s alone, as --user does without asking? (yes or no) ", user);
	fflush(stderr);
	if (fgets(answer, sizeof answer, stdin) != NULL)
		answer[strcspn(answer, "\r\n")] = '\0';
	return strcmp(answer, "yes") == 0 ? 0 : err_setx(e, ERR_CANCELLED, "nothing was enrolled");
}

int
for_whom(const struct call *call, const struct enrolment *en, bool own, struct err *e)
{
	struct buf why = BUF_INIT(2 * STATION_PATH_MAX), line = BUF_INIT(LINE_MAX_BYTES),
		   user = BUF_INIT(256);
	struct station st = { .installation = NULL };
	struct settings *s = NULL;
	int rc = check_rights(call, en, own, e);

	if (rc == -1 || own || en->change || place_privileged())
		return rc;
	if ((s = cmd_settings_open(e)) == NULL || station_enroll_check(s, en, &st, e) == -1) {
		rc = -1;
	} else {
		const char *const dirs[] = { st.install_dir, st.app_dir };

		rc = place_prepared(dirs, sizeof dirs / sizeof dirs[0], &why, e);
	}
	if (rc == 1)
		rc = cli_line(call, &line, e) == -1 || place_user_shown(&user, e) == -1
		    ? -1
		    : ask(buf_text(&line), buf_text(&why), buf_text(&user), e);
	station_free(&st);
	settings_close(s);
	buf_free(&why);
	buf_free(&line);
	buf_free(&user);
	return rc;
}
