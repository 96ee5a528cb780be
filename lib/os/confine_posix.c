/* SPDX-License-Identifier: ISC */
/*
 * Confinement on Linux: resource limits, no_new_privs, no capabilities, Landlock, seccomp, in this
 * order, because each takes away what the ones before it need.
 */
#include "lib/os/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>
#include <seccomp.h>

#include "lib/base/list.h"

/*
 * Descriptors: the standard streams, the pipe, the connection, and room for poll(), which counts
 * its slots by this.
 */
#define DESCRIPTORS 8

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

/* The C library's headers may be older than the kernel; these numbers never change. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self  446
#endif

/*
 * Landlock's struct landlock_ruleset_attr with all that we know of; the kernel is told how much of
 * it there is.
 */
struct ruleset {
	uint64_t fs, net, scoped;
};

#define OVERFLOW_ID 65534 /* nobody, wherever that has a name */

#define LANDLOCK_VERSION 1u /* flag: ask for the version */
#define LANDLOCK_NET	 3u /* bind and connect TCP */
#define LANDLOCK_SCOPED	 3u /* abstract sockets, signals */

bool
confine_sanitized(void)
{
	return SANITIZED;
}

static bool
limit(int what, rlim_t most)
{
	struct rlimit r = { most, most };

	return setrlimit((__rlimit_resource_t)what, &r) == 0;
}

static bool
set_limits(unsigned cpu_seconds)
{
	bool ok = limit(RLIMIT_CORE, 0);

	ok &= limit(RLIMIT_FSIZE, 0);
	ok &= limit(RLIMIT_NOFILE, DESCRIPTORS);
	if (cpu_seconds > 0)
		ok &= limit(RLIMIT_CPU, cpu_seconds);
	return ok;
}

/* The address space that is used now, by /proc, and some more. */
static bool
set_memory(uint64_t more)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;
	bool read;

	if (f == NULL)
		return false;
	read = fscanf(f, "%lu", &pages) == 1;
	fclose(f);
	return read && limit(RLIMIT_AS, (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + more);
}

/* As root: give up the rights of root. */
static bool
drop_privileges(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2];

	memset(none, 0, sizeof none);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_capset, &head, none) == 0;
}

/*
 * Every right on files that this version of Landlock knows, handled, and no rule that grants one.
 */
static unsigned
apply_landlock(void)
{
	static const unsigned fs_rights[] = { 0, 13, 14, 15, 15, 16 }; /* how many, by version */
	long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_VERSION);
	struct ruleset r = { 0, 0, 0 };
	size_t size = sizeof r.fs;
	long fd, rc;

	if (version < 1)
		return 0;
	r.fs = (UINT64_C(1) << fs_rights[version > 5 ? 5 : version]) - 1;
	if (version >= 4) {
		r.net = LANDLOCK_NET;
		size += sizeof r.net;
	}
	if (version >= 6) {
		r.scoped = LANDLOCK_SCOPED;
		size += sizeof r.scoped;
	}
	if ((fd = syscall(SYS_landlock_create_ruleset, &r, size, 0u)) == -1)
		return 0;
	rc = syscall(SYS_landlock_restrict_self, (int)fd, 0u);
	close((int)fd);
	return rc == 0 ? (unsigned)version : 0;
}

static int
allow(scmp_filter_ctx f, const char *name)
{
	int nr = seccomp_syscall_resolve_name(name);

	/* Below zero: this architecture has no such call. */
	return nr < 0 ? 0 : seccomp_rule_add(f, SCMP_ACT_ALLOW, nr, 0);
}

/* Allow mapping memory that is not executable. */
static int
allow_memory(scmp_filter_ctx f, const char *name)
{
	const struct scmp_arg_cmp no_exec = { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 };
	int nr = seccomp_syscall_resolve_name(name);

	return nr < 0 ? 0 : seccomp_rule_add(f, SCMP_ACT_ALLOW, nr, 1, no_exec);
}

/* Allow libraries to set a socket to non-blocking. */
static int
allow_flags(scmp_filter_ctx f, const char *name)
{
	static const int commands[] = { F_GETFL, F_SETFL };
	int nr = seccomp_syscall_resolve_name(name), rc = 0;

	for (size_t i = 0; i < N(commands) && nr >= 0 && rc == 0; i++) {
		const struct scmp_arg_cmp command = { 1, SCMP_CMP_EQ, (scmp_datum_t)commands[i],
			0 };

		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, nr, 1, command);
	}
	return rc;
}

/* Allow the options of a socket that are set once the connection stands: when bytes go out. */
static int
allow_options(scmp_filter_ctx f)
{
	static const int options[] = { TCP_NODELAY, TCP_QUICKACK };
	int rc = 0;

	for (size_t i = 0; i < N(options) && rc == 0; i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2,
		    (struct scmp_arg_cmp){ 1, SCMP_CMP_EQ, IPPROTO_TCP, 0 },
		    (struct scmp_arg_cmp){ 2, SCMP_CMP_EQ, (scmp_datum_t)options[i], 0 });
	return rc;
}

