using System.Collections.Immutable;

namespace Netplugin.Store.Etcd;

/// <summary>How to reach an etcd cluster. Files are read again at every new connection, so renewed certificates need no restart.</summary>
/// <param name="Endpoints">Client URLs of the members, <c>http</c> or <c>https</c>; tried in order, the next one when one fails.</param>
public sealed record EtcdOptions(ImmutableArray<Uri> Endpoints)
{
    /// <summary>PEM file of the authorities that sign the members' certificates; null = those the system trusts.</summary>
    public string? CaFile { get; init; }

    /// <summary>PEM file of the client certificate, with intermediates after it; null = none is shown.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file of the client certificate's key; null = it is in <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Limit of one call. 5 s: longer than etcd's leader election (1 s by default), shorter than a kubelet's patience.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Limit of connecting to one member, so that within a call's limit a second member can still be tried.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Members as the operator typed them, for messages.</summary>
    internal string Names => string.Join(',', Endpoints.Select(endpoint => endpoint.GetLeftPart(UriPartial.Authority)));
}
