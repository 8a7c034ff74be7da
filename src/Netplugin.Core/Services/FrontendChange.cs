namespace Netplugin.Core.Services;

/// <summary>One change of a node's frontends. Applying one twice, or removing what is gone, succeeds.</summary>
public abstract record FrontendChange
{
    private FrontendChange()
    {
    }

    /// <summary>Writes a frontend with its backends.</summary>
    /// <param name="Key">Which.</param>
    /// <param name="Frontend">What becomes of packets to it.</param>
    public sealed record SetFrontend(FrontendKey Key, Frontend Frontend) : FrontendChange;

    /// <summary>Removes a frontend: packets to it are none of ours.</summary>
    /// <param name="Key">Which.</param>
    public sealed record RemoveFrontend(FrontendKey Key) : FrontendChange;
}
