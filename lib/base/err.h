/* SPDX-License-Identifier: ISC */
#ifndef LIB_BASE_ERR_H
#define LIB_BASE_ERR_H

/*
 * Errors: a code for callers and a text for people.
 *
 * A struct err is a fixed buffer that the caller owns, so that reporting an error can't itself
 * fail. The layer that noticed writes the text; callers add where it happened with err_context().
 * Texts are one line, say what was wanted and what was found, and carry no full stop.
 */

enum err_code {
	ERR_NONE = 0,
	ERR_NOMEM,     /* out of memory */
	ERR_IO,	       /* a system call failed in a way that no other code names */
	ERR_NOENT,     /* no such file, key, role or object */
	ERR_EXISTS,    /* there already, and must not be replaced */
	ERR_ACCESS,    /* permission denied, or permissions too wide */
	ERR_NOSPC,     /* disk or quota full */
	ERR_USAGE,     /* misuse of a command line or of a function */
	ERR_CONFIG,    /* our own configuration is missing or unreadable */
	ERR_SYNTAX,    /* malformed input */
	ERR_TOO_LARGE, /* a length or count over its named limit */
	ERR_UNSAFE,    /* a name or place that must not be used */
	ERR_SIGNATURE, /* too few valid signatures */
	ERR_ROLLBACK,  /* a version below one already seen */
	ERR_VERSION,   /* a version other than the one that a signed parent states */
	ERR_EXPIRED,   /* past its expiry date */
	ERR_CLOCK,     /* the clock stands before a time already seen */
	ERR_HASH,      /* content differs from its signed hash or length */
	ERR_SCRIPT,    /* a configuration script failed */
	ERR_LIMIT,     /* a memory, instruction or time budget was used up */
	ERR_NETWORK,   /* can't resolve, connect, or the connection broke */
	ERR_TIMEOUT,   /* a deadline passed */
	ERR_HOSTKEY,   /* the server's host key is not one that is trusted */
	ERR_AUTH,      /* the server refused our login */
	ERR_PROTOCOL,  /* a peer or child sent what the protocol forbids */
	ERR_CRYPTO,    /* the crypto library failed or refused */
	ERR_BUSY,      /* somebody else holds the lock, or has the file open */
	ERR_CONFLICT,  /* the state is not the one that the operation needs */
	ERR_ENDED,     /* the application was removed from the repository, which is signed */
	ERR_TORN,      /* a change could be neither finished nor taken back yet */
	ERR_CANCELLED, /* the caller ended the wait */
	ERR_CODE_COUNT
};

/* Bytes of text, with the final NUL.  Longer texts are cut and end in "...". */
#define ERR_TEXT_SIZE 1024

struct err {
	enum err_code code;
	char text[ERR_TEXT_SIZE];
};

/* Forget an earlier error: code ERR_NONE, empty text. */
void err_clear(struct err *e);

/*
 * Fill in e and return -1.  err_set() appends ": " and strerror(errno), and when code is ERR_IO
 * picks the better code that errno implies (ERR_NOENT, ERR_ACCESS, ERR_NOSPC, ERR_NOMEM,
 * ERR_EXISTS); err_setx() does neither.  The result is made safe as by text_safe(), because
 * texts from outside end up in terminals and logs.
 */
int err_set(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int err_setx(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Out of memory: ERR_NOMEM with a plain text.  Returns -1. */
int err_nomem(struct err *e);

/*
 * ERR_CRYPTO with "what: " and the reason that OpenSSL gives for its last error on this thread;
 * OpenSSL's list of errors is then empty.  Returns -1.
 */
int err_openssl(struct err *e, const char *what);

/* Put "context: " before the text that is there; the code stays.  Returns -1. */
int err_context(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A stable short word for a code, for JSON output and tests: "rollback", "signature", … */
const char *err_name(enum err_code code);

#endif
