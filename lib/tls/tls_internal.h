/* SPDX-License-Identifier: ISC */
#ifndef LIB_TLS_TLS_INTERNAL_H
#define LIB_TLS_TLS_INTERNAL_H

/*
 * What the modules of the TLS library share: configuration, pair, trusted certificates, and the
 * set-up made of them.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "lib/base/buf.h"
#include "lib/base/digest.h"
#include "lib/base/err.h"
#include "lib/os/file.h"
#include "lib/settings/settings.h"
#include "slipway/tls.h"

#define TLS_SERVERS_MAX 64 /* in one slipway_tls_connect() */
/* certificates in a file, and in all of TLS_TrustedCerts; files there */
#define TLS_TRUSTED_MAX (2 * TLS_SERVERS_MAX)
#define TLS_FILES_MAX	(TLS_TRUSTED_MAX + 3) /* files that a configuration names */
#define TLS_CRLS_MAX	64		      /* lists in TLS_CRLFile */
#define TLS_FILE_MAX	(1024u * 1024)	      /* bytes of a key, certificate or CRL file */
#define TLS_SUBJECT_MAX 200		      /* bytes of a subject in a message */
/* bytes of a server's name or address, with the final NUL */
#define TLS_HOST_MAX	256
#define TLS_TEXT_SIZE	4096 /* bytes of a handle's texts, with the final NUL */
#define TLS_CERT_TEXT	600  /* bytes of trust_describe(), with the final NUL */
/* without data, that one call of read takes from a peer */
#define TLS_RECORDS_MAX 32

/*
 * OpenSSL's security level 2, whatever openssl.cnf says: keys and signatures of 112 bits (RSA 2048,
 * P-256, SHA-256).
 */
#define TLS_SECURITY_LEVEL 2
#define TLS_SECURITY_BITS  112

#define TLS_WARN_DAYS	  30 /* default of TLS_ExpiryWarnDays */
#define TLS_WARN_DAYS_MAX 3650

enum tls_level { TLS_LEVEL_NONE, TLS_LEVEL_NO_PEER_AUTH, TLS_LEVEL_PEER_AUTH };

enum tls_setting {
	TLS_LEVEL,
	TLS_KEY_FILE,
	TLS_CERT_FILE,
	TLS_TRUSTED,
	TLS_CRL_FILE,
	TLS_MIN_VERSION,
	TLS_EXPIRY_WARN_DAYS,
	TLS_SETTING_COUNT
};

/* The name of a setting, and the setting of a name (-1: none). */
const char *tls_setting_name(enum tls_setting s);
int tls_setting_find(const char *name);

/* A setting's text ("" not set), or the content of its file. */
struct tls_source {
	char *text;
	bool content;
	size_t len; /* of content */
};

/* What the settings say at this moment. */
struct tls_config {
	enum tls_level level;
	bool level_absent, tls12;
	bool open_key; /* others may read the key: that is only warned of */
	unsigned warn_days;
	struct tls_source source[TLS_SETTING_COUNT];
};

/* The settings' words for a level. */
const char *tls_level_name(enum tls_level level);

/* From the store; *stamp says what was looked at. */
int config_read(struct settings *s, enum slipway_tls_side side, const char *installation,
    const char *application, struct tls_config *c, struct settings_stamp *stamp, struct err *e);
/* Set one from the caller; config_decide() then reads level, version and days from the texts. */
int config_set(struct tls_config *c, enum tls_setting s, const void *data, size_t len, bool content,
    struct err *e);
int config_decide(struct tls_config *c, struct err *e);
void config_free(struct tls_config *c);

/*
 * The bytes of a source: a file, which nobody else may read when it is secret, or what the caller
 * gave.
 */
int source_read(const struct tls_source *s, bool secret, struct buf *out, struct err *e);
/* What to call it in messages. */
const char *source_name(const struct tls_source *s);

/* A key and its certificate. */
struct tls_pair {
	EVP_PKEY *key;
	STACK_OF(X509) * chain; /* leaf first */
	struct err remark;	/* what is wrong but allowed; ERR_NONE: nothing */
};

/*
 * Read and check the pair that c names: it belongs together, its time has come and isn't over, and
 * OpenSSL uses it at our level.  0 or -1.
 */
int pair_read(const struct tls_config *c, struct tls_pair *p, struct err *e);
void pair_free(struct tls_pair *p);

struct tls_trusted {
	X509 *certs[TLS_TRUSTED_MAX];
	char *files[TLS_TRUSTED_MAX]; /* which file each came from */
	size_t n;
	STACK_OF(X509_CRL) * crls; /* or NULL */
	struct err remark;	   /* a file of several that can't be used; ERR_NONE: none */
	struct err crl_remark;	   /* a list that revokes nothing; ERR_NONE: none */
};

/*
 * Read TLS_TrustedCerts and TLS_CRLFile.  0, with remarks when some file of several can't be used,
 * or some list; or -1: none can, or the CRL file can't.
 */
