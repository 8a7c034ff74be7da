using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Netplugin.Core.Services;
using Netplugin.Kubernetes.Json;
using Netplugin.Kubernetes.Objects;

namespace Netplugin.Kubernetes.Follow;

/// <summary>A resource in one version of its API group: where it is and how its objects are read.</summary>
internal abstract class ResourceForm<T>(string group, string version, string plural)
    where T : class
{
    /// <summary>The API group; empty for the core group.</summary>
    public string Group { get; } = group;

    public string Version { get; } = version;

    /// <summary>The resource as RBAC's messages name it, e.g. <c>endpointslices.discovery.k8s.io</c>.</summary>
    public string FullName => Group.Length == 0 ? plural : $"{plural}.{Group}";

    /// <summary>The resource's name in its paths.</summary>
    public string Plural => plural;

    /// <summary>The path of the version, where the server lists the resources it has in it.</summary>
    public string Root => Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}";

    /// <summary>The path of all its objects.</summary>
    public string ListPath => PathIn(null);

    /// <summary>The path of its objects in one namespace; null: in all.</summary>
    public string PathIn(string? kubernetesNamespace) => kubernetesNamespace is null
        ? $"{Root}/{plural}"
        : $"{Root}/namespaces/{Uri.EscapeDataString(kubernetesNamespace)}/{plural}";

    /// <summary>The path of one object.</summary>
    public string PathOf(NamespacedName name) => name.Namespace.Length == 0
        ? $"{Root}/{plural}/{Uri.EscapeDataString(name.Name)}"
        : $"{PathIn(name.Namespace)}/{Uri.EscapeDataString(name.Name)}";

    /// <summary>Reads one object.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public async ValueTask<T?> ReadObjectAsync(Stream json, CancellationToken cancellationToken)
    {
        using var whole = new MemoryStream();
        await json.CopyToAsync(whole, cancellationToken);
        return ReadObject(whole.GetBuffer().AsSpan(0, (int)whole.Length)).Object;
    }

    /// <summary>Reads a page of a list.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public abstract ValueTask<ResourcePage<T>> ReadPageAsync(Stream json, CancellationToken cancellationToken);

    /// <summary>Reads one object; none of ours when it maps to null.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public abstract VersionedObject<T> ReadObject(ReadOnlySpan<byte> json);
}

/// <summary>A form that knows its document.</summary>
internal sealed class ResourceForm<T, TDocument>(
    string group, string version, string plural, JsonTypeInfo<TDocument> type, JsonTypeInfo<ListDocument<TDocument>> listType, Func<TDocument, T?> map)
    : ResourceForm<T>(group, version, plural)
    where T : class
    where TDocument : class, IObjectDocument
{
    public override async ValueTask<ResourcePage<T>> ReadPageAsync(Stream json, CancellationToken cancellationToken)
    {
        var page = await JsonSerializer.DeserializeAsync(json, listType, cancellationToken);
        if (page?.Metadata?.ResourceVersion is not { Length: > 0 } resourceVersion)
        {
            throw new JsonException("a list without a version");
        }

        var objects = ImmutableArray.CreateBuilder<ResourceEntry<T>>(page.Items?.Length ?? 0);
        foreach (var document in page.Items ?? [])
        {
            if (document is null)
            {
                throw new JsonException("a list with nothing in it");
            }

            if (map(document) is { } mapped)
            {
                objects.Add(new(ObjectMapping.NameOf(document.Metadata), mapped));
            }
        }

        return new(objects.DrainToImmutable(), resourceVersion, page.Metadata.Continue is { Length: > 0 } more ? more : null);
    }

    public override VersionedObject<T> ReadObject(ReadOnlySpan<byte> json)
    {
        var document = JsonSerializer.Deserialize(json, type) ?? throw new JsonException("no object");
        return new(ObjectMapping.NameOf(document.Metadata), document.Metadata!.ResourceVersion ?? "", map(document));
    }
}

/// <summary>A page of a list.</summary>
/// <typeparam name="T">What an object is.</typeparam>
/// <param name="Objects">The objects that are ours.</param>
/// <param name="ResourceVersion">The version the list is of.</param>
/// <param name="Continue">What the next page is asked for with; null: this was the last.</param>
public sealed record ResourcePage<T>(ImmutableArray<ResourceEntry<T>> Objects, string ResourceVersion, string? Continue);

/// <summary>An object with its name and version.</summary>
internal readonly record struct VersionedObject<T>(NamespacedName Name, string ResourceVersion, T? Object)
    where T : class;
