/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The log: what is written when, what is lost, and that it never blocks.
 */
#include "../cm.h"

#include <evinetd/base/log.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void
log_begin__below_the_level__writes_nothing(void **state)
{
	struct log_record r;
	char path[] = "/tmp/evinetd-log-XXXXXX";
	struct stat st;
	const int fd = mkstemp(path);

	assert_int_equal(
	    log_open(LOG_TARGET_FILE, path, LOG_FORMAT_TEXT, LOG_LEVEL_INFO),
	    0);
	log_begin(&r, LOG_LEVEL_DEBUG, "x");
	log_str(&r, "a", "b");
	log_end(&r);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 0);
	log_message(LOG_LEVEL_INFO, "x", "%s", "y");
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(st.st_size > 0);
	log_close();
	close(fd);
	unlink(path);
}

static void
log_end__errno__is_kept(void **state)
{
	errno = ENOTTY;
	log_message(LOG_LEVEL_INFO, "x", "%d", 1);
	assert_int_equal(errno, ENOTTY);
}

/* A FIFO whose reader has stopped: what the pipe and the buffer do not hold is
 * lost, counted and reported, in its place. */
static void
log_end__reader_has_stopped__drops_and_reports(void **state)
{
	char path[] = "/tmp/evinetd-fifo-XXXXXX";
	static char buf[1 << 20];
	size_t used = 0;
	ssize_t n;

	close(mkstemp(path));
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	const int fd = open(path, O_RDONLY | O_NONBLOCK);
	assert_int_equal(
	    log_open(LOG_TARGET_FILE, path, LOG_FORMAT_TEXT, LOG_LEVEL_INFO),
	    0);
	/* What earlier tests lost is told first. */
	log_message(LOG_LEVEL_INFO, "first", "%s", "line");
	const uint64_t before = log_lost();
	assert_true(read(fd, buf, sizeof(buf)) > 0);
	for (int i = 0; i < 5000; i++)
		log_message(LOG_LEVEL_INFO, "fill", "%d", i);
	const uint64_t lost = log_lost() - before;
	assert_in_range(lost, 1, 4999);
	assert_false(log_flush());
	while ((n = read(fd, buf + used, sizeof(buf) - 1 - used)) > 0 ||
	       !log_flush())
		used += n > 0 ? (size_t)n : 0;
	log_message(LOG_LEVEL_INFO, "after", "%s", "it");
	n = read(fd, buf + used, sizeof(buf) - 1 - used);
	assert_true(n > 0);
	buf[used + (size_t)n] = '\0';
	size_t lines = 0;
	for (const char *p = buf; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	assert_int_equal(lines, 5000 - lost + 2);
	char expected[64];
	snprintf(expected, sizeof(expected), "log_lost level=warning lines=%d",
	    (int)lost);
	assert_non_null(strstr(buf, expected));
	assert_non_null(strstr(strstr(buf, expected), "after message=it"));
	log_close();
	close(fd);
	unlink(path);
}

static void
log_set_deferred__lines__wait_for_the_flush(void **state)
{
	char path[] = "/tmp/evinetd-log-XXXXXX";
	struct stat st;
	const int fd = mkstemp(path);

	assert_int_equal(
	    log_open(LOG_TARGET_FILE, path, LOG_FORMAT_TEXT, LOG_LEVEL_INFO),
	    0);
	log_set_deferred(true);
	for (int i = 0; i < 1000; i++)
		log_message(LOG_LEVEL_INFO, "x", "%d", 1000 + i);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_true(log_flush());
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 1000 * strlen("2026-11-22T00:00:00.000Z x "
						   "message=1000\n"));
	log_set_deferred(false);
	log_close();
	close(fd);
	unlink(path);
}

/* The disk has room for so many bytes; -1: for all. */
static ssize_t disk_room = -1;

ssize_t __real_write(int fd, const void *buf, size_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t len);

ssize_t
__wrap_write(int fd, const void *buf, size_t len)
{
	if (disk_room == -1)
		return __real_write(fd, buf, len);
	if (disk_room == 0) {
		errno = ENOSPC;
		return -1;
	}
	if (len > (size_t)disk_room)
		len = (size_t)disk_room;
	disk_room -= (ssize_t)len;
	return __real_write(fd, buf, len);
}

static char file_path[64];

static int
file_open(void **state)
{
	strcpy(file_path, "/tmp/evinetd-log-XXXXXX");
	close(mkstemp(file_path));
	disk_room = -1;
	if (log_open(LOG_TARGET_FILE, file_path, LOG_FORMAT_TEXT,
		LOG_LEVEL_INFO) != 0)
		return -1;
	/* What earlier tests lost is told first. */
	log_message(LOG_LEVEL_INFO, "first", "%s", "line");
	return truncate(file_path, 0);
}

static int
file_close(void **state)
{
	disk_room = -1;
	log_set_deferred(false);
	log_close();
	return unlink(file_path);
}

