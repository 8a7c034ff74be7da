namespace Netdcli.Verbs;

/// <summary>The texts that <c>--help</c> teaches with.</summary>
internal static class Teaching
{
    /// <summary>What <c>netdcli --help</c> shows.</summary>
    public const string Root =
        """
        netdcli - posts, changes, shows and explains the network's intent and its live state

        Say what the network should be in one JSON file (the intent); every node makes it so.

        Post an intent (FILE or - for standard input; all of it or nothing):
          netdcli -cfg FILE                 make the cluster's intent equal to FILE; what FILE does not name is removed
          netdcli -add-cfg FILE             add what FILE names
          netdcli -del-cfg FILE             remove what FILE names (a network only when listed without endpoints)
          netdcli -host-bindings-cfg FILE   say on which host containers run; an empty Host unbinds

        Look before and after:
          netdcli validate FILE             check a file without a cluster: every error with its line and column
          netdcli diff -cfg FILE            what a post would change (also -add-cfg, -del-cfg)
          netdcli get [RESOURCE] [NAME]     hosts, nodes, tenants, networks, endpoints; -o table|wide|json|yaml
          netdcli status                    the nodes: alive or not, state, VTEP, MTU, pods, problems
          netdcli policy list               the policies that this host enforces, and what they denied
          netdcli policy explain --from END --to END [--port N]   allowed or denied, and by which rule
          netdcli observe                   follow the packets that this host drops, and why; --flows: what it lets through, too
          netdcli dump                      a support bundle without secrets
          netdcli node forget HOST          forget a node that is gone for good, with its blocks and bindings
          netdcli store accept-reset        let nodes go on after the store was wiped or restored
          netdcli completion bash|zsh|fish  shell completion
          netdcli version

        As the original's scripts did:
          netdcli -oper get -construct endpoint orange-myContainer1 2>&1
          netdcli -oper get -construct network orange
          netdcli -help                     all of the original's flags

        Which store:
          -etcd-url URL[,URL...]  (or -store-url, or $NETPLUGIN_ETCD_ENDPOINTS), with -etcd-ca, -etcd-cert, -etcd-key
          ($NETPLUGIN_ETCD_CA, $NETPLUGIN_ETCD_CERT, $NETPLUGIN_ETCD_KEY) for TLS.
          None of them: the store of this host's own netplugin, through $NETPLUGIN_SOCKET or /run/netplugin/netplugin.sock.
          Flags come before FILE: what follows FILE is not read.

        A first try:
          netdcli validate examples/late_bindings/multiple_vxlan_nets.json
          netdcli -etcd-url http://192.168.2.1:2379 -cfg examples/late_bindings/multiple_vxlan_nets.json
          netdcli -etcd-url http://192.168.2.1:2379 get endpoints -o wide

        Exit codes:
          0  done               diff: nothing would change
          1  not done           diff: there are differences
          2  bad command line   diff: the comparison failed
          3  status --check: a node is down or has a problem; policy explain: denied
          4  policy explain: what is enforced is not what policies say
          130  interrupted

        Environment: NO_COLOR turns colours off. "netdcli VERB --help" tells more of a verb.

        """;

