using System.Text;
using KubectlNetplugin;
using KubectlNetplugin.Reading;
using Netdcli;
using Netplugin.Core.Services;
using Netplugin.Tests.Support.ApiServers;

namespace Netplugin.Tests.KubectlNetplugin;

/// <summary>Runs the plugin in this process on an API server that answers from a table.</summary>
internal sealed class PluginRun : IApiServer
{
    private readonly Dictionary<string, string> _answers = [];

    /// <summary>What was asked, in order.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>Which cluster the command line named.</summary>
    public ClusterSelection Selection { get; private set; }

    /// <summary>The context's namespace.</summary>
    public string Namespace { get; init; } = "shop";

    public PluginRun With(string path, string json)
    {
        _answers[path] = json;
        return this;
    }

    /// <summary>Pods of a namespace, or of all.</summary>
    public PluginRun WithPods(string? kubernetesNamespace, params string[] pods) =>
        With(kubernetesNamespace is null ? "/api/v1/pods?limit=500" : $"/api/v1/namespaces/{kubernetesNamespace}/pods?limit=500", Texts.List("5", pods));

    public PluginRun WithNodes(params string[] nodes) => With("/api/v1/nodes?limit=500", Texts.List("5", nodes));

    public Result Run(params string[] arguments)
    {
        using var bytes = new MemoryStream();
        using var output = new StreamWriter(bytes, new UTF8Encoding(false));
        using var error = new StringWriter();
        var terminal = new Terminal { In = Stream.Null, OutStream = bytes, Out = output, Error = error, Variable = _ => null };
        var exit = new Plugin(terminal, Open).RunAsync(arguments, CancellationToken.None).GetAwaiter().GetResult();
        return new(exit, Encoding.UTF8.GetString(bytes.ToArray()), error.ToString());
    }

    public async Task<T> ReadAsync<T>(string path, Func<Stream, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken)
    {
        Asked.Add(path);
        var answer = _answers.GetValueOrDefault(path) ?? throw new CliException("Error from server (NotFound): not found");
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(answer));
        return await read(stream, cancellationToken);
    }

    /// <summary>What a daemon's netdcli answers, by its pod.</summary>
    public Dictionary<string, ExecResult> Answers { get; } = [];

    /// <summary>What was run where.</summary>
    public List<string> Ran { get; } = [];

    public Task<ExecResult> ExecAsync(NamespacedName pod, string container, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        Ran.Add($"{pod} {container}: {string.Join(' ', command)}");
        return Task.FromResult(Answers[pod.Name]);
    }

    public Task<string> NamespaceAsync(CancellationToken cancellationToken) => Task.FromResult(Namespace);

    private PluginRun Open(ClusterSelection selection)
    {
        Selection = selection;
        return this;
    }

    internal sealed record Result(int Exit, string Out, string Error);
}
