# SPDX-FileCopyrightText: 2026 The evinetd authors
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What compare.sh and flood.sh have in common; they source it. It gives them
# $dir for their files, and ends with them what they have started, and only
# that.

dir=$(mktemp -d)
pids=
finish() {
	for pid in $pids; do
		kill "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT TERM

fail() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# stop PID: one that is in $pids.
stop() {
	kill "$1" 2>/dev/null || :
	wait "$1" 2>/dev/null || :
	rest=
	for pid in $pids; do
		[ "$pid" = "$1" ] || rest="$rest $pid"
	done
	pids=$rest
}

# start_raw NAME PORT [OPTION] [HANDLER ARGUMENT]: sets raw_pid and port.
start_raw() {
	raw_log=$dir/$1.log
	rm -f "$raw_log"
	# shellcheck disable=SC2086 # no option, no argument
	"$bin/rawloop" ${3-} "$2" ${4+"$4" "$5"} >"$raw_log" &
	raw_pid=$!
	pids="$pids $raw_pid"
	tries=0
	until grep -qs '^port=' "$raw_log"; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || fail "the raw loop does not start"
		sleep 0.05
	done
	port=$(sed 's/^port=//' "$raw_log")
}

# field NAME [FILE]: of the result that is there, $dir/out otherwise.
field() {
	tr ' ' '\n' <"${2-$dir/out}" | sed -n "s/^$1=//p"
}

# median: of the numbers on standard input.
median() {
	sort -n | awk '{ v[NR] = $1 } END {
		print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
	}'
}
