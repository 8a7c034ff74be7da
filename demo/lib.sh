# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # some are used only by the scripts that read this; steps and all_nodes are set by those
# What the demo's scripts share: where things are, how to enter a node, how to wait, how to show progress. tests/kubelab reads it too,
# and sets what is below up to in_node anew.

who=demo
repo=$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")
state=/run/netplugin-demo
prefix=netplugin-
underlay=192.168.2
etcd_url=https://$underlay.1:2379
cgroup=netplugin-demo
begin_anew="'make demo'"
take_down="'make demo-down'"

# A process number may be taken again by a stranger; number and start time together are not.
start_time() { # pid
    local fields
    fields=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # The second field is the program's name in parentheses and may hold anything.
    awk '{ print $20 }' <<<"${fields##*) }"
}

holder() { # node -> the pid of the process that keeps the node alive; fails when the node is not there
    local pid started
    read -r pid started 2>/dev/null <"$state/$1/holder" || return 1
    [ "$(start_time "$pid")" = "$started" ] && echo "$pid"
}

# Runs a command in a node: its network, mounts and processes, with the demo's settings, from the repository's root.
in_node() { # node command...
    local node=$1 pid
    shift
    pid=$(holder "$node") || { echo "demo: there is no $node; start it with: make demo" >&2; return 1; }
    nsenter --target "$pid" --net --mount --pid --wd env \
        PATH="/mnt/artifacts/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
        NETPLUGIN_ETCD_ENDPOINTS="$etcd_url" \
        NETPLUGIN_ETCD_CA=/run/pki/ca.crt NETPLUGIN_ETCD_CERT=/run/pki/client.crt NETPLUGIN_ETCD_KEY=/run/pki/client.key \
        ETCDCTL_API=3 ETCDCTL_ENDPOINTS="$etcd_url" \
        ETCDCTL_CACERT=/run/pki/ca.crt ETCDCTL_CERT=/run/pki/client.crt ETCDCTL_KEY=/run/pki/client.key \
        CONTAINERD_ADDRESS=/run/containerd/containerd.sock CONTAINERD_NAMESPACE=k8s.io \
        "$@"
}

# Runs a function for every node of $all_nodes at once; fails when one of them does.
on_every_node() { # function
    local node job jobs=()
    for node in $all_nodes; do
        "$1" "$node" &
        jobs+=($!)
    done
    for job in "${jobs[@]}"; do wait "$job"; done
}

# Starts a program in a node and lets it run. Its number, as the node counts, is kept for stop_in_node.
start_in_node() { # node name command...
    local node=$1 name=$2
    shift 2
    # shellcheck disable=SC2016
    in_node "$node" setsid bash -c 'echo $$ >"/run/demo/$0.pid"; exec "$@"' "$name" "$@" \
        >>"$state/log/$node-$name.log" 2>&1 </dev/null 9>&- &
}

# Kills with SIGKILL a program that start_in_node started, and waits until it is gone.
kill_in_node() { # node name
    # shellcheck disable=SC2016
    in_node "$1" bash -c 'pid=$(cat "/run/demo/$0.pid") || exit; kill -9 "$pid"; while [ -d "/proc/$pid" ]; do sleep 0.01; done' "$2"
}

wait_for() { # seconds what command...
    local seconds=$1 what=$2 deadline
    shift 2
    deadline=$((SECONDS + seconds))
    until "$@" >"$state/log/wait.log" 2>&1; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            echo "$who: waited $seconds s for $what; the last try said:" >&2
            tail -n 20 "$state/log/wait.log" >&2
            return 1
        fi
        sleep 0.05
    done
}

# Announces a step of $steps, runs it, and says how long it took. What it prints goes to the log, which is shown when it fails.
step_number=0
step() { # what command...
    local what=$1 begun=$EPOCHREALTIME took
    shift
    step_number=$((step_number + 1))
    printf '[%2d/%d] %s ... ' "$step_number" "$steps" "$what"
    # In a subshell without a condition, so that errexit stops the step at its first failure.
    set +e
    (
        set -e
        "$@"
    ) >"$state/log/step.log" 2>&1
    local status=$?
    set -e
    took=$(((${EPOCHREALTIME/./} - ${begun/./}) / 100000))
    if [ "$status" != 0 ]; then
        printf 'FAILED\n'
        cat "$state/log/step.log" >&2
        echo "$who: the logs are in $state/log; $begin_anew begins anew, $take_down takes everything down" >&2
        exit 1
    fi
    printf '%d.%d s\n' $((took / 10)) $((took % 10))
}

# One demo at a time on a machine. The lock is on /run itself, so that no file is left; it ends with the script, and with what the script leaves
# running: what is started to stay, also the compiler's server that a build starts, is given no 9.
only_one() {
    exec 9</run
    flock --nonblock 9 || { echo "demo: another demo/up or demo/down is running; wait for it to end" >&2; exit 1; }
}

need_root() {
    [ "$(id -u)" = 0 ] || { echo "$who: it makes namespaces and loads eBPF programs: run it as root" >&2; exit 1; }
}
