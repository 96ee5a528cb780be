/* SPDX-License-Identifier: ISC */
/* Texts of an SFTP service. */
#include "server/sshd/serve.h"

#include <string.h>

#include "lib/sftp/fingerprint.h"

/* The service of the timer fails when a role has fewer days left. */
#define SERVE_WARN_DAYS 14

/* Stations that log in at the same time; from the eleventh on, sshd would refuse some of them. */
#define STARTUPS "MaxStartups 200\n"

/* All services forbid everything but reading files; the one for deploying, and writing them. */
static const char read_only[] = "\tForceCommand internal-sftp -R\n";
static const char read_write[] = "\tForceCommand internal-sftp\n";
static const char locked_down[] = "\tPermitTTY no\n"
				  "\tPermitTunnel no\n"
				  "\tDisableForwarding yes\n"
				  "\tAllowAgentForwarding no\n"
				  "\tAllowTcpForwarding no\n"
				  "\tX11Forwarding no\n"
				  "\tPermitUserRC no\n"
				  "\tAuthenticationMethods publickey\n"
				  "\tPasswordAuthentication no\n"
				  "\tKbdInteractiveAuthentication no\n";

/*
 * The characters of an account and of a chroot's directory: shell, sshd and systemd take each of
 * them literally.
 */
#define WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

/* Appends a path between quotes.  sshd expands %, and can't read a quote or a backslash. */
static int
add_path(struct buf *out, const char *keyword, const char *path, bool expanded, struct err *e)
{
	if (strpbrk(path, "\"\\\n\r") != NULL)
		return err_setx(e, ERR_UNSAFE,
		    "%s: sshd can't be told of a path with such characters", path);
	if (buf_addf(out, e, "%s \"", keyword) == -1)
		return -1;
	for (; *path != '\0'; path++)
		if (buf_addc(out, *path, e) == -1 ||
		    (expanded && *path == '%' && buf_addc(out, '%', e) == -1))
			return -1;
	return buf_adds(out, "\"\n", e);
}

/*
 * Appends an account as a pattern of sshd, which takes what is behind an '@' for a host: characters
 * that mean something there are any character.  An sshd of this user lets nobody else in.
 */
static int
add_user(struct buf *out, const char *user, struct err *e)
{
	int rc = buf_adds(out, "AllowUsers ", e);

	for (; *user != '\0' && rc == 0; user++)
		rc = buf_addc(out, strchr(WORD, *user) == NULL ? '?' : *user, e);
	return rc == 0 ? buf_addc(out, '\n', e) : -1;
}

/*
 * PAM and StrictModes want root's rights or a tidy home directory; the private service has neither.
 */
int
serve_config(const struct serve_config *c, struct buf *out, struct err *e)
{
	if (buf_addf(out, e, "AddressFamily any\nListenAddress %s\nPort %u\n", c->listen,
		c->port) == -1 ||
	    add_user(out, c->user, e) == -1 ||
	    add_path(out, "HostKey", c->hostkey, false, e) == -1 ||
	    add_path(out, "AuthorizedKeysFile", c->authorized_keys, true, e) == -1)
		return -1;
	return buf_addf(out, e,
	    "PidFile none\n" STARTUPS "UsePAM no\n"
	    "StrictModes no\n"
	    "PubkeyAuthentication yes\n"
	    "PermitRootLogin prohibit-password\n"
	    "UseDNS no\n"
	    "PrintMotd no\n"
	    "Subsystem sftp internal-sftp -R\n"
	    "%s%s",
	    read_only, locked_down);
}

static int
check_word(const char *text, const char *what, const char *allowed, struct err *e)
{
	if (*text == '\0' || *text == '-' || text[strspn(text, allowed)] != '\0')
		return err_setx(e, ERR_USAGE, "%s: can't use '%s'", what, text);
	return 0;
}

/* A chroot of plain names; that of the whole computer would let stations read everything. */
static int
check_chroot(const char *chroot, struct err *e)
{
	size_t names = 0;

	if (check_word(chroot, "--chroot", WORD "/", e) == -1)
		return -1;
	if (*chroot != '/')
		return err_setx(e, ERR_USAGE, "--chroot: want an absolute path, got '%s'", chroot);
	for (size_t len; *(chroot += strspn(chroot, "/")) != '\0'; chroot += len, names++) {
		len = strcspn(chroot, "/");
		if (strncmp(chroot, "..", len) == 0)
			return err_setx(e, ERR_USAGE, "--chroot: want a path without '.' and '..'");
	}
	return names > 0
	    ? 0
	    : err_setx(e, ERR_USAGE,
		  "--chroot: want a directory for the served files alone, got '/', with "
		  "all files of the computer");
}

