/* SPDX-License-Identifier: ISC */
/*
 * lean USER HOST PORT KEY FINGERPRINT FILE: fetches one file over SFTP with only our SSH and SFTP:
 * one process, without verification, confinement and writing.  The difference from slipway is the
 * cost of trust, children and the transaction.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libssh2.h>

#include "lib/os/clock.h"
#include "lib/sftp/login.h"
#include "lib/sftp/sftp.h"
#include "lib/sftp/ssh.h"

#define LIMIT_MS 60000
#define FILE_MAX (1u << 30)

static int
sign(void *arg, const uint8_t *data, size_t len, struct buf *out, struct err *e)
{
	return login_sign(arg, data, len, out, e);
}

static int
drop(void *arg, const void *bytes, size_t len, struct err *e)
{
	(void)arg;
	(void)bytes;
	(void)len;
	(void)e;
	return 0;
}

static int
fetch(char **argv, struct err *e)
{
	int64_t deadline = clock_mono_ms() + LIMIT_MS;
	struct sftp_file file = { .path = argv[6] + 1, .max = FILE_MAX, .data = drop };
	struct net_dial *dial = net_dial(argv[2], (uint16_t)strtoul(argv[3], NULL, 10), e);
	const char *pins[] = { argv[5] };
	struct ssh_server server = { .host = argv[2],
		.user = argv[1],
		.host_keys = pins,
		.nhost_keys = 1 };
	struct login *login;
	struct sftp *engine = NULL;
	struct ssh_engine reading = { 0 };
	struct ssh *ssh = NULL;
	struct net *net;
	bool other;
	int rc = -1;

	libssh2_init(0);
	if (dial == NULL || (login = login_read(argv[4], e)) == NULL)
		return -1;
	server.login = (struct ssh_login){ .blob = login_blob(login)->data,
		.bloblen = login_blob(login)->len,
		.sign = sign,
		.arg = login,
		.name = argv[4] };
	if ((net = net_dial_wait(dial, deadline, e)) != NULL &&
	    (ssh = ssh_open(&server, net, SSH_HOSTKEY_ANY, &other, deadline, e)) != NULL &&
	    (engine = sftp_new("/", NULL, e)) != NULL && sftp_add(engine, &file, 1, e) == 0)
		reading = ssh_reading(engine);
	if (reading.arg != NULL)
		rc = ssh_run(ssh, &reading, deadline, LIMIT_MS, e);
	if (rc == 0 && file.result != SFTP_FILE_OK)
		rc = err_setx(e, ERR_NOENT, "%s: not fetched", argv[6]);
	sftp_free(engine);
	ssh_close(ssh);
	login_free(login);
	return rc;
}

int
main(int argc, char **argv)
{
	struct err e;

	if (argc != 7) {
		fputs("usage: lean USER HOST PORT KEY FINGERPRINT FILE\n", stderr);
		return 2;
	}
	if (fetch(argv, &e) == -1) {
		fprintf(stderr, "lean: %s\n", e.text);
		return 1;
	}
	return 0;
}
