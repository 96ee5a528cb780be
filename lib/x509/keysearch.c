/* SPDX-License-Identifier: ISC */
/* Looking for private keys in files of any kind. */
#include "lib/x509/keysearch.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/err.h>

#include "lib/base/list.h"
#include "lib/base/text.h"
#include "lib/base/wire.h"
#include "lib/x509/form.h"

/*
 * A label: "-----BEGIN RSA PRIVATE KEY-----" (RFC 7468), "-----BEGIN PGP PRIVATE KEY BLOCK-----",
 * and in the form of RFC 4716 "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----".
 */
#define LABEL "PRIVATE KEY"
#define BEGIN "BEGIN "

/* Bytes of a label before LABEL, and from there to the first line of the key, headers included. */
#define BEFORE_MAX 64
#define AFTER_MAX  600

/* So many digits of Base64 in a row are a part of a key. */
#define DIGITS_MIN 32

/* Bytes of text that are kept for a label that the next ones complete. */
#define KEPT	  (BEFORE_MAX + AFTER_MAX + sizeof LABEL)
#define WINDOW	  (64u * 1024)
#define PUTTY	  "PuTTY-User-Key-File-"
#define PUTTY_KEY "Private-Lines: "
#define ENCRYPTED "ENCRYPTED"

/* Things in DER behind each other, such as certificates before their key, that are looked at. */
#define DER_MANY 100

/* Keystores of Java, JKS and JCEKS: their first number, and the kinds of their entries. */
#define JKS_MAGIC   0xfeedfeedu
#define JCEKS_MAGIC 0xcecececeu
#define JKS_KEY	    1u
#define JKS_CERT    2u
#define JKS_SECRET  3u

struct keysearch {
	const char *found;
	struct buf head; /* the file's beginning, as it is */
	bool whole;	 /* the head is all of it */
	bool started, utf16;
	size_t len; /* of text */
	uint8_t text[KEPT + WINDOW];
};

struct keysearch *
keysearch_new(struct err *e)
{
	struct keysearch *s = calloc(1, sizeof *s);

	if (s == NULL) {
		err_nomem(e);
		return NULL;
	}
	s->head = (struct buf)BUF_INIT(KEYSEARCH_DER_MAX);
	s->whole = true;
	return s;
}

void
keysearch_free(struct keysearch *s)
{
	if (s == NULL)
		return;
	buf_free(&s->head);
	free(s);
}

static bool
is_digit64(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '+' || c == '/' || c == '=';
}

/* Whether the label that ends in LABEL at p begins as labels do; *from is its first character. */
static bool
begins(const uint8_t *text, const uint8_t *p, const uint8_t **from)
{
	const uint8_t *least = p - text > BEFORE_MAX ? p - BEFORE_MAX : text;
	size_t n = strlen(BEGIN);
	const uint8_t *before;

	for (*from = p; *from >= least + n + 1; --*from) {
		before = *from - n - 1;
		if (memcmp(before + 1, BEGIN, n) == 0)
			return *before == '-' ||
			    (*before == ' ' && before > text && before[-1] == '-');
		if ((*from)[-1] == '-' || (*from)[-1] < ' ')
			return false;
	}
	return false;
}

/*
 * Whether digits of a key follow a label, in lines of any length: its dashes, line ends in any
 * form, and headers ("DEK-Info: …") may stand between.  A NUL or another label ends the search.
 */
static bool
has_body(const uint8_t *p, const uint8_t *end)
{
	size_t dashes = 0, run = 0;

	if (end - p > AFTER_MAX)
		end = p + AFTER_MAX;
	if (end - p >= 6 && memcmp(p, " BLOCK", 6) == 0)
		p += 6;
	if (p < end && *p == ' ')
		p++;
	for (; p < end && *p == '-'; p++)
		dashes++;
	if (dashes < 4)
		return false;
	for (dashes = 0; p < end && *p != '\0' && dashes < 4; p++) {
		dashes = *p == '-' ? dashes + 1 : 0;
		/* "\n" in a text of JSON or C: the letter is no digit. */
		if (*p == '\\' && p + 1 < end) {
			run = 0;
			p++;
			continue;
		}
		if (*p != '\n' && *p != '\r')
			run = is_digit64(*p) ? run + 1 : 0;
		if (run == DIGITS_MIN)
			return true;
	}
	return false;
}

static const char *
words_of_label(const uint8_t *from, const uint8_t *p, const uint8_t *end)
{
	static const struct {
		const char *label, *words;
	} labels[] = {
		{ "ENCRYPTED ", "an encrypted private key in PEM form" },
		{ "OPENSSH ", "a private key of OpenSSH" },
		{ "PGP ", "a private key of PGP" },
		{ "SSH2 ENCRYPTED ", "a private key of SSH" },
	};
	size_t len = (size_t)(p - from);
	static const char proc[] = "Proc-Type: 4," ENCRYPTED;

	for (size_t i = 0; i < N(labels); i++)
		if (len == strlen(labels[i].label) && memcmp(from, labels[i].label, len) == 0)
			return labels[i].words;
	return bytes_find(p, (size_t)(end - p) < 100 ? (size_t)(end - p) : 100, proc) != NULL
	    ? labels[0].words
	    : "a private key in PEM form";
}

/* Whether the private half of a key of PuTTY begins at p: its line, and the digits below it. */
static bool
is_putty_key(const uint8_t *p, const uint8_t *end)
{
	size_t n = strlen(PUTTY_KEY), run = 0;

	if ((size_t)(end - p) < n || memcmp(p, PUTTY_KEY, n) != 0)
		return false;
	for (p += n; p < end && *p >= '0' && *p <= '9'; p++)
		continue;
	for (; p < end && (*p == '\r' || *p == '\n' || *p == ' ' || *p == '\t'); p++)
		continue;
	while (p + run < end && run < DIGITS_MIN && is_digit64(p[run]))
		run++;
	return run == DIGITS_MIN;
}

