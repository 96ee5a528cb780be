/* SPDX-License-Identifier: ISC */
/*
 * OpenSSL's calls written by hand, without the library: the code of an experienced developer for a
 * server and a client that pin each other's certificates.  It has the versions, groups, checks and
 * limits of the library, reads settings once, and needs a restart for a new pair.  With
 * $BENCH_GROUP it has that group alone, and so have its connections.
 */
#include "tests/bench/tls_side.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#define FILES 4 /* key, certificate, pin and what says so: as the library looks at */

struct side {
	SSL_CTX *ctx;
	X509 *pin;
	bool server;
	char files[FILES][512];
	struct stat seen[FILES];
	int nfiles;
};

struct link {
	SSL *ssl;
	bool done;
	long long until_ms;
};

static long long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

static void
die(const char *what)
{
	fprintf(stderr, "tls_openssl: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static X509 *
read_pin(const char *path)
{
	FILE *f = fopen(path, "r");
	X509 *cert = f == NULL ? NULL : PEM_read_X509(f, NULL, NULL, NULL);

	if (f != NULL)
		fclose(f);
	if (cert == NULL)
		die(path);
	return cert;
}

/* The peer's certificate is the pinned one, and its dates are good. */
static int
is_pinned(X509_STORE_CTX *ctx, void *arg)
{
	const struct side *s = arg;
	X509 *leaf = X509_STORE_CTX_get0_cert(ctx);

	if (X509_cmp(leaf, s->pin) != 0)
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_REJECTED);
	else if (X509_cmp_current_time(X509_get0_notBefore(leaf)) >= 0)
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_NOT_YET_VALID);
	else if (X509_cmp_current_time(X509_get0_notAfter(leaf)) <= 0)
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_HAS_EXPIRED);
	else
		return 1;
	return 0;
}

static const char *
path_of(struct side *s, const char *dir, const char *name)
{
	char *path = s->files[s->nfiles];

	snprintf(path, sizeof s->files[0], "%s/%s", dir, name);
	if (stat(path, &s->seen[s->nfiles]) == -1)
		return NULL;
	s->nfiles++;
	return path;
}

static void
use_pair(struct side *s, const char *key, const char *cert)
{
	if (key != NULL && cert != NULL &&
	    (SSL_CTX_use_certificate_chain_file(s->ctx, cert) != 1 ||
		SSL_CTX_use_PrivateKey_file(s->ctx, key, SSL_FILETYPE_PEM) != 1 ||
		SSL_CTX_check_private_key(s->ctx) != 1))
		die("the pair can't be used");
}

struct side *
side_new(bool server, const char *dir)
{
	struct side *s = calloc(1, sizeof *s);
	/* The macro takes no const; the first list needs OpenSSL 3.5. */
	char groups[64] = "*X25519MLKEM768:*X25519:P-256", older[] = "X25519:P-256";
	const char *pin, *only = getenv("BENCH_GROUP");

	if (s == NULL ||
	    (s->ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method())) == NULL)
		die("SSL_CTX_new");
	s->server = server;
	if (only != NULL)
		snprintf(groups, sizeof groups, "%s", only);
	path_of(s, dir, "home/machine.conf");
	use_pair(s, path_of(s, dir, server ? "server.key" : "client.key"),
	    path_of(s, dir, server ? "server.crt" : "client.crt"));
	SSL_CTX_set_security_level(s->ctx, 2);
	SSL_CTX_set_options(s->ctx,
	    SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
		SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(s->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(s->ctx,
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_RELEASE_BUFFERS);
	if (!SSL_CTX_set_min_proto_version(s->ctx, TLS1_3_VERSION) ||
	    !SSL_CTX_set_num_tickets(s->ctx, 0) ||
	    (SSL_CTX_set1_groups_list(s->ctx, groups) != 1 &&
		(only != NULL || SSL_CTX_set1_groups_list(s->ctx, older) != 1)))
		die("settings");
	if ((pin = path_of(s, dir, server ? "client.crt" : "server.crt")) != NULL) {
		s->pin = read_pin(pin);
		SSL_CTX_set_verify(s->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
		SSL_CTX_set_cert_verify_callback(s->ctx, is_pinned, s);
	}
	return s;
}

/* One stat() for each file, like a server that notices a new pair itself. */
int
side_check(struct side *s)
{
	struct stat now;

	for (int i = 0; i < s->nfiles; i++)
		if (stat(s->files[i], &now) == -1 || now.st_ino != s->seen[i].st_ino ||
		    now.st_size != s->seen[i].st_size ||
		    now.st_mtim.tv_sec != s->seen[i].st_mtim.tv_sec ||
		    now.st_mtim.tv_nsec != s->seen[i].st_mtim.tv_nsec)
			return 1;
	return 0;
}

struct link *
link_new(struct side *s, int fd)
{
	struct timeval limit = { .tv_sec = SIDE_LIMIT_MS / 1000 };
	struct link *l = calloc(1, sizeof *l);

	if (l == NULL || (l->ssl = SSL_new(s->ctx)) == NULL || SSL_set_fd(l->ssl, fd) != 1)
		die("SSL_new");
	l->until_ms = now_ms() + SIDE_LIMIT_MS;
	if (s->server) {
		SSL_set_accept_state(l->ssl);
	} else {
		/* A client's socket blocks here: neither end may keep it for ever. */
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
		SSL_set_connect_state(l->ssl);
	}
	return l;
}

static int
result(struct link *l, int rc)
{
	switch (SSL_get_error(l->ssl, rc)) {
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_WANT_READ:
		return SIDE_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return SIDE_WANT_WRITE;
	default:
		return -1;
	}
}

int
link_handshake(struct link *l)
{
	int rc;

	if (l->done)
		return 0;
	if (now_ms() > l->until_ms)
		return -1;
	ERR_clear_error();
	if ((rc = SSL_do_handshake(l->ssl)) != 1)
		return result(l, rc);
	l->done = true;
	return 0;
}

long
link_read(struct link *l, void *buf, size_t len)
{
	size_t got;
	int rc;

	ERR_clear_error();
	return (rc = SSL_read_ex(l->ssl, buf, len, &got)) == 1 ? (long)got : result(l, rc);
}

long
link_write(struct link *l, const void *buf, size_t len)
{
	size_t put;
	int rc;

	ERR_clear_error();
	return (rc = SSL_write_ex(l->ssl, buf, len, &put)) == 1 ? (long)put : result(l, rc);
}

int
link_shutdown(struct link *l)
{
	int rc;

	ERR_clear_error();
	return (rc = SSL_shutdown(l->ssl)) < 0 ? result(l, rc) : 0;
}

bool
link_verified(struct link *l)
{
	return SSL_version(l->ssl) == TLS1_3_VERSION &&
	    (SSL_get_verify_mode(l->ssl) & SSL_VERIFY_PEER) != 0 &&
	    SSL_get0_peer_certificate(l->ssl) != NULL && SSL_get_verify_result(l->ssl) == X509_V_OK;
}

const char *
link_error(struct link *l)
{
	const char *why = ERR_reason_error_string(ERR_peek_error());

	(void)l;
	return why != NULL ? why : "the connection failed";
}

void
link_free(struct link *l)
{
	SSL_free(l->ssl);
	free(l);
}