    /// <summary>What a verb's help adds to its usage; empty for none.</summary>
    public static string Of(string verb) => verb switch
    {
        "get" =>
            """
            Examples:
              netdcli get                                  everything
              netdcli get endpoints -o wide                container, host, tenant, network, address, MAC, VNI, interface
              netdcli get endpoints orange-myContainer1    one endpoint; also myContainer1 or tenant-one/orange/myContainer1
              netdcli get networks --tenant tenant-one -o json
              netdcli get endpoints -o json | jq -r '.[] | select(.state == "late") | .container'

            Resources may be written in the singular; "net" and "ep" are short forms.

            """,
        "diff" =>
            """
            Examples:
              netdcli diff -cfg intent.json        what -cfg would change
              netdcli diff -del-cfg gone.json      what -del-cfg would remove
              netdcli diff -cfg - < intent.json

            Lines begin with + (new), - (removed) or ~ (changed). Nothing is written.
            Exit codes, as diff(1): 0 nothing would change, 1 there are differences, 2 trouble (a refused file, an unreachable store).

            """,
        "status" =>
            """
            Examples:
              netdcli status
              netdcli status -o json
              netdcli status --check || page-someone

            When the store cannot be reached this says so, since when, and what this host's netplugin says of it.
            Exit codes: 0 the store answered, 1 it did not, 3 with --check: a node is down or reports a problem.

            """,
        "dump" =>
            """
            Examples:
              netdcli dump                              writes netplugin-dump-<time>.tar.gz here
              netdcli dump -o /tmp/case-17.tar.gz
              netdcli dump -o - | ssh desk tar tz

            Holds the posted state, the nodes' status, and this host's status, attachments, counters and metrics. Keys,
            certificates, passwords and tokens are replaced by [redacted]; addresses and names are not. What could not be had
            is named in errors.txt.

            """,
        "validate" =>
            """
            Examples:
              netdcli validate intent.json
              netdcli validate - < intent.json

            Checks an intent, or an array of host bindings, by itself, without a cluster: syntax, names, pools, addresses. Each
            error is printed as FILE:LINE:COLUMN: message. "netdcli diff" also checks it against what is posted.

            """,
        "policy" or "list" or "explain" =>
            """
            Examples:
              netdcli policy list -o wide
              netdcli policy explain --from shop/web-1 --to shop/redis-0 --port 6379
              netdcli policy explain --from tenant-one/orange/c1 --to 203.0.113.7 --port 53 --protocol udp
              netdcli policy explain --from 10.244.2.7 --to shop/redis-0 --protocol icmp -o json

            An END is namespace/pod, tenant/network/container or an IP address. Without --protocol it is tcp with --port and icmp
            without. The answer is worked out from the policies as written, and compared with what this host's kernel enforces for
            those of the ends that run here; for the others ask on their hosts, or "kubectl netplugin explain", which asks both.
            A Service is asked for by the pod that it leads to.

            "list" counts what was denied since the daemon started. A packet that no rule of several policies allows counts for each.

            Exit codes: 0 allowed, 1 not known, 3 denied, 4 what is enforced differs from what the policies say.

            """,
        "observe" =>
            """
            Examples:
              netdcli observe                                       every drop, until Ctrl-C
              netdcli observe --pod shop/redis-0 --reason policy    what policies deny to or from a pod
              netdcli observe --policy shop/web                     what NetworkPolicy shop/web denies
              netdcli observe --flows --to 10.244.1.7 --port 6379   connections to it, allowed or not
              netdcli observe --count 1 --timeout 30s -o json       the next one, within 30 seconds, for a script

            Each line is one packet: when (UTC), what became of it and why, who sent it to whom, and by which policy and rule. -o json
            has an object a line. Of very many packets some are not shown; how many is said on stderr. The counters have them
            all: "netdcli policy list", and netplugin_drops_total in /metrics. Only while somebody observes does the host show packets.
            A REASON is the name of a counter of drops. With --pod, --from and --to, names are those in the lines.

            Exit codes: 0 ended by --timeout, --count or Ctrl-C, 1 --timeout came before --count, or there is no daemon.

            """,
        "node" or "forget" =>
            """
            Examples:
              netdcli node forget host3
              netdcli node forget host3 -o json

            A node keeps its blocks of addresses and its endpoints for as long as it is known, also while it is down, so that it
            finds them when it is back. This frees them when it will not come back. It is refused while the node is alive: stop
            netplugin there first. A node that comes back all the same registers anew, and takes its block again if it is free.

            """,
        "store" or "accept-reset" =>
            """
            After the store was wiped or restored from a backup, nodes keep their pods as they are, say "holding" in
            "netdcli status" and wait. When the store's content is what you want, this lets them follow it again:
            pods that it does not know are then taken off the network.

            """,
        "completion" =>
            """
            Examples:
              source <(netdcli completion bash)
              netdcli completion zsh > "${fpath[1]}/_netdcli"
              netdcli completion fish > ~/.config/fish/completions/netdcli.fish

            """,
        _ => "",
    };
}
