# shellcheck shell=bash
# shellcheck disable=SC2154  # set in lib.sh
# The control plane, on node1: certificates, etcd, the API server, the controllers, the scheduler and the cluster's names.

pki=$state/pki

certificate() { # name subject extension
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$pki/$1.key" -subj "$2" -out "$pki/$1.csr"
    openssl x509 -req -in "$pki/$1.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -CAcreateserial -days 30 -extfile <(echo "$3") -out "$pki/$1.crt"
}

# An identity known to the API server, as a file that works wherever the API server is reached.
kubeconfig() { # name subject -> $pki/name.conf
    certificate "$1" "$2" "extendedKeyUsage=clientAuth"
    cat >"$pki/$1.conf" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: lab, cluster: {server: "$(api_url)", certificate-authority-data: $(base64 -w 0 "$pki/ca.crt")}}]
users: [{name: $1, user: {client-certificate-data: $(base64 -w 0 "$pki/$1.crt"), client-key-data: $(base64 -w 0 "$pki/$1.key")}}]
contexts: [{name: lab, context: {cluster: lab, user: $1}}]
current-context: lab
YAML
}

api_url() { echo "https://$(in_url "$(first_address node1)"):6443"; }

make_certificates() {
    local node address names="DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,IP:127.0.0.1"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=kubelab CA" -keyout "$pki/ca.key" -out "$pki/ca.crt"
    openssl ecparam -name prime256v1 -genkey -noout -out "$pki/service-accounts.key"
    openssl ec -in "$pki/service-accounts.key" -pubout -out "$pki/service-accounts.pub"
    for address in $(service_addresses 1) "$(address4 node1)" "$(address6 node1)"; do names+=",IP:$address"; done
    certificate api-server "/CN=kube-apiserver" "subjectAltName=$names"
    certificate api-server-to-kubelet "/O=system:masters/CN=kube-apiserver-kubelet-client" "extendedKeyUsage=clientAuth"
    kubeconfig admin "/O=system:masters/CN=kubernetes-admin"
    kubeconfig controller-manager "/CN=system:kube-controller-manager"
    kubeconfig scheduler "/CN=system:kube-scheduler"
    kubeconfig kube-proxy "/CN=system:kube-proxy"
    kubeconfig netplugin "/O=system:masters/CN=netplugin"
    for node in $all_nodes; do
        kubeconfig "$node" "/O=system:nodes/CN=system:node:$node"
        give_credentials "$node"
    done
    cp -r "$pki" "$state/node1/run/kubelab/pki"
}

give_credentials() { # node
    cp "$pki/ca.crt" "$pki/admin.conf" "$pki/kube-proxy.conf" "$pki/netplugin.conf" "$state/$1/run/kubelab/"
    cp "$pki/$1.conf" "$state/$1/run/kubelab/kubelet.conf"
}

# Both families were a gated feature of every program until 1.21.
gates() { if [ "$family" = 46 ] && [ "$(minor)" -lt 21 ]; then echo --feature-gates=IPv6DualStack=true; fi; }

start_etcd() { # node
    start_in_node "$1" etcd etcd --name lab --data-dir /var/lib/etcd \
        --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
        --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
        --initial-cluster lab=http://127.0.0.1:2380
}

start_kube-apiserver() { # node
    local files=/run/kubelab/pki
    # shellcheck disable=SC2046  # nothing or one word
    start_in_node "$1" kube-apiserver kube-apiserver --etcd-servers=http://127.0.0.1:2379 \
        --advertise-address="$(first_address "$1")" --secure-port=6443 --bind-address="$(of_families 0.0.0.0 :: | sed 's/.*,//')" \
        --service-cluster-ip-range="$service_cidr" --kubelet-preferred-address-types=InternalIP \
        --client-ca-file=$files/ca.crt --tls-cert-file=$files/api-server.crt --tls-private-key-file=$files/api-server.key \
        --kubelet-client-certificate=$files/api-server-to-kubelet.crt --kubelet-client-key=$files/api-server-to-kubelet.key \
        --service-account-key-file=$files/service-accounts.pub --service-account-signing-key-file=$files/service-accounts.key \
        --service-account-issuer=https://kubernetes.default.svc.cluster.local \
        --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged=true $(gates)
}

start_kube-controller-manager() { # node
    local files=/run/kubelab/pki
    # shellcheck disable=SC2046
    # Its own 40 or 50 s are less than the outages that are tested: when the API server is back after a minute it calls every node dead that has not spoken
    # yet, and their pods not ready, which ends Services for a moment whatever the network does.
    start_in_node "$1" kube-controller-manager kube-controller-manager --kubeconfig=$files/controller-manager.conf \
        --bind-address=127.0.0.1 --leader-elect=false --use-service-account-credentials=true --node-monitor-grace-period=3m \
        --allocate-node-cidrs=true --cluster-cidr="$pod_cidr" $(node_masks) --service-cluster-ip-range="$service_cidr" \
        --root-ca-file=$files/ca.crt --service-account-private-key-file=$files/service-accounts.key \
        --cluster-signing-cert-file=$files/ca.crt --cluster-signing-key-file=$files/ca.key $(gates)
}

# The controllers take a length for each family, or one for the only one.
node_masks() {
    case $family in
        4) echo "--node-cidr-mask-size=$node_mask" ;;
        46) echo "--node-cidr-mask-size-ipv4=$node_mask" ;;
    esac
}

start_kube-scheduler() { # node
    start_in_node "$1" kube-scheduler kube-scheduler --kubeconfig=/run/kubelab/pki/scheduler.conf --bind-address=127.0.0.1 --leader-elect=false
}

start_control_plane() {
    start_etcd node1
    start_kube-apiserver node1
    wait_for 120 "the API server to be ready" kubectl get --raw /readyz
    start_kube-controller-manager node1
    start_kube-scheduler node1
}

# The names of Services, by a server on node1 that is behind the address where pods look for the cluster's DNS.
start_dns() { # node
    local address
    touch "$state/$1/run/kubelab/names"
    start_in_node "$1" dnsmasq dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user=root --pid-file=/run/kubelab/dnsmasq.pid \
        --bind-interfaces --listen-address="$(addresses "$1")" --addn-hosts=/run/kubelab/names --local=/cluster.local/ --cache-size=0
    address=$(first_address "$1")
    kubectl apply -f - <<YAML
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec: {clusterIP: "$(service_address 10)", ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53, protocol: TCP}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: kube-dns, namespace: kube-system}
subsets: [{addresses: [{ip: "$address"}], ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53, protocol: TCP}]}]
YAML
    start_in_node "$1" follow-names /mnt/tests/kubelab/follow-names
}
