using Netplugin.Store.Embedded;
using Netplugin.Store.Etcd;

namespace Netplugin.Store;

/// <summary>Which store, as an operator says it: etcd when endpoints are given, else the embedded file.</summary>
public sealed record StoreOptions
{
    /// <summary>
    /// etcd's client URLs, comma separated: <c>http://host:port</c>, <c>https://host:port</c>, or <c>etcd://host:port</c> and plain
    /// <c>host:port</c>, which mean https when a certificate file is given and http otherwise. Without a port: 2379. Null or empty: the embedded store.
    /// </summary>
    public string? EtcdEndpoints { get; init; }

    /// <summary>PEM file of the authorities that sign etcd's certificates; null = those the system trusts.</summary>
    public string? CaFile { get; init; }

    /// <summary>PEM file of the client certificate; null = none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file of the client certificate's key; null = it is in <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; init; }

    /// <summary>The embedded store's file; created when missing.</summary>
    public string? EmbeddedPath { get; init; }

    /// <summary>True when these options name etcd.</summary>
    public bool IsEtcd => !string.IsNullOrWhiteSpace(EtcdEndpoints);

    /// <summary>Opens the store. For etcd nothing is sent yet: an etcd that is away shows at the first call.</summary>
    /// <exception cref="FormatException">The options contradict themselves or a URL cannot be read; the message says which.</exception>
    /// <exception cref="StoreException">The embedded file cannot be used.</exception>
    public IStateStore Open()
    {
        if (IsEtcd)
        {
            return new EtcdStore(ToEtcd());
        }

        if (CaFile is not null || CertificateFile is not null || KeyFile is not null)
        {
            throw new FormatException("TLS files are given but no etcd endpoint: the embedded store has no connection to protect");
        }

        return string.IsNullOrEmpty(EmbeddedPath)
            ? throw new FormatException("no store is named: give etcd's endpoints or the embedded store's file")
            : EmbeddedStore.Open(EmbeddedPath);
    }

    /// <summary>The etcd driver's options.</summary>
    /// <exception cref="FormatException">The options contradict themselves or a URL cannot be read.</exception>
    public EtcdOptions ToEtcd()
    {
        var tls = CaFile is not null || CertificateFile is not null;
        var endpoints = EtcdEndpoint.ParseList(EtcdEndpoints ?? "", tls);
        if (tls && endpoints.FirstOrDefault(endpoint => endpoint.Scheme == Uri.UriSchemeHttp) is { } plain)
        {
            throw new FormatException($"TLS files are given but {plain.GetLeftPart(UriPartial.Authority)} is not https");
        }

        if (KeyFile is not null && CertificateFile is null)
        {
            throw new FormatException($"the key file {KeyFile} is given without its certificate file");
        }

        return new(endpoints) { CaFile = CaFile, CertificateFile = CertificateFile, KeyFile = KeyFile };
    }
}
