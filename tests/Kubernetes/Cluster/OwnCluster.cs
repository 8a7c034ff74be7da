namespace Netplugin.Tests.Kubernetes.Cluster;

/// <summary>A cluster of two nodes beside that of the run, for what would disturb other tests. It goes with the test.</summary>
public sealed class OwnCluster : Kubelab, IAsyncDisposable
{
    /// <summary>Its nodes, by number.</summary>
    public static readonly int[] Nodes = [1, 2];

    private OwnCluster(IReadOnlyDictionary<string, string?> environment)
        : base(environment)
    {
    }

    /// <summary>Makes it.</summary>
    /// <param name="name">Its name; that of the run comes before it.</param>
    /// <param name="settings">kubelab's settings that are not as the environment says.</param>
    public static OwnCluster Make(string name, params IEnumerable<(string Name, string Value)> settings)
    {
        var environment = new Dictionary<string, string?> { ["KUBELAB_NAME"] = NameBeside(name), ["KUBELAB_NODES"] = "2" };
        foreach ((string setting, string value) in settings)
        {
            environment[setting] = value;
        }

        var cluster = new OwnCluster(environment);
        try
        {
            cluster.Up();
            return cluster;
        }
        catch
        {
            cluster.Down();
            throw;
        }
    }

    /// <summary>Takes the power of a node away and boots it: what is on its disk is all that is left.</summary>
    public void Reboot(int node) => Run("reboot", $"{node}").Succeeded();

    /// <summary>Puts a new machine, with an empty disk, in a node's place.</summary>
    public void Replace(int node) => Run("replace", $"{node}").Succeeded();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Down();
        return ValueTask.CompletedTask;
    }
}