/* Looks at all labels of the text. */
static void
look_at_text(struct keysearch *s)
{
	const uint8_t *p = s->text, *end = s->text + s->len, *from;
	size_t n = strlen(LABEL);

	while (s->found == NULL && (size_t)(end - p) >= n &&
	    (p = memchr(p, LABEL[0], (size_t)(end - p) - n + 1)) != NULL) {
		if (memcmp(p, LABEL, n) == 0 && begins(s->text, p, &from) && has_body(p + n, end))
			s->found = words_of_label(from, p, end);
		else if (is_putty_key(p, end))
			s->found = "a private key of PuTTY";
		p++;
	}
}

/* Takes a part of the file that has room. */
static void
add_text(struct keysearch *s, const uint8_t *data, size_t len)
{
	if (s->len > KEPT) {
		memmove(s->text, s->text + s->len - KEPT, KEPT);
		s->len = KEPT;
	}
	/* UTF-16 of ASCII characters becomes these, in either order of bytes. */
	for (size_t i = 0; i < len; i++)
		if (!s->utf16 || data[i] != 0)
			s->text[s->len++] = data[i];
	look_at_text(s);
}

static void
start(struct keysearch *s, const void *data, size_t len)
{
	struct err ignored;

	s->started = true;
	s->utf16 = text_begin(&data, &len, &ignored) == -1;
	if (len > strlen(PUTTY) && memcmp(data, PUTTY, strlen(PUTTY)) == 0)
		s->found = "a private key of PuTTY";
}

int
keysearch_feed(struct keysearch *s, const void *data, size_t len, struct err *e)
{
	const uint8_t *p = data;

	if (len > 0 && !s->started)
		start(s, data, len);
	s->whole = s->whole && len <= KEYSEARCH_DER_MAX - s->head.len;
	if (s->whole && buf_add(&s->head, data, len, e) == -1)
		return -1;
	while (len > 0 && s->found == NULL) {
		size_t part = len < WINDOW ? len : WINDOW;

		add_text(s, p, part);
		p += part;
		len -= part;
	}
	return 0;
}

/* Looks at things in DER that stand behind each other from the file's beginning on. */
static const char *
look_at_der(const uint8_t *p, size_t len)
{
	static const char *const words[FORM_COUNT] = {
		[FORM_DER_KEY] = "a private key in DER form",
		[FORM_DER_ENCRYPTED] = "an encrypted private key in DER form",
		[FORM_PKCS12] = "PKCS#12, the form of private keys with their certificates",
	};
	const uint8_t *end = p + len;
	const char *found = NULL;

	for (int i = 0; i < DER_MANY && found == NULL && p < end && *p == 0x30; i++) {
		const unsigned char *content = p;
		int tag, class;
		long n;

		found = words[form_of_der(p, (long)(end - p))];
		/* The end of one without a length isn't looked for. */
		if (ASN1_get_object(&content, &n, &tag, &class, (long)(end - p)) !=
		    V_ASN1_CONSTRUCTED)
			break;
		p = content + n;
	}
	return found;
}

static void
skip(struct wire *w, size_t n)
{
	w->bad = w->bad || (size_t)(w->end - w->p) < n;
	w->p = w->bad ? w->end : w->p + n;
}

/* Skips a text of Java, which has its length in 16 bits. */
static void
skip_text(struct wire *w)
{
	size_t n = wire_u8(w);

	skip(w, n << 8 | wire_u8(w));
}

/* Looks for an entry that isn't only a certificate, in the order of the file. */
static const char *
look_at_jks(const uint8_t *p, size_t len)
{
	struct wire w = WIRE_INIT(p, len);
	uint32_t magic = wire_u32(&w), version = wire_u32(&w), n = wire_u32(&w), kind;

	if ((magic != JKS_MAGIC && magic != JCEKS_MAGIC) || version < 1 || version > 2)
		return NULL;
	for (; n > 0; n--) {
		kind = wire_u32(&w);
		skip_text(&w);
		skip(&w, 8); /* when it was made */
		if (w.bad || kind < JKS_KEY || kind > JKS_SECRET)
			break;
		if (kind != JKS_CERT)
			return "a keystore of Java with a private key";
		if (version == 2)
			skip_text(&w); /* the kind of certificate */
		skip(&w, wire_u32(&w));
	}
	return NULL;
}

/* The forms of Windows: PVK, and the BLOB of CryptoAPI and of strong names (.snk). */
static const char *
look_at_windows(const uint8_t *p, size_t len)
{
	static const uint8_t pvk[] = { 0x1e, 0xf1, 0xb5, 0xb0, 0, 0, 0, 0 },
			     blob[] = { 7, 2, 0, 0 };

	if (len > 24 && memcmp(p, pvk, sizeof pvk) == 0)
		return "a private key in PVK form";
	if (len > 20 && memcmp(p, blob, sizeof blob) == 0 &&
	    (memcmp(p + 8, "RSA2", 4) == 0 || memcmp(p + 8, "DSS2", 4) == 0))
		return "a private key as a BLOB of Windows";
	return NULL;
}

const char *
keysearch_end(struct keysearch *s)
{
	static const char *(*const looks[])(const uint8_t *p, size_t len) = { look_at_der,
		look_at_jks, look_at_windows };

	/* An empty file has no head. */
	for (size_t i = 0; i < N(looks) && s->found == NULL && s->whole && s->head.len > 0; i++)
		s->found = looks[i](s->head.data, s->head.len);
	ERR_clear_error();
	return s->found;
}