/* An account that can do nothing but SFTP from then on, and its chroot. */
static int
check_confined(const char *user, const char *chroot, struct err *e)
{
	if (check_word(user, "--user", WORD, e) == -1 || check_chroot(chroot, e) == -1)
		return -1;
	if (strcmp(user, "root") == 0)
		return err_setx(e, ERR_USAGE,
		    "--user: want an account for SFTP alone, got 'root', who couldn't log in any "
		    "more");
	return 0;
}

/* Appends what sshd has to be told of an account; forced is its line ForceCommand. */
static int
add_match(struct buf *out, const char *user, const char *chroot, const char *forced, struct err *e)
{
	return buf_addf(out, e,
	    "Match User %s\n"
	    "\tChrootDirectory %s\n"
	    "\tAuthorizedKeysFile /etc/ssh/authorized_keys.d/%s\n"
	    "%s%s"
	    "Match all\n",
	    user, chroot, user, forced, locked_down);
}

int
serve_permanent(const char *user, const char *chroot, struct buf *out, struct err *e)
{
	if (check_confined(user, chroot, e) == -1 ||
	    buf_addf(out, e,
		"# 'slipway-repo serve --print-setup' prints all of this as a script.\n"
		"# As root: the account, and a directory that only root can change.\n"
		"#   useradd --system --home-dir / --no-create-home --shell /usr/sbin/nologin %s\n"
		"#   usermod -p '*' %s\n"
		"#   install -d -o root -g root -m 0755 %s /etc/ssh/authorized_keys.d\n"
		"#   install -o root -g root -m 0644 authorized_keys /etc/ssh/authorized_keys.d/%s\n"
		"# What is published comes there by 'slipway-repo deploy', as an account of its own that may\n"
		"# write there: 'slipway-repo deploy --print-config' prints it.  Where this is the computer of\n"
		"# the repository, its owner may write there instead, and needs no account:\n"
		"#     install -d -o OWNER -m 0755 %s/metadata %s/targets\n"
		"#     slipway-repo deploy set %s  # as OWNER\n"
		"# In /etc/ssh/sshd_config.d/slipway.conf; then: sshd -t && systemctl reload ssh\n"
		"# For the whole server: so many stations may log in at the same time.\n" STARTUPS,
		user, user, chroot, user, chroot, chroot, chroot) == -1)
		return -1;
	return add_match(out, user, chroot, read_only, e);
}

int
serve_writer(const char *user, const char *chroot, struct buf *out, struct err *e)
{
	if (check_confined(user, chroot, e) == -1 ||
	    buf_addf(out, e,
		"# As root, on the update server: the account that 'slipway-repo deploy' writes as, and the\n"
		"# two directories that it may change.  deploy.pub is its public login key.\n"
		"#   useradd --system --home-dir / --no-create-home --shell /usr/sbin/nologin %s\n"
		"#   usermod -p '*' %s\n"
		"#   install -d -o root -g root -m 0755 %s /etc/ssh/authorized_keys.d\n"
		"#   install -d -o %s -m 0755 %s/metadata %s/targets\n"
		"#   install -o root -g root -m 0644 deploy.pub /etc/ssh/authorized_keys.d/%s\n"
		"# In /etc/ssh/sshd_config.d/slipway-deploy.conf; then: sshd -t && systemctl reload ssh\n"
		"# Where the repository is, with the fingerprint of the server's host key:\n"
		"#     ssh-keygen -t ed25519 -N '' -f deploy\n"
		"#     slipway-repo deploy set sftp://%s@HOST/ --key deploy --host-key SHA256:...\n"
		"#     slipway-repo deploy\n"
		"# The stations log in as another account, which can't write: slipway-repo serve --print-config\n" STARTUPS,
		user, user, chroot, user, chroot, chroot, user, user) == -1)
		return -1;
	return add_match(out, user, chroot, read_write, e);
}

/* The end of the texts in the script, which no line of theirs may be. */
#define TEXT_END "END_OF_TEXT"

