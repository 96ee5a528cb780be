/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_SSH_LOGIN_H
#define LIB_SFTP_SSH_LOGIN_H

/* Logging in. */
#include <stdint.h>

#include "lib/base/err.h"

struct ssh;

/* Logs in and opens the channel.  0, or -1 as ssh_open(). */
int ssh_log_in(struct ssh *s, int64_t deadline, struct err *e);

#endif
