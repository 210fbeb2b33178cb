/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The supervisor's loop: signals in, services started, children reaped. It
 * holds no policy of its own and never reads a byte that a client sent.
 *
 * The loop is one of ev_loop_new(3): on the default loop libev would reap our
 * children itself, without their rusage.
 */
#include <evinetd/base/clock.h>
#include <evinetd/core/supervisor.h>
#include <evinetd/launch/cgroup.h>
#include <evinetd/net/passed.h>

#include "connection.h"
#include "core.h"
#include "farewell.h"
#include "holds.h"
#include "offer.h"
#include "record.h"
#include "service.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A log whose reader does not keep up is tried again so often, in seconds. */
#define SUPERVISOR_LOG_RETRY 0.1

/* So many children are reaped before the loop turns. */
#define SUPERVISOR_REAP_MAX 5000

void
supervisor_gone(struct supervisor *s)
{
	offer_resources(s);
	shutdown_check(s);
}

/* False when there is none, or none that has ended. */
static bool
supervisor_reap_one(struct supervisor *s)
{
	struct rusage usage;
	struct handler *h;
	int status;
	pid_t pid = wait4(-1, &status, WNOHANG, &usage);

	if (pid <= 0)
		return false;
	HASH_FIND_INT(s->by_pid, &pid, h);
	if (h != NULL)
		handler_exited(h, status, &usage);
	else
		tree_check_remains(s);
	return true;
}

/* One SIGCHLD may stand for any number of children; some of them are not ours.
 * Orphans that fork and exit may come as fast as we reap them: the others get
 * their turn all the same. */
static void
supervisor_reap(struct supervisor *s)
{
	int left = SUPERVISOR_REAP_MAX;

	while (left > 0 && supervisor_reap_one(s))
		left--;
	if (left == 0) {
		ev_timer_set(&s->reap, 0., 0.);
		ev_timer_start(s->loop, &s->reap);
	}
	offer_places(s);
	shutdown_check(s);
}

static void
supervisor_child_cb(struct ev_loop *loop, ev_signal *w, int revents)
{
	supervisor_reap(w->data);
}

static void
supervisor_reap_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	supervisor_reap(w->data);
}

static void
supervisor_stop_cb(struct ev_loop *loop, ev_signal *w, int revents)
{
	shutdown_advance(w->data, w->signum);
}

static void
supervisor_reopen_cb(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct supervisor *s = w->data;
	struct log_record r;

	reserve_lend(&s->reserve);
	const int error = log_reopen();
	reserve_fill(&s->reserve);
	log_begin(
	    &r, error < 0 ? LOG_LEVEL_ERROR : LOG_LEVEL_NOTICE, "log_reopen");
	if (error < 0)
		log_errno(&r, -error);
	log_end(&r);
}

/* What later versions will do something for must not end this one. */
static void
supervisor_ignore_cb(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct log_record r;

	log_begin(&r, LOG_LEVEL_WARNING, "reload");
	log_str(&r, "signal", sigabbrev_np(w->signum));
	log_str(&r, "message",
	    "ignored: this version reads its configuration only when it "
	    "starts; restart it");
	log_end(&r);
}

static void
supervisor_init_signals(struct supervisor *s)
{
	static const struct {
		int number;
		void (*cb)(struct ev_loop *, ev_signal *, int);
	} table[] = {
		{ SIGCHLD, supervisor_child_cb },
		{ SIGTERM, supervisor_stop_cb },
		{ SIGINT, supervisor_stop_cb },
		{ SIGUSR1, supervisor_reopen_cb },
		{ SIGQUIT, supervisor_stop_cb },
		{ SIGHUP, supervisor_ignore_cb },
		{ SIGUSR2, supervisor_ignore_cb },
	};
	sigset_t ours, now;

	ev_timer_init(&s->reap, supervisor_reap_cb, 0., 0.);
	s->reap.data = s;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* the log has reached a limit: EFBIG */
	sigemptyset(&ours);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		sigaddset(&ours, table[i].number);
	/* What comes meanwhile waits: to a process 1 a signal that is neither
	 * handled nor blocked does not come at all. */
	sigprocmask(SIG_BLOCK, &ours, NULL);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		ev_signal_init(&s->signals[i], table[i].cb, table[i].number);
		s->signals[i].data = s;
		/* An ignored one would never come. */
		signal(table[i].number, SIG_DFL);
		ev_signal_start(s->loop, &s->signals[i]);
	}
	/* Whoever started us may have left others blocked. */
	sigprocmask(SIG_SETMASK, NULL, &now);
	sigandset(&now, &now, &ours);
	sigprocmask(SIG_SETMASK, &now, NULL);
}

static void
supervisor_flush_cb(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct supervisor *s = w->data;

	if (log_flush())
		ev_timer_stop(loop, &s->log_retry);
	else
		ev_timer_start(loop, &s->log_retry);
}

/* That the loop has turned is all that it is for. */
static void
supervisor_log_retry_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
}

/* Before the loop sleeps. It has told nobody yet of what it could not watch
 * (EV_ERROR), and would not before something else happens. */
static void
supervisor_sleep_cb(struct ev_loop *loop)
{
	struct supervisor *s = ev_userdata(loop);

	if (ev_pending_count(loop) > 0)
		ev_async_send(loop, &s->turn);
}

/* That the loop has turned is all that it is for. */
static void
supervisor_turn_cb(struct ev_loop *loop, ev_async *w, int revents)
{
}

static void
supervisor_init_turn(struct supervisor *s)
{
	ev_async_init(&s->turn, supervisor_turn_cb);
	ev_async_start(s->loop, &s->turn);
	ev_set_userdata(s->loop, s);
	ev_set_loop_release_cb(s->loop, supervisor_sleep_cb, NULL);
}

