using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Netplugin.Tests.Support.Certificates;

/// <summary>An authority with a server certificate for 127.0.0.1 and a client certificate, as PEM files in a folder of their own.</summary>
public sealed class TestCertificates : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("netplugin-tls-").FullName;

    /// <summary>Makes them; they are good for an hour.</summary>
    public TestCertificates()
    {
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test authority", caKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var ca = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        File.WriteAllText(CaFile, ca.ExportCertificatePem());
        Issue(ca, "server", "127.0.0.1");
        Issue(ca, "client", null);
        Issue(ca, "othername", "127.9.9.9");
    }

    /// <summary>The authority's certificate.</summary>
    public string CaFile => Path.Combine(_directory, "ca.pem");

    /// <summary>The certificate of <c>server</c>, <c>client</c>, or <c>othername</c>, a server's for another address.</summary>
    public string CertificateOf(string name) => Path.Combine(_directory, name + ".pem");

    /// <summary>The key of the certificate of that name.</summary>
    public string KeyOf(string name) => Path.Combine(_directory, name + "-key.pem");

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private void Issue(X509Certificate2 ca, string name, string? address)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], false));
        if (address is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddIpAddress(IPAddress.Parse(address));
            request.CertificateExtensions.Add(names.Build());
        }

        using var certificate = request.Create(ca, ca.NotBefore, ca.NotAfter, RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(CertificateOf(name), certificate.ExportCertificatePem());
        File.WriteAllText(KeyOf(name), key.ExportPkcs8PrivateKeyPem());
    }
}
