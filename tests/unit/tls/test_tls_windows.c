/* SPDX-License-Identifier: ISC */
/*
 * lib/tls over sockets of Winsock, with its settings in the registry.  test_tls.c and
 * test_tls_api.c test everything that doesn't depend on the platform.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/common/temp.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "lib/base/buf.h"
#include "lib/os/clock.h"
#include "lib/os/net.h"
#include "lib/os/wide_windows.h"
#include "lib/settings/application.h"
#include "slipway/tls.h"

#include <ws2tcpip.h>

#define SILENCE_MS 300

/* A self-signed certificate and its key, in PEM. */
struct pair {
	char key[4096], cert[4096];
};

static void
take(BIO *bio, char out[4096])
{
	int n = BIO_read(bio, out, 4095);

	assert_true(n > 0);
	out[n] = '\0';
	BIO_free(bio);
}

static void
pair_make(struct pair *p, const char *name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	BIO *bio;

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 365L * 86400);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
	    (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	take(bio, p->key);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(bio, x);
	take(bio, p->cert);
	X509_free(x);
	EVP_PKEY_free(key);
}

static struct pair kernel, stranger;

/* A socket that listens on a free port of this computer. */
static SOCKET
listen_here(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int len = sizeof a;
	SOCKET s = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(s != INVALID_SOCKET);
	assert_int_equal(bind(s, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(s, 16), 0);
	assert_int_equal(getsockname(s, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return s;
}

/* Two connected sockets. */
static void
sockets_make(SOCKET ends[2], bool block)
{
	uint16_t port;
	SOCKET listener = listen_here(&port);
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	u_long on = 1;

	ends[1] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(ends[1], (struct sockaddr *)&a, sizeof a), 0);
	ends[0] = accept(listener, NULL, NULL);
	assert_true(ends[0] != INVALID_SOCKET);
	closesocket(listener);
	for (int i = 0; !block && i < 2; i++)
		assert_int_equal(ioctlsocket(ends[i], (long)FIONBIO, &on), 0);
}

static struct slipway_tls *
side(enum slipway_tls_side which, const char *level, const struct pair *own,
    const struct pair *trusted)
{
	struct slipway_tls *t = slipway_tls_new(which, NULL, NULL);

	assert_non_null(t);
	assert_int_equal(slipway_tls_set(t, "TLS_RequiredLevel", level), 0);
	if (own != NULL) {
		assert_int_equal(slipway_tls_set_pem(t, "TLS_KeyFile", own->key, strlen(own->key)),
		    0);
		assert_int_equal(
		    slipway_tls_set_pem(t, "TLS_CertFile", own->cert, strlen(own->cert)), 0);
	}
	if (trusted != NULL)
		assert_int_equal(slipway_tls_set_pem(t, "TLS_TrustedCerts", trusted->cert,
				     strlen(trusted->cert)),
		    0);
	return t;
}

static bool
waits(long n)
{
	return n == SLIPWAY_TLS_WANT_READ || n == SLIPWAY_TLS_WANT_WRITE;
}

/* The program's own time limit of the socket doesn't end the connection. */
static void
own_limit(void **state)
{
	struct slipway_tls *c = side(SLIPWAY_TLS_CLIENT, "None", NULL, NULL);
	struct slipway_tls_conn *conn;
	DWORD ms = SILENCE_MS;
	SOCKET ends[2];
	char buf[8];

	(void)state;
	sockets_make(ends, true);
	assert_non_null(conn = slipway_tls_conn_new(c, (int)ends[1]));
	assert_int_equal(slipway_tls_handshake(conn), 0);
	assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, (const char *)&ms, sizeof ms),
	    0);
	assert_int_equal(slipway_tls_read(conn, buf, sizeof buf), SLIPWAY_TLS_WANT_READ);
	assert_int_equal(send(ends[0], "later", 5, 0), 5);
	assert_int_equal(slipway_tls_read(conn, buf, sizeof buf), 5);
	slipway_tls_conn_free(conn);
	slipway_tls_free(c);
	closesocket(ends[0]);
	closesocket(ends[1]);
}

