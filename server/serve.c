/*
 * Texts of an SFTP service.
 */
#include "serve.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/digest.h"

/* Bytes of an ed25519 public key blob are 51; this leaves room for any other kind. */
#define BLOB_MAX	4096

/* What both services forbid: everything but reading files. */
static const char locked_down[] =
    "\tForceCommand internal-sftp -R\n"
    "\tPermitTTY no\n"
    "\tPermitTunnel no\n"
    "\tDisableForwarding yes\n"
    "\tAllowAgentForwarding no\n"
    "\tAllowTcpForwarding no\n"
    "\tX11Forwarding no\n"
    "\tPermitUserRC no\n"
    "\tAuthenticationMethods publickey\n"
    "\tPasswordAuthentication no\n"
    "\tKbdInteractiveAuthentication no\n";

/* A path between quotes; sshd expands %, and has no way to write a quote or a backslash. */
static int
add_path(struct buf *out, const char *keyword, const char *path, bool expanded, struct err *e)
{
	if (strpbrk(path, "\"\\\n\r") != NULL)
		return err_setx(e, ERR_UNSAFE, "%s: sshd can't be told of a path with such characters",
		    path);
	if (buf_addf(out, e, "%s \"", keyword) == -1)
		return -1;
	for (; *path != '\0'; path++)
		if (buf_addc(out, *path, e) == -1 ||
		    (expanded && *path == '%' && buf_addc(out, '%', e) == -1))
			return -1;
	return buf_adds(out, "\"\n", e);
}

/* PAM and StrictModes want root's rights or a tidy home directory; the private service has neither. */
int
serve_config(const struct serve_config *c, struct buf *out, struct err *e)
{
	if (buf_addf(out, e, "AddressFamily any\nListenAddress %s\nPort %u\nAllowUsers %s\n",
		c->listen, c->port, c->user) == -1 ||
	    add_path(out, "HostKey", c->hostkey, false, e) == -1 ||
	    add_path(out, "AuthorizedKeysFile", c->authorized_keys, true, e) == -1)
		return -1;
	return buf_addf(out, e,
	    "PidFile none\n"
	    "UsePAM no\n"
	    "StrictModes no\n"
	    "PubkeyAuthentication yes\n"
	    "PermitRootLogin prohibit-password\n"
	    "UseDNS no\n"
	    "PrintMotd no\n"
	    "Subsystem sftp internal-sftp -R\n"
	    "%s", locked_down);
}

static int
check_word(const char *text, const char *what, const char *allowed, struct err *e)
{
	if (*text == '\0' || *text == '-' || text[strspn(text, allowed)] != '\0')
		return err_setx(e, ERR_USAGE, "%s: can't use '%s'", what, text);
	return 0;
}

int
serve_permanent(const char *user, const char *chroot, struct buf *out, struct err *e)
{
#define WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
	if (check_word(user, "--user", WORD, e) == -1 ||
	    check_word(chroot, "--chroot", WORD "/", e) == -1)
		return -1;
	if (*chroot != '/')
		return err_setx(e, ERR_USAGE, "--chroot: want an absolute path, got '%s'", chroot);
	return buf_addf(out, e,
	    "# As root: the account, and a directory that only root can change.\n"
	    "#   useradd --system --home-dir / --no-create-home --shell /usr/sbin/nologin %s\n"
	    "#   usermod -p '*' %s\n"
	    "#   install -d -o root -g root -m 0755 %s /etc/ssh/authorized_keys.d\n"
	    "#   install -o root -g root -m 0644 authorized_keys /etc/ssh/authorized_keys.d/%s\n"
	    "# After each publish (targets before metadata, timestamp.json last):\n"
	    "#   rsync -rt --chmod=D755,F644 DIR/served/targets %s/\n"
	    "#   rsync -rtc --chmod=D755,F644 --exclude timestamp.json DIR/served/metadata %s/\n"
	    "#   rsync -tc --chmod=F644 DIR/served/metadata/timestamp.json %s/metadata/\n"
	    "# In /etc/ssh/sshd_config.d/slipway.conf; then: sshd -t && systemctl reload ssh\n"
	    "Match User %s\n"
	    "\tChrootDirectory %s\n"
	    "\tAuthorizedKeysFile /etc/ssh/authorized_keys.d/%s\n"
	    "%s"
	    "Match all\n",
	    user, user, chroot, user, chroot, chroot, chroot, user, chroot, user, locked_down);
#undef WORD
}

int
serve_fingerprint(const char *public, struct buf *out, struct err *e)
{
	unsigned char blob[BLOB_MAX], text[4 * SHA256_SIZE];
	uint8_t sha[DIGEST_MAX];
	const char *b64 = public + strcspn(public, " ");
	size_t len;
	int n;

	b64 += *b64 == ' ';
	len = strcspn(b64, " \r\n");
	if (len == 0 || len % 4 != 0 || len / 4 * 3 > sizeof blob ||
	    (n = EVP_DecodeBlock(blob, (const unsigned char *)b64, (int)len)) <= 0)
		return err_setx(e, ERR_SYNTAX, "host key: not a public key");
	for (size_t i = len; i > 0 && b64[i - 1] == '='; i--)
		n--;	/* EVP_DecodeBlock() counts the padding as bytes */
	if (digest_of(DIGEST_SHA256, blob, (size_t)n, sha, e) == -1)
		return -1;
	EVP_EncodeBlock(text, sha, SHA256_SIZE);
	return buf_addf(out, e, "SHA256:%.*s", (int)strcspn((char *)text, "="), (char *)text);
}
