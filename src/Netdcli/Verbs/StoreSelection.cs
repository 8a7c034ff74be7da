using System.CommandLine;
using Netdcli.Access;

namespace Netdcli.Verbs;

/// <summary>The options that say which store, on every verb; the original's spelling with one dash works too.</summary>
internal sealed class StoreSelection
{
    private readonly Option<string> _urls = Text("--etcd-url", "URLS", "etcd servers, comma separated", "-etcd-url", "--store-url", "-store-url");
    private readonly Option<string> _ca = Text("--etcd-ca", "FILE", "CA that etcd's certificate must come from, PEM", "-etcd-ca");
    private readonly Option<string> _certificate = Text("--etcd-cert", "FILE", "client certificate, PEM", "-etcd-cert");
    private readonly Option<string> _key = Text("--etcd-key", "FILE", "the client certificate's private key, PEM", "-etcd-key");
    private readonly Option<string> _socket = Text("--socket", "PATH", "socket of this host's netplugin", "-socket");

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [_urls, _ca, _certificate, _key, _socket];

    /// <summary>What a command line says of the store.</summary>
    public StoreChoice Choose(ParseResult parsed, Session session) => StoreChoice.Resolve(
        session.Variable, parsed.GetValue(_urls) ?? "", parsed.GetValue(_ca) ?? "", parsed.GetValue(_certificate) ?? "",
        parsed.GetValue(_key) ?? "", parsed.GetValue(_socket) ?? "");

    private static Option<string> Text(string name, string value, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = value, Recursive = true };
}
