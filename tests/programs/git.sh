#!/bin/sh
# SPDX-FileCopyrightText: 2026 The evinetd authors
# SPDX-License-Identifier: MIT
#
# git daemon --inetd: clone, push and fetch, compared.
. "$(dirname "$0")/lib.sh"
need git

export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@localhost
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@localhost

serve <<-END
	[git]
	listen = 127.0.0.1:0
	handler = git daemon --inetd --verbose --log-destination=stderr --export-all
	 --enable=receive-pack --base-path=$dir/repositories
END
url=git://127.0.0.1:$(port git)/project

git init -q -b main "$dir/work"
cd "$dir/work"
head -c 20000000 /dev/urandom >big
mkdir -p a/b
echo hello >a/b/small
git add .
git commit -qm first
git clone -q --bare . "$dir/repositories/project"

git clone -q "$url" "$dir/clone"
diff -r -x .git "$dir/work" "$dir/clone"

cd "$dir/clone"
head -c 5000000 /dev/urandom >more-data
git add more-data
git commit -qm second
git push -q origin main
[ "$(git rev-parse main)" = \
	"$(git -C "$dir/repositories/project" rev-parse main)" ] ||
	fail "the push did not arrive"
git -C "$dir/repositories/project" fsck --strict

cd "$dir/work"
git fetch -q "$url" main
git merge -q --ff-only FETCH_HEAD
diff -r -x .git "$dir/work" "$dir/clone"

# What it says on standard error is in our log.
wait_log ' stderr service=git .*Request upload-pack'
wait_log ' stderr service=git .*Request receive-pack'
git ls-remote "git://127.0.0.1:$(port git)/absent" 2>/dev/null &&
	fail "an absent repository was found"
finish
