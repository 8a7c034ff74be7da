# shellcheck shell=bash
# shellcheck disable=SC2154  # home, state and on_every_node come from the script that reads this
# What the demo proves. Every proof appends a line to $state/proofs or fails the step.

in_pod() { # pod command...
    local node container pod=$1
    shift
    read -r node container <"$state/pods/$pod"
    in_node "$node" ctr task exec --exec-id "exec-$BASHPID-$RANDOM" "$container" "$@"
}

learn_addresses() { # asks once: an address stays a pod's own
    in_node node1 netdcli get endpoints -o json >"$state/endpoints.new"
    mv "$state/endpoints.new" "$state/endpoints"
}

address() { # pod -> its address in its network
    jq -er --arg pod "$1" '.. | objects | select(.container? == $pod) | .address' "$state/endpoints"
}

fails() { # why
    echo "$*" >&2
    return 1
}

says() { printf '  %s\n' "$*" >>"$state/proofs"; }

show_proofs() {
    cat "$state/proofs"
    rm "$state/proofs"
}

# From the pod, sets a fresh value in the other's redis and reads it back.
reaches() { # from to what
    local value=$1-$2-$RANDOM to
    to=$(address "$2")
    [ "$(in_pod "$1" timeout 10 redis-cli -h "$to" set proof "$value")" = OK ] || fails "$1 does not reach $2 at $to"
    [ "$(in_pod "$2" redis-cli get proof)" = "$value" ] || fails "$1 reached another than $2 at $to"
    says "$3: $1 on ${home[$1]} reaches $2 on ${home[$2]}"
}

# The address is tried with a route to it forced into the pod, so that it is the network that refuses, not a missing route.
never_reaches() { # from to what
    local to
    to=$(address "$2")
    in_pod "$1" ip route replace "$to/32" dev eth0
    ! in_pod "$1" timeout 2 redis-cli -h "$to" ping | grep -q PONG || fails "$1 reaches $2 at $to, and must not"
    in_pod "$1" ip route del "$to/32" dev eth0
    says "$3: $1 on ${home[$1]} does not reach $2 on ${home[$2]}"
}

prove() {
    reaches myContainer1 myContainer3 "orange to orange"
    reaches myContainer3 myContainer1 "orange to orange"
    reaches myContainer2 myContainer4 "purple to purple"
    reaches myContainer4 myContainer2 "purple to purple"
    never_reaches myContainer1 myContainer2 "orange to purple"
    never_reaches myContainer1 myContainer4 "orange to purple"
}

# One redis connection counts up every few milliseconds while every netplugin is killed and started anew. The connection's own
# number at both ends of the run tells that it was never made again; the counter that nothing was lost.
restart_under_traffic() {
    local traffic lines first last from=myContainer1 to=myContainer3
    in_pod "$to" redis-cli del beats
    # shellcheck disable=SC2016
    (
        # A run that fails here leaves this behind until demo/down; it must not keep the lock that demo/down wants.
        exec 9>&-
        in_pod "$from" sh -c 'rm -f /tmp/stop
            { echo "CLIENT ID"; until [ -e /tmp/stop ]; do echo "INCR beats"; usleep 5000; done; echo "CLIENT ID"; } |
                redis-cli -h "$0"' "$(address "$to")" >"$state/log/beats"
    ) &
    traffic=$!
    wait_for 10 "the first beats" beats "$to" 20
    on_every_node restart_netplugin
    wait_for 10 "beats after the restart" beats "$to" $(($(in_pod "$to" redis-cli get beats) + 20))
    in_pod "$from" touch /tmp/stop
    wait "$traffic"
    mapfile -t lines <"$state/log/beats"
    first=${lines[0]} last=${lines[-1]}
    [ "$first" = "$last" ] || fails "the connection was made again: its number was $first and is $last"
    diff <(printf '%s\n' "${lines[@]:1:${#lines[@]}-2}") <(seq 1 $((${#lines[@]} - 2))) || fails "beats were lost"
    says "one redis connection, $((${#lines[@]} - 2)) commands in order while every netplugin was killed and started: none lost"
}

beats() { # pod at-least
    [ "$(in_pod "$1" redis-cli get beats)" -ge "$2" ]
}
