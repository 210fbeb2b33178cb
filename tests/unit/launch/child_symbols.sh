#!/bin/sh
# The code between clone and exec shares the supervisor's memory: it may make
# system calls and nothing else. Compares what child.c needs with the list of
# what it may need. Arguments: the objects of evinetd_launch, ;-separated.
set -eu

# Thin wrappers of one system call each (checked in glibc), the address of
# errno, and sigemptyset(3), which is a loop over one word. timer_create(2) is
# one as long as no SIGEV_THREAD is asked for.
allowed='__errno_location _exit chdir close close_range dup2 execve getpid open prctl
setpriority setrlimit setrlimit64 open64 setsid sigaction sigemptyset
sigprocmask syscall timer_create timer_settime umask write'

child=$(printf '%s\n' "$@" | tr ';' '\n' | grep '/child\.c\.o$')
symbols=$(nm -u "$child" | awk '{ print $2 }')
[ -n "$symbols" ] || {
	echo "nm found no undefined symbols: that cannot be"
	exit 1
}
status=0
for s in $symbols; do
	case " $(echo "$allowed" | tr '\n' ' ') " in
	*" ${s%@*} "*) ;;
	*)
		echo "child.c uses $s, which is not on the list"
		status=1
		;;
	esac
done
exit $status