int trust_read(const struct tls_config *c, struct tls_trusted *t, struct err *e);
void trust_free(struct tls_trusted *t);

/*
 * Whether a peer's certificate is one of t or chains to a CA certificate in t, is strong enough,
 * its dates are good, and neither it nor a certificate between is revoked.  SLIPWAY_TLS_OK, or what
 * it is with the text in e.
 */
enum slipway_tls_code trust_verify(const struct tls_trusted *t, X509 *leaf, STACK_OF(X509) * others,
    bool server, struct err *e);

/*
 * "subject "…", SHA-256 …, valid … to …" of a certificate, and the SHA-256 alone.  A name is in
 * quotes, as RFC 4514 writes it in ASCII: whatever comes from a peer can't end the quotes, nor the
 * line.
 */
void trust_describe(X509 *cert, char *out, size_t size);
void trust_fingerprint(X509 *cert, char hex[SHA256_HEX_SIZE]);

/* A revocation list whose successor is overdue, or NULL; how to call it in a message. */
X509_CRL *trust_overdue(const struct tls_trusted *t);
void trust_describe_crl(X509_CRL *crl, char *out, size_t size);

/* Whole days until a certificate ends, below 0 when it has. */
int trust_days_left(X509 *cert);

/* Read all certificates of a source; NULL with e. */
STACK_OF(X509) * trust_read_certs(const struct tls_source *s, struct err *e);

/* What connections are made with; shared by them and the handle until the last lets go. */
struct tls_setup {
	atomic_int owners;
	enum slipway_tls_side side;
	enum tls_level level;
	bool tls12;
	unsigned warn_days;
	SSL_CTX *ctx; /* NULL: no TLS */
	BIO_METHOD *method;
	struct tls_trusted trusted;
};

/* From a configuration and a good pair (or one without a key).  NULL with e. */
struct tls_setup *setup_new(enum slipway_tls_side side, const struct tls_config *c,
    const struct tls_pair *pair, struct err *e);
struct tls_setup *setup_share(struct tls_setup *s);
void setup_release(struct tls_setup *s);

/*
 * Whether OpenSSL uses a pair at our level.  0, or -1 with its reason, which doesn't name the file.
 */
int setup_takes_pair(const struct tls_pair *pair, struct err *e);

/* OpenSSL's configuration file and its environment variables are left alone from here on. */
void setup_init(void);

/*
 * A handle's set-up as it is now, for a new connection; the caller releases it.  NULL with the
 * handle's error.
 */
struct tls_setup *handle_setup(struct slipway_tls *t);
unsigned handle_handshake_ms(const struct slipway_tls *t);
int handle_fail(struct slipway_tls *t, enum slipway_tls_code code, const char *text);

/* "HOST:PORT" or "[ADDRESS]:PORT" in its parts.  0, or -1 with ERR_CONFIG. */
int connect_split(const char *server, char host[TLS_HOST_MAX], uint16_t *port, struct err *e);

/* OpenSSL's question about a peer's certificate, answered by trust_verify(). */
int conn_judge(X509_STORE_CTX *ctx, void *arg);
/*
 * The descriptor is closed with the connection, and its handshake ends at deadline
 * (clock_mono_ms()), or before.
 */
void conn_own_fd(struct slipway_tls_conn *c, int64_t deadline);

/* What an error of OpenSSL's means to people who know our settings. */
enum slipway_tls_code
reason_of(unsigned long code, const struct tls_setup *s, char *text, size_t size);

/* How bytes are moved: a descriptor, or the caller's functions. */
struct stream {
	int fd;	    /* -1: read and write */
	bool owned; /* the descriptor is closed at the end */
	long (*read)(void *arg, void *buf, size_t len);
	long (*write)(void *arg, const void *buf, size_t len);
	void *arg;
	bool started; /* first holds the first byte, which was only looked at */
	unsigned char first;
	bool ended;	  /* the peer's data ended */
	int fault;	  /* errno of what failed */
	int64_t deadline; /* clock_mono_ms() at which the handshake ends, or 0 */
	bool blocking, late;
	bool waits; /* the last call said WANT_* */
};

/*
 * Bytes (0 at the end), WANT_* or ERROR.  A descriptor that blocks is waited for until the
 * deadline, then late is set.
 */
long stream_read(struct stream *s, void *buf, size_t len);
long stream_write(struct stream *s, const void *buf, size_t len);
/* Look at the first byte without taking it: 1, 0 at the end, WANT_* or ERROR. */
long stream_peek(struct stream *s, unsigned char *first);
/* Platform calls: whether fd blocks; end our direction; close. */
bool stream_blocks(int fd);
void stream_end(struct stream *s);
void stream_close(struct stream *s);
long stream_fd_read(struct stream *s, void *buf, size_t len);
long stream_fd_write(struct stream *s, const void *buf, size_t len);
const char *stream_fault(const struct stream *s);

/* The BIO that joins a stream to OpenSSL.  NULL when memory runs out. */
BIO_METHOD *stream_method(void);

#endif
