#!/bin/sh
# SPDX-FileCopyrightText: 2026 The evinetd authors
# SPDX-License-Identifier: MIT
#
# compare.sh BUILD_DIR [-r ROUNDS] [-n CONNECTIONS] [-c AT_A_TIME] [-p PROGRAM]
#
# evinetd against the raw accept-vfork-exec loop with the same handler
# (PROGRAM echo; evinetd-builtin unless told otherwise), on loopback. All
# servers stay up for the whole run and are loaded in turn, round after round,
# so that whatever else the machine does disturbs them alike; the ratio is
# taken within each round, and the median of the rounds is reported. Builds
# nothing. Ends only what it started.
#
#	raw	the raw loop
#	floor	the raw loop with setsid(2) and a pipe for stderr, which no
#		supervisor that keeps evinetd-handler(7) can do without
#	file	evinetd, start and end records to a file
#	null	evinetd, start and end records to /dev/null
#	none	evinetd, log_connections = none
set -eu

usage() {
	sed -n 's/^# \(compare.sh .*\)/usage: \1/p' "$0" >&2
	exit 64
}

if [ $# -lt 1 ] || ! [ -x "$1/tests/bin/loadgen" ]; then
	usage
fi
build=$(cd "$1" && pwd)
bin=$build/tests/bin
shift
rounds=7 connections=4000 concurrency=32
program=$build/bin/evinetd-builtin
while getopts r:n:c:p: option; do
	case $option in
	r) rounds=$OPTARG ;;
	n) connections=$OPTARG ;;
	c) concurrency=$OPTARG ;;
	p) program=$OPTARG ;;
	*) usage ;;
	esac
done

. "$(dirname "$0")/lib.sh"

# With the log in /dev/null nobody would learn which port evinetd took, so
# it is told one that has just been free.
find_port() {
	start_raw port 0 "" "$program" echo
	stop "$raw_pid"
}

# start_evinetd NAME LOG_CONNECTIONS LOG: sets port.
start_evinetd() {
	find_port
	cat >"$dir/$1.ini" <<-EOF
		[evinetd]
		log = stderr
		log_connections = $2
		[echo]
		listen = 127.0.0.1:$port
		handler = $program echo
		max_connections = 10000
	EOF
	"$build/bin/evinetd" -c "$dir/$1.ini" 2>"$3" &
	pid=$!
	pids="$pids $pid"
	tries=0
	until "$bin/loadgen" -n 1 -c 1 "127.0.0.1:$port" >"$dir/out"; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || fail "evinetd does not start"
		kill -0 "$pid" 2>/dev/null || {
			cat "$dir/$1.log" >&2 || :
			fail "evinetd has ended"
		}
		sleep 0.05
	done
}

# load SERVER PORT: a line "rate p50 p99" is added to $dir/SERVER.runs.
load() {
	"$bin/loadgen" -n "$connections" -c "$concurrency" -t 60 \
		"127.0.0.1:$2" >"$dir/out" || {
		cat "$dir/out" >&2
		fail "$1: connections failed"
	}
	echo "$(field rate) $(field p50_us) $(field p99_us)" >>"$dir/$1.runs"
}

# report SERVER
report() {
	printf 'server=%s rate=%.0f p50_us=%.0f p99_us=%.0f' "$1" \
		"$(awk '{ print $1 }' "$dir/$1.runs" | median)" \
		"$(awk '{ print $2 }' "$dir/$1.runs" | median)" \
		"$(awk '{ print $3 }' "$dir/$1.runs" | median)"
	printf ' ratio=%.3f\n' "$(paste "$dir/raw.runs" "$dir/$1.runs" |
		awk '{ print $4 / $1 }' | median)"
}

start_evinetd file all "$dir/file.log"
file=$port
start_evinetd null all /dev/null
null=$port
start_evinetd none none "$dir/none.log"
none=$port
start_raw raw 0 "" "$program" echo
raw=$port
start_raw floor 0 -se "$program" echo
floor=$port

echo "rounds=$rounds connections=$connections concurrency=$concurrency" \
	"cpus=$(getconf _NPROCESSORS_ONLN)"
round=0
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	load raw "$raw"
	load floor "$floor"
	load file "$file"
	load null "$null"
	load none "$none"
done
for server in raw floor file null none; do
	report "$server"
done
