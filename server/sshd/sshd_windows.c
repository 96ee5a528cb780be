/* SPDX-License-Identifier: ISC */
/*
 * Windows has no update server: these functions return an error.  The server is OpenSSH on Linux,
 * also for stations that run Windows.
 */
#include "server/sshd/sshd.h"

#include <lmcons.h> /* after windows.h */

static int
elsewhere(struct err *e)
{
	return err_setx(e, ERR_CONFIG,
	    "serve: an update server is OpenSSH on Linux, not Windows; copy the repository's served "
	    "tree to one; 'slipway-repo serve --print-config' prints its set-up");
}

int
sshd_here(struct err *e)
{
	return elsewhere(e);
}

int
sshd_keygen(const char *file, struct err *e)
{
	(void)file;
	return elsewhere(e);
}

int
sshd_port(const char *address, unsigned *port, struct err *e)
{
	(void)address;
	(void)port;
	return elsewhere(e);
}

int
sshd_hold_signals(struct err *e)
{
	return elsewhere(e);
}

struct sshd *
sshd_start(const char *config, const char *listening, unsigned port, struct err *e)
{
	(void)config;
	(void)listening;
	(void)port;
	elsewhere(e);
	return NULL;
}

int
sshd_wait(struct sshd *s, struct err *e)
{
	(void)s;
	return elsewhere(e);
}

void
sshd_stop(struct sshd *s)
{
	(void)s;
}
