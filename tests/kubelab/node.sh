# shellcheck shell=bash
# shellcheck disable=SC2154  # set in lib.sh
# What runs on every node: containerd, kubelet and kube-proxy, each with its folders where a node has them.

start_containerd() { # node
    sed 's|/run/cni/bin|/opt/cni/bin|; s|/run/cni/net.d|/etc/cni/net.d|' "$repo/demo/containerd.toml" >"$state/$1/run/kubelab/containerd.toml"
    start_in_node "$1" containerd containerd --config /run/kubelab/containerd.toml
    wait_for 30 "containerd on $1 to answer" in_node "$1" ctr version
}

load_images() { # node
    local image
    for image in "$images"/*.tar; do in_node "$1" ctr images import - <"$image"; done
}

start_kubelet() { # node
    local flags=()
    # Everything below one control group a node, so that it can be found and removed.
    cat >"$state/$1/run/kubelab/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: "$(of_families 0.0.0.0 :: | sed 's/.*,//')"
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: /run/kubelab/ca.crt}}
authorization: {mode: Webhook}
clusterDNS: ["$(service_address 10)"]
clusterDomain: cluster.local
resolvConf: ""
cgroupDriver: cgroupfs
cgroupRoot: /$cgroup/$1
enforceNodeAllocatable: []
failSwapOn: false
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 100
maxPods: 250
volumePluginDir: /var/lib/kubelet/volume-plugins
YAML
    if [ "$(minor)" -lt 24 ]; then flags+=(--container-runtime=remote); fi
    if [ "$(minor)" -ge 31 ]; then echo "failCgroupV1: false" >>"$state/$1/run/kubelab/kubelet.yaml"; fi
    # shellcheck disable=SC2046  # nothing or one word
    start_in_node "$1" kubelet kubelet --config=/run/kubelab/kubelet.yaml --kubeconfig=/run/kubelab/kubelet.conf \
        --hostname-override="$1" --node-ip="$(addresses "$1")" --container-runtime-endpoint=unix:///run/containerd/containerd.sock \
        "${flags[@]}" $(gates)
}

start_kube-proxy() { # node
    # The connection table's size is the machine's, not the node's.
    # shellcheck disable=SC2046
    start_in_node "$1" kube-proxy kube-proxy --kubeconfig=/run/kubelab/kube-proxy.conf --hostname-override="$1" --proxy-mode="$proxy" \
        --bind-address="$(of_families 0.0.0.0 :: | sed 's/.*,//')" --cluster-cidr="$pod_cidr" --conntrack-max-per-core=0 $(gates)
}

start_node() { # node
    start_containerd "$1"
    load_images "$1"
    start_kubelet "$1"
}

registered() { kubectl get node "$1" -o 'jsonpath={.spec.podCIDRs[*]}' | grep -q .; } # node

# Answers on a machine itself, and asks from there, as the programs of a node or of the outside do.
start_agnhost() { start_in_node "$1" agnhost agnhost netexec --http-port=8082 --udp-port=8083; } # node
