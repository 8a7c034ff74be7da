using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Netplugin.Agent.Node;

namespace Netplugin.Agent.Etcd;

/// <summary>
/// The certificates of an etcd that serves netplugin alone, as PEM files in a folder of its own: an authority, which is made once and stays, and under it a
/// server's for etcd and a client's for the nodes, which are made anew each time. So etcd's address may change while the nodes know the authority.
/// </summary>
/// <param name="folder">Only root may look into it.</param>
/// <param name="time">The clock.</param>
internal sealed class EtcdCertificates(string folder, TimeProvider time)
{
    // As long as an authority that nobody but this etcd knows may last; renewed by removing the folder.
    private const int Years = 10;

    // RFC 5280, section 4.2.1.12.
    private static readonly OidCollection ServerAndClient = [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")];
    private static readonly OidCollection Client = [new Oid("1.3.6.1.5.5.7.3.2")];

    /// <summary>The authority's certificate.</summary>
    public string AuthorityFile => Path.Combine(folder, "ca.crt");

    /// <summary>The client's certificate.</summary>
    public string ClientFile => Path.Combine(folder, "client.crt");

    /// <summary>The client's key.</summary>
    public string ClientKeyFile => Path.Combine(folder, "client.key");

    /// <summary>Makes what is missing, and the server's and the client's anew.</summary>
    /// <param name="names">Addresses and names by which etcd is reached.</param>
    public void Make(IEnumerable<string> names)
    {
        Directory.CreateDirectory(folder, WholeFile.OwnerOnly | UnixFileMode.UserExecute);
        using var authority = Authority();
        var reached = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                reached.AddIpAddress(address);
            }
            else
            {
                reached.AddDnsName(name);
            }
        }

        // etcd shows the server's to itself, as a peer and from its gateway.
        Issue(authority, "server", ServerAndClient, reached.Build());
        Issue(authority, "client", Client, null);
    }

    private X509Certificate2 Authority()
    {
        var keyFile = Path.Combine(folder, "ca.key");
        if (File.Exists(AuthorityFile))
        {
            return X509Certificate2.CreateFromPemFile(AuthorityFile, keyFile);
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=netplugin-etcd", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));

        // A node's clock may be behind.
        var now = time.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddYears(Years));
        Write(keyFile, key.ExportPkcs8PrivateKeyPem());
        Write(AuthorityFile, certificate.ExportCertificatePem());
        return X509Certificate2.CreateFromPemFile(AuthorityFile, keyFile);
    }

    private void Issue(X509Certificate2 authority, string name, OidCollection usage, X509Extension? reached)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=netplugin-etcd-{name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usage, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        if (reached is not null)
        {
            request.CertificateExtensions.Add(reached);
        }

        using var certificate = request.Create(authority, time.GetUtcNow().AddHours(-1), authority.NotAfter, RandomNumberGenerator.GetBytes(16));
        Write(Path.Combine(folder, name + ".key"), key.ExportPkcs8PrivateKeyPem());
        Write(Path.Combine(folder, name + ".crt"), certificate.ExportCertificatePem());
    }

    // A half authority would be taken for one.
    private static void Write(string path, string text) => WholeFile.Write(path, WholeFile.OwnerOnly, file => file.Write(Encoding.ASCII.GetBytes(text)));
}
