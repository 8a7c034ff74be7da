# shellcheck shell=bash
# shellcheck disable=SC2154  # set in lib.sh
# The machines: an underlay with a router, a host outside behind it, and nodes joined to the underlay, each with folders of its own wherever
# Kubernetes and CNI have theirs.

make_machines() {
    start_machine fabric
    in_node fabric ip link add underlay type bridge
    in_node fabric ip addr add "$underlay.1/24" dev underlay
    in_node fabric ip addr add "${underlay6}:1/64" dev underlay nodad
    in_node fabric ip link set underlay up
    in_node fabric sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    make_outside
    on_every_node make_node
}

# Neither the router nor the host outside knows a way to a pod.
make_outside() {
    start_machine outside
    cable outside fabric
    in_node fabric ip addr add "$outside.1/24" dev outside
    in_node fabric ip addr add "${outside6}:1/64" dev outside nodad
    in_node fabric ip link set outside up
    join outside "$outside" "$outside6" 2
}

cable() { # machine switch -> eth0 of the machine is the other end of a device of its name on the switch
    ip link add eth0 netns "$(holder "$1")" type veth peer name "$1" netns "$(holder "$2")"
}

join() { # machine network4 network6 number -> its addresses and its ways on, by number 1 of the networks
    in_node "$1" ip addr add "$2.$4/24" dev eth0
    in_node "$1" ip addr add "$3:$4/64" dev eth0 nodad
    in_node "$1" ip link set eth0 up
    in_node "$1" ip route add default via "$2.1"
    in_node "$1" ip route add default via "$3:1"
}

own=(--net --mount --pid --uts --fork --propagation private)

start_machine() { # name
    mkdir -p "$state/$1/run/kubelab"
    hold "$1" unshare "${own[@]}" "$repo/demo/holder" "$state" "$1"
}

# A machine of which its disk is left, in a mount namespace that this shell holds open.
start_machine_again() { # name descriptor
    # What was mounted is gone, but for the disk. Nothing can be unmounted by /proc of a process namespace that is no more.
    # shellcheck disable=SC2016
    hold "$1" nsenter --mount="/proc/$$/fd/$2" bash -c '
        set -e
        mount -t proc proc /proc
        umount --recursive --lazy /run
        umount --lazy /sys/fs/bpf
        findmnt --list --noheadings --submounts --output TARGET /var/lib | sed 1d | tac | while read -r mounted; do umount --lazy "$mounted"; done
        exec "$@"' nsenter unshare "${own[@]}" /mnt/demo/holder "$state" "$1" kept
}

hold() { # name command...
    local machine=$1
    shift
    setsid "$@" >"$state/log/$machine.log" 2>&1 </dev/null 8<&- 9>&- &
    wait_for 20 "$machine to be set up" test -e "$state/$machine/run/demo/ready"
    in_node "$machine" hostname "$machine"
}

make_node() { # node
    start_machine "$1"
    private_folders "$1"
    connect_node "$1"
}

connect_node() { # node
    cable "$1" fabric
    in_node fabric ip link set "$1" master underlay up
    join "$1" "$underlay" "$underlay6" "$((9 + ${1#node}))"
    # What an installation of Kubernetes asks of a machine.
    in_node "$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    kernel_settings "$1"
    control_groups "$1"
    # A pod may mount into the node, as one that mounts a BPF file system does.
    in_node "$1" mount --make-rshared /
}

# /run, /var/lib and /sys/fs/bpf are private to every node already.
private_folders() { # node
    local folder
    in_node "$1" mount -t tmpfs tmpfs /var/log
    for folder in etc opt; do
        in_node "$1" mkdir -p "/var/lib/kubelab/$folder"/{upper,work}
        in_node "$1" mount -t overlay -o "lowerdir=/$folder,upperdir=/var/lib/kubelab/$folder/upper,workdir=/var/lib/kubelab/$folder/work" \
            overlay "/$folder"
    done
    in_node "$1" mkdir -p /etc/cni/net.d /opt/cni/bin /var/lib/kubelet
    in_node "$1" ln -s /usr/lib/cni/loopback /opt/cni/bin/
}

# The kubelet puts what it makes below this group of every controller, and wants to find it there. One file system holds all
# controllers or each its own.
control_groups() { # node
    local root group setting
    while read -r root; do
        for group in "$root/$cgroup" "$root/$cgroup/$1"; do
            mkdir -p "$group"
            # A new group of this controller may use nothing until it is told what.
            for setting in cpuset.cpus cpuset.mems; do
                if [ -e "$root/$setting" ]; then cat "$root/$setting" >"$group/$setting"; fi
            done
        done
    done < <(awk '$3 ~ /^cgroup2?$/ { print $2 }' /proc/mounts)
}

# The kubelet sets these for the whole machine. In a node they are files, which it finds as it wants them.
kernel_settings() { # node
    local setting value file
    while read -r setting value; do
        [ -e "/proc/sys/$setting" ] || continue
        file=$state/$1/run/kubelab/${setting//\//.}
        echo "$value" >"$file"
        in_node "$1" mount --bind "/run/kubelab/${setting//\//.}" "/proc/sys/$setting"
    done <<'SETTINGS'
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
SETTINGS
}
