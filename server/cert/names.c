/* SPDX-License-Identifier: ISC */
/* The names in requests and certificates. */
#include "server/cert/names.h"

#include <string.h>

#include <openssl/err.h>

#define V4_BYTES 4
#define V6_BYTES 16

static bool
valid_label(const char *p, size_t len)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_";

	if (len == 0 || len > NAMES_LABEL_MAX || p[0] == '-' || p[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (p[i] == '\0' || strchr(letters, p[i]) == NULL)
			return false;
	return true;
}

bool
valid_dns(const char *text, size_t len)
{
	size_t labels = 0, from = 0;
	bool wild = len > 2 && memcmp(text, "*.", 2) == 0;

	if (len == 0 || len > NAMES_DNS_MAX)
		return false;
	if (wild) {
		from = 2;
		labels = 1;
	}
	for (size_t i = from; i <= len; i++) {
		if (i < len && text[i] != '.')
			continue;
		if (!valid_label(text + from, i - from))
			return false;
		labels++;
		from = i + 1;
	}
	return !wild || labels >= 3;
}

/* Text from a request, for a message: bytes that aren't printable ASCII become '?'. */
static int
add_printable(struct buf *out, const unsigned char *p, size_t len, struct err *e)
{
	for (size_t i = 0; i < len; i++)
		if (buf_addc(out, p[i] < ' ' || p[i] > '~' ? '?' : (char)p[i], e) == -1)
			return -1;
	return 0;
}

static int
refuse_name(const char *what, const ASN1_STRING *s, const char *want, struct err *e)
{
	struct buf text = BUF_INIT(4096);
	struct err ignored; /* a name that is too long to show is shown in part */

	add_printable(&text, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s), &ignored);
	err_setx(e, ERR_SYNTAX, "%s: want %s, got '%.*s'", what, want,
	    text.len > 200 ? 200 : (int)text.len, buf_text(&text));
	buf_free(&text);
	return -1;
}

static int
check_name(const GENERAL_NAME *name, struct err *e)
{
	const ASN1_STRING *s = name->d.ia5;
	int len = ASN1_STRING_length(s);

	if (name->type == GEN_DNS)
		return valid_dns((const char *)ASN1_STRING_get0_data(s), (size_t)len)
		    ? 0
		    : refuse_name("a DNS name of the request", s,
			  "labels of letters, digits, '-' and '_'", e);
	return len == V4_BYTES || len == V6_BYTES
	    ? 0
	    : err_setx(e, ERR_SYNTAX, "an address of the request: want 4 or 16 bytes, got %d", len);
}

/* Removes names of other types, and checks the remaining names. */
static int
filter_names(GENERAL_NAMES *names, size_t *others, struct err *e)
{
	for (int i = sk_GENERAL_NAME_num(names) - 1; i >= 0; i--) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_DNS && name->type != GEN_IPADD) {
			GENERAL_NAME_free(sk_GENERAL_NAME_delete(names, i));
			++*others;
		} else if (check_name(name, e) == -1) {
			return -1;
		}
	}
	return sk_GENERAL_NAME_num(names) <= NAMES_MAX
	    ? 0
	    : err_setx(e, ERR_TOO_LARGE, "the request: over %d names", NAMES_MAX);
}

int
names_asked(X509_REQ *rq, GENERAL_NAMES **out, size_t *others, struct err *e)
{
	STACK_OF(X509_EXTENSION) *all = X509_REQ_get_extensions(rq);
	int found = -1, rc = -1;

	*others = 0;
	*out = X509V3_get_d2i(all, NID_subject_alt_name, &found, NULL);
	if (*out != NULL)
		rc = filter_names(*out, others, e);
	else if (found == -1) /* it has none */
		rc = 0;
	else
		err_setx(e, ERR_SYNTAX,
		    "the request: want its names once, in a form that can be read");
	sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
	ERR_clear_error();
	if (*out != NULL && (rc == -1 || sk_GENERAL_NAME_num(*out) == 0)) {
		GENERAL_NAMES_free(*out);
		*out = NULL;
	}
	return rc;
}

/* Controls of ASCII and Latin 1, and characters of Unicode that turn text round or break lines. */
static bool
steers(const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] < ' ' || p[i] == 0x7f)
			return true;
		if (i + 1 < len && p[i] == 0xc2 && p[i + 1] < 0xa0) /* U+0080 to U+009F */
			return true;
		if (i + 2 < len && p[i] == 0xe2 && p[i + 1] == 0x80 &&
		    (p[i + 2] == 0x8e || p[i + 2] == 0x8f ||
			(p[i + 2] >= 0xa8 && p[i + 2] <= 0xae)))
			return true; /* U+200E, U+200F, U+2028 to U+202E */
		if (i + 2 < len && p[i] == 0xe2 && p[i + 1] == 0x81 && p[i + 2] >= 0xa6 &&
		    p[i + 2] <= 0xa9)
			return true; /* U+2066 to U+2069 */
	}
	return false;
}

int
names_check_subject(const X509_NAME *subject, struct err *e)
{
	static const char want[] = "text without control characters";

	if (X509_NAME_entry_count(subject) == 0)
		return err_setx(e, ERR_SYNTAX, "the request has no subject");
	for (int i = 0; i < X509_NAME_entry_count(subject); i++) {
		const ASN1_STRING *s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i));
		unsigned char *text;
		int len = ASN1_STRING_to_UTF8(&text, s);
		bool bad = len < 0 || steers(text, (size_t)len);

		if (len >= 0)
			OPENSSL_free(text);
		ERR_clear_error();
		if (bad)
			return refuse_name("the request's subject", s, want, e);
	}
	return 0;
}

/* Appends an address as text; groups of IPv6 aren't shortened. */
static int
show_address(const unsigned char *p, int len, struct buf *out, struct err *e)
{
	for (int i = 0; i < len; i += len == V4_BYTES ? 1 : 2)
		if ((len == V4_BYTES ? buf_addf(out, e, "%s%u", i == 0 ? "" : ".", p[i])
				     : buf_addf(out, e, "%s%x", i == 0 ? "" : ":",
					   (unsigned)(p[i] << 8 | p[i + 1]))) == -1)
			return -1;
	return 0;
}

int
names_show(const GENERAL_NAME *name, struct buf *out, struct err *e)
{
	const ASN1_STRING *s = name->d.ia5;
	const unsigned char *p = ASN1_STRING_get0_data(s);

	if (name->type == GEN_DNS)
		return buf_adds(out, "dns:", e) == -1
		    ? -1
		    : add_printable(out, p, (size_t)ASN1_STRING_length(s), e);
	return buf_adds(out, "ip:", e) == -1 ? -1 : show_address(p, ASN1_STRING_length(s), out, e);
}
