# shellcheck shell=bash
# shellcheck disable=SC2154  # home and state come from the script that reads this
# What the demos prove. Every proof appends a line to $state/proofs or fails the step. The script that reads this says in "home" on which
# node a pod is, and has the functions in_pod (runs a command in a pod) and address (a pod's address).

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
    [[ $(in_pod "$1" timeout 2 redis-cli -h "$to" ping) != *PONG* ]] || fails "$1 reaches $2 at $to, and must not"
    in_pod "$1" ip route del "$to/32" dev eth0
    says "$3: $1 on ${home[$1]} does not reach $2 on ${home[$2]}"
}

# One redis connection counts up every few milliseconds while a command restarts every netplugin. The connection's own number at both
# ends of the run tells that it was never made again; the counter that nothing was lost.
restart_under_traffic() { # from to what command...
    local traffic lines first last from=$1 to=$2 what=$3
    shift 3
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
    wait_for 30 "the first beats" beats "$to" 20
    "$@"
    wait_for 30 "beats after the restart" beats "$to" $(($(in_pod "$to" redis-cli get beats) + 20))
    in_pod "$from" touch /tmp/stop
    wait "$traffic"
    mapfile -t lines <"$state/log/beats"
    first=${lines[0]} last=${lines[-1]}
    [ "$first" = "$last" ] || fails "the connection was made again: its number was $first and is $last"
    diff <(printf '%s\n' "${lines[@]:1:${#lines[@]}-2}") <(seq 1 $((${#lines[@]} - 2))) || fails "beats were lost"
    says "one redis connection, $((${#lines[@]} - 2)) commands in order while $what: none lost"
}

beats() { # pod at-least
    [ "$(in_pod "$1" redis-cli get beats)" -ge "$2" ]
}
