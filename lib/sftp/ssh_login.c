/* SPDX-License-Identifier: ISC */
/* Logging in, by public key or by password, and the channel that may be opened along with it. */
#include "lib/sftp/ssh_login.h"

#include <string.h>

#include "lib/base/list.h"
#include "lib/sftp/ssh_io.h"

/*
 * Bytes of the channel's receive window and of its packets.  OpenSSH copies all that waits for the
 * network whenever it grows, so that with 8 MB a slow line costs the server seconds; less than 4 MB
 * is too little for a long one.
 */
#define WINDOW_SIZE (4u * 1024 * 1024)
#define PACKET_SIZE 32768u

static const char step[] = "logging in";

/* One way to log in: goes on where it stood, and returns libssh2's result. */
typedef int way_fn(struct ssh *s, void *arg);

/* libssh2 asks for a signature. */
static LIBSSH2_USERAUTH_PUBLICKEY_SIGN_FUNC(on_sign)
{
	struct ssh *s = *abstract;
	const struct ssh_login *login = &s->server.login;
	struct buf out = BUF_INIT(4096);
	int rc = -1;

	(void)session;
	if (login->sign(login->arg, data, data_len, &out, &s->fault) == 0 && out.len > 0 &&
	    (*sig = ssh_pool_alloc(&s->pool, out.len)) != NULL) {
		memcpy(*sig, out.data, out.len);
		*sig_len = out.len;
		s->signed_in = true;
		rc = 0;
	}
	buf_free(&out);
	return rc;
}

static int
by_key(struct ssh *s, void *arg)
{
	const struct ssh_server *v = &s->server;

	return libssh2_userauth_publickey(s->session, v->user, v->login.blob, v->login.bloblen,
	    on_sign, arg);
}

static int
by_password(struct ssh *s, void *arg)
{
	const char *user = s->server.user;

	(void)arg;
	return libssh2_userauth_password_ex(s->session, user, (unsigned)strlen(user),
	    buf_text(&s->password), (unsigned)s->password.len, NULL);
}

/*
 * Answers a server's questions (RFC 4256).  The one question whose answer isn't echoed is for the
 * password; some servers end with a call without questions.  libssh2 releases the answer.
 */
static LIBSSH2_USERAUTH_KBDINT_RESPONSE_FUNC(on_questions)
{
	struct ssh *s = *abstract;

	(void)name;
	(void)name_len;
	(void)instruction;
	(void)instruction_len;
	if (num_prompts == 0)
		return;
	if (num_prompts != 1 || prompts[0].echo) {
		err_setx(&s->fault, ERR_AUTH, "the server asks for more than a password");
		return;
	}
	if ((responses[0].text = ssh_pool_alloc(&s->pool, s->password.len)) == NULL)
		return;
	memcpy(responses[0].text, s->password.data, s->password.len);
	responses[0].length = (unsigned)s->password.len;
}

static int
by_answer(struct ssh *s, void *arg)
{
	const char *user = s->server.user;

	(void)arg;
	return libssh2_userauth_keyboard_interactive_ex(s->session, user, (unsigned)strlen(user),
	    on_questions);
}

/* A server that asks for nothing. */
static int
by_nothing(struct ssh *s, void *arg)
{
	(void)s;
	(void)arg;
	return 0;
}

/* Returns whether name is in list, which has commas between names. */
static bool
has(const char *list, const char *name)
{
	for (size_t n; *list != '\0'; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		if (n == strlen(name) && memcmp(list, name, n) == 0)
			return true;
	}
	return false;
}

/*
 * Returns the ways to log in that the server names; NULL with e, or with ERR_NONE: none is needed.
 */
static const char *
ways_of(struct ssh *s, int64_t deadline, struct err *e)
{
	const char *user = s->server.user, *list;

	err_clear(e);
	while ((list = libssh2_userauth_list(s->session, user, (unsigned)strlen(user))) == NULL) {
		if (libssh2_userauth_authenticated(s->session))
			return NULL;
		if (libssh2_session_last_errno(s->session) != LIBSSH2_ERROR_EAGAIN) {
			ssh_broken(s, step, e);
			return NULL;
		}
		if (ssh_turn(s, step, deadline, e) == -1)
			return NULL;
	}
	return list;
}

/* Returns how the server takes a password, and gets the password; NULL with e. */
static way_fn *
way_of_password(struct ssh *s, int64_t deadline, struct err *e)
{
	const struct ssh_server *v = &s->server;
	const char *list = ways_of(s, deadline, e);
	way_fn *way;

	if (list == NULL)
		return e->code == ERR_NONE ? by_nothing : NULL;
	way = has(list, "password")		? by_password
	    : has(list, "keyboard-interactive") ? by_answer
						: NULL;
	if (way == NULL)
		ssh_err(s, e, ERR_AUTH, "the server takes no password from user %s, only %.100s",
		    v->user, list);
	else if (v->login.password(v->login.arg, &s->password, e) == -1)
		way = NULL;
	return way;
}