/* What stands in the file, without the times. */
static void
assert_file(const char *path, const char *expected)
{
	char text[4096], line[256];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[0] = '\0';
	while (fgets(line, sizeof(line), file) != NULL) {
		const char *blank = strchr(line, ' ');

		strcat(text, blank != NULL ? blank + 1 : "TORN\n");
	}
	fclose(file);
	assert_string_equal(text, expected);
}

static void
log_lost__report_is_lost_too__is_told_again(void **state)
{
	const uint64_t before = log_lost();

	disk_room = 0;
	for (int i = 0; i < 3; i++)
		log_message(LOG_LEVEL_INFO, "x", "%d", i);
	assert_int_equal(log_lost() - before, 3);
	disk_room = -1;
	log_message(LOG_LEVEL_INFO, "x", "%s", "there");
	log_message(LOG_LEVEL_INFO, "x", "%s", "once");
	assert_file(file_path,
	    "log_lost level=warning lines=3\nx message=there\n"
	    "x message=once\n");
}

static void
log_lost__report_waits_and_is_lost__is_told_again(void **state)
{
	disk_room = 0;
	log_message(LOG_LEVEL_INFO, "x", "%d", 0);
	log_set_deferred(true);
	log_message(LOG_LEVEL_INFO, "x", "%d", 1);
	log_message(LOG_LEVEL_INFO, "x", "%d", 2);
	assert_true(log_flush());
	disk_room = -1;
	log_message(LOG_LEVEL_INFO, "x", "%d", 3);
	assert_true(log_flush());
	assert_file(file_path, "log_lost level=warning lines=3\nx message=3\n");
}

static void
log_flush__disk_full_within_a_line__next_one_begins_anew(void **state)
{
	disk_room = 5;
	log_message(LOG_LEVEL_INFO, "x", "%d", 0);
	log_message(LOG_LEVEL_INFO, "x", "%d", 1);
	disk_room = -1;
	log_message(LOG_LEVEL_INFO, "x", "%d", 2);
	log_message(LOG_LEVEL_INFO, "x", "%d", 3);
	assert_file(file_path,
	    "TORN\nlog_lost level=warning lines=2\nx message=2\n"
	    "x message=3\n");
}

static void
log_reopen__waiting_lines__go_to_the_old_file(void **state)
{
	char old[80];

	log_set_deferred(true);
	log_message(LOG_LEVEL_INFO, "x", "%s", "old");
	snprintf(old, sizeof(old), "%s.1", file_path);
	assert_int_equal(rename(file_path, old), 0);
	assert_int_equal(log_reopen(), 0);
	log_message(LOG_LEVEL_INFO, "x", "%s", "new");
	assert_true(log_flush());
	assert_file(old, "x message=old\n");
	assert_file(file_path, "x message=new\n");
	assert_int_equal(unlink(old), 0);
}

static void
log_reopen__torn_line_in_the_old_file__new_one_begins_clean(void **state)
{
	char old[80];

	disk_room = 5;
	log_message(LOG_LEVEL_INFO, "x", "%d", 0);
	disk_room = -1;
	snprintf(old, sizeof(old), "%s.1", file_path);
	assert_int_equal(rename(file_path, old), 0);
	assert_int_equal(log_reopen(), 0);
	log_message(LOG_LEVEL_INFO, "x", "%d", 1);
	assert_file(file_path, "log_lost level=warning lines=1\nx message=1\n");
	assert_int_equal(unlink(old), 0);
}

static void
log_open__impossible_file__keeps_the_old_log(void **state)
{
	assert_int_equal(log_open(LOG_TARGET_FILE, "/nonexistent/x",
			     LOG_FORMAT_TEXT, LOG_LEVEL_INFO),
	    -ENOENT);
}

/* Stands in for the log daemon. */
static struct sockaddr_un daemon_addr;
static char daemon_asked[sizeof(daemon_addr.sun_path)];
static int daemon_fd = -1;

int __real_connect(int fd, const struct sockaddr *sa, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *sa, socklen_t len);

int
__wrap_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	strcpy(daemon_asked, ((const struct sockaddr_un *)sa)->sun_path);
	return __real_connect(
	    fd, (struct sockaddr *)&daemon_addr, sizeof(daemon_addr));
}

static int
daemon_stop(void **state)
{
	log_close();
	close(daemon_fd);
	return unlink(daemon_addr.sun_path);
}

static int
daemon_start(void **state)
{
	daemon_addr.sun_family = AF_UNIX;
	snprintf(daemon_addr.sun_path, sizeof(daemon_addr.sun_path),
	    "/tmp/evinetd-log-%d", (int)getpid());
	daemon_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	return bind(
	    daemon_fd, (struct sockaddr *)&daemon_addr, sizeof(daemon_addr));
}

