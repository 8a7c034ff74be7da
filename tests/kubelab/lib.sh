# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # some are used only by the scripts that read this
# What the cluster's scripts share: its settings, its addresses, how to enter a node. How nodes are made is the demo's.

# shellcheck source=demo/lib.sh
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../../demo/lib.sh"
who=kubelab
name=${KUBELAB_NAME:-kubelab}
state=/run/netplugin-$name
cgroup=netplugin-$name
begin_anew="'${KUBELAB_NAME:+KUBELAB_NAME=$name }tests/kubelab/kubelab up'"
take_down="'${KUBELAB_NAME:+KUBELAB_NAME=$name }tests/kubelab/kubelab down'"
fail() { echo "$who: $*" >&2; exit 1; }

# An underlay of both families, whichever the pods have, and a host behind the underlay's router.
underlay6=fd00:192:168:2:
outside=203.0.113
outside6=2001:db8:
# netplugin's store is an etcd of its own, as in the manifest.
etcd_url=http://$underlay.10:12379

# What 'up' was told is kept for the other commands.
settings=(nodes family proxy network netplugin_flags node_mask kube_bin pod_cidr service_cidr)
if [ -e "$state/settings" ]; then
    # shellcheck source=/dev/null
    . "$state/settings"
fi

address4() { echo "$underlay.$((9 + ${1#node}))"; }                  # node
address6() { echo "${underlay6}:$((9 + ${1#node}))"; }               # node
addresses() { of_families "$(address4 "$1")" "$(address6 "$1")"; }   # node -> the addresses it tells Kubernetes, comma-separated
first_address() { cut -d , -f 1 <<<"$(addresses "$1")"; }            # node
of_families() { # of-IPv4 of-IPv6 -> those of the cluster's families, comma-separated
    case $family in
        4) echo "$1" ;;
        6) echo "$2" ;;
        46) echo "$1,$2" ;;
    esac
}
in_url() { if [[ $1 == *:* ]]; then echo "[$1]"; else echo "$1"; fi; } # address

# Address N of each service range.
service_addresses() { # N
    local range
    for range in ${service_cidr//,/ }; do
        if [[ $range == *:* ]]; then printf '%s%x\n' "${range%/*}" "$1"; else echo "${range%.*}.$1"; fi
    done
}
service_address() { service_addresses "$1" | sed -n 1p; } # N -> in the first range

minor() { "$kube_bin/kube-apiserver" --version | sed -n 's/^Kubernetes v1\.\([0-9]*\).*/\1/p'; }

in_node() { # node command...
    local node=$1 pid
    shift
    pid=$(holder "$node") || fail "there is no $node; start it with: tests/kubelab/kubelab up"
    nsenter --target "$pid" --net --mount --pid --uts --wd env \
        PATH="$kube_bin:/mnt/artifacts/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
        HOME=/run/kubelab KUBECONFIG=/run/kubelab/admin.conf \
        NETPLUGIN_ETCD_ENDPOINTS="$etcd_url" ETCDCTL_API=3 ETCDCTL_ENDPOINTS="$etcd_url" \
        CONTAINERD_ADDRESS=/run/containerd/containerd.sock CONTAINERD_NAMESPACE=k8s.io \
        "$@"
}

kubectl() { in_node node1 kubectl "$@"; }

# One command at a time changes a cluster. The lock is on its folder, and ends with the script and with what the script leaves running: what is
# started to stay, also the compiler's server that a build starts, is given no 9.
only_one() {
    mkdir -p "$state"
    exec 9<"$state"
    flock --nonblock 9 || fail "another command is changing this cluster; wait for it to end"
}
