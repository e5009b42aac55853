#!/bin/sh
# Boots a Debian tree with its own systemd, in the mount namespace that the caller made: container-boot.sh NAME BASE SCRATCH NETNS
# Changes to the tree go to SCRATCH; NETNS is the name of a network namespace.
# container-boot.sh --try: whether this machine lets a container be made at all.
set -e
name=$1 base=$2 scratch=$3 network=$4
mount --make-rprivate /
# systemd of Debian 13 boots with the unified hierarchy only; a host may have others mounted.
umount --recursive /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
if [ "$name" = --try ]; then
	mkdir "/sys/fs/cgroup/pc-try-$$"
	rmdir "/sys/fs/cgroup/pc-try-$$"
	scratch=$(mktemp -d)
	trap 'rm -rf "$scratch"' EXIT
	mkdir "$scratch/lower" "$scratch/upper" "$scratch/work" "$scratch/root"
	# Not where the temporary folder is an overlay itself, as in most containers of Docker.
	mount -t overlay overlay -o "lowerdir=$scratch/lower,upperdir=$scratch/upper,workdir=$scratch/work" "$scratch/root"
	umount "$scratch/root"
	exit
fi
mkdir -p "/sys/fs/cgroup/$name"
echo $$ >"/sys/fs/cgroup/$name/cgroup.procs"
mkdir -p "$scratch/changes" "$scratch/work" "$scratch/root"
mount -t overlay overlay -o "lowerdir=$base,upperdir=$scratch/changes,workdir=$scratch/work" "$scratch/root"
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
exec systemd-nspawn --directory="$scratch/root" --machine="$name" --boot --keep-unit --register=no --link-journal=no \
	--network-namespace-path="/run/netns/$network" --capability=CAP_NET_ADMIN,CAP_NET_RAW --resolv-conf=off --console=pipe
