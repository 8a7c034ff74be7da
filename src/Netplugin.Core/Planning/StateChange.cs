using Netplugin.Core.Model;

namespace Netplugin.Core.Planning;

/// <summary>
/// One record written or removed by a post. Within a plan a record is changed at most once, so a plan maps to store
/// operations one to one; <c>Previous</c> is what planning started from, null for a new record.
/// </summary>
public abstract record StateChange
{
    private StateChange()
    {
    }

    /// <summary>True for a change that removes a record.</summary>
    public abstract bool IsRemoval { get; }

    /// <summary>A change that writes a record.</summary>
    public abstract record Put : StateChange
    {
        private protected Put()
        {
        }

        /// <inheritdoc/>
        public sealed override bool IsRemoval => false;
    }

    /// <summary>A change that removes a record.</summary>
    public abstract record Delete : StateChange
    {
        private protected Delete()
        {
        }

        /// <inheritdoc/>
        public sealed override bool IsRemoval => true;
    }

    /// <summary>Writes a host.</summary>
    /// <param name="Host">The record to write.</param>
    /// <param name="Previous">What it replaces.</param>
    public sealed record PutHost(HostRecord Host, HostRecord? Previous) : Put;

    /// <summary>Removes a host.</summary>
    /// <param name="Previous">The record removed.</param>
    public sealed record DeleteHost(HostRecord Previous) : Delete;

    /// <summary>Writes a tenant.</summary>
    /// <param name="Tenant">The record to write.</param>
    /// <param name="Previous">What it replaces.</param>
    public sealed record PutTenant(TenantRecord Tenant, TenantRecord? Previous) : Put;

    /// <summary>Removes a tenant.</summary>
    /// <param name="Previous">The record removed.</param>
    public sealed record DeleteTenant(TenantRecord Previous) : Delete;

    /// <summary>Writes a network.</summary>
    /// <param name="Network">The record to write.</param>
    /// <param name="Previous">What it replaces.</param>
    public sealed record PutNetwork(NetworkRecord Network, NetworkRecord? Previous) : Put;

    /// <summary>Removes a network.</summary>
    /// <param name="Previous">The record removed.</param>
    public sealed record DeleteNetwork(NetworkRecord Previous) : Delete;

    /// <summary>Removes what nodes have leased of a network that goes.</summary>
    /// <param name="Previous">The record removed.</param>
    public sealed record DeleteLeases(LeasesRecord Previous) : Delete;

    /// <summary>Writes an endpoint group.</summary>
    /// <param name="Group">The record to write.</param>
    /// <param name="Previous">What it replaces.</param>
    public sealed record PutGroup(GroupRecord Group, GroupRecord? Previous) : Put;

    /// <summary>Removes an endpoint group.</summary>
    /// <param name="Previous">The record removed.</param>
    public sealed record DeleteGroup(GroupRecord Previous) : Delete;

    /// <summary>Writes a policy.</summary>
    /// <param name="Policy">The record to write.</param>
    /// <param name="Previous">What it replaces.</param>
    public sealed record PutPolicy(PolicyRecord Policy, PolicyRecord? Previous) : Put;

    /// <summary>Removes a policy.</summary>
    /// <param name="Previous">The record removed.</param>
    public sealed record DeletePolicy(PolicyRecord Previous) : Delete;

    /// <summary>Writes an endpoint. A node may bind the endpoint at the same time, so the writer compares what it read.</summary>
    /// <param name="Endpoint">The record to write.</param>
    /// <param name="Previous">What it replaces.</param>
    public sealed record PutEndpoint(EndpointRecord Endpoint, EndpointRecord? Previous) : Put;

    /// <summary>Removes an endpoint.</summary>
    /// <param name="Previous">The record removed.</param>
    public sealed record DeleteEndpoint(EndpointRecord Previous) : Delete;

    /// <summary>Writes a container name's index entry.</summary>
    /// <param name="Container">The record to write.</param>
    /// <param name="Previous">What it replaces.</param>
    public sealed record PutContainer(ContainerRecord Container, ContainerRecord? Previous) : Put;

    /// <summary>Removes a container name's index entry.</summary>
    /// <param name="Previous">The record removed.</param>
    public sealed record DeleteContainer(ContainerRecord Previous) : Delete;

    /// <summary>Says that an endpoint is homed on a host.</summary>
    /// <param name="Host">The host's label.</param>
    /// <param name="Endpoint">The endpoint.</param>
    /// <param name="AttachUuid">The container to attach; empty when none was named.</param>
    public sealed record PutHome(string Host, EndpointId Endpoint, string AttachUuid) : Put;

    /// <summary>Says that an endpoint is no longer homed on a host.</summary>
    /// <param name="Host">The host's label.</param>
    /// <param name="Endpoint">The endpoint.</param>
    public sealed record DeleteHome(string Host, EndpointId Endpoint) : Delete;
}