/* A limit under 500 ms, which Winsock itself rounds up, ends a read and a handshake in time. */
static void
short_limits(void **state)
{
	struct slipway_tls *c = side(SLIPWAY_TLS_CLIENT, "None", NULL, NULL);
	struct slipway_tls *s = side(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);
	struct slipway_tls_conn *conn;
	DWORD ms = 50;
	SOCKET ends[2];
	int64_t begin;
	char buf[8];

	(void)state;
	sockets_make(ends, true);
	assert_non_null(conn = slipway_tls_conn_new(c, (int)ends[1]));
	assert_int_equal(slipway_tls_handshake(conn), 0);
	assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, (const char *)&ms, sizeof ms),
	    0);
	begin = clock_mono_ms();
	for (int i = 0; i < 3; i++)
		assert_int_equal(slipway_tls_read(conn, buf, sizeof buf), SLIPWAY_TLS_WANT_READ);
	assert_in_range(clock_mono_ms() - begin, 3 * 50, 3 * 450);
	slipway_tls_conn_free(conn);
	slipway_tls_free(c);
	slipway_tls_set_handshake_limit(s, 50);
	assert_non_null(conn = slipway_tls_conn_new(s, (int)ends[0]));
	begin = clock_mono_ms();
	assert_int_equal(slipway_tls_handshake(conn), SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_conn_error_code(conn), SLIPWAY_TLS_E_TIMEOUT);
	assert_in_range(clock_mono_ms() - begin, 40, 450);
	slipway_tls_conn_free(conn);
	slipway_tls_free(s);
	closesocket(ends[0]);
	closesocket(ends[1]);
}

#define SENT (4u * 1024 * 1024)

/* Reads SENT bytes of the pattern from a socket, after a while. */
static DWORD WINAPI
read_late(void *arg)
{
	SOCKET fd = *(SOCKET *)arg;
	uint8_t buf[65536];
	size_t got = 0;
	DWORD wrong = 0;
	int n;

	Sleep(SILENCE_MS);
	while (got < SENT && (n = recv(fd, (char *)buf, sizeof buf, 0)) > 0)
		for (int i = 0; i < n; i++, got++)
			wrong += buf[i] != (uint8_t)(got % 251);
	return got == SENT && wrong == 0 ? 0 : 1;
}

/* A peer that doesn't read: no byte is sent twice, and none is lost. */
static void
own_limit_of_sending(void **state)
{
	struct slipway_tls *c = side(SLIPWAY_TLS_CLIENT, "None", NULL, NULL);
	uint8_t *data = malloc(SENT);
	struct slipway_tls_conn *conn;
	DWORD ms = 50, code = 1, held = 64 * 1024;
	size_t sent = 0, waited = 0;
	SOCKET ends[2];
	HANDLE thread;

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < SENT; i++)
		data[i] = (uint8_t)(i % 251);
	sockets_make(ends, true);
	assert_non_null(conn = slipway_tls_conn_new(c, (int)ends[1]));
	assert_int_equal(slipway_tls_handshake(conn), 0);
	assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_SNDTIMEO, (const char *)&ms, sizeof ms),
	    0);
	/* Else both ends could hold all that is sent. */
	assert_int_equal(
	    setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, (const char *)&held, sizeof held), 0);
	assert_int_equal(
	    setsockopt(ends[0], SOL_SOCKET, SO_RCVBUF, (const char *)&held, sizeof held), 0);
	assert_non_null(thread = CreateThread(NULL, 0, read_late, &ends[0], 0, NULL));
	while (sent < SENT) {
		long n = slipway_tls_write(conn, data + sent, SENT - sent);

		assert_true(n > 0 || n == SLIPWAY_TLS_WANT_WRITE);
		if (n > 0)
			sent += (size_t)n;
		else
			waited++;
	}
	assert_int_equal(WaitForSingleObject(thread, 60000), WAIT_OBJECT_0);
	assert_true(GetExitCodeThread(thread, &code));
	assert_int_equal(code, 0);
	assert_true(waited > 0);
	CloseHandle(thread);
	slipway_tls_conn_free(conn);
	slipway_tls_free(c);
	closesocket(ends[0]);
	closesocket(ends[1]);
	free(data);
}

