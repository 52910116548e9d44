#!/bin/sh
# sh host.sh 'ssh-ed25519 AAAA... swarmd@cloud', as root on a Docker host: whoever has that key reaches
# the engine, and nothing else of this machine by it. Run it again with another key: the old one is out.
set -eu
case "${1:-}" in
ssh-*) key=$1 ;;
*) echo "host.sh: which key? The last line of door.sh, as one word: sh host.sh 'ssh-ed25519 AAAA...'" >&2; exit 1 ;;
esac

command -v dockerd >/dev/null || { apt-get update && apt-get install -y docker.io; }
systemctl enable --quiet --now docker
home=/var/lib/swarmd-login
getent passwd swarmd >/dev/null ||
    useradd --system --home-dir $home --shell /bin/sh --groups docker swarmd
# Not swarmd's to write: it may not let others in. sshd reads it as that user.
install -d -o root -g swarmd -m 750 $home $home/.ssh
printf 'restrict,command="docker system dial-stdio" %s\n' "$key" > $home/.ssh/authorized_keys.new
chown root:swarmd $home/.ssh/authorized_keys.new
chmod 640 $home/.ssh/authorized_keys.new
mv $home/.ssh/authorized_keys.new $home/.ssh/authorized_keys

# What swarmd is to find here: compare it with what the door sees.
ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub
