/* SPDX-License-Identifier: ISC */
/*
 * lib/os child, confine on Linux: signals, descriptors, and the limits of a confined child.  This
 * program is its own children.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/common/children.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/os/child.h"
#include "lib/os/clock.h"
#include "lib/os/confine.h"

static int
crashes(struct frames *parent)
{
	(void)parent;
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
	return 0;
}

static int
hangs(struct frames *parent)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	(void)parent;
	for (int s = 1; s < NSIG; s++)
		sigaction(s, &ignore, NULL);
	while (pause() == -1)
		;
	return 0;
}

static int
says_and_hangs(struct frames *parent)
{
	struct err e;

	return frame_send(parent, 'h', NULL, 0, FRAME_FOREVER, &e) == -1 ? 1 : hangs(parent);
}

/* A grandchild in the same group that holds the pipe. */
static int
forks(struct frames *parent)
{
	if (fork() == 0)
		hangs(parent);
	return 0;
}

/* Reports its descriptors, signals and variables. */
static int
tells(struct frames *parent)
{
	char text[MAX] = "", one[300];
	struct sigaction sa;
	sigset_t blocked;
	struct err e;

	for (int fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) != -1 && (fd != STDERR_FILENO || !confine_sanitized())) {
			snprintf(one, sizeof one, "%d ", fd);
			strcat(text, one);
		}
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	for (int s = 1; s < NSIG; s++)
		if (sigismember(&blocked, s) == 1 ||
		    (sigaction(s, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN))
			strcat(text, "signal ");
	for (char **v = environ; *v != NULL; v++)
		if (strncmp(*v, "SECRET", 6) == 0)
			strcat(text, *v);
	return frame_send(parent, 't', text, strlen(text), FRAME_FOREVER, &e) == -1;
}

static const struct confine_want want = { .memory = 32u << 20, .cpu_seconds = 5 };

/* Forbidden actions of a confined process; the parent's table names the action to try. */
static int
confined(struct frames *parent)
{
	struct confined c;
	uint8_t packed[4];
	struct frame f;
	struct err e;
	uint32_t n;

	confine(&want, &c);
	n = confined_pack(&c);
	memcpy(packed, &n, sizeof packed);
	if (frame_send(parent, 'c', packed, sizeof packed, FRAME_FOREVER, &e) == -1 ||
	    frame_recv(parent, &f, FRAME_FOREVER, &e) != 1)
		return 1;
	switch (f.type) {
	case 'o':
		/* cppcheck-suppress leakReturnValNotUsed; the process ends */
		return open("/etc/passwd", O_RDONLY) == -1 ? 20 : 21;
	case 's':
		/* cppcheck-suppress leakReturnValNotUsed; the process ends */
		return socket(AF_INET, SOCK_STREAM, 0) == -1 ? 20 : 21;
	case 'f':
		return fork() == -1 ? 20 : 21;
	case 'e':
		return execl("/bin/true", "true", (char *)NULL) == -1 ? 20 : 21;
	case 'k':
		return kill(getppid(), 0) == -1 ? 20 : 21;
	case 'x':
		/* cppcheck-suppress [leakReturnValNotUsed, invalidFunctionArg]; it has no file */
		return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			   0) == MAP_FAILED
		    ? 20
		    : 21;
	case 'm': {
		volatile char *p = malloc(256u << 20);

		return p == NULL ? 20 : 21;
	}
	case 'a':
		abort();
	default:
		return 22;
	}
}

static const struct child_role roles[] = { { "exits", MAX, exits, NULL },
	{ "crashes", MAX, crashes, NULL }, { "hangs", MAX, hangs, NULL },
	{ "says-and-hangs", MAX, says_and_hangs, NULL }, { "forks", MAX, forks, NULL },
	{ "tells", MAX, tells, NULL }, { "confined", MAX, confined, &want } };

static size_t
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static void
no_children_left(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* The first frame from a hostile child, and how the child ended. */
static struct row {
	const char *name, *role;
	int want; /* of frame_recv() */
	enum err_code code;
	int64_t patience; /* milliseconds for its end */
	const char *how;
} rows[] = {
	{ "child: crashes", "crashes", 0, ERR_NONE, 20000,
	    "was ended by signal 11 (Segmentation fault)" },
	{ "child: hangs and ignores every signal", "hangs", -1, ERR_TIMEOUT, 0, "was stopped" },
	{ "child: leaves a child of its own", "forks", -1, ERR_TIMEOUT, 100,
	    "ended with status 0" },
};

static void
hostile(void **state)
{
	const struct row *r = *state;
	struct child *c = start(r->role);
	char how[CHILD_HOW_SIZE];
	struct frame f;
	struct err e;

	err_clear(&e);
	assert_int_equal(
	    frame_recv(child_frames(c), &f, in(r->code == ERR_TIMEOUT ? 200 : 20000), &e), r->want);
	assert_int_equal(e.code, r->code);
	child_end(c, in(r->patience), how);
	assert_string_equal(how, r->how);
	no_children_left();
}

static void
assert_said(const struct frame *f, const char *text)
{
	assert_int_equal(f->len, strlen(text));
	assert_memory_equal(f->data, text, f->len);
}

static void
inherits_nothing(void **state)
{
	int spare = dup(STDERR_FILENO); /* without FD_CLOEXEC */
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	sigset_t usr1;
	struct child *c;
	struct frame f;
	struct err e;

	(void)state;
	setenv("SECRET_TOKEN", "x", 1);
	sigaction(SIGPIPE, &ignore, &old);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	c = start("tells");
	assert_int_equal(frame_recv(child_frames(c), &f, in(20000), &e), 1);
	assert_said(&f, confine_sanitized() ? "0 1 3 " : "0 1 2 3 ");
	child_end(c, in(20000), NULL);
	sigprocmask(SIG_UNBLOCK, &usr1, NULL);
	sigaction(SIGPIPE, &old, NULL);
	unsetenv("SECRET_TOKEN");
	close(spare);
}

/* Started from a program with its standard streams closed. */
static void
closed_streams(void **state)
{
	int saved = dup(STDIN_FILENO);
	struct child *c;
	struct frame f;
	struct err e;

	(void)state;
	close(STDIN_FILENO);
	c = start("tells");
	assert_int_equal(frame_recv(child_frames(c), &f, in(20000), &e), 1);
	assert_said(&f, confine_sanitized() ? "0 1 3 " : "0 1 2 3 ");
	child_end(c, in(20000), NULL);
	dup2(saved, STDIN_FILENO);
	close(saved);
}

static void
ignored_sigchld(void **state)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, now;
	char how[CHILD_HOW_SIZE];
	struct child *a, *b;

	(void)state;
	sigaction(SIGCHLD, &ignore, NULL);
	a = start("exits");
	b = start("exits");
	child_end(a, in(20000), how);
	assert_string_equal(how, "ended with status 7");
	child_end(b, in(20000), how);
	assert_string_equal(how, "ended with status 7");
	sigaction(SIGCHLD, NULL, &now);
	assert_true(now.sa_handler == SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
}

static void
a_thousand_starts(void **state)
{
	size_t before = descriptors();
	int64_t begun = clock_mono_ms();

	(void)state;
	for (int i = 0; i < 1000; i++)
		child_end(start(i % 2 == 0 ? "exits" : "hangs"), 0, NULL);
	print_message("1000 starts and ends: %d ms\n", (int)(clock_mono_ms() - begun));
	assert_int_equal(descriptors(), before);
	no_children_left();
}

/* A start that fails for want of descriptors or processes leaves no descriptor and no process. */
static void
failing_starts(void **state)
{
	struct rlimit old, few;
	size_t before = descriptors(), failed = 0;
	struct child *c;
	struct err e;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &old);
	for (rlim_t n = 3; n < 20; n++) {
		few = (struct rlimit){ n, old.rlim_max };
		setrlimit(RLIMIT_NOFILE, &few);
		c = child_start(role("exits"), &e);
		setrlimit(RLIMIT_NOFILE, &old);
		failed += c == NULL;
		child_end(c, 0, NULL);
		assert_int_equal(descriptors(), before);
	}
	assert_true(failed > 0);
	no_children_left();
}

