#!/bin/sh
# SPDX-FileCopyrightText: 2026 The evinetd authors
# SPDX-License-Identifier: MIT
#
# sshd -i: a command, its status, and scp of 100 MB both ways, compared.
PATH=$PATH:/usr/sbin:/sbin
. "$(dirname "$0")/lib.sh"
need sshd ssh scp ssh-keygen
sshd=$(command -v sshd)

# sshd insists on it; where no init has made it we may.
[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
[ -d /run/sshd ] || {
	echo "skipped: there is no /run/sshd, and only root can make it"
	exit 77
}

ssh-keygen -q -t ed25519 -N '' -f "$dir/host_key"
ssh-keygen -q -t ed25519 -N '' -f "$dir/user_key"
cp "$dir/user_key.pub" "$dir/authorized_keys"
cat >"$dir/sshd_config" <<-END
	HostKey $dir/host_key
	AuthorizedKeysFile $dir/authorized_keys
	StrictModes no
	UsePAM no
	PasswordAuthentication no
	PidFile none
	Subsystem sftp internal-sftp
END
serve <<-END
	[ssh]
	listen = 127.0.0.1:0
	handler = $sshd -i -e -f $dir/sshd_config
	; sudo and the like have to work in a session.
	no_new_privileges = no
END
port=$(port ssh)
printf '[127.0.0.1]:%s %s\n' "$port" "$(cat "$dir/host_key.pub")" \
	>"$dir/known_hosts"
cat >"$dir/ssh_config" <<-END
	Host test
	HostName 127.0.0.1
	Port $port
	User $(id -un)
	IdentityFile $dir/user_key
	IdentitiesOnly yes
	UserKnownHostsFile $dir/known_hosts
	StrictHostKeyChecking yes
	BatchMode yes
	LogLevel ERROR
END

[ "$(ssh -F "$dir/ssh_config" test 'echo "hello from $((6 * 7))"')" = \
	'hello from 42' ] || fail "the command's output is wrong"
status=0
ssh -F "$dir/ssh_config" test 'exit 3' || status=$?
[ "$status" -eq 3 ] || fail "the command's status is $status"
[ "$(printf 'in and out' | ssh -F "$dir/ssh_config" test cat)" = \
	'in and out' ] || fail "standard input did not get through"

head -c 100000000 /dev/urandom >"$dir/big"
scp -q -F "$dir/ssh_config" "$dir/big" "test:$dir/up"
scp -q -F "$dir/ssh_config" "test:$dir/up" "$dir/down"
sum=$(cksum <"$dir/big")
[ "$(cksum <"$dir/up")" = "$sum" ] || fail "the upload differs"
[ "$(cksum <"$dir/down")" = "$sum" ] || fail "the download differs"

wait_log ' stderr service=ssh .*Accepted publickey'
finish
