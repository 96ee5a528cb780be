/* SPDX-License-Identifier: ISC */
/*
 * example-kernel: a server that uses the TLS connection library, with several clients in one event
 * loop. Keys and certificates are replaced while it runs: the library looks at them at each accept.
 *
 * A silent client takes at most one of PENDING_MAX places, for HANDSHAKE_SECONDS.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <slipway/tls.h>

#include "server/example/line.h"
#include "server/example/system.h"

#define CLIENTS_MAX	  256 /* with those that haven't registered */
/* that haven't registered; another one replaces the oldest */
#define PENDING_MAX	  64
#define HANDSHAKE_SECONDS 10 /* for the handshake and the REGISTER line */
#define ACCEPTS_MAX	  16 /* new ones between two looks at the others */
#define FULL_SECONDS	  2  /* without accept() after no descriptor was left */
#define CHECK_SECONDS	  60 /* between two looks at those that are connected; the default */

struct client {
	int fd;
	struct slipway_tls_conn *conn;
	struct line line;
	char name[LINE_SIZE]; /* "" before it registered */
	short events;
	bool ending;		   /* our last bytes are sent; waits for the end of the peer's */
	bool doubted;		   /* it was said that it would be refused now */
	long long since;	   /* system_seconds() */
	unsigned long long number; /* grows */
};

static struct client clients[CLIENTS_MAX];
static size_t nclients;
static long long deaf_until; /* system_seconds() */

/* The name by which clients log this Kernel. */
#define PRODUCT	     "Slipway Kernel"
#define PRODUCT_SIZE 65 /* bytes of a name, with the final NUL */
static const char *product = PRODUCT;

/* What becomes of connections that today's settings would refuse. */
static struct {
	long long seconds; /* between two looks */
	long long last;	   /* system_seconds() */
	bool close;
} check = { .seconds = CHECK_SECONDS };

static int
listen_on(const char *address)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *list;
	char host[256], port[16];
	int fd;
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;

	if (!split_address(address, host, sizeof host, port, sizeof port) ||
	    getaddrinfo(host, port, &hints, &list) != 0) {
		fprintf(stderr, "example-kernel: want ADDRESS:PORT to listen on, got '%s'\n",
		    address);
		return -1;
	}
	fd = system_listen(list);
	if (fd == -1 || getsockname(fd, (struct sockaddr *)&ss, &len) == -1 ||
	    getnameinfo((struct sockaddr *)&ss, len, host, sizeof host, port, sizeof port,
		NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
		fprintf(stderr, "example-kernel: listen on %s: %s\n", address, system_fault());
		if (fd != -1)
			system_close(fd);
		fd = -1;
	} else {
		printf("listening on %s%s%s:%s\n", strchr(host, ':') ? "[" : "", host,
		    strchr(host, ':') ? "]" : "", port);
		fflush(stdout);
	}
	freeaddrinfo(list);
	return fd;
}

/* Moves the last client into the gap, so walk through the clients from the end. */
static void
free_client(size_t i)
{
	slipway_tls_conn_free(clients[i].conn);
	system_close(clients[i].fd);
	clients[i] = clients[--nclients];
}

/*
 * Receives and drops bytes of the client for a moment: closing the socket with bytes unread would
 * reset the connection, and the client might not read the alert that says why it was refused.
 */
static void
drain(size_t i)
{
	int n = slipway_tls_drain(clients[i].conn);

	if (n == 0)
		free_client(i);
	else
		clients[i].events = n == SLIPWAY_TLS_WANT_WRITE ? POLLOUT : POLLIN;
}

static void
drop_client(size_t i, const char *why)
{
	struct client *c = &clients[i];
	bool known = c->name[0] != '\0';

	if (why != NULL)
		say("BACKEND - Connection %s%s ended: %s\n", known ? "of " : "refused or",
		    known ? c->name : "", why);
	c->name[0] = '\0';
	c->ending = true;
	drain(i);
}

/* Logs what the library tells, each thing once: faults, and what came into use. */
static void
log_told(const struct slipway_tls *t)
{
	if (slipway_tls_warning(t)[0] != '\0')
		say("BACKEND - TLS warning: %s\n", slipway_tls_warning(t));
	if (slipway_tls_notice(t)[0] != '\0')
		say("BACKEND - TLS: %s\n", slipway_tls_notice(t));
}

/*
 * Makes room for an unregistered client by dropping the one that has waited longest, so that silent
 * clients can't keep others out.
 */
static void
drop_oldest(void)
{
	size_t pending = 0, oldest = 0;

	for (size_t i = 0; i < nclients; i++)
		if (clients[i].name[0] == '\0' &&
		    (pending++ == 0 || clients[i].number < clients[oldest].number))
			oldest = i;
	if (pending < PENDING_MAX && (pending == 0 || nclients < CLIENTS_MAX))
		return;
	if (!clients[oldest].ending)
		say("BACKEND - Connection refused or ended: too many are waiting to register\n");
	free_client(oldest);
}

static bool
accept_one(int listener, struct slipway_tls *t)
{
	static unsigned long long number;
	int fd = system_accept(listener);
	struct slipway_tls_conn *conn = NULL;

	if (fd == -1) {
		if (system_full()) {
			say("BACKEND - Client can't be accepted: %s; next try in %d s\n",
			    system_fault(), FULL_SECONDS);
			deaf_until = system_seconds() + FULL_SECONDS;
		}
		return false;
	}
	drop_oldest();
	if (nclients < CLIENTS_MAX) {
		conn = slipway_tls_conn_new(t, fd); /* looks at settings and files */
		log_told(t);
	}
	if (conn == NULL) {
		say("BACKEND - Client refused: %s\n",
		    nclients == CLIENTS_MAX ? "too many clients" : slipway_tls_error(t));
		system_close(fd);
		return true;
	}
	clients[nclients++] = (struct client){ .fd = fd,
		.conn = conn,
		.events = POLLIN,
		.since = system_seconds(),
		.number = number };
	number++;
	return true;
}

/* Lines are far smaller than a socket's buffer: a client that doesn't read them is dropped. */
static int
answer(struct client *c, const char *text)
{
	return slipway_tls_write(c->conn, text, strlen(text)) == (long)strlen(text) ? 0 : -1;
}

static int
answer_line(struct client *c)
{
	char text[LINE_SIZE + 16], version[64];

	if (c->name[0] == '\0') {
		if (sscanf(c->line.text, "REGISTER %200s V%60s", c->name, version) != 2)
			return -1;
		say("BACKEND - RegistrateProces request from %s V%s [%s]. ClientName: %s\n",
		    c->name, version, slipway_tls_conn_text(c->conn), c->name);
		if (slipway_tls_conn_warning(c->conn)[0] != '\0')
			say("BACKEND - TLS warning of %s: %s\n", c->name,
			    slipway_tls_conn_warning(c->conn));
		snprintf(text, sizeof text, "WELCOME %s V" SLIPWAY_VERSION "\n", product);
		return answer(c, text);
	}
	if (strncmp(c->line.text, "PING ", 5) != 0)
		return -1;
	snprintf(text, sizeof text, "PONG %s\n", c->line.text + 5);
	return answer(c, text);
}

static void
serve_client(size_t i)
{
	struct client *c = &clients[i];
	char buf[1024];
	long n;

	/*
	 * poll() doesn't report bytes that the library holds already; the remaining lines wait
	 * until the other clients had their turn.
	 */
	do {
		n = slipway_tls_read(c->conn, buf, sizeof buf);
		for (long k = 0; k < n; k++) {
			if (!line_add(&c->line, buf[k]))
				continue;
			if (answer_line(c) == -1) {
				drop_client(i, "it doesn't speak our protocol");
				return;
			}
			line_clear(&c->line);
		}
		if (line_endless(&c->line)) {
			drop_client(i, "a line without end");
			return;
		}
	} while (n > 0 && slipway_tls_pending(c->conn) > 0);
	if (n == 0)
		drop_client(i, "closed by the client");
	else if (n == SLIPWAY_TLS_ERROR)
		drop_client(i, slipway_tls_conn_error(c->conn));
	else
		c->events = n == SLIPWAY_TLS_WANT_WRITE ? POLLOUT : POLLIN;
}

/* A certificate may have ended or been revoked since a client connected, which stays for months. */
static void
check_clients(struct slipway_tls *t)
{
	if (system_seconds() - check.last < check.seconds)
		return;
	check.last = system_seconds();
	for (size_t i = nclients; i-- > 0;) {
		struct client *c = &clients[i];
		bool good;

		if (c->name[0] == '\0' || c->ending)
			continue;
		good = slipway_tls_conn_check(t, c->conn) == 0;
		log_told(t);
		if (good || slipway_tls_error_code(t) == SLIPWAY_TLS_E_SETTINGS)
			continue;
		if (!c->doubted)
			say("BACKEND - %s would be refused now: %s\n", c->name,
			    slipway_tls_error(t));
		c->doubted = true;
		if (check.close)
			drop_client(i, "it would be refused now");
	}
}