/* Sends a byte, after a while. */
static DWORD WINAPI
send_late(void *arg)
{
	Sleep(SILENCE_MS);
	return send(*(SOCKET *)arg, "", 1, 0) == 1 ? 0 : 1;
}

static void
is_cancelled(const struct slipway_tls_conn *c, long rc)
{
	assert_int_equal(rc, SLIPWAY_TLS_ERROR);
	if (slipway_tls_conn_error_code(c) != SLIPWAY_TLS_E_CANCELLED)
		fail_msg("%s", slipway_tls_conn_error(c));
}

/* A socket of the program's ends calls that wait, and the connection is as good as before. */
static void
cancelled(void **state)
{
	struct slipway_tls *c = side(SLIPWAY_TLS_CLIENT, "None", NULL, NULL);
	static char many[1 << 20];
	struct slipway_tls_conn *conn;
	SOCKET ends[2], stop[2];
	HANDLE thread;
	char buf[8];
	long n;

	(void)state;
	sockets_make(ends, true);
	sockets_make(stop, true);
	assert_non_null(conn = slipway_tls_conn_new(c, (int)ends[1]));
	assert_int_equal(slipway_tls_handshake(conn), 0);
	slipway_tls_conn_set_cancel(conn, (int)stop[0]);
	assert_non_null(thread = CreateThread(NULL, 0, send_late, &stop[1], 0, NULL));
	is_cancelled(conn, slipway_tls_read(conn, buf, sizeof buf));
	assert_int_equal(WaitForSingleObject(thread, 60000), WAIT_OBJECT_0);
	CloseHandle(thread);
	is_cancelled(conn, slipway_tls_read(conn, buf, sizeof buf));
	while ((n = slipway_tls_write(conn, many, sizeof many)) > 0)
		;
	is_cancelled(conn, n);
	assert_int_equal(send(ends[0], "later", 5, 0), 5);
	assert_int_equal(slipway_tls_read(conn, buf, sizeof buf), 5);
	slipway_tls_conn_free(conn);
	closesocket(ends[0]);
	closesocket(ends[1]);
	closesocket(stop[0]);
	closesocket(stop[1]);
	slipway_tls_free(c);
}

/* A handshake with a silent peer, and connecting. */
static void
cancelled_early(void **state)
{
	struct slipway_tls *c = side(SLIPWAY_TLS_CLIENT, "TLSNoPeerAuth", NULL, NULL);
	struct slipway_tls *s = side(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);
	struct slipway_tls_conn *conn;
	SOCKET ends[2], stop[2], listener;
	char where[32];
	const char *const servers[] = { where, where };
	uint16_t port;
	HANDLE thread;
	char byte;

	(void)state;
	sockets_make(ends, true);
	sockets_make(stop, true);
	listener = listen_here(&port);
	snprintf(where, sizeof where, "127.0.0.1:%u", port);
	slipway_tls_set_handshake_limit(s, 60000);
	assert_non_null(conn = slipway_tls_conn_new(s, (int)ends[0]));
	slipway_tls_conn_set_cancel(conn, (int)stop[0]);
	assert_non_null(thread = CreateThread(NULL, 0, send_late, &stop[1], 0, NULL));
	is_cancelled(conn, slipway_tls_handshake(conn));
	assert_int_equal(WaitForSingleObject(thread, 60000), WAIT_OBJECT_0);
	CloseHandle(thread);
	slipway_tls_conn_free(conn);

	/* While it connects, and in the handshake. */
	slipway_tls_set_cancel(c, (int)stop[0]);
	assert_null(slipway_tls_connect(c, servers, 2, 60000, NULL));
	assert_int_equal(slipway_tls_error_code(c), SLIPWAY_TLS_E_CANCELLED);
	assert_non_null(strstr(slipway_tls_error(c), "can't connect to 127.0.0.1:"));
	assert_int_equal(recv(stop[0], &byte, 1, 0), 1);
	assert_non_null(thread = CreateThread(NULL, 0, send_late, &stop[1], 0, NULL));
	assert_null(slipway_tls_connect(c, servers, 2, 60000, NULL));
	assert_int_equal(slipway_tls_error_code(c), SLIPWAY_TLS_E_CANCELLED);
	assert_non_null(strstr(slipway_tls_error(c), "TLS handshake: cancelled"));
	assert_int_equal(WaitForSingleObject(thread, 60000), WAIT_OBJECT_0);
	CloseHandle(thread);
	closesocket(listener);
	closesocket(ends[0]);
	closesocket(ends[1]);
	closesocket(stop[0]);
	closesocket(stop[1]);
	slipway_tls_free(s);
	slipway_tls_free(c);
}