/* What a refusal of the key means, by the ways that the server names then. */
static int
key_refused(struct ssh *s, const char *list, struct err *e)
{
	const struct ssh_server *v = &s->server;

	if (!has(list, "publickey"))
		return s->signed_in
		    ? ssh_err(s, e, ERR_AUTH,
			  "the server took the key in %s of user %s and wants more: %.100s; "
			  "the key alone must do (AuthenticationMethods at the server)",
			  v->login.name, v->user, list)
		    : ssh_err(s, e, ERR_AUTH, "the server takes no key from user %s, only %.100s",
			  v->user, list);
	if (s->signed_in)
		return ssh_err(s, e, ERR_AUTH,
		    "the server knows the key in %s and refused user %s all the same; the key alone "
		    "must do (AuthenticationMethods), and the account must not be locked; the "
		    "server's log says more",
		    v->login.name, v->user);
	return ssh_err(s, e, ERR_AUTH,
	    "the server refused user %s with the key in %s, and said no more than that it takes: "
	    "%.100s; the public key must be in its authorized_keys, and the server must admit this "
	    "user (AllowUsers, DenyUsers) and such a key (PubkeyAcceptedAlgorithms)",
	    v->user, v->login.name, list);
}

/* Why the server refuses the login, which libssh2 gave up with rc.  Returns -1. */
static int
refused(struct ssh *s, int rc, int64_t deadline, struct err *e)
{
	const struct ssh_server *v = &s->server;
	const char *list, *said = ssh_fault(s);
	bool password = v->login.bloblen == 0;

	if (s->fault.code != ERR_NONE) {
		*e = s->fault;
		return err_context(e, "%s:%u: login", v->host, (unsigned)v->port);
	}
	if (rc == LIBSSH2_ERROR_PASSWORD_EXPIRED)
		return ssh_err(s, e, ERR_AUTH,
		    "the password of user %s has expired; set a new one on the server", v->user);
	/* libssh2 says "Waiting for ..." where no answer came that it can read. */
	if (!s->peer_closed && s->parting[0] == '\0' && strncmp(said, "Waiting", 7) == 0)
		return ssh_err(s, e, ERR_PROTOCOL,
		    "%s failed: the server sent a packet that libssh2 can't take; is its login "
		    "banner (Banner in sshd_config) longer than 32,000 bytes? (%s)",
		    step, said);
	if (s->peer_closed || strncmp(said, "Waiting", 7) == 0 ||
	    (rc != LIBSSH2_ERROR_AUTHENTICATION_FAILED && rc != LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED))
		return ssh_broken(s, step, e);
	if ((list = ways_of(s, deadline, e)) == NULL)
		list = password ? "password" : "publickey";
	if (!password)
		return key_refused(s, list, e);
	if (!has(list, "password") && !has(list, "keyboard-interactive"))
		return ssh_err(s, e, ERR_AUTH,
		    "the server took the password of user %s and wants more: %.100s; the password "
		    "alone must do (AuthenticationMethods at the server)",
		    v->user, list);
	return ssh_err(s, e, ERR_AUTH, "the server refused user %s with the password in %s",
	    v->user, v->login.name);
}

/*
 * Returns whether the server reads one request after the other, so that the request for the channel
 * may follow the last request of the login at once.  Other servers (AsyncSSH) read on while they
 * check the login, and refuse it for that: RFC 4252, section 6, allows them to.
 */
static bool
reads_in_order(struct ssh *s)
{
	static const char *const known[] = { "SSH-2.0-OpenSSH_", "SSH-2.0-mod_sftp" };
	const char *banner = libssh2_session_banner_get(s->session);

	for (size_t i = 0; i < N(known) && banner != NULL; i++)
		if (strncmp(banner, known[i], strlen(known[i])) == 0)
			return true;
	return false;
}

/*
 * Logs in and opens a channel, in one flight where the server can take that: if the server refuses
 * the login, the connection is closed anyway.
 */
int
ssh_log_in(struct ssh *s, int64_t deadline, struct err *e)
{
	way_fn *way = s->server.login.bloblen > 0 ? by_key : way_of_password(s, deadline, e);
	bool early = reads_in_order(s);
	void *arg = s;
	bool in = false;
	int rc;

	if (way == NULL)
		return -1;
	err_clear(&s->fault);
	for (;;) {
		if (!in) {
			rc = way(s, &arg);
			if (rc != 0 && rc != LIBSSH2_ERROR_EAGAIN) {
				refused(s, rc, deadline, e);
				return e->code == ERR_AUTH ? ssh_add_banner(s, e) : -1;
			}
			in = rc == 0;
		}
		if (in)
			buf_free(&s->password);
		if (s->channel == NULL && (in || (early && s->signed_in))) {
			s->channel = libssh2_channel_open_ex(s->session, "session", 7, WINDOW_SIZE,
			    PACKET_SIZE, NULL, 0);
			if (s->channel == NULL && in &&
			    libssh2_session_last_errno(s->session) != LIBSSH2_ERROR_EAGAIN)
				return ssh_broken(s, "opening a channel", e);
		}
		if (in && s->channel != NULL)
			return 0;
		if (ssh_turn(s, step, deadline, e) == -1)
			return -1;
	}
}
