/* SPDX-License-Identifier: ISC */
/* hi: an operator interface in miniature, a client of the TLS connection library. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <slipway/tls.h>

#include "server/example/line.h"
#include "server/example/system.h"

#define KERNELS_MAX 16
#define TIMEOUT_MS  10000 /* for connecting to one Kernel, and for an answer */
#define SLICE_MS    500	  /* of waiting, between two looks for a request to stop */

static long long
milliseconds(void)
{
	return system_seconds() * 1000;
}

/*
 * Waits until the connection is ready, at most until the time.  Returns false when the time is over
 * or after a request to stop.
 */
static bool
wait_for(const struct slipway_tls_conn *c, long want, long long until)
{
	struct pollfd p = { .fd = slipway_tls_conn_fd(c),
		.events = want == SLIPWAY_TLS_WANT_WRITE ? POLLOUT : POLLIN };

	while (!system_stopping() && milliseconds() < until)
		if (system_poll(&p, 1, SLICE_MS) > 0)
			return true;
	return false;
}

static bool
must_wait(long n)
{
	return n == SLIPWAY_TLS_WANT_READ || n == SLIPWAY_TLS_WANT_WRITE;
}

/* Sends a line.  Returns its length, or the result that ended it. */
static long
send_text(struct slipway_tls_conn *c, const char *text, long long until)
{
	size_t len = strlen(text), sent = 0;
	long n;

	while (sent < len) {
		if ((n = slipway_tls_write(c, text + sent, len - sent)) > 0)
			sent += (size_t)n;
		else if (!must_wait(n) || !wait_for(c, n, until))
			return n;
	}
	return (long)len;
}

/* Receives a line, byte by byte.  Returns 1, or the result that ended it. */
static long
receive_line(struct slipway_tls_conn *c, struct line *answer, long long until)
{
	char byte;
	long n;

	while (!line_endless(answer)) {
		if ((n = slipway_tls_read(c, &byte, 1)) == 1 && line_add(answer, byte))
			return 1;
		if (n != 1 && (!must_wait(n) || !wait_for(c, n, until)))
			return n;
		if (milliseconds() >= until)
			break;
	}
	return SLIPWAY_TLS_WANT_READ;
}

static const char *
reason(const struct slipway_tls_conn *c, long n, const struct line *answer)
{
	return n == 0		     ? "closed by the Kernel"
	    : n == SLIPWAY_TLS_ERROR ? slipway_tls_conn_error(c)
	    : line_endless(answer)   ? "an answer without end"
				     : "no answer in time";
}

/* Sends a line and waits for the answer. */
static int
ask_kernel(struct slipway_tls_conn *c, const char *question, struct line *answer)
{
	long long until = milliseconds() + TIMEOUT_MS;
	long n;

	line_clear(answer);
	if ((n = send_text(c, question, until)) == (long)strlen(question) &&
	    (n = receive_line(c, answer, until)) == 1)
		return 0;
	if (!system_stopping())
		say("CLIENT - Connection refused or lost [%s]: %s\n", slipway_tls_conn_text(c),
		    reason(c, n, answer));
	return -1;
}

static int
stay(struct slipway_tls_conn *c)
{
	struct line answer;
	char text[64];

	for (unsigned n = 1; !system_stopping(); n++) {
		snprintf(text, sizeof text, "PING %u\n", n);
		if (ask_kernel(c, text, &answer) == -1)
			return system_stopping() ? 0 : -1;
		system_poll(NULL, 0, 1000); /* a request to stop ends the wait early */
	}
	return 0;
}

static int
visit_kernel(struct slipway_tls_conn *c, bool staying)
{
	char text[LINE_SIZE], host[128];
	struct line answer;
	int rc = -1;

	if (slipway_tls_conn_warning(c)[0] != '\0')
		say("CLIENT - TLS warning: %s\n", slipway_tls_conn_warning(c));
	/* Doesn't wait for a Kernel that stops sending or receiving. */
	system_unblock(slipway_tls_conn_fd(c));
	system_host_name(host, sizeof host);
	snprintf(text, sizeof text, "REGISTER %s.HIP V%s\n", host, SLIPWAY_VERSION);
	if (ask_kernel(c, text, &answer) == 0) {
		if (staying)
			system_catch_stop();
		say("CLIENT - Connection established to %s [%s].\n",
		    strncmp(answer.text, "WELCOME ", 8) == 0 ? answer.text + 8
							     : "an unknown server",
		    slipway_tls_conn_text(c));
		rc = staying ? stay(c) : 0;
	}
	slipway_tls_shutdown(c);
	return rc;
}

static void
usage(FILE *out)
{
	fputs(
	    "usage: hi [/C<application>] [--installation NAME] --kernel HOST:PORT [--kernel ...] [--stay]\n\n"
	    "An example client for the TLS connection library.  Kernels are tried in order.  --stay keeps the\n"
	    "connection until SIGTERM or Ctrl-C.  Settings: TLS_TrustedCerts and\n"
	    "TLS_RequiredLevel below ...\\cfg_<application>\\TLS_Client.\n",
	    out);
}

struct arguments {
	const char *installation, *application;
	const char *kernels[KERNELS_MAX];
	size_t n;
	bool staying;
};

/* Reads the command line.  Returns false, with the exit status, when there is nothing to do. */
static bool
read_arguments(int argc, char **argv, struct arguments *a, int *status)
{
	static const struct option options[] = { { "installation", required_argument, NULL, 'i' },
		{ "kernel", required_argument, NULL, 'k' }, { "stay", no_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 } };
	bool misuse = false;
	int c;

	*status = EXIT_SUCCESS;
	while (!misuse && (c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (c == 'i') {
			a->installation = optarg;
		} else if (c == 'k' && a->n < KERNELS_MAX) {
			a->kernels[a->n++] = optarg;
		} else if (c == 's') {
			a->staying = true;
		} else if (c == 'h') {
			usage(stdout);
			return false;
		} else if (c == 'v') {
			puts("hi " SLIPWAY_VERSION);
			return false;
		} else {
			misuse = true;
		}
	for (int i = optind; i < argc; i++)
		misuse |= strncmp(argv[i], "/C", 2) != 0;
	if (misuse || a->n == 0) {
		if (!misuse)
			fputs("hi: want a Kernel's address, got none: --kernel HOST:PORT\n",
			    stderr);
		usage(stderr);
		*status = 2;
		return false;
	}
	a->application = slipway_tls_application(argc, argv);
	return true;
}

static int
run_hi(int argc, char **argv)
{
	struct arguments a = { .n = 0 };
	struct slipway_tls_conn *conn = NULL;
	struct slipway_tls *t;
	int status, rc = -1;

	system_start();
	if (!read_arguments(argc, argv, &a, &status))
		return status;
	t = slipway_tls_new(SLIPWAY_TLS_CLIENT, a.installation, a.application);
	if (t == NULL || slipway_tls_check(t) == SLIPWAY_TLS_ERROR)
		say("CLIENT - %s\n", slipway_tls_error(t));
	else {
		if (slipway_tls_warning(t)[0] != '\0')
			say("CLIENT - TLS warning: %s\n", slipway_tls_warning(t));
		if ((conn = slipway_tls_connect(t, a.kernels, a.n, TIMEOUT_MS, NULL)) == NULL)
			say("CLIENT - Connection refused or lost: %s\n", slipway_tls_error(t));
		else
			rc = visit_kernel(conn, a.staying);
	}
	slipway_tls_conn_free(conn);
	slipway_tls_free(t);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	return output_status("hi", run_hi(argc, argv));
}
