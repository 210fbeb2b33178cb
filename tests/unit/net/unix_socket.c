/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The file of a Unix socket: mode, owner, stale ones, and who else is at it.
 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int __real_bind(int fd, const struct sockaddr *a, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *a, socklen_t len);
int __real_listen(int fd, int backlog);
int __wrap_listen(int fd, int backlog);
int __real_unlink(const char *name);
int __wrap_unlink(const char *name);
int __real_fchownat(int dir, const char *name, uid_t u, gid_t g, int flags);
int __wrap_fchownat(int dir, const char *name, uid_t u, gid_t g, int flags);

static int unlink_error; /* 0: the real thing */
static int unlocked;	 /* so many calls found the folder without a lock */
static bool swap_hard;	 /* by a hard link, not a symbolic one */
/* What takes the bound socket's place, after the one or before the other. */
static const char *swap_at_bind, *swap_at_chown;

static char folder[] = "/tmp/evinetd-unix-XXXXXX";
static char path[64];
static struct listener_failure f;

static void
look_for_lock(void)
{
	const int dir = open(folder, O_RDONLY | O_DIRECTORY);

	unlocked += flock(dir, LOCK_EX | LOCK_NB) == 0;
	close(dir);
}

int
__wrap_listen(int fd, int backlog)
{
	look_for_lock();
	return __real_listen(fd, backlog);
}

int
__wrap_unlink(const char *name)
{
	if (unlink_error == 0)
		return __real_unlink(name);
	errno = unlink_error;
	return -1;
}

static void
swap(const char *to)
{
	if (to == NULL)
		return;
	assert_int_equal(__real_unlink(path), 0);
	assert_int_equal(swap_hard ? link(to, path) : symlink(to, path), 0);
}

int
__wrap_bind(int fd, const struct sockaddr *a, socklen_t len)
{
	look_for_lock();
	const int error = __real_bind(fd, a, len);
	if (error == 0)
		swap(swap_at_bind);
	return error;
}

int
__wrap_fchownat(int dir, const char *name, uid_t u, gid_t g, int flags)
{
	swap(swap_at_chown);
	return __real_fchownat(dir, name, u, g, flags);
}

static int
setup(void **state)
{
	unlink_error = unlocked = 0;
	swap_hard = false;
	swap_at_bind = swap_at_chown = NULL;
	return 0;
}

static struct config_listen
listen_unix(struct addr *a)
{
	memset(a, 0, sizeof(*a));
	a->u.un.sun_family = AF_UNIX;
	strcpy(a->u.un.sun_path, path);
	a->len = sizeof(a->u.un);
	return (struct config_listen){
		.kind = CONFIG_LISTEN_UNIX, .addrs = a, .naddrs = 1
	};
}

