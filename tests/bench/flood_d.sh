# SPDX-FileCopyrightText: 2026 The evinetd authors
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced by flood.sh: one source opens 10,000 connections and closes none of
# them, refused or not. Twice, because what is used for the first time stays.

# hold_case WHEN_REFUSED [KEY=VALUE]
hold_case() {
	configure hold <<-EOF
		[echo]
		listen = 127.0.0.1:7031
		handler = $build/bin/evinetd-builtin echo
		max_connections_per_source = 100
		when_refused = $1
		${2-}
	EOF
	rm -f "$dir/hold.log"
	start_evinetd hold
	daemon=$pid
	hold_attack
	hold_row "$1"
	hold_attack
	hold_row "$1, again"
	stop "$daemon"
}

hold_attack() {
	before hold "$daemon"
	rm -f "$dir/flood"
	"$bin/floodgen" -n 10000 -b 198.18.0.1 -s 16 -k all -w 30 \
		"127.0.0.1:7031" >"$dir/flood" &
	flooder=$!
	pids="$pids $flooder"
	until [ -s "$dir/flood" ]; do
		kill -0 "$flooder" || fail "the flood has ended"
		sleep 0.1
	done
	during="$(rss "$daemon") | $(descriptors "$daemon")"
	stop "$flooder"
	after hold "$daemon"
}

# hold_row TEXT
hold_row() {
	read -r cpu_before rss_before open_before <"$dir/hold.before"
	printf '| %s | %s | %s | %s | %s | %s, %s, %s | %s, %s, %s |\n' "$1" \
		"$(field served "$dir/flood")" \
		"$(field refused "$dir/flood")" \
		"$(field refused_rate "$dir/flood" | sed 's/[.].*//')" \
		"$(over "$used" 100 %.2f)" \
		"$rss_before" "${during% |*}" "$(rss "$daemon")" \
		"$open_before" "${during#*| }" "$(descriptors "$daemon")"
}

cat <<-EOF
	10,000 connections kept open by one source, max_connections_per_source = 100:

	| when_refused | served | refused | a second | CPU, s | VmRSS, KiB, before, during, after | descriptors |
	|---|---|---|---|---|---|---|
EOF
hold_case reset
hold_case close
hold_case message 'refuse_message = 421 too many connections'
echo