/*
 * Sockets that don't block: both sides in one thread, each call at once, through the end of the
 * data.
 */
static void
not_blocking(void **state)
{
	struct slipway_tls *s = side(SLIPWAY_TLS_SERVER, "TLSPeerAuth", &kernel, &stranger);
	struct slipway_tls *c = side(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", &stranger, &kernel);
	struct slipway_tls_conn *sc, *cc;
	int srv = SLIPWAY_TLS_WANT_READ, cli = SLIPWAY_TLS_WANT_WRITE;
	SOCKET ends[2];
	char buf[64];
	long n = SLIPWAY_TLS_WANT_READ;

	(void)state;
	sockets_make(ends, false);
	assert_non_null(sc = slipway_tls_conn_new(s, (int)ends[0]));
	assert_non_null(cc = slipway_tls_conn_new(c, (int)ends[1]));
	assert_int_equal(slipway_tls_handshake(sc), SLIPWAY_TLS_WANT_READ);
	for (int i = 0; i < 10000 && (srv != 0 || cli != 0); i++) {
		cli = waits(cli) ? slipway_tls_handshake(cc) : cli;
		srv = waits(srv) ? slipway_tls_handshake(sc) : srv;
	}
	if (srv != 0 || cli != 0)
		fail_msg("server: %s; client: %s", slipway_tls_conn_error(sc),
		    slipway_tls_conn_error(cc));
	assert_string_equal(slipway_tls_conn_text(cc), "TCP/IP][TLSv1.3 VERIFIED");
	assert_string_equal(slipway_tls_conn_text(sc), "TCP/IP][TLSv1.3 VERIFIED");
	assert_int_equal(slipway_tls_read(sc, buf, sizeof buf), SLIPWAY_TLS_WANT_READ);
	assert_int_equal(slipway_tls_write(cc, "hello", 5), 5);
	for (int i = 0; i < 10000 && waits(n); i++)
		n = slipway_tls_read(sc, buf, sizeof buf);
	assert_int_equal(n, 5);
	assert_memory_equal(buf, "hello", 5);
	while (waits(slipway_tls_shutdown(cc)))
		;
	for (n = SLIPWAY_TLS_WANT_READ; waits(n);)
		n = slipway_tls_read(sc, buf, sizeof buf);
	assert_int_equal(n, 0);
	slipway_tls_conn_free(sc);
	slipway_tls_conn_free(cc);
	closesocket(ends[0]);
	closesocket(ends[1]);
	slipway_tls_free(s);
	slipway_tls_free(c);
}

/* A peer that closes in the middle of the handshake. */
static void
cut(void **state)
{
	struct slipway_tls *s = side(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);
	struct slipway_tls_conn *sc;
	SOCKET ends[2];

	(void)state;
	sockets_make(ends, true);
	assert_non_null(sc = slipway_tls_conn_new(s, (int)ends[0]));
	/* The head of a record, and no more. */
	assert_int_equal(send(ends[1], "\x16\x03\x01", 3, 0), 3);
	closesocket(ends[1]);
	assert_int_equal(slipway_tls_handshake(sc), SLIPWAY_TLS_ERROR);
	assert_int_not_equal(slipway_tls_conn_error_code(sc), SLIPWAY_TLS_E_TIMEOUT);
	slipway_tls_conn_free(sc);
	closesocket(ends[0]);
	slipway_tls_free(s);
}

/*
 * On a socket that blocks, the handshake with a silent peer ends at its limit, and the socket's own
 * limits are restored.
 */
static void
silent(void **state)
{
	struct slipway_tls *s = side(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);
	struct slipway_tls_conn *sc;
	SOCKET ends[2];
	DWORD limit = 77777;
	int len = sizeof limit;
	int64_t begin;

	(void)state;
	sockets_make(ends, true);
	assert_int_equal(
	    setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, (const char *)&limit, sizeof limit), 0);
	slipway_tls_set_handshake_limit(s, SILENCE_MS);
	assert_non_null(sc = slipway_tls_conn_new(s, (int)ends[0]));
	begin = clock_mono_ms();
	assert_int_equal(slipway_tls_handshake(sc), SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_conn_error_code(sc), SLIPWAY_TLS_E_TIMEOUT);
	assert_true(clock_mono_ms() - begin >= SILENCE_MS);
	limit = 0;
	assert_int_equal(getsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, (char *)&limit, &len), 0);
	assert_int_equal(limit, 77777);
	slipway_tls_conn_free(sc);
	closesocket(ends[0]);
	closesocket(ends[1]);
	slipway_tls_free(s);
}

