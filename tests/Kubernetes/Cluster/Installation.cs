using Netplugin.Tests.Support;

namespace Netplugin.Tests.Kubernetes.Cluster;

/// <summary>netplugin in a cluster as its users have it: from its images, by the manifests of <c>deploy/</c>.</summary>
public static class Installation
{
    /// <summary>Makes a cluster without a network, whose nodes have the images.</summary>
    /// <param name="name">The cluster's name.</param>
    public static OwnCluster MakeCluster(string name)
    {
        OwnCluster cluster = OwnCluster.Make(name, ("KUBELAB_NETWORK", "none"));
        foreach (int node in OwnCluster.Nodes)
        {
            foreach (string image in (string[])["netplugin", "netplugin-etcd"])
            {
                cluster.Node(node).Run("ctr", "images", "import", $"/mnt/artifacts/images/{image}.tar").Succeeded();
            }
        }

        // As kubeadm does.
        cluster.Kubectl("label", "node", "node1", "node-role.kubernetes.io/control-plane=").Succeeded();
        return cluster;
    }

    /// <summary>Applies the manifest and waits until the nodes are Ready.</summary>
    public static void Install(OwnCluster cluster)
    {
        cluster.Apply(Deployed("netplugin.yaml"));
        WaitForRollout(cluster);
        cluster.Kubectl("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=60s").Succeeded();
    }

    /// <summary>Waits until every node's pod of the DaemonSet is of its newest form, and ready.</summary>
    public static void WaitForRollout(OwnCluster cluster) =>
        cluster.Kubectl("rollout", "status", "--namespace", "netplugin", "daemonset/netplugin", "--timeout=150s").Succeeded();

    /// <summary>The text of a file of <c>deploy/</c>.</summary>
    public static string Deployed(string file) => File.ReadAllText(Path.Combine(RepositoryRoot.Path, "deploy", file));
}
