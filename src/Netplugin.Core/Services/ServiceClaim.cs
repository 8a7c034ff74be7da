namespace Netplugin.Core.Services;

/// <summary>A frontend that a Service claims, and what it would be if the Service has it.</summary>
/// <param name="Key">The frontend.</param>
/// <param name="Kind">What the claim rests on.</param>
/// <param name="Frontend">What becomes of packets to it.</param>
internal readonly record struct ServiceClaim(FrontendKey Key, ClaimKind Kind, Frontend Frontend);

/// <summary>What a claim rests on, the strongest first.</summary>
internal enum ClaimKind : byte
{
    /// <summary>The API server gave the address or the node port to this Service alone.</summary>
    Allocated,

    /// <summary>A controller wrote the address into the Service's status.</summary>
    LoadBalancer,

    /// <summary>The Service's author typed it.</summary>
    External,
}