/* A server that serves n clients, in a thread, with sockets that block. */
struct server {
	struct slipway_tls *t;
	SOCKET listener;
	int n;
	char texts[4][64];
};

static DWORD WINAPI
serve(void *arg)
{
	struct server *s = arg;

	for (int i = 0; i < s->n; i++) {
		SOCKET fd = accept(s->listener, NULL, NULL);
		struct slipway_tls_conn *c = slipway_tls_conn_new(s->t, (int)fd);
		char byte;

		if (c != NULL && slipway_tls_read(c, &byte, 1) == 1 &&
		    slipway_tls_write(c, &byte, 1) == 1) {
			snprintf(s->texts[i], sizeof s->texts[i], "%s", slipway_tls_conn_text(c));
			slipway_tls_shutdown(c);
			(void)slipway_tls_read(c, &byte, 1);
		}
		slipway_tls_conn_free(c);
		closesocket(fd);
	}
	return 0;
}

static void
set_text(HKEY key, const wchar_t *side_key, const wchar_t *name, const char *text)
{
	struct err e;
	wchar_t *w = wide_of(text, &e);
	HKEY h;

	assert_non_null(w);
	assert_int_equal(RegCreateKeyExW(key, side_key, 0, NULL, 0, KEY_SET_VALUE, NULL, &h, NULL),
	    0);
	assert_int_equal(RegSetValueExW(h, name, 0, REG_SZ, (const BYTE *)w,
			     (DWORD)((wcslen(w) + 1) * sizeof *w)),
	    0);
	RegCloseKey(h);
	free(w);
}

/* A client that connects and gets an answer.  Returns the text of conn_text(), or NULL: refused. */
static const char *
visit(struct slipway_tls *c, const char *address)
{
	static char text[64];
	const char *const servers[] = { address };
	struct slipway_tls_conn *conn = slipway_tls_connect(c, servers, 1, 10000, NULL);
	char byte = 'x';

	if (conn == NULL)
		return NULL;
	assert_int_equal(slipway_tls_write(conn, &byte, 1), 1);
	assert_int_equal(slipway_tls_read(conn, &byte, 1), 1);
	snprintf(text, sizeof text, "%s", slipway_tls_conn_text(conn));
	slipway_tls_shutdown(conn);
	slipway_tls_conn_free(conn);
	return text;
}

/*
 * Settings and files as in an installation; the library reads the registry again for each
 * connection.
 */
