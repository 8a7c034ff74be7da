using System.Security.Cryptography.X509Certificates;
using Netplugin.Agent.Etcd;

namespace Netplugin.Tests.Agent.Pure;

public sealed class EtcdCertificatesTests : IDisposable
{
    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("netplugin-etcd-").FullName, "certificates");

    [Fact]
    public void The_server_bears_its_names_and_both_are_of_the_authority_that_stays()
    {
        Make("10.96.0.7", "fd00::7", "etcd.example.org");
        using var authority = Load("ca");
        using var server = Load("server");
        using var client = Load("client");
        foreach (string name in (string[])["10.96.0.7", "fd00::7", "etcd.example.org"])
        {
            Assert.True(server.MatchesHostname(name), name);
        }

        Assert.True(IsOf(authority, server));
        Assert.True(IsOf(authority, client));
        Assert.False(client.MatchesHostname("10.96.0.7"));

        Make("10.96.0.8");
        using var same = Load("ca");
        using var moved = Load("server");
        Assert.Equal(authority.Thumbprint, same.Thumbprint);
        Assert.True(moved.MatchesHostname("10.96.0.8"));
        Assert.False(moved.MatchesHostname("10.96.0.7"));
        Assert.True(IsOf(authority, moved));
    }

    [Fact]
    public void Only_their_owner_can_read_them()
    {
        Make("10.96.0.7");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder));
        Assert.All(Directory.GetFiles(_folder), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);

    private void Make(params string[] names) => new EtcdCertificates(_folder, TimeProvider.System).Make(names);

    private X509Certificate2 Load(string name) => X509CertificateLoader.LoadCertificateFromFile(Path.Combine(_folder, name + ".crt"));

    private static bool IsOf(X509Certificate2 authority, X509Certificate2 certificate)
    {
        using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        return chain.Build(certificate);
    }
}