static void
loop(int listener, struct slipway_tls *t)
{
	struct pollfd fds[CLIENTS_MAX + 1];

	while (!system_stopping()) {
		size_t n = nclients;

		fds[0] = (struct pollfd){ .fd = listener,
			.events = system_seconds() < deaf_until ? 0 : POLLIN };
		for (size_t i = 0; i < n; i++)
			fds[i + 1] =
			    (struct pollfd){ .fd = clients[i].fd, .events = clients[i].events };
		if (system_poll(fds, n + 1, 1000) == -1)
			continue;
		for (size_t i = n; i-- > 0;)
			if (clients[i].ending)
				drain(i);
			else if (clients[i].name[0] == '\0' &&
			    system_seconds() - clients[i].since > HANDSHAKE_SECONDS)
				drop_client(i, "it didn't register in time");
			else if (fds[i + 1].revents != 0)
				serve_client(i);
		check_clients(t);
		for (int i = 0; i < ACCEPTS_MAX && fds[0].revents != 0; i++)
			if (!accept_one(listener, t))
				break;
	}
}

static int
usage(FILE *out, int status)
{
	fputs(
	    "usage: example-kernel [/C<application>] [--installation NAME] [--listen ADDRESS:PORT]\n"
	    "                      [--product NAME] [--check-seconds N] [--close-refused]\n\n"
	    "An example server for the TLS connection library.  Settings: TLS_KeyFile, TLS_CertFile,\n"
	    "TLS_RequiredLevel and TLS_TrustedCerts below ...\\cfg_<application>\\TLS_Server.\n"
	    "Each N seconds (60) it says which clients would be refused now, and closes them with\n"
	    "--close-refused.  NAME is what clients log it by (Slipway Kernel).\n",
	    out);
	return status;
}

/* 1 to 86400, or 0. */
static long long
seconds_of(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	return end == text || *end != '\0' || n < 1 || n > 86400 ? 0 : n;
}

/* 1 to 64 printable ASCII characters, no blank first or last: the name stands in logs. */
static bool
valid_product(const char *name)
{
	size_t len = strlen(name);

	for (const char *p = name; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			return false;
	return len > 0 && len < PRODUCT_SIZE && name[0] != ' ' && name[len - 1] != ' ';
}

struct arguments {
	const char *installation, *address;
};

/* -1, or the exit status. */
static int
read_arguments(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = { { "installation", required_argument, NULL, 'i' },
		{ "listen", required_argument, NULL, 'l' },
		{ "product", required_argument, NULL, 'p' },
		{ "check-seconds", required_argument, NULL, 's' },
		{ "close-refused", no_argument, NULL, 'c' }, { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' }, { NULL, 0, NULL, 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 'i':
			a->installation = optarg;
			break;
		case 'l':
			a->address = optarg;
			break;
		case 'p':
			if (!valid_product(optarg)) {
				fprintf(stderr,
				    "example-kernel: --product: want 1 to %d printable ASCII characters, "
				    "no blank first or last\n",
				    PRODUCT_SIZE - 1);
				return 2;
			}
			product = optarg;
			break;
		case 's':
			if ((check.seconds = seconds_of(optarg)) == 0) {
				fprintf(stderr,
				    "example-kernel: --check-seconds: want 1 to 86400, got '%s'\n",
				    optarg);
				return 2;
			}
			break;
		case 'c':
			check.close = true;
			break;
		case 'h':
			return usage(stdout, EXIT_SUCCESS);
		case 'v':
			puts("example-kernel " SLIPWAY_VERSION);
			return EXIT_SUCCESS;
		default:
			return usage(stderr, 2);
		}
	for (int i = optind; i < argc; i++)
		if (strncmp(argv[i], "/C", 2) != 0)
			return usage(stderr, 2);
	return -1;
}

static int
run_kernel(int argc, char **argv)
{
	struct arguments a = { .address = "127.0.0.1:0" };
	struct slipway_tls *t;
	int status, listener;

	system_start();
	if ((status = read_arguments(argc, argv, &a)) != -1)
		return status;
	system_catch_stop();
	t = slipway_tls_new(SLIPWAY_TLS_SERVER, a.installation,
	    slipway_tls_application(argc, argv));
	if (t == NULL || slipway_tls_check(t) == SLIPWAY_TLS_ERROR) {
		fprintf(stderr, "example-kernel: %s\n", slipway_tls_error(t));
		slipway_tls_free(t);
		return EXIT_FAILURE;
	}
	log_told(t);
	if ((listener = listen_on(a.address)) != -1)
		loop(listener, t);
	while (nclients > 0) {
		slipway_tls_shutdown(clients[nclients - 1].conn);
		free_client(nclients - 1);
	}
	if (listener != -1)
		system_close(listener);
	slipway_tls_free(t);
	return listener == -1 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	return output_status("example-kernel", run_kernel(argc, argv));
}