static void
from_the_registry(void **state)
{
	/* The working directory, or the drive of it, would choose the file. */
	static const char *const relative[] = { "k.crt", "\\k.crt", "C:k.crt", ".\\k.crt" };
	struct dir *d = *state;
	struct server srv = { .n = 2 };
	struct slipway_tls *c;
	char key[600], cert[600], other[600], address[32], place[64];
	wchar_t wide[64];
	HANDLE thread;
	uint16_t port;
	struct err e;
	HKEY own, cfg;

	snprintf(place, sizeof place, "Software\\%.40s", strstr(dir_path(d), "slipway-unit-"));
	swprintf(wide, N(wide), L"%hs", place);
	assert_int_equal(
	    RegCreateKeyExW(HKEY_CURRENT_USER, wide, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &own, NULL),
	    0);
	assert_int_equal(RegOverridePredefKey(HKEY_LOCAL_MACHINE, own), 0);
	assert_int_equal(RegCreateKeyExW(own, L"SOFTWARE\\" SETTINGS_VENDOR "\\I\\cfg_A", 0, NULL,
			     0, KEY_ALL_ACCESS, NULL, &cfg, NULL),
	    0);
	assert_ok(file_replace(d, "k.key", kernel.key, strlen(kernel.key), 0600, &e), &e);
	assert_ok(file_replace(d, "k.crt", kernel.cert, strlen(kernel.cert), 0644, &e), &e);
	assert_ok(file_replace(d, "other.crt", stranger.cert, strlen(stranger.cert), 0644, &e), &e);
	snprintf(key, sizeof key, "%s\\k.key", dir_path(d));
	snprintf(cert, sizeof cert, "%s\\k.crt", dir_path(d));
	snprintf(other, sizeof other, "%s\\other.crt", dir_path(d));
	set_text(cfg, L"TLS_Server", L"TLS_RequiredLevel", "TLSNoPeerAuth");
	set_text(cfg, L"TLS_Server", L"TLS_KeyFile", key);
	set_text(cfg, L"TLS_Server", L"TLS_CertFile", cert);
	set_text(cfg, L"TLS_Client", L"TLS_RequiredLevel", "TLSPeerAuth");
	set_text(cfg, L"TLS_Client", L"TLS_TrustedCerts", cert);

	assert_non_null(srv.t = slipway_tls_new(SLIPWAY_TLS_SERVER, "I", "A"));
	if (slipway_tls_check(srv.t) != 0)
		fail_msg("%s", slipway_tls_error(srv.t));
	srv.listener = listen_here(&port);
	snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)port);
	assert_non_null(thread = CreateThread(NULL, 0, serve, &srv, 0, NULL));
	assert_non_null(c = slipway_tls_new(SLIPWAY_TLS_CLIENT, "I", "A"));
	assert_string_equal(visit(c, address), "TCP/IP][TLSv1.3 VERIFIED");
	/* The same handle, and another certificate trusted from here on. */
	set_text(cfg, L"TLS_Client", L"TLS_TrustedCerts", other);
	assert_null(visit(c, address));
	assert_non_null(strstr(slipway_tls_error(c), "other.crt"));
	for (size_t i = 0; i < N(relative); i++) {
		set_text(cfg, L"TLS_Client", L"TLS_TrustedCerts", relative[i]);
		assert_int_equal(slipway_tls_check(c), SLIPWAY_TLS_ERROR);
		assert_non_null(strstr(slipway_tls_error(c), "want whole paths"));
	}
	assert_int_equal(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
	assert_string_equal(srv.texts[0], "TCP/IP][TLSv1.3");
	CloseHandle(thread);
	closesocket(srv.listener);
	slipway_tls_free(c);
	slipway_tls_free(srv.t);
	RegOverridePredefKey(HKEY_LOCAL_MACHINE, NULL);
	RegCloseKey(cfg);
	RegCloseKey(own);
	assert_int_equal(RegDeleteTreeW(HKEY_CURRENT_USER, wide), 0);
}

static int
start(void **state)
{
	WSADATA data;

	(void)state;
	if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
		return -1;
	pair_make(&kernel, "kernel");
	pair_make(&stranger, "stranger");
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	return WSACleanup();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_limit),
		cmocka_unit_test(short_limits),
		cmocka_unit_test(own_limit_of_sending),
		cmocka_unit_test(cancelled),
		cmocka_unit_test(cancelled_early),
		cmocka_unit_test(not_blocking),
		cmocka_unit_test(cut),
		cmocka_unit_test(silent),
		cmocka_unit_test_setup_teardown(from_the_registry, temp_make, temp_remove),
	};

	return cmocka_run_group_tests_name("tls_windows", tests, start, stop);
}