/* Of the script: an account that can't be logged in to but by a key, and those keys. */
static const char setup_functions[] =
    "set -eu\n"
    "umask 022\n"
    "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"
    "if [ \"$(id -u)\" != 0 ]; then echo 'want root; try: ... | sudo sh' >&2; exit 1; fi\n"
    "if ! command -v sshd >/dev/null; then echo 'want OpenSSH: apt install openssh-server' >&2; exit 1; fi\n"
    "# Refuses an account that people log in to, which could do nothing but SFTP any more.\n"
    "confined() {\n"
    "\tentry=$(getent passwd \"$1\") || return 0\n"
    "\tcase $entry in */nologin | */false) return 0 ;; esac\n"
    "\techo \"$1: want a new account, or one that nobody logs in to, got one with a shell;\" \\\n"
    "\t\t\"nothing changed: give another name (or: usermod -s /usr/sbin/nologin $1)\" >&2\n"
    "\texit 1\n"
    "}\n"
    "account() {\n"
    "\tgetent passwd \"$1\" >/dev/null ||\n"
    "\t\tuseradd --system --home-dir / --no-create-home --shell /usr/sbin/nologin \"$1\"\n"
    "\tusermod -p '*' \"$1\"\n"
    "}\n"
    "# Refuses where sshd doesn't read the file, or reads something else before it.\n"
    "taken() {\n"
    "\tfound=$(sshd -T -C \"user=$1,host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22\")\n"
    "\tif printf '%s\\n' \"$found\" | grep -qxF \"chrootdirectory $2\" &&\n"
    "\t\tprintf '%s\\n' \"$found\" | grep -q '^forcecommand internal-sftp'; then return; fi\n"
    "\techo \"$1: want sshd to do as $conf says, and it doesn't: make\" \\\n"
    "\t\t\"'Include /etc/ssh/sshd_config.d/*.conf' the first line of /etc/ssh/sshd_config,\" \\\n"
    "\t\t\"see that no other file there is about $1, and run this again\" >&2\n"
    "\texit 1\n"
    "}\n"
    "# Adds the lines that come in to those of who may log in as $1.\n"
    "keys() {\n"
    "\tfile=/etc/ssh/authorized_keys.d/$1\n"
    "\ttouch \"$file\"\n"
    "\t[ -z \"$(tail -c 1 \"$file\")\" ] || echo >>\"$file\" # its last line wasn't ended\n"
    "\twhile IFS= read -r line; do\n"
    "\t\tgrep -qxF -- \"$line\" \"$file\" || printf '%s\\n' \"$line\" >>\"$file\"\n"
    "\tdone\n"
    "}\n";

/* Checks a line of a file of public keys, which comes into a script that root runs.  0 or -1. */
static int
check_key_line(const char *user, const char *line, size_t len, struct err *e)
{
	if (*line == '-')
		return err_setx(e, ERR_SYNTAX,
		    "the public keys of %s: want one a line, got a private key or something else; "
		    "give the file whose name ends with .pub",
		    user);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20 && line[i] != '\t')
			return err_setx(e, ERR_SYNTAX,
			    "the public keys of %s: want one a line, got control characters", user);
	if (strncmp(line, TEXT_END, len) == 0)
		return err_setx(e, ERR_SYNTAX, "the public keys of %s: want one a line, got '%.*s'",
		    user, (int)len, line);
	return 0;
}

/* Appends the lines of a file of public keys that hold something. */
static int
add_keys_text(const char *user, const char *keys, struct buf *out, struct err *e)
{
	int rc = buf_addf(out, e, "account %s\nkeys %s <<'" TEXT_END "'\n", user, user);

	for (size_t all, len; *keys != '\0' && rc == 0; keys += all + (keys[all] == '\n')) {
		all = len = strcspn(keys, "\n");
		/* What is checked is what sh reads: without the end of a Windows line. */
		if (len > 0 && keys[len - 1] == '\r')
			len--;
		if (len == 0 || *keys == '#')
			continue;
		rc = check_key_line(user, keys, len, e) == -1
		    ? -1
		    : buf_addf(out, e, "%.*s\n", (int)len, keys);
	}
	return rc == 0 ? buf_adds(out, TEXT_END "\n", e) : -1;
}

