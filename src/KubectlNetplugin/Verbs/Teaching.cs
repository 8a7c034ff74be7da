namespace KubectlNetplugin.Verbs;

/// <summary>The texts that <c>--help</c> teaches with.</summary>
internal static class Teaching
{
    /// <summary>What <c>kubectl netplugin --help</c> shows.</summary>
    public const string Root =
        """
        kubectl netplugin - shows netplugin's networks beside Kubernetes' pods and nodes

          kubectl netplugin pods                  the pods of the namespace, their networks and addresses
          kubectl netplugin pods web -n shop      one pod
          kubectl netplugin pods -A -o wide       every pod, with MAC, interface, VNI and MTU
          kubectl netplugin networks              the networks that pods have
          kubectl netplugin explain --from web-0 --to redis-0 --port 6379   allowed or denied by policies, and by which rule
          kubectl netplugin status                the nodes: does netplugin serve there, and what is wrong
          kubectl netplugin version

        Which cluster: as kubectl, by --kubeconfig and --context, else $KUBECONFIG or ~/.kube/config. Nothing is written,
        and nothing but the API server is asked: what is shown was written on the pods and nodes by netplugin itself. Only
        "explain" asks the nodes' daemons, by "kubectl exec", which you must be allowed to in their namespace.
        Which networks there should be, whether or not a pod has them: netdcli get networks.

        -o table|wide|json|yaml: tables are for people, scripts should use JSON or YAML.

        Exit codes:
          0  done
          1  not done: the API server did not answer, or refused
          2  bad command line
          3  status --check: a node is not well; explain: denied
          4  explain: what a node enforces is not what policies say, or two nodes do not say the same
          130  interrupted

        Environment: NO_COLOR turns colours off. "kubectl netplugin COMMAND --help" tells more of a command.

        """;

    /// <summary>What <c>--help</c> of a command shows behind the usual.</summary>
    public static string Of(string command) => command switch
    {
        "pods" =>
            """
            Examples:
              kubectl netplugin pods
              kubectl netplugin pods web-0 -n shop -o yaml
              kubectl netplugin pods -A -o json | jq -r '.[].interfaces[].addresses[]'

            POD-IP is what Kubernetes knows the pod by; NETWORK and ADDRESS are what its peers in that network use. A pod
            with several interfaces has a row for each. NETWORK is "host" for a pod with its node's own network, "default"
            for one that no intent names, and - until its node's netplugin has attached and annotated it: then
            "kubectl describe pod" says what it waits for.

            """,
        "networks" =>
            """
            Examples:
              kubectl netplugin networks
              kubectl netplugin networks -n shop -o yaml

            Counts pods by the networks that their annotations name, in every namespace unless -n names one. A network
            without pods is not known to Kubernetes: "netdcli get networks" shows what is posted. The default network has
            no subnet of its own but a block a node.

            """,
        "explain" =>
            """
            Examples:
              kubectl netplugin explain --from web-0 --to redis-0 --port 6379
              kubectl netplugin explain --from shop/web-0 --to 203.0.113.7 --port 53 --protocol udp
              kubectl netplugin explain --from tenant-one/orange/c1 --to shop/redis-0 --protocol icmp -o json

            An END is a pod (of -n, or as namespace/pod), tenant/network/container or an IP address. Asks netplugin on the node
            of each end: each works out what the policies say, and compares its own end with what its kernel enforces. Without
            --protocol it is tcp with --port and icmp without. -o json has an array, an answer a node.

            """,
        "status" =>
            """
            Examples:
              kubectl netplugin status
              kubectl netplugin status -o wide
              kubectl netplugin status --check && echo all well

            READY is Kubernetes' word for the node. NETPLUGIN is what netplugin there reported when something changed last:
              starting   it has not finished its first look
              ready      pods can be attached
              degraded   there are problems, which are listed below the table
              holding    the store was reset: "netdcli store accept-reset" lets it go on
            A daemon that was stopped cannot say so; "netdcli status" shows which run.

            """,
        _ => "",
    };
}