static void *
start_in_thread(void *arg)
{
	struct child *c = start("says-and-hangs");
	struct frame f;
	struct err e;

	/* The child runs its duty, so it has asked for a signal at its parent's death before. */
	if (frame_recv(child_frames(c), &f, in(20000), &e) == 1)
		*(struct child **)arg = c;
	else
		child_end(c, 0, NULL);
	return NULL;
}

static void
dies_with_its_parent(void **state)
{
	char how[CHILD_HOW_SIZE];
	struct child *c = NULL;
	pthread_t t;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, start_in_thread, &c), 0);
	pthread_join(t, NULL);
	assert_non_null(c);
	assert_true(pipe_wait_gone(frames_pipe(child_frames(c)), in(20000)));
	child_end(c, 0, how);
	assert_string_equal(how, "was ended by signal 9 (Killed)");
}

static struct deed {
	const char *name;
	uint8_t type;
} deeds[] = {
	{ "confined: opens a file", 'o' },
	{ "confined: opens a socket", 's' },
	{ "confined: forks", 'f' },
	{ "confined: starts a program", 'e' },
	{ "confined: signals its parent", 'k' },
	{ "confined: maps memory to execute", 'x' },
	{ "confined: takes too much memory", 'm' },
	{ "confined: aborts", 'a' },
};

static void
tries(void **state)
{
	const struct deed *d = *state;
	struct child *c = start("confined");
	char how[CHILD_HOW_SIZE];
	struct confined got;
	struct buf text = BUF_INIT(500);
	struct frame f;
	struct err e;
	uint32_t packed;

	assert_int_equal(frame_recv(child_frames(c), &f, in(20000), &e), 1);
	memcpy(&packed, f.data, sizeof packed);
	confined_unpack(packed, &got);
	assert_ok(confined_format(&got, &text, &e), &e);
	assert_ok(frame_send(child_frames(c), d->type, NULL, 0, in(20000), &e), &e);
	child_end(c, in(20000), how);
	print_message("%s\n", buf_text(&text));
	buf_free(&text);
	if (d->type == 'a') {
		assert_string_equal(how, "was ended by signal 6 (Aborted)");
	} else if (d->type == 'm') {
		if (!got.memory) {
			print_message("skipped: a sanitizer makes a limit of memory impossible\n");
			skip();
		}
		assert_string_equal(how, "ended with status 20");
	} else {
		if (!got.seccomp) {
			print_message("skipped: this kernel or build has no seccomp\n");
			skip();
		}
		assert_string_equal(how,
		    confine_sanitized() ? "ended with status 20"
					: "was ended by signal 31 (Bad system call)");
	}
}

static void
words(void **state)
{
	struct confined c = { .limits = true,
		.memory = true,
		.privileges = true,
		.seccomp = true,
		.landlock = 6 };
	struct buf b = BUF_INIT(1000);
	struct err e;

	(void)state;
	assert_ok(confined_format(&c, &b, &e), &e);
	assert_string_equal(buf_text(&b),
	    "Landlock version 6, seccomp, no privileges, memory limit, limits");
	confined_unpack(confined_pack(&c), &c);
	assert_true(confined_fully(&c));
	assert_int_equal(c.landlock, 6);
	confined_unpack(0, &c);
	assert_false(confined_fully(&c));
	buf_reset(&b);
	assert_ok(confined_format(&c, &b, &e), &e);
	assert_string_equal(buf_text(&b),
	    "no Landlock, no seccomp, privileges as they were, no memory limit, no limits");
	buf_free(&b);
}

int
main(int argc, char **argv)
{
	static struct CMUnitTest tests[30] = { cmocka_unit_test(inherits_nothing),
		cmocka_unit_test(closed_streams), cmocka_unit_test(ignored_sigchld),
		cmocka_unit_test(a_thousand_starts), cmocka_unit_test(failing_starts),
		cmocka_unit_test(dies_with_its_parent), cmocka_unit_test(words) };
	size_t n = 7;

	children_main(roles, N(roles), argc, argv);
	TEST_ROWS(tests, n, rows, hostile);
	TEST_ROWS(tests, n, deeds, tries);
	return _cmocka_run_group_tests("child_posix", tests, n, NULL, NULL);
}
