using System.Collections.Immutable;

namespace Netplugin.Core.Services;

/// <summary>One change of what a <see cref="ServiceTable"/> is made from. Removing what is gone is no error.</summary>
public abstract record ServiceChange
{
    private ServiceChange()
    {
    }

    /// <summary>A Service is there, or changed.</summary>
    /// <param name="Service">The Service.</param>
    public sealed record SetService(ServiceSpec Service) : ServiceChange;

    /// <summary>A Service is gone, or has no cluster address any more.</summary>
    /// <param name="Name">Its name.</param>
    public sealed record RemoveService(NamespacedName Name) : ServiceChange;

    /// <summary>These are all Services there are; others are gone.</summary>
    /// <param name="Services">The Services.</param>
    public sealed record SetAllServices(ImmutableArray<ServiceSpec> Services) : ServiceChange;

    /// <summary>Endpoints are there, or changed; also to whose they are.</summary>
    /// <param name="Endpoints">The endpoints.</param>
    public sealed record SetEndpoints(ServiceEndpoints Endpoints) : ServiceChange;

    /// <summary>Endpoints are gone.</summary>
    /// <param name="Name">The name of the slice or Endpoints object.</param>
    public sealed record RemoveEndpoints(NamespacedName Name) : ServiceChange;

    /// <summary>These are all endpoints there are; others are gone.</summary>
    /// <param name="Endpoints">The endpoints.</param>
    public sealed record SetAllEndpoints(ImmutableArray<ServiceEndpoints> Endpoints) : ServiceChange;
}
