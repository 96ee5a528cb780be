/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_CMD_FOR_WHOM_H
#define UPDATER_CMD_FOR_WHOM_H

/* For whom an enrolment is: for this user alone, or for all users of the computer. */
#include "lib/cli/command.h"
#include "updater/station/enrol.h"

/*
 * Before an enrolment is tried: where an ordinary user enrols a computer that seems meant for all
 * users, a person at a terminal is asked, and without a terminal a note is printed, each with the
 * command that enrols it for all.  own: it is known to be for this user alone.  Returns 0, or -1:
 * ERR_ACCESS or ERR_CONFLICT (the computer is a station for all users already), ERR_USAGE (own of a
 * privileged process), ERR_CANCELLED (the answer is no), or what station_enroll_check() gives.
 */
int for_whom(const struct call *call, const struct enrolment *en, bool own, struct err *e);

/*
 * Whether --user can be meant: 0, or -1 with ERR_USAGE for a privileged process, and on a system
 * where all enrolments are the computer's.
 */
int for_whom_own(struct err *e);

#endif