/* Appends what puts the file of sshd in place, and sees that it counts. */
static int
add_setup_end(const struct serve_setup *s, struct buf *out, struct err *e)
{
	if (buf_addf(out, e,
		TEXT_END
		"\n"
		"if cmp -s $conf.new $conf; then\n"
		"\trm $conf.new\n"
		"else\n"
		"\trm -f $conf.before\n"
		"\t[ ! -e $conf ] || cp -p $conf $conf.before\n"
		"\tmv $conf.new $conf\n"
		"\tif ! sshd -t; then\n"
		"\t\tif [ -e $conf.before ]; then mv $conf.before $conf; else rm $conf; fi\n"
		"\t\texit 1\n"
		"\tfi\n"
		"fi\n"
		"taken %s %s\n",
		s->user, s->chroot) == -1 ||
	    (s->writer_keys != NULL &&
		buf_addf(out, e, "taken %s %s\n", s->writer, s->chroot) == -1))
		return -1;
	return buf_addf(out, e,
	    "service ssh reload\n"
	    "echo \"stations log in as %s; the host key of this server, for --host-key:\"\n"
	    "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\n",
	    s->user);
}

int
serve_setup(const struct serve_setup *s, struct buf *out, struct err *e)
{
	if (check_confined(s->user, s->chroot, e) == -1 ||
	    check_word(s->writer, s->writer_keys == NULL ? "your account" : "--user", WORD, e) ==
		-1)
		return -1;
	if (strcmp(s->user, s->writer) == 0)
		return err_setx(e, ERR_USAGE,
		    "--user: want an account for the stations alone, got '%s', which is to write",
		    s->user);
	if (buf_addf(out, e,
		"#!/bin/sh\n"
		"# An update server with OpenSSH, as root; a second run adds only what is missing.\n"
		"# Stations read as %s, and nothing else; %s writes in two directories.\n"
		"%s"
		"confined %s\n",
		s->user, s->writer, setup_functions, s->user) == -1 ||
	    (s->writer_keys != NULL && buf_addf(out, e, "confined %s\n", s->writer) == -1) ||
	    buf_addf(out, e, "install -d -o root -g root -m 0755 %s /etc/ssh/authorized_keys.d\n",
		s->chroot) == -1 ||
	    add_keys_text(s->user, s->keys, out, e) == -1 ||
	    (s->writer_keys != NULL && add_keys_text(s->writer, s->writer_keys, out, e) == -1) ||
	    buf_addf(out, e,
		"install -d -o %s -m 0755 %s/metadata %s/targets\n"
		"conf=/etc/ssh/sshd_config.d/slipway.conf\n"
		"cat >$conf.new <<'" TEXT_END "'\n"
		"# For the whole server: so many stations may log in at the same time.\n" STARTUPS,
		s->writer, s->chroot, s->chroot) == -1 ||
	    add_match(out, s->user, s->chroot, read_only, e) == -1 ||
	    (s->writer_keys != NULL && add_match(out, s->writer, s->chroot, read_write, e) == -1))
		return -1;
	return add_setup_end(s, out, e);
}

/*
 * Appends a path between quotes for systemd, which reads C escapes and, after %, specifiers.  In a
 * command line $ begins a variable as well.
 */
static int
add_unit_path(struct buf *out, const char *path, bool command, struct err *e)
{
	if (buf_addc(out, '"', e) == -1)
		return -1;
	for (; *path != '\0'; path++) {
		if ((unsigned char)*path < 0x20 || *path == 0x7f)
			return err_setx(e, ERR_UNSAFE,
			    "the repository's path: systemd can't be told of control characters");
		if (((*path == '"' || *path == '\\') && buf_addc(out, '\\', e) == -1) ||
		    ((*path == '%' || (command && *path == '$')) &&
			buf_addc(out, *path, e) == -1) ||
		    buf_addc(out, *path, e) == -1)
			return -1;
	}
	return buf_addc(out, '"', e);
}

/*
 * Appends the commands that copy refreshed files, timestamp.json last.  They don't run as root, who
 * would copy also files that the repository's account can't read.
 */
