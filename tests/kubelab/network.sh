# shellcheck shell=bash
# shellcheck disable=SC2154  # set in lib.sh
# The pods' network: netplugin, or Debian's ptp plugin with routes between the nodes, to have something to compare with.

pod_cidrs() { kubectl get node "$1" -o 'jsonpath={.spec.podCIDRs[*]}'; } # node

install_netplugin() { # node
    start_netplugin "$1"
    wait_for 30 "netplugin on $1 to be ready" netplugin_ready "$1"
}

start_store() { # node
    start_in_node "$1" store etcd --name store --data-dir /var/lib/netplugin-etcd \
        --listen-client-urls "$etcd_url" --advertise-client-urls "$etcd_url" \
        --listen-peer-urls http://127.0.0.1:12380 --initial-advertise-peer-urls http://127.0.0.1:12380 \
        --initial-cluster store=http://127.0.0.1:12380
}

start_netplugin() { # node
    # shellcheck disable=SC2086  # several words
    start_in_node "$1" netplugin netplugin -host-label="$1" -etcd-url="$etcd_url" -vtep-ip="$(first_address "$1")" \
        -kubeconfig=/run/kubelab/netplugin.conf -install-cni-bin=/opt/cni/bin -install-cni-conf=/etc/cni/net.d $netplugin_flags
}

netplugin_ready() { in_node "$1" ls /etc/cni/net.d/10-netplugin.conflist; } # node

install_ptp() { # node
    local cidr ranges='' routes='' other via cidrs
    cidrs=$(pod_cidrs "$1")
    for cidr in $cidrs; do
        ranges+=${ranges:+, }"[{ \"subnet\": \"$cidr\" }]"
        if [[ $cidr == *:* ]]; then other=::/0; else other=0.0.0.0/0; fi
        routes+=${routes:+, }"{ \"dst\": \"$other\" }"
    done
    in_node "$1" cp /usr/lib/cni/{ptp,host-local,portmap} /opt/cni/bin/
    sed "s|\"RANGES\"|$ranges|; s|\"ROUTES\"|$routes|" "$repo/tests/kubelab/ptp.conflist" | in_node "$1" tee /etc/cni/net.d/10-ptp.conflist
    for other in $all_nodes; do
        [ "$other" != "$1" ] || continue
        for cidr in $(pod_cidrs "$other"); do
            if [[ $cidr == *:* ]]; then via=$(address6 "$other"); else via=$(address4 "$other"); fi
            in_node "$1" ip route replace "$cidr" via "$via"
        done
    done
    # What leaves the cluster does so with the node's address; what stays keeps the pod's.
    in_node "$1" nft -f - <<NFT
table inet kubelab {
    chain leaving {
        type nat hook postrouting priority srcnat; policy accept;
        ip saddr $(of_family 4 "$pod_cidr") ip daddr != { $(of_family 4 "$pod_cidr"), $underlay.0/24 } masquerade
        ip6 saddr $(of_family 6 "$pod_cidr") ip6 daddr != { $(of_family 6 "$pod_cidr"), ${underlay6}:/64 } masquerade
    }
}
NFT
}

# The range of a family among the comma-separated; one that no pod has where there is none.
of_family() { # 4|6 ranges
    local range
    for range in ${2//,/ }; do
        if { [ "$1" = 6 ] && [[ $range == *:* ]]; } || { [ "$1" = 4 ] && [[ $range != *:* ]]; }; then
            echo "$range"
            return
        fi
    done
    if [ "$1" = 4 ]; then echo 192.0.2.0/24; else echo 2001:db8:ffff::/48; fi
}

install_none() { :; } # node
