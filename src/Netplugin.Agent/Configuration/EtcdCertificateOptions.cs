using System.Collections.Immutable;
using Netplugin.Core.Services;

namespace Netplugin.Agent.Configuration;

/// <summary>The making of an etcd's certificates.</summary>
/// <param name="Folder">Where they are kept.</param>
/// <param name="Names">Addresses and names by which etcd is reached.</param>
/// <param name="Secret">The Secret of Kubernetes that is given the client's; null: none.</param>
internal sealed record EtcdCertificateOptions(string Folder, ImmutableArray<string> Names, NamespacedName? Secret);
