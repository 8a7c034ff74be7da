using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Normal;

namespace Netplugin.Agent.Policies;

/// <summary>Something that a <see cref="PolicyCompiler"/> is told.</summary>
internal abstract record PolicySetting
{
    private PolicySetting()
    {
    }

    /// <summary>Tells it.</summary>
    public abstract void Tell(PolicyCompiler compiler);

    /// <summary>A policy is there, as it is now.</summary>
    public sealed record PolicyIs(NormalPolicy Policy) : PolicySetting
    {
        /// <inheritdoc/>
        public override void Tell(PolicyCompiler compiler) => compiler.Set(Policy);
    }

    /// <summary>A policy is not there.</summary>
    public sealed record PolicyGone(PolicyId Id) : PolicySetting
    {
        /// <inheritdoc/>
        public override void Tell(PolicyCompiler compiler) => compiler.Remove(Id);
    }

    /// <summary>An endpoint is there, as it is now.</summary>
    public sealed record EndpointIs(PolicyEndpoint Endpoint) : PolicySetting
    {
        /// <inheritdoc/>
        public override void Tell(PolicyCompiler compiler) => compiler.Set(Endpoint);
    }

    /// <summary>An endpoint is not there.</summary>
    public sealed record EndpointGone(EndpointId Id) : PolicySetting
    {
        /// <inheritdoc/>
        public override void Tell(PolicyCompiler compiler) => compiler.Remove(Id);
    }

    /// <summary>A node is there, as it is now.</summary>
    public sealed record NodeIs(PolicyNode Node, ValueArray<IpAddr> Addresses) : PolicySetting
    {
        /// <inheritdoc/>
        public override void Tell(PolicyCompiler compiler) => compiler.Set(Node, Addresses);
    }

    /// <summary>A node is not there.</summary>
    public sealed record NodeGone(string Name) : PolicySetting
    {
        /// <inheritdoc/>
        public override void Tell(PolicyCompiler compiler) => compiler.RemoveNode(Name);
    }
}