static void
supervisor_init_log(struct supervisor *s)
{
	ev_prepare_init(&s->log_flush, supervisor_flush_cb);
	ev_timer_init(&s->log_retry, supervisor_log_retry_cb,
	    SUPERVISOR_LOG_RETRY, SUPERVISOR_LOG_RETRY);
	s->log_flush.data = s;
	ev_prepare_start(s->loop, &s->log_flush);
}

static bool
supervisor_needs_cgroups(const struct config *config)
{
	for (size_t i = 0; i < config->nservices; i++)
		if (config->services[i]->enabled &&
		    config->services[i]->kill_mode == CONFIG_KILL_TREE)
			return true;
	return false;
}

/* What handlers leave behind becomes ours, and so can be found and reaped. */
static void
supervisor_init_trees(struct supervisor *s)
{
	struct log_record r;
	int error;

	/* Cannot fail since Linux 3.4. */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (!supervisor_needs_cgroups(s->config))
		return;
	error = cgroups_new(&s->cgroups);
	if (error == 0)
		return;
	log_begin(&r, LOG_LEVEL_WARNING, "cgroup");
	log_str(&r, "message",
	    "no cgroup can be made; kill_mode = tree looks for processes in "
	    "/proc instead");
	log_errno(&r, -error);
	log_end(&r);
}

/* What a service manager passed to us and no service has asked for. */
static void
supervisor_close_passed(void)
{
	size_t count;
	const struct passed_fd *list = passed_list(&count);

	for (size_t i = 0; i < count; i++) {
		struct log_record r;

		if (list[i].taken)
			continue;
		log_begin(&r, LOG_LEVEL_WARNING, "passed");
		log_int(&r, "fd", list[i].fd);
		log_str(&r, "name", list[i].name);
		log_str(&r, "message",
		    "closed: no service has listen = fd: with that name");
		log_end(&r);
	}
	passed_close_unused();
}

static int
supervisor_start_services(struct supervisor *s)
{
	const struct config *config = s->config;
	int first = 0;

	s->services = calloc(config->nservices + 1, sizeof(*s->services));
	if (s->services == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < config->nservices; i++) {
		if (!config->services[i]->enabled)
			continue;
		const int error = service_new(
		    s, config->services[i], &s->services[s->nservices]);
		if (error == 0)
			s->nservices++;
		else if (first == 0)
			first = error;
	}
	supervisor_close_passed();
	return first < 0 ? first : builtin_ports_tell(s);
}

int
supervisor_new(const struct config *config, struct supervisor **ret)
{
	struct supervisor *s = calloc(1, sizeof(*s));
	int error = 0;

	if (s == NULL)
		return -ENOMEM;
	s->config = config;
	LIST_INIT(&s->all);
	LIST_INIT(&s->handlers);
	TAILQ_INIT(&s->farewells);
	reserve_init(&s->reserve);
	reserve_serve_loop();
	s->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	s->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV | EVFLAG_SIGNALFD);
	if (s->null_fd == -1)
		error = -errno;
	else if (s->loop == NULL)
		error = -ENOMEM;
	if (error == 0) {
		shutdown_init(s);
		refusals_init(s);
		offer_init(s);
		tzset(); /* now, while its file can be opened */
		limits_raise_files();
		reserve_fill(&s->reserve);
		supervisor_init_signals(s);
		supervisor_init_log(s);
		supervisor_init_turn(s);
		tree_init_remains(s);
		error = holds_init(s);
	}
	if (error == 0)
		error = spawner_new(&s->spawner);
	if (error == 0) {
		supervisor_init_trees(s);
		error = supervisor_start_services(s);
	}
	if (error < 0) {
		supervisor_free(s);
		return error;
	}
	limits_check_files(s);
	*ret = s;
	return 0;
}

/* Polite closes that were cut short have had no record yet. */
static void
supervisor_record_closing(const struct supervisor *s)
{
	const struct connection *c;

	LIST_FOREACH (c, &s->all, entry)
		if (c->handler.state == HANDLER_ENDED)
			record_end(&c->handler);
}

void
supervisor_run(struct supervisor *s)
{
	struct log_record r;

	log_begin(&r, LOG_LEVEL_NOTICE, "ready");
	log_int(&r, "services", (int64_t)s->nservices);
	log_int(&r, "pid", getpid());
	log_end(&r);
	log_set_deferred(true);
	ev_run(s->loop, 0);
	log_set_deferred(false);
	supervisor_record_closing(s);
	refusals_flush(s, true);
	for (size_t i = 0; i < s->nservices; i++)
		record_total(s->services[i]);
	log_begin(&r, LOG_LEVEL_NOTICE, "stopped");
	log_int(&r, "connections", (int64_t)s->next_id);
	log_end(&r);
}

void
supervisor_free(struct supervisor *s)
{
	struct connection *c, *next;

	if (s == NULL)
		return;
	for (c = LIST_FIRST(&s->all); c != NULL; c = next) {
		next = LIST_NEXT(c, entry);
		connection_free(c);
	}
	farewell_free_all(s);
	tree_free_remains(s);
	for (size_t i = 0; i < s->nservices; i++)
		service_free(s->services[i]);
	free(s->services);
	cgroups_free(s->cgroups);
	holds_fini(s);
	spawner_free(s->spawner);
	if (s->loop != NULL)
		ev_loop_destroy(s->loop);
	if (s->null_fd != -1)
		close(s->null_fd);
	reserve_lend(&s->reserve);
	reserve_free_memory();
	free(s);
}