static int
add_copy(struct buf *out, const char *repo, const char *chroot, struct err *e)
{
	struct buf metadata = BUF_INIT(SERVE_CONFIG_MAX);
	int rc = -1;

	if (buf_addf(&metadata, e, "%s/served/metadata/", repo) == 0 &&
	    buf_adds(out, "ExecStart=rsync -rt --chmod=D755,F644 --exclude timestamp.json ", e) ==
		0 &&
	    add_unit_path(out, buf_text(&metadata), true, e) == 0 &&
	    buf_addf(out, e, " %s/metadata/\nExecStart=rsync -t --chmod=F644 ", chroot) == 0 &&
	    buf_adds(&metadata, "timestamp.json", e) == 0 &&
	    add_unit_path(out, buf_text(&metadata), true, e) == 0)
		rc = buf_addf(out, e, " %s/metadata/\n", chroot);
	buf_free(&metadata);
	return rc;
}

/* What the service may reach besides: the place that a refreshed timestamp is deployed to. */
static int
add_reach(struct buf *out, const char *place, struct err *e)
{
	if (place != NULL && strncmp(place, "sftp:", 5) == 0)
		return buf_adds(out,
		    "# The update server that 'deploy set' named, and a resolver of names.\n"
		    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK\n"
		    "# The process that speaks with it is still needed to remove the lock there.\n"
		    "KillMode=mixed\n",
		    e);
	if (buf_adds(out, "PrivateNetwork=yes\n", e) == -1)
		return -1;
	if (place == NULL)
		return 0;
	return buf_adds(out, "ReadWritePaths=", e) == -1 ||
		add_unit_path(out, place, false, e) == -1 || buf_addc(out, '\n', e) == -1
	    ? -1
	    : 0;
}

int
serve_units(const char *repo, const char *user, const char *chroot, const char *place,
    struct buf *out, struct err *e)
{
	if (check_word(user, "--user", WORD, e) == -1 ||
	    (chroot != NULL && check_chroot(chroot, e) == -1) ||
	    buf_addf(out, e,
		"# /etc/systemd/system/slipway-refresh.service\n"
		"[Unit]\n"
		"Description=Sign the timestamp of the update repository again\n"
		"\n"
		"[Service]\n"
		"Type=oneshot\n"
		"User=%s\n"
		"UMask=0022\n"
		"ExecStart=slipway-repo --repo ",
		user) == -1 ||
	    add_unit_path(out, repo, true, e) == -1 || buf_adds(out, " refresh\n", e) == -1 ||
	    (chroot != NULL && add_copy(out, repo, chroot, e) == -1) ||
	    buf_adds(out,
		"# Fails, so that monitoring tells somebody, when other roles need their keys' holders.\n"
		"ExecStart=slipway-repo --repo ",
		e) == -1 ||
	    add_unit_path(out, repo, true, e) == -1 ||
	    buf_addf(out, e,
		" status --warn-days %d\n"
		"NoNewPrivileges=yes\n"
		"ProtectSystem=strict\n"
		"ProtectHome=read-only\n"
		"PrivateTmp=yes\n"
		"PrivateDevices=yes\n",
		SERVE_WARN_DAYS) == -1 ||
	    add_reach(out, place, e) == -1 || buf_adds(out, "ReadWritePaths=", e) == -1 ||
	    add_unit_path(out, repo, false, e) == -1 ||
	    (chroot != NULL &&
		buf_addf(out, e,
		    "\n# As root, once: install -d -o %s %s/metadata\nReadWritePaths=%s/metadata",
		    user, chroot, chroot) == -1))
		return -1;
	return buf_adds(out,
	    "\n\n"
	    "# /etc/systemd/system/slipway-refresh.timer\n"
	    "# Then: systemctl daemon-reload && systemctl enable --now slipway-refresh.timer\n"
	    "[Unit]\n"
	    "Description=Refresh the update repository every day\n"
	    "\n"
	    "[Timer]\n"
	    "OnCalendar=daily\n"
	    "RandomizedDelaySec=1h\n"
	    "Persistent=yes\n"
	    "\n"
	    "[Install]\n"
	    "WantedBy=timers.target\n",
	    e);
}

int
serve_fingerprint(const char *public, struct buf *out, struct err *e)
{
	const char *base64 = public + strcspn(public, " ");
	char print[FINGERPRINT_SIZE];

	base64 += *base64 == ' ';
	if (fingerprint_of_base64(base64, strcspn(base64, " \r\n"), print, e) == -1)
		return err_context(e, "host key");
	return buf_adds(out, print, e);
}
