/* SPDX-License-Identifier: ISC */
/* The task that updates a station, in words. */
#include "updater/state/task.h"

#include <inttypes.h>

/* An exit code of ours is small; the system's errors are known by their hexadecimal digits. */
#define SMALL_RESULT 1000

static int
add_result(const struct schedule *t, struct buf *out, struct err *e)
{
	return t->result <= SMALL_RESULT ? buf_addf(out, e, "%" PRIu32, t->result)
					 : buf_addf(out, e, "0x%08" PRIX32, t->result);
}

int
task_line(const struct schedule *t, struct buf *out, struct err *e)
{
	int rc = 0;

	if (t->found == SCHEDULE_UNKNOWN)
		return 0;
	if (t->found == SCHEDULE_MISSING)
		return buf_adds(out, "none", e);
	rc = buf_addf(out, e, "%sfor %s, %s battery", t->enabled ? "" : "disabled, ",
	    t->as_system	  ? "the system"
		: *t->who != '\0' ? t->who
				  : "an unknown account",
	    t->on_battery ? "also on" : "not on");
	if (rc == 0)
		rc = buf_adds(out, t->ended ? ", last result " : ", no result yet", e);
	return rc == 0 && t->ended ? add_result(t, out, e) : rc;
}

/* The command that makes it as the guide says. */
static int
add_command(const struct schedule *t, struct buf *out, struct err *e)
{
	if (*t->file == '\0')
		return buf_adds(out,
		    "; slipway-update.xml, of which it is made, isn't beside this program: take it "
		    "from Slipway's zip",
		    e);
	return buf_addf(out, e,
	    "; in an administrator's console: schtasks /create /f /tn " TASK_NAME " /xml \"%s\"",
	    t->file);
}

int
task_fault(const struct schedule *t, struct buf *out, struct err *e)
{
	int rc;

	if (t->found == SCHEDULE_UNKNOWN)
		return 0;
	if (t->found == SCHEDULE_MISSING)
		rc = buf_adds(out,
		    "there is no task '" TASK_NAME
		    "': only a start by an administrator updates this "
		    "station",
		    e);
	else if (!t->enabled)
		return buf_adds(out,
			   "the task '" TASK_NAME "' is disabled; in an administrator's console: "
			   "schtasks /change /tn " TASK_NAME " /enable",
			   e) == -1
		    ? -1
		    : 1;
	else if (!t->as_system)
		rc = buf_addf(out, e,
		    "the task '" TASK_NAME "' runs for %s: want the system (S-1-5-18), which may "
		    "update the station and is always there",
		    *t->who != '\0' ? t->who : "an unknown account");
	else if (!t->on_battery)
		rc = buf_adds(out, "the task '" TASK_NAME "' doesn't run on battery", e);
	else if (t->ended && t->result != 0) {
		rc = buf_adds(out, "the task '" TASK_NAME "' ended last with ", e);
		if (rc == 0)
			rc = add_result(t, out, e);
		return rc == -1 ||
			buf_adds(out,
			    ", want 0; the event log (Application, source slipway) says why",
			    e) == -1
		    ? -1
		    : 1;
	} else
		return 0;
	return rc == -1 || add_command(t, out, e) == -1 ? -1 : 1;
}
