#!/bin/sh
# SPDX-FileCopyrightText: 2026 The evinetd authors
# SPDX-License-Identifier: MIT
#
# Handlers that are shell scripts: those that come with evinetd, in the
# configuration that comes with it, on other ports.
. "$(dirname "$0")/lib.sh"
need curl busybox

"$EVINETD" -c "$SOURCE/etc/evinetd.ini" --check
serve <<-END
	[hello]
	listen = 127.0.0.1:0
	handler = $SOURCE/etc/handlers/hello %r %p
	[web]
	listen = 127.0.0.1:0
	handler = $SOURCE/etc/handlers/web
END

printf 'World\n' | busybox nc 127.0.0.1 "$(port hello)" >"$dir/answer"
grep -q '^Hello, 127.0.0.1 port [0-9]*\. You are connection 1 of the service hello' \
	"$dir/answer" || fail "$(cat "$dir/answer")"
grep -q 'Goodbye, World\.$' "$dir/answer" || fail "$(cat "$dir/answer")"
wait_log ' stderr service=hello .* line="asked and was told: World"$'

# It never reads the request; curl must not mind, however long that is.
head -c 300000 /dev/zero | tr '\0' x >"$dir/body"
i=0
while [ "$i" -lt 20 ]; do
	curl -sS -H 'Expect:' --data-binary "@$dir/body" \
		"http://127.0.0.1:$(port web)/" >"$dir/answer"
	grep -q '^You are 127\.0\.0\.1, port [0-9]*; I am process [0-9]*\.$' \
		"$dir/answer" || fail "$(cat "$dir/answer")"
	i=$((i + 1))
done
finish
