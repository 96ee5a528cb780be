/*
 * hi: an operator interface in miniature, a client of the TLS connection library.
 */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <slipway/tls.h>

#include "line.h"
#include "settings/application.h"

#define KERNELS_MAX	16
#define TIMEOUT_SECONDS	10	/* for connecting, and for each answer */

static volatile sig_atomic_t stopped;

static void
on_stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static int
connect_to(const char *kernel)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *a;
	struct timeval limit = { .tv_sec = TIMEOUT_SECONDS };
	char host[256], port[16];
	int fd = -1, rc;

	if (!split_address(kernel, host, sizeof host, port, sizeof port)) {
		fprintf(stderr, "CLIENT - want HOST:PORT, got '%s'\n", kernel);
		return -1;
	}
	if ((rc = getaddrinfo(host, port, &hints, &list)) != 0) {
		fprintf(stderr, "CLIENT - %s: %s\n", kernel, gai_strerror(rc));
		return -1;
	}
	for (a = list; a != NULL && fd == -1; a = a->ai_next) {
		if ((fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
		if (connect(fd, a->ai_addr, a->ai_addrlen) == -1) {
			fprintf(stderr, "CLIENT - %s: %s\n", kernel, strerror(errno));
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	return fd;
}

static const char *
reason(const struct slipway_tls_conn *c, long n)
{
	return n == 0 ? "closed by the Kernel" :
	    n == SLIPWAY_TLS_ERROR ? slipway_tls_conn_error(c) : "no answer in time";
}

/* Send a line and wait for the one that answers it. */
static int
ask(struct slipway_tls_conn *c, const char *question, struct line *answer)
{
	long n = slipway_tls_write(c, question, strlen(question));
	char byte;

	line_clear(answer);
	if (n == (long)strlen(question))
		while ((n = slipway_tls_read(c, &byte, 1)) == 1)
			if (line_add(answer, byte))
				return 0;
	fprintf(stderr, "CLIENT - Connection refused or lost [%s]: %s\n", slipway_tls_conn_text(c),
	    reason(c, n));
	return -1;
}

static int
stay(struct slipway_tls_conn *c)
{
	struct line answer;
	char text[64];

	for (unsigned n = 1; !stopped; n++) {
		snprintf(text, sizeof text, "PING %u\n", n);
		if (ask(c, text, &answer) == -1)
			return stopped ? 0 : -1;
		poll(NULL, 0, 1000);	/* a signal ends it early */
	}
	return 0;
}

/* 0 done, 1 this Kernel can't be had, -1 failed after it was connected. */
static int
visit(struct slipway_tls *t, const char *kernel, bool staying)
{
	struct slipway_tls_conn *c;
	char text[LINE_SIZE], host[128];
	struct line answer;
	int fd = connect_to(kernel), rc = 1;

	if (fd == -1)
		return 1;
	if ((c = slipway_tls_conn_new(t, fd)) == NULL) {
		fprintf(stderr, "CLIENT - %s\n", slipway_tls_error(t));
		close(fd);
		return 1;
	}
	if (slipway_tls_warning(t)[0] != '\0')
		fprintf(stderr, "CLIENT - TLS warning: %s\n", slipway_tls_warning(t));
	if (gethostname(host, sizeof host - 1) == -1)
		strcpy(host, "unknown");
	host[sizeof host - 1] = '\0';
	snprintf(text, sizeof text, "REGISTER %s.HIP V%s\n", host, SLIPWAY_VERSION);
	if (ask(c, text, &answer) == 0) {
		fprintf(stderr, "CLIENT - Connection established to %s [%s].\n",
		    strncmp(answer.text, "WELCOME ", 8) == 0 ? answer.text + 8 : "an unknown server",
		    slipway_tls_conn_text(c));
		rc = staying ? stay(c) : 0;
	}
	slipway_tls_shutdown(c);
	slipway_tls_conn_free(c);
	close(fd);
	return rc;
}

static int
usage(FILE *out, int status)
{
	fputs("usage: hi [/C<application>] [--installation NAME] --kernel HOST:PORT [--kernel ...] [--stay]\n\n"
	      "An example client for the TLS connection library.  Kernels are tried in order.  --stay keeps the\n"
	      "connection until SIGTERM.  Settings: TLS_TrustedCerts and\n"
	      "TLS_RequiredLevel below ...\\cfg_<application>\\TLS_Client.\n",
	    out);
	return status;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = { { "installation", required_argument, NULL, 'i' },
		{ "kernel", required_argument, NULL, 'k' }, { "stay", no_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 } };
	const char *installation = NULL, *kernels[KERNELS_MAX];
	struct sigaction stop = { .sa_handler = on_stop }, ignore = { .sa_handler = SIG_IGN };
	struct slipway_tls *t;
	bool staying = false;
	size_t n = 0;
	int c, rc = 1;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 'i':
			installation = optarg;
			break;
		case 'k':
			if (n == KERNELS_MAX)
				return usage(stderr, 2);
			kernels[n++] = optarg;
			break;
		case 's':
			staying = true;
			break;
		case 'h':
			return usage(stdout, EXIT_SUCCESS);
		case 'v':
			puts("hi " SLIPWAY_VERSION);
			return EXIT_SUCCESS;
		default:
			return usage(stderr, 2);
		}
	for (int i = optind; i < argc; i++)
		if (strncmp(argv[i], "/C", 2) != 0)
			return usage(stderr, 2);
	if (n == 0)
		return usage(stderr, 2);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	t = slipway_tls_new(SLIPWAY_TLS_CLIENT, installation, application_argument(argc, argv));
	if (t == NULL || slipway_tls_check(t) == SLIPWAY_TLS_ERROR)
		fprintf(stderr, "CLIENT - %s\n", t == NULL ? "out of memory" : slipway_tls_error(t));
	else
		for (size_t i = 0; i < n && rc == 1; i++)
			rc = visit(t, kernels[i], staying);
	slipway_tls_free(t);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