/* Allow signals to this process alone: abort() sends one. */
static int
allow_abort(scmp_filter_ctx f)
{
	const struct scmp_arg_cmp self = { 0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0 };

	return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, self);
}

static int
add_rules(scmp_filter_ctx f, bool sockets)
{
	/* recv() and send() serve the pipe to the parent. */
	static const char *const always[] = { "read", "write", "close", "recvfrom", "sendto",
		"recv", "send", "poll", "ppoll", "ppoll_time64", "brk", "munmap", "mremap",
		"madvise", "futex", "futex_time64", "clock_gettime", "clock_gettime64",
		"gettimeofday", "time", "getrandom", "getpid", "gettid", "rt_sigprocmask",
		"rt_sigreturn", "sigreturn", "restart_syscall", "exit", "exit_group" };
	static const char *const network[] = { "recvmsg", "sendmsg", "getsockopt", "shutdown",
		"writev", "readv" };
	static const char *const sanitizers[] = { "sigaltstack", "rt_sigaction", "sched_yield" };
	int rc = 0;

	for (size_t i = 0; i < N(always) && rc == 0; i++)
		rc = allow(f, always[i]);
	for (size_t i = 0; sockets && i < N(network) && rc == 0; i++)
		rc = allow(f, network[i]);
	for (size_t i = 0; SANITIZED && i < N(sanitizers) && rc == 0; i++)
		rc = allow(f, sanitizers[i]);
	if (rc == 0 && sockets)
		rc = allow_options(f);
	if (rc == 0 && sockets)
		rc = allow_flags(f, "fcntl");
	if (rc == 0 && sockets)
		rc = allow_flags(f, "fcntl64");
	if (rc == 0)
		rc = allow_memory(f, "mmap");
	if (rc == 0)
		rc = allow_memory(f, "mmap2");
	if (rc == 0)
		rc = allow_memory(f, "mprotect");
	return rc == 0 ? allow_abort(f) : rc;
}

static bool
apply_seccomp(bool sockets)
{
	/*
	 * A sanitizer's report makes calls that aren't listed.  They fail, so that the report is
	 * written.
	 */
	uint32_t other = SANITIZED ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS;
	scmp_filter_ctx f = seccomp_init(other);
	bool ok;

	if (f == NULL)
		return false;
	ok = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
	    add_rules(f, sockets) == 0 && seccomp_load(f) == 0;
	seccomp_release(f);
	return ok;
}

/* A user that is missing in the database (containers) has a number nevertheless. */
static void
find_user(uid_t *uid, gid_t *gid)
{
	static const char *const names[] = { "slipway-net", "slipway", "nobody" };
	const struct passwd *p;

	*uid = OVERFLOW_ID;
	*gid = OVERFLOW_ID;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if ((p = getpwnam(names[i])) == NULL || p->pw_uid == 0)
			continue;
		*uid = p->pw_uid;
		*gid = p->pw_gid;
		return;
	}
}

int
confine_drop_user(struct err *e)
{
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0)
		return 1;
	find_user(&uid, &gid);
	if (setgroups(0, NULL) == -1 || setresgid(gid, gid, gid) == -1 ||
	    setresuid(uid, uid, uid) == -1)
		/*
		 * No right to, or no such user, in a namespace whose root has less than root's
		 * rights.
		 */
		return errno == EPERM || errno == EINVAL
		    ? 0
		    : err_set(e, ERR_ACCESS, "the fetch child can't become user %u", (unsigned)uid);
	/*
	 * A change of user drops the request for a signal at the parent's death: repeat it.  Other
	 * processes of the new user may not look into this one.
	 */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return 1;
}

void
confine(const struct confine_want *want, struct confined *out)
{
	*out = (struct confined){ .memory_unlimited = SANITIZED };
	if (want->memory > 0 && !SANITIZED)
		out->memory = set_memory(want->memory);
	out->limits = set_limits(want->cpu_seconds);
	if (!SANITIZED)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* A child that talks to the network as root could still change what root owns. */
	out->privileges = drop_privileges() && !(want->sockets && geteuid() == 0);
	out->landlock = apply_landlock();
	out->seccomp = apply_seccomp(want->sockets);
}

bool
confined_fully(const struct confined *c)
{
	return c->limits && c->memory && c->privileges && c->seccomp && c->landlock > 0;
}

int
confined_format(const struct confined *c, struct buf *out, struct err *e)
{
	const char *memory = c->memory ? "memory limit"
	    : c->memory_unlimited      ? "no memory limit (AddressSanitizer needs the room)"
				       : "no memory limit";

	if (c->landlock > 0 ? buf_addf(out, e, "Landlock version %u", c->landlock) == -1
			    : buf_adds(out, "no Landlock", e) == -1)
		return -1;
	return buf_addf(out, e, ", %s, %s, %s, %s", c->seccomp ? "seccomp" : "no seccomp",
	    c->privileges ? "no privileges" : "privileges as they were", memory,
	    c->limits ? "limits" : "no limits");
}
