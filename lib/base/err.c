/* SPDX-License-Identifier: ISC */
/* Errors: formatting into the caller's fixed buffer, and the words for codes. */
#include "lib/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "lib/base/text.h"

static const char *const names[ERR_CODE_COUNT] = {
	[ERR_NONE] = "none",
	[ERR_NOMEM] = "nomem",
	[ERR_IO] = "io",
	[ERR_NOENT] = "noent",
	[ERR_EXISTS] = "exists",
	[ERR_ACCESS] = "access",
	[ERR_NOSPC] = "nospc",
	[ERR_USAGE] = "usage",
	[ERR_CONFIG] = "config",
	[ERR_SYNTAX] = "syntax",
	[ERR_TOO_LARGE] = "too-large",
	[ERR_UNSAFE] = "unsafe",
	[ERR_SIGNATURE] = "signature",
	[ERR_ROLLBACK] = "rollback",
	[ERR_VERSION] = "version",
	[ERR_EXPIRED] = "expired",
	[ERR_CLOCK] = "clock",
	[ERR_HASH] = "hash",
	[ERR_SCRIPT] = "script",
	[ERR_LIMIT] = "limit",
	[ERR_NETWORK] = "network",
	[ERR_TIMEOUT] = "timeout",
	[ERR_HOSTKEY] = "hostkey",
	[ERR_AUTH] = "auth",
	[ERR_PROTOCOL] = "protocol",
	[ERR_CRYPTO] = "crypto",
	[ERR_BUSY] = "busy",
	[ERR_CONFLICT] = "conflict",
	[ERR_ENDED] = "ended",
	[ERR_TORN] = "torn",
	[ERR_CANCELLED] = "cancelled",
};

void
err_clear(struct err *e)
{
	e->code = ERR_NONE;
	e->text[0] = '\0';
}

static enum err_code
code_of_errno(int num)
{
	switch (num) {
	case ENOMEM:
		return ERR_NOMEM;
	case ENOENT:
		return ERR_NOENT;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_ACCESS;
	case ENOSPC:
#ifdef EDQUOT
	case EDQUOT:
#endif
		return ERR_NOSPC;
	case EEXIST:
		return ERR_EXISTS;
	default:
		return ERR_IO;
	}
}

/* A text that was cut says so, and nothing in it can drive a terminal. */
static void
tidy_text(struct err *e, int cut)
{
	char raw[ERR_TEXT_SIZE];
	size_t len = strlen(e->text);

	memcpy(raw, e->text, len);
	text_safe(e->text, sizeof e->text, raw, len, cut != 0);
}

static int format(struct err *e, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static int
format(struct err *e, const char *fmt, va_list ap)
{
	int n = vsnprintf(e->text, sizeof e->text, fmt, ap);

	return n < 0 || n >= ERR_TEXT_SIZE;
}

int
err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	int num = errno, cut;
	size_t len;
	va_list ap;

	va_start(ap, fmt);
	cut = format(e, fmt, ap);
	va_end(ap);
	len = strlen(e->text);
	cut |= (size_t)snprintf(e->text + len, sizeof e->text - len, ": %s", strerror(num)) >=
	    sizeof e->text - len;
	e->code = code == ERR_IO ? code_of_errno(num) : code;
	tidy_text(e, cut);
	return -1;
}

int
err_setx(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list ap;
	int cut;

	va_start(ap, fmt);
	cut = format(e, fmt, ap);
	va_end(ap);
	e->code = code;
	tidy_text(e, cut);
	return -1;
}

int
err_nomem(struct err *e)
{
	return err_setx(e, ERR_NOMEM, "out of memory");
}

int
err_openssl(struct err *e, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);

	ERR_clear_error();
	return err_setx(e, ERR_CRYPTO, "%s: %s", what, reason == NULL ? "OpenSSL failed" : reason);
}

int
err_context(struct err *e, const char *fmt, ...)
{
	char old[ERR_TEXT_SIZE];
	size_t len;
	va_list ap;
	int cut;

	memcpy(old, e->text, sizeof old);
	va_start(ap, fmt);
	cut = format(e, fmt, ap);
	va_end(ap);
	len = strlen(e->text);
	cut |= (size_t)snprintf(e->text + len, sizeof e->text - len, ": %s", old) >=
	    sizeof e->text - len;
	tidy_text(e, cut);
	return -1;
}

const char *
err_name(enum err_code code)
{
	return (unsigned)code < ERR_CODE_COUNT ? names[code] : "unknown";
}
