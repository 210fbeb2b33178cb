#!/bin/sh
# SPDX-FileCopyrightText: 2026 The evinetd authors
# SPDX-License-Identifier: MIT
#
# flood.sh BUILD_DIR [-r ROUNDS] [-x XINETD] [-t TABLES]
#
# What floods do to evinetd: the tables of README.md, as they stand there. All
# of it happens in a network namespace of its own, where every address of
# 198.18.0.0/15 and 2001:db8::/32 is local; it goes with the script. Needs
# root, or user namespaces. Builds nothing. Ends only what it started.
#
#	a	clients that are denied, refused a second, against a raw loop
#		that accepts and closes, and XINETD (left out if there is none)
#	b	what such a flood does to the latency of those who are allowed
#	c	20,000 addresses of one IPv6 prefix, and a client of another
#	d	10,000 connections kept open by one source
#
# TABLES are their letters, all of them by default. Servers that are compared
# stay up and are loaded in turn, ROUNDS (25) times, so that whatever else the
# machine does disturbs them alike; ratios are taken within each round, and the
# median is reported.
set -eu

usage() {
	sed -n 's/^# \(flood.sh .*\)/usage: \1/p' "$0" >&2
	exit 64
}

if [ "${FLOOD_NAMESPACE-}" != yes ]; then
	FLOOD_NAMESPACE=yes
	export FLOOD_NAMESPACE
	[ "$(id -u)" -eq 0 ] || exec unshare -n -r -- "$0" "$@"
	exec unshare -n -- "$0" "$@"
fi

if [ $# -lt 1 ] || ! [ -x "$1/tests/bin/floodgen" ]; then
	usage
fi
build=$(cd "$1" && pwd)
bin=$build/tests/bin
shift
rounds=25 tables=abcd
xinetd=$(command -v xinetd || :)
while getopts r:x:t: option; do
	case $option in
	r) rounds=$OPTARG ;;
	x) xinetd=$OPTARG ;;
	t) tables=$OPTARG ;;
	*) usage ;;
	esac
done

# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

ip link set lo up
ip route add local 198.18.0.0/15 dev lo
ip -6 route add local 2001:db8::/32 dev lo
ip -6 address add 2001:db8::1/128 dev lo

# With two processors or more the generator of table a has one for itself.
server_cpu='' generator_cpu=''
if [ "$(nproc)" -gt 1 ]; then
	server_cpu='taskset -c 0' generator_cpu='taskset -c 1'
fi

# configure NAME: $dir/NAME.ini, with what is on standard input behind
# [evinetd].
configure() {
	{
		printf '[evinetd]\nlog = %s\n' "$dir/$1.log"
		cat
	} >"$dir/$1.ini"
}

# start_evinetd NAME [TASKSET]: as configured; sets pid.
start_evinetd() {
	${2-} "$build/bin/evinetd" -c "$dir/$1.ini" 2>"$dir/err" &
	pid=$!
	pids="$pids $pid"
	tries=0
	until grep -qs ' ready ' "$dir/$1.log"; do
		tries=$((tries + 1))
		if [ "$tries" -gt 400 ] || ! kill -0 "$pid" 2>/dev/null; then
			cat "$dir/err" >&2
			fail "evinetd does not start"
		fi
		sleep 0.05
	done
}

# start_xinetd: on port 7009, without the limits that would close its service;
# sets pid.
start_xinetd() {
	cat >"$dir/xinetd.conf" <<-EOF_XINETD
		service echo
		{
			type = UNLISTED
			socket_type = stream
			protocol = tcp
			wait = no
			user = $(id -un)
			bind = 127.0.0.1
			port = 7009
			server = $build/bin/evinetd-builtin
			server_args = echo
			log_type = FILE $dir/xinetd.log
			log_on_failure = HOST
			instances = UNLIMITED
			cps = 1000000 1
			no_access = $ten
		}
	EOF_XINETD
	"$xinetd" -dontfork -f "$dir/xinetd.conf" \
		-pidfile "$dir/xinetd.pid" 2>"$dir/err" &
	pid=$!
	pids="$pids $pid"
	tries=0
	until "$bin/loadgen" -n 1 127.0.0.1:7009 >/dev/null; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || fail "xinetd does not start"
		sleep 0.05
	done
}

# cpu PID: in hundredths of a second, those of its children included that it
# has waited for.
cpu() {
	sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 + $14 + $15 }'
}

rss() {
	awk '$1 == "VmRSS:" { print $2 }' "/proc/$1/status"
}

descriptors() {
	find "/proc/$1/fd" -mindepth 1 | wc -l
}

# before NAME PID: remembers its processor time, memory and descriptors.
before() {
	echo "$(cpu "$2") $(rss "$2") $(descriptors "$2")" >"$dir/$1.before"
}

# after NAME PID: sets used, the processor time since then, and cells, for a
# row: that, memory and descriptors, before and after. What is still open has
# ten seconds to close.
after() {
	read -r cpu_before rss_before open_before <"$dir/$1.before"
	used=$(($(cpu "$2") - cpu_before))
	tries=0
	until [ "$(descriptors "$2")" -le "$open_before" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || break
		sleep 0.1
	done
	cells="$(over "$used" 100 %.2f) | $rss_before, $(rss "$2")"
	cells="$cells | $open_before, $(descriptors "$2") |"
}

# over PART WHOLE FORMAT
over() {
	awk -v p="$1" -v w="$2" -v f="$3" 'BEGIN { printf f, w ? p / w : 0 }'
}

# ratio NAME NAME: of the second to the first, files of numbers in $dir.
ratio() {
	paste "$dir/$1" "$dir/$2" | awk '{ print $2 / $1 }' | median
}

# middle NAME FORMAT: of a file of numbers in $dir.
middle() {
	median <"$dir/$1" | awk -v f="$2" '{ printf f, $1 }'
}

# A list of ten; only the first matters.
ten='198.18.0.0/15 192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 10.0.0.0/8'
ten="$ten 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 169.254.0.0/16"
ten="$ten 192.88.99.0/24"

echo "$(nproc) processors, Linux $(uname -r), load $(cut -d ' ' -f 1-2 /proc/loadavg)"
echo
for table in a b c d; do
	case $tables in
	*$table*)
		# shellcheck source=tests/bench/flood_a.sh
		. "$(dirname "$0")/flood_$table.sh"
		;;
	esac
done
echo "load $(cut -d ' ' -f 1-2 /proc/loadavg)"