static void
listener_open__unix__has_its_mode_and_goes_with_it(void **state)
{
	struct addr a;
	struct config_listen spec = listen_unix(&a);
	struct listener l;
	struct stat st;

	assert_int_equal(listener_open(&spec, &options, false, &l, &f), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	listener_close(&l);
	assert_int_equal(lstat(path, &st), -1);
}

static void
listener_open__live_unix_socket__is_in_use(void **state)
{
	struct addr a;
	struct config_listen spec = listen_unix(&a);
	struct listener first, second;

	assert_int_equal(listener_open(&spec, &options, false, &first, &f), 0);
	assert_int_equal(
	    listener_open(&spec, &options, false, &second, &f), -EADDRINUSE);
	assert_string_not_equal(f.hint, "");
	/* The loser must not have removed the winner's file. */
	assert_int_equal(access(path, F_OK), 0);
	listener_close(&first);
}

static void
listener_open__stale_unix_socket__is_replaced(void **state)
{
	struct addr a;
	struct config_listen spec = listen_unix(&a);
	struct listener l;

	assert_int_equal(listener_open(&spec, &options, false, &l, &f), 0);
	close(l.fd); /* as kill -9 would: the file stays */
	assert_int_equal(listener_open(&spec, &options, false, &l, &f), 0);
	listener_close(&l);
}

static void
listener_open__live_datagram_socket__is_in_use(void **state)
{
	struct addr a;
	struct config_listen spec = listen_unix(&a);
	struct listener first, second;

	spec.kind = CONFIG_LISTEN_UNIX_DGRAM;
	assert_int_equal(listener_open(&spec, &options, true, &first, &f), 0);
	assert_int_equal(first.type, SOCK_DGRAM);
	assert_int_equal(
	    listener_open(&spec, &options, true, &second, &f), -EADDRINUSE);
	/* It lives, although connect(2) from another type is refused. */
	spec.kind = CONFIG_LISTEN_UNIX;
	assert_int_equal(
	    listener_open(&spec, &options, false, &second, &f), -EADDRINUSE);
	spec.kind = CONFIG_LISTEN_UNIX_DGRAM;
	/* And although it talks to another one only. */
	assert_int_equal(connect(first.fd, &a.u.sa, first.addr.len), 0);
	assert_int_equal(
	    listener_open(&spec, &options, true, &second, &f), -EADDRINUSE);
	assert_int_equal(access(path, F_OK), 0);
	listener_close(&first);
	assert_int_equal(access(path, F_OK), -1);
}

static void
listener_open__stale_socket_of_any_type__is_replaced(void **state)
{
	static const enum config_listen_kind kinds[] = {
		CONFIG_LISTEN_UNIX_DGRAM, CONFIG_LISTEN_UNIX_DGRAM,
		CONFIG_LISTEN_UNIX_SEQPACKET, CONFIG_LISTEN_UNIX_DGRAM
	};
	struct listener l = fixture_open(CONFIG_LISTEN_UNIX, path, false);
	struct stat st;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		close(l.fd);
		l = fixture_open(kinds[i], path, true);
		assert_int_equal(lstat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0640);
	}
	listener_close(&l);
}

static void
listener_open__unix__folder_is_locked_until_it_listens(void **state)
{
	struct addr a;
	struct config_listen spec = listen_unix(&a);
	struct listener l;

	assert_int_equal(listener_open(&spec, &options, false, &l, &f), 0);
	close(l.fd);
	assert_int_equal(listener_open(&spec, &options, false, &l, &f), 0);
	assert_int_equal(unlocked, 0);
	look_for_lock();
	assert_int_equal(unlocked, 1); /* and not any longer */
	listener_close(&l);
}

static void
listener_open__foreign_lock_on_the_folder__starts_anyway(void **state)
{
	struct addr a;
	struct config_listen spec = listen_unix(&a);
	struct listener l;
	const int dir = open(folder, O_RDONLY | O_DIRECTORY);

	assert_int_equal(flock(dir, LOCK_EX), 0);
	assert_int_equal(listener_open(&spec, &options, false, &l, &f), 0);
	listener_close(&l);
	close(dir);
}

static void
listener_open__stale_socket_of_another_user__names_the_step(void **state)
{
	struct addr a;
	struct config_listen spec = listen_unix(&a);
	struct listener l;

	assert_int_equal(listener_open(&spec, &options, false, &l, &f), 0);
	close(l.fd);
	unlink_error = EPERM;
	assert_int_equal(listener_open(&spec, &options, false, &l, &f), -EPERM);
	assert_string_equal(f.step, "unlink");
	assert_non_null(strstr(f.hint, "remove it"));
	unlink_error = 0;
	assert_int_equal(unlink(path), 0);
}

static void
listener_open__socket_user__has_owner_and_mode(void **state)
{
	struct config_socket own = options;
	struct addr a;
	struct config_listen spec = listen_unix(&a);
	struct listener l;
	struct stat st;

	own.user.set = own.group.set = true;
	own.user.uid = geteuid() == 0 ? 12345 : geteuid();
	own.group.gid = geteuid() == 0 ? 12346 : getegid();
	assert_int_equal(listener_open(&spec, &own, false, &l, &f), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_uid, own.user.uid);
	assert_int_equal(st.st_gid, own.group.gid);
	assert_int_equal(st.st_mode & 07777, 0640);
	listener_close(&l);
	assert_int_equal(lstat(path, &st), -1);
}

