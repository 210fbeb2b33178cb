# SPDX-FileCopyrightText: 2026 The evinetd authors
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# For the scripts beside it: starts the daemon in a folder of its own, on port
# 0, and ends it. EVINETD is the program under test, SOURCE the source tree.
# EVINETD_TEST_PID1=1 runs it as PID 1 of a PID namespace.

set -eu
: "${EVINETD:?is the program to be tested}"
: "${SOURCE:?is the source tree}"

dir=$(mktemp -d "${TMPDIR:-/tmp}/evinetd-program-XXXXXX")
chmod 755 "$dir"
daemon=
child= # what we wait for: the daemon, or who made its namespace

pid1=
if [ "${EVINETD_TEST_PID1:-}" = 1 ]; then
	pid1='unshare --pid --fork --kill-child --mount-proc --'
	$pid1 true 2>/dev/null || {
		echo "skipped: no PID namespace here"
		exit 77
	}
fi

cleanup() {
	status=$?
	trap - EXIT
	if [ -n "$daemon" ]; then
		kill -TERM "$daemon" && kill -TERM "$daemon" &&
			kill -TERM "$daemon"
		wait "$child" || :
	fi 2>/dev/null
	if [ "$status" -ne 0 ] && [ "$status" -ne 77 ]; then
		echo "---- log of the daemon"
		tail -n 50 "$dir/log" || :
	fi
	rm -rf "$dir"
	exit "$status"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

fail() {
	echo "FAILED: $*"
	exit 1
}

# Skips the whole script unless these programs are there.
need() {
	for program; do
		command -v "$program" >/dev/null && continue
		echo "skipped: $program is not installed"
		exit 77
	done
}

# How many lines of the log match.
count_log() {
	grep -c -e "$1" "$dir/log" || :
}

# Waits for a line of the log that matches, or for so many of them.
wait_log() {
	tries=0
	until [ "$(count_log "$1")" -ge "${2:-1}" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 300 ] || fail "waited in vain for: $1"
		kill -0 "$daemon" || fail "the daemon has ended"
		sleep 0.1
	done
}

# Serves the configuration on standard input.
serve() {
	cat >"$dir/evinetd.ini"
	: >"$dir/log"
	# shellcheck disable=SC2086 # words
	$pid1 "$EVINETD" -c "$dir/evinetd.ini" 2>"$dir/log" </dev/null &
	child=$!
	daemon=$child
	wait_log ' ready '
	if [ -n "$pid1" ]; then
		[ "$(count_log ' ready .* pid=1$')" -eq 1 ] ||
			fail "it is not PID 1"
		daemon=$(cat "/proc/$child/task/$child/children")
		daemon=${daemon% }
	fi
}

# To a process as the log calls it: signal KILL 17.
signal() {
	if [ -n "$pid1" ]; then
		nsenter --target "$daemon" --pid --mount kill "-$1" "$2"
	else
		kill "-$1" "$2"
	fi
}

# The port of a service.
port() {
	sed -n "s/.* listen service=$1 address=.*:\([0-9]*\)\$/\1/p" \
		"$dir/log" | head -n 1
}

# The daemon ends well.
stop() {
	kill -TERM "$daemon"
	wait "$child" || fail "the daemon ended with status $?"
	daemon=
}

# What every script ends with: the daemon ends well, and no handler has failed.
finish() {
	stop
	if grep -e ' refuse ' -e ' end .*reason=signal' "$dir/log"; then
		fail "there are refusals or signals in the log"
	fi
	echo "passed"
}
