using System.CommandLine;
using KubectlNetplugin.Reading;

namespace KubectlNetplugin.Verbs;

/// <summary>The options that every command has, named as kubectl names them, and the way to the cluster that they lead to.</summary>
/// <param name="servers">Opens a cluster's API server; tests give their own.</param>
internal sealed class SharedOptions(Func<ClusterSelection, IApiServer> servers)
{
    private readonly Option<string?> _kubeconfig = new("--kubeconfig") { Description = "The kubeconfig (else as kubectl finds it)", HelpName = "FILE", Recursive = true };
    private readonly Option<string?> _context = new("--context") { Description = "The context in it", HelpName = "CONTEXT", Recursive = true };

    /// <summary>The options.</summary>
    public IEnumerable<Option> All => [_kubeconfig, _context];

    /// <summary>The option that names a namespace.</summary>
    public static Option<string?> Namespace() => new("--namespace", "-n") { Description = "Only this namespace", HelpName = "NAMESPACE" };

    /// <summary>The API server of the cluster asked for.</summary>
    public IApiServer Server(ParseResult parsed) => servers(new(parsed.GetValue(_kubeconfig), parsed.GetValue(_context)));
}
