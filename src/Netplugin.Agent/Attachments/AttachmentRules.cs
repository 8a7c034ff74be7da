namespace Netplugin.Agent.Attachments;

/// <summary>What is known of one attachment's surroundings.</summary>
/// <param name="LinkPresent">Its host-side device exists.</param>
/// <param name="Sandbox">What the runtime says.</param>
/// <param name="Endpoint">What the store says.</param>
internal readonly record struct AttachmentFacts(bool LinkPresent, SandboxFact Sandbox, EndpointFact Endpoint);

/// <summary>What the runtime says of a sandbox.</summary>
internal enum SandboxFact
{
    /// <summary>The runtime was not asked, has not answered, or never knew the sandbox.</summary>
    Unknown,

    /// <summary>Listed.</summary>
    Listed,

    /// <summary>Was listed once and is not any more.</summary>
    Gone,
}

/// <summary>What the store says of an endpoint.</summary>
internal enum EndpointFact
{
    /// <summary>The network's endpoints were not listed yet, or the store is being held back: nothing may be concluded.</summary>
    Unknown,

    /// <summary>Bound to this attachment.</summary>
    Mine,

    /// <summary>Posted with this address, and bound to nobody; or to this attachment, without the cluster addresses that it has.</summary>
    Unbound,

    /// <summary>Bound to another sandbox or node by a later change than our own.</summary>
    TakenOver,

    /// <summary>Homed by the operator on another node, or on another container of this one.</summary>
    HomedElsewhere,

    /// <summary>An operator had homed it here, and does not any more.</summary>
    NotHomed,

    /// <summary>Deleted, or posted again with another address, MAC or network number.</summary>
    Missing,
}

/// <summary>What is to be done with an attachment.</summary>
internal enum AttachmentAction
{
    /// <summary>Nothing.</summary>
    Keep,

    /// <summary>Write the binding again.</summary>
    Bind,

    /// <summary>Take the interface away; the pod goes on without it.</summary>
    Detach,

    /// <summary>Only the binding in the store is left to clear.</summary>
    Unbind,

    /// <summary>The pod is there but its device is not: say so.</summary>
    ReportDamage,

    /// <summary>The endpoint is not in the store since an accepted reset: say so.</summary>
    ReportUnposted,
}

/// <summary>The attachment's state machine: one pure switch, so that every way a daemon can die ends in a row of this table.</summary>
internal static class AttachmentRules
{
    /// <summary>Decides for an attachment that no request is working on right now.</summary>
    public static AttachmentAction Decide(Attachment attachment, AttachmentFacts facts) => (attachment.Phase, facts) switch
    {
        // Nobody was answered: the runtime will ask again, with the same or another sandbox.
        (AttachmentPhase.Adding, _) => AttachmentAction.Detach,
        (AttachmentPhase.Leaving, _) => AttachmentAction.Detach,
        (AttachmentPhase.Unbinding, _) => AttachmentAction.Unbind,

        (AttachmentPhase.Up, { Sandbox: SandboxFact.Gone }) => AttachmentAction.Detach,

        // The device goes when the pod's namespace goes. A runtime that still lists the sandbox says that it was taken away by hand.
        (AttachmentPhase.Up, { LinkPresent: false, Sandbox: SandboxFact.Unknown }) => AttachmentAction.Detach,

        (AttachmentPhase.Up, { Endpoint: EndpointFact.TakenOver or EndpointFact.HomedElsewhere or EndpointFact.NotHomed }) =>
            AttachmentAction.Detach,
        (AttachmentPhase.Up, { Endpoint: EndpointFact.Missing }) =>
            attachment.Unposted ? AttachmentAction.ReportUnposted : AttachmentAction.Detach,
        (AttachmentPhase.Up, { LinkPresent: false }) => AttachmentAction.ReportDamage,
        (AttachmentPhase.Up, { Endpoint: EndpointFact.Unbound }) => AttachmentAction.Bind,
        (AttachmentPhase.Up, { Endpoint: EndpointFact.Mine }) => AttachmentAction.Keep,
        (AttachmentPhase.Up, { Endpoint: EndpointFact.Unknown }) => AttachmentAction.Keep,
        _ => throw new ArgumentOutOfRangeException(nameof(facts), facts, "no rule for these facts"),
    };
}