/* The next datagram; "" for none. */
static const char *
daemon_read(void)
{
	static char text[LOG_LINE_MAX + 256];
	const ssize_t n = recv(daemon_fd, text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

/* What earlier tests lost is told first. */
static void
daemon_log_open(enum log_target target)
{
	assert_int_equal(
	    log_open(target, NULL, LOG_FORMAT_TEXT, LOG_LEVEL_INFO), 0);
	log_message(LOG_LEVEL_INFO, "first", "%s", "line");
	while (*daemon_read() != '\0')
		;
}

static void
assert_syslog(const char *text, const char *priority, const char *expected)
{
	char tag[64];

	snprintf(tag, sizeof(tag), " evinetd[%d]: ", (int)getpid());
	assert_memory_equal(text, priority, strlen(priority));
	/* RFC 3164, 4.1.2: "Mmm dd hh:mm:ss". */
	text += strlen(priority) + strlen("Nov 24 19:55:00");
	assert_memory_equal(text, tag, strlen(tag));
	assert_string_equal(text + strlen(tag), expected);
}

static void
log_open__syslog__lines_are_datagrams_with_their_level(void **state)
{
	daemon_log_open(LOG_TARGET_SYSLOG);
	assert_string_equal(daemon_asked, "/dev/log");
	log_message(LOG_LEVEL_INFO, "x", "%s", "a");
	log_message(LOG_LEVEL_ERROR, "x", "%s", "b");
	assert_syslog(daemon_read(), "<30>", "x message=a");
	assert_syslog(daemon_read(), "<27>", "x level=error message=b");
	assert_string_equal(daemon_read(), "");
}

static void
log_open__journal__lines_are_entries_with_their_level(void **state)
{
	daemon_log_open(LOG_TARGET_JOURNAL);
	assert_string_equal(daemon_asked, "/run/systemd/journal/socket");
	log_message(LOG_LEVEL_WARNING, "x", "%s", "a");
	assert_string_equal(daemon_read(),
	    "PRIORITY=4\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=evinetd\n"
	    "MESSAGE=x level=warning message=a\n");
}

static void
log_message__syslog_was_restarted__is_in_the_new_one(void **state)
{
	const uint64_t before = log_lost();

	daemon_log_open(LOG_TARGET_SYSLOG);
	close(daemon_fd);
	log_message(LOG_LEVEL_INFO, "x", "%s", "a");
	assert_int_equal(log_lost() - before, 1);
	assert_int_equal(unlink(daemon_addr.sun_path), 0);
	assert_int_equal(daemon_start(state), 0);
	log_message(LOG_LEVEL_INFO, "x", "%s", "b");
	assert_syslog(daemon_read(), "<28>", "log_lost level=warning lines=1");
	assert_syslog(daemon_read(), "<30>", "x message=b");
}

/* net.unix.max_dgram_qlen is a few hundred at most. */
static void
log_message__syslog_has_stopped__drops_and_reports(void **state)
{
	enum {
		LINES = 5000
	};
	const uint64_t before = log_lost();
	char expected[64];
	int there = 0;

	daemon_log_open(LOG_TARGET_SYSLOG);
	for (int i = 0; i < LINES; i++)
		log_message(LOG_LEVEL_INFO, "x", "%d", i);
	while (*daemon_read() != '\0')
		there++;
	assert_in_range(there, 1, LINES - 1);
	assert_int_equal(log_lost() - before, LINES - there);
	log_message(LOG_LEVEL_INFO, "x", "%s", "b");
	snprintf(expected, sizeof(expected), "log_lost level=warning lines=%d",
	    LINES - there);
	assert_syslog(daemon_read(), "<28>", expected);
	assert_syslog(daemon_read(), "<30>", "x message=b");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_begin__below_the_level__writes_nothing),
		cmocka_unit_test(log_end__errno__is_kept),
		cmocka_unit_test(
		    log_end__reader_has_stopped__drops_and_reports),
		cmocka_unit_test(log_set_deferred__lines__wait_for_the_flush),
		cmocka_unit_test_setup_teardown(
		    log_lost__report_is_lost_too__is_told_again, file_open,
		    file_close),
		cmocka_unit_test_setup_teardown(
		    log_lost__report_waits_and_is_lost__is_told_again,
		    file_open, file_close),
		cmocka_unit_test_setup_teardown(
		    log_flush__disk_full_within_a_line__next_one_begins_anew,
		    file_open, file_close),
		cmocka_unit_test_setup_teardown(
		    log_reopen__waiting_lines__go_to_the_old_file, file_open,
		    file_close),
		cmocka_unit_test_setup_teardown(
		    log_reopen__torn_line_in_the_old_file__new_one_begins_clean,
		    file_open, file_close),
		cmocka_unit_test(log_open__impossible_file__keeps_the_old_log),
#define DAEMON_TEST(name) \
	cmocka_unit_test_setup_teardown(name, daemon_start, daemon_stop)
		DAEMON_TEST(
		    log_open__syslog__lines_are_datagrams_with_their_level),
		DAEMON_TEST(
		    log_open__journal__lines_are_entries_with_their_level),
		DAEMON_TEST(
		    log_message__syslog_was_restarted__is_in_the_new_one),
		DAEMON_TEST(log_message__syslog_has_stopped__drops_and_reports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
