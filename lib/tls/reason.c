/* SPDX-License-Identifier: ISC */
/* OpenSSL's errors in words for people who know our settings. */
#include "lib/tls/reason.h"

#include <stdio.h>

#include <openssl/err.h>

/* Alerts of the peer (RFC 8446, 6.2) that refuse our certificate; the others have no case here. */
static bool
refuses_certificate(int alert)
{
	switch (alert) {
	case SSL_AD_BAD_CERTIFICATE:
	case SSL_AD_UNSUPPORTED_CERTIFICATE:
	case SSL_AD_CERTIFICATE_REVOKED:
	case SSL_AD_CERTIFICATE_EXPIRED:
	case SSL_AD_CERTIFICATE_UNKNOWN:
	case SSL_AD_UNKNOWN_CA:
	case SSL_AD_ACCESS_DENIED:
		return true;
	default:
		return false;
	}
}

static enum slipway_tls_code
reason_of_alert(int alert, const struct tls_setup *s, char *text, size_t size)
{
	if (alert == TLS13_AD_CERTIFICATE_REQUIRED ||
	    (alert == SSL_AD_HANDSHAKE_FAILURE && s->side == SLIPWAY_TLS_CLIENT))
		snprintf(text, size, "the peer refused the connection; %s",
		    alert == SSL_AD_HANDSHAKE_FAILURE
			? "it may want a certificate of ours (TLS_KeyFile and TLS_CertFile)"
			: "it wants a certificate of ours (TLS_KeyFile and TLS_CertFile)");
	else if (refuses_certificate(alert))
		snprintf(text, size, "the peer refused our certificate: %s",
		    SSL_alert_desc_string_long(alert));
	else if (alert == SSL_AD_PROTOCOL_VERSION) {
		snprintf(text, size,
		    "the peer speaks no version that we allow; TLS_MinVersion is %s",
		    s->tls12 ? "TLSv1.2" : "TLSv1.3");
		return SLIPWAY_TLS_E_PROTOCOL;
	} else {
		snprintf(text, size, "the peer refused: %s", SSL_alert_desc_string_long(alert));
		return SLIPWAY_TLS_E_PROTOCOL;
	}
	return SLIPWAY_TLS_E_REFUSED;
}

void
reason_of_levels(const struct tls_setup *s, bool sure, char *text, size_t size)
{
	bool plain = s->level == TLS_LEVEL_NONE;

	snprintf(text, size,
	    "the peer %s%s TLS; TLS_RequiredLevel is %s here (%s%s) and %s%s at the peer: set the same level on both sides",
	    sure ? "" : "may ",
	    plain ? (sure ? "speaks" : "want") : (sure ? "doesn't speak" : "not speak"),
	    tls_level_name(s->level), s->level_absent ? "not set in " : "",
	    s->where != NULL ? s->where : "given by the program", sure ? "" : "perhaps ",
	    plain ? "TLSNoPeerAuth or TLSPeerAuth" : "None");
}

bool
reason_is_alert(unsigned long code)
{
	return ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) >= SSL_AD_REASON_OFFSET;
}

enum slipway_tls_code
reason_of(unsigned long code, const struct tls_setup *s, char *text, size_t size)
{
	const char *words = ERR_reason_error_string(code);
	int reason = ERR_GET_REASON(code);

	if (reason_is_alert(code))
		return reason_of_alert(reason - SSL_AD_REASON_OFFSET, s, text, size);
	switch (ERR_GET_LIB(code) == ERR_LIB_SSL ? reason : 0) {
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST:
	case SSL_R_PACKET_LENGTH_TOO_LONG:
		reason_of_levels(s, true, text, size);
		return SLIPWAY_TLS_E_PROTOCOL;
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
		snprintf(text, size,
		    "the peer speaks no version that we allow; TLS_MinVersion is %s",
		    s->tls12 ? "TLSv1.2" : "TLSv1.3");
		return SLIPWAY_TLS_E_PROTOCOL;
	case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
		snprintf(text, size, "the peer showed no certificate; TLS_RequiredLevel is %s",
		    tls_level_name(s->level));
		return SLIPWAY_TLS_E_UNTRUSTED;
	case SSL_R_UNEXPECTED_EOF_WHILE_READING:
		snprintf(text, size, "the peer cut the connection");
		return SLIPWAY_TLS_E_CUT;
	default:
		snprintf(text, size, "%s", words != NULL ? words : "no reason given");
		return reason == ERR_R_MALLOC_FAILURE ? SLIPWAY_TLS_E_NOMEM
						      : SLIPWAY_TLS_E_PROTOCOL;
	}
}
