/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Reads handlers' standard error. The pipe's write end is blocking, as a
 * handler expects; the read end is ours alone. Three bounds keep a flood away
 * from the supervisor: a line is cut into pieces, lines above a rate are
 * dropped and counted, and bytes above a rate are left in the pipe, so that
 * the handler waits instead of us.
 */
#include "handler_log.h"

#include "handler.h"
#include "record.h"
#include "service.h"

#include <evinetd/base/clock.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define HANDLER_LOG_READ 8192 /* bytes a wake-up */

/* The window: so many bytes in so long, then a rest until it is over. */
#define HANDLER_LOG_WINDOW_BYTES (256 * 1024)
#define HANDLER_LOG_WINDOW_NS	 UINT64_C(250000000)

static const struct bucket_rate handler_log_rate = {
	.count = 50,
	.burst = 200,
	.period_ns = UINT64_C(1000000000),
};

static struct ev_loop *
handler_log_loop(const struct handler_log *h)
{
	return h->handler->service->supervisor->loop;
}

static void
handler_log_line(void *arg, const char *line, size_t len)
{
	struct handler_log *h = arg;
	struct log_record r;

	if (!bucket_take(&h->bucket, &handler_log_rate, clock_monotonic_ns())) {
		h->dropped++;
		return;
	}
	log_begin(&r, LOG_LEVEL_NOTICE, "stderr");
	record_handler(&r, h->handler);
	log_mem(&r, "line", line, len);
	log_end(&r);
}

static void
handler_log_report_dropped(struct handler_log *h)
{
	struct log_record r;

	if (h->dropped == 0)
		return;
	log_begin(&r, LOG_LEVEL_WARNING, "stderr");
	record_handler(&r, h->handler);
	log_int(&r, "dropped", (int64_t)h->dropped);
	log_end(&r);
	h->dropped = 0;
}

static void
handler_log_close(struct handler_log *h)
{
	if (h->fd == -1)
		return;
	ev_io_stop(handler_log_loop(h), &h->watcher);
	ev_timer_stop(handler_log_loop(h), &h->throttle);
	close(h->fd);
	h->fd = -1;
	if (h->lines != NULL)
		lines_flush(h->lines, handler_log_line, h);
	free(h->lines);
	h->lines = NULL;
	handler_log_report_dropped(h);
}

/* Reads once. The bytes taken; 0 when there is nothing now, or it was
 * closed. */
static size_t
handler_log_read(struct handler_log *h)
{
	char buf[HANDLER_LOG_READ];
	const ssize_t n = read(h->fd, buf, sizeof(buf));

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		handler_log_close(h);
		return 0;
	}
	if (h->lines == NULL) {
		h->lines = malloc(sizeof(*h->lines));
		if (h->lines == NULL) {
			h->dropped++;
			return (size_t)n;
		}
		lines_init(h->lines);
	}
	lines_feed(h->lines, buf, (size_t)n, handler_log_line, h);
	return (size_t)n;
}

static void
handler_log_throttle(struct handler_log *h, uint64_t used_ns)
{
	struct ev_loop *loop = handler_log_loop(h);

	ev_io_stop(loop, &h->watcher);
	ev_timer_set(
	    &h->throttle, (double)(HANDLER_LOG_WINDOW_NS - used_ns) / 1e9, 0.);
	ev_timer_start(loop, &h->throttle);
}

static void
handler_log_ready_cb(struct ev_loop *loop, ev_io *w, int revents)
{
	struct handler_log *h = w->data;
	const uint64_t now = clock_monotonic_ns();

	if ((revents & EV_ERROR) != 0) {
		/* It could not be watched; later it may be. */
		handler_log_throttle(h, 0);
		return;
	}
	if (now - h->window_start_ns >= HANDLER_LOG_WINDOW_NS) {
		h->window_start_ns = now;
		h->window_bytes = 0;
		handler_log_report_dropped(h);
	}
	h->window_bytes += handler_log_read(h);
	if (h->fd != -1 && h->window_bytes >= HANDLER_LOG_WINDOW_BYTES)
		handler_log_throttle(h, now - h->window_start_ns);
}

static void
handler_log_throttle_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct handler_log *h = w->data;

	ev_io_start(loop, &h->watcher);
	/* Whether or not it can be watched. */
	ev_feed_event(loop, &h->watcher, EV_READ);
}

int
handler_log_init(
    struct handler_log *h, const struct handler *handler, int *ret_handler_fd)
{
	int fds[2];

	*h = (struct handler_log){ .handler = handler, .fd = -1 };
	if (pipe2(fds, O_CLOEXEC) == -1)
		return -errno;
	/* Of the read end only: the two ends are two descriptions. */
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) == -1) {
		const int error = errno;

		close(fds[0]);
		close(fds[1]);
		return -error;
	}
	h->fd = fds[0];
	bucket_init(&h->bucket);
	ev_io_init(&h->watcher, handler_log_ready_cb, h->fd, EV_READ);
	ev_timer_init(&h->throttle, handler_log_throttle_cb, 0., 0.);
	h->watcher.data = h;
	h->throttle.data = h;
	*ret_handler_fd = fds[1];
	return 0;
}

void
handler_log_start(struct handler_log *h)
{
	if (h->fd != -1)
		ev_io_start(handler_log_loop(h), &h->watcher);
}

void
handler_log_drain(struct handler_log *h)
{
	/* No more than a full pipe: a child that is left may go on writing. */
	size_t left = 65536;

	while (h->fd != -1 && left > 0) {
		const size_t n = handler_log_read(h);

		if (n == 0)
			break;
		left = n < left ? left - n : 0;
	}
}

void
handler_log_fini(struct handler_log *h)
{
	handler_log_close(h);
}