static void
victim_make(char *ret_path, size_t size, mode_t mode)
{
	snprintf(ret_path, size, "%s/victim", folder);
	close(open(ret_path, O_WRONLY | O_CREAT, 0600));
	assert_int_equal(chmod(ret_path, mode), 0);
}

static void
victim_check(const char *victim, mode_t mode)
{
	struct stat st;

	assert_int_equal(lstat(victim, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
	assert_int_equal(unlink(path), 0); /* not ours, so it was left */
	assert_int_equal(unlink(victim), 0);
}

static void
listener_open__link_takes_the_sockets_place__is_not_followed(void **state)
{
	struct config_socket own = options;
	struct addr a;
	struct config_listen spec = listen_unix(&a);
	char victim[80];
	struct listener l;

	own.user.set = true;
	own.user.uid = geteuid();
	victim_make(victim, sizeof(victim), 0600);
	swap_at_bind = victim;
	assert_int_equal(listener_open(&spec, &own, false, &l, &f), -ESTALE);
	assert_string_equal(f.step, "stat");
	victim_check(victim, 0600);

	swap_at_bind = NULL;
	victim_make(victim, sizeof(victim), 0600);
	swap_at_chown = victim;
	assert_int_equal(listener_open(&spec, &own, false, &l, &f), 0);
	listener_close(&l);
	victim_check(victim, 0600);
}

static void
listener_open__file_takes_the_sockets_place__is_left_alone(void **state)
{
	struct config_socket own = options;
	struct addr a;
	struct config_listen spec = listen_unix(&a);
	char victim[80];
	struct listener l;

	own.user.set = true;
	own.user.uid = geteuid();
	victim_make(victim, sizeof(victim), 0);
	swap_hard = true;
	swap_at_bind = victim;
	assert_int_equal(listener_open(&spec, &own, false, &l, &f), -ESTALE);
	victim_check(victim, 0);
}

static void
listener_open__other_file_in_the_way__is_not_removed(void **state)
{
	struct addr a;
	struct config_listen spec = listen_unix(&a);
	struct listener l;
	FILE *file = fopen(path, "w");

	fclose(file);
	assert_int_equal(
	    listener_open(&spec, &options, false, &l, &f), -EADDRINUSE);
	assert_int_equal(unlink(path), 0);
}

static void
listener_close__file_is_another_one__leaves_it(void **state)
{
	struct addr a;
	struct config_listen spec = listen_unix(&a);
	struct listener l;

	assert_int_equal(listener_open(&spec, &options, false, &l, &f), 0);
	assert_int_equal(unlink(path), 0);
	FILE *file = fopen(path, "w");
	fclose(file);
	listener_close(&l);
	assert_int_equal(unlink(path), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    listener_open__unix__has_its_mode_and_goes_with_it, setup),
		cmocka_unit_test_setup(
		    listener_open__live_unix_socket__is_in_use, setup),
		cmocka_unit_test_setup(
		    listener_open__stale_unix_socket__is_replaced, setup),
		cmocka_unit_test_setup(
		    listener_open__live_datagram_socket__is_in_use, setup),
		cmocka_unit_test_setup(
		    listener_open__stale_socket_of_any_type__is_replaced,
		    setup),
		cmocka_unit_test_setup(
		    listener_open__unix__folder_is_locked_until_it_listens,
		    setup),
		cmocka_unit_test_setup(
		    listener_open__foreign_lock_on_the_folder__starts_anyway,
		    setup),
		cmocka_unit_test_setup(
		    listener_open__stale_socket_of_another_user__names_the_step,
		    setup),
		cmocka_unit_test_setup(
		    listener_open__socket_user__has_owner_and_mode, setup),
		cmocka_unit_test_setup(
		    listener_open__link_takes_the_sockets_place__is_not_followed,
		    setup),
		cmocka_unit_test_setup(
		    listener_open__file_takes_the_sockets_place__is_left_alone,
		    setup),
		cmocka_unit_test_setup(
		    listener_open__other_file_in_the_way__is_not_removed,
		    setup),
		cmocka_unit_test_setup(
		    listener_close__file_is_another_one__leaves_it, setup),
	};

	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/sock", folder);
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
