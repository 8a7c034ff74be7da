using System.Collections.Immutable;
using System.Diagnostics;

namespace Netplugin.Agent.Faults;

/// <summary>
/// The named steps of attach and detach. With the environment variable <see cref="Variable"/> set to one of them the daemon kills itself
/// (SIGKILL) when it gets there: that is how tests show that every place to die ends in the same state. No cost otherwise but a compare.
/// </summary>
internal static class FaultPoint
{
    /// <summary>Environment variable that names the step to die at.</summary>
    public const string Variable = "NETPLUGIN_FAULT";

    /// <summary>The attachment is in the journal; nothing else exists.</summary>
    public const string AddJournaled = "add.journaled";

    /// <summary>The binding is in the store.</summary>
    public const string AddBound = "add.bound";

    /// <summary>The link exists, filters attached, down.</summary>
    public const string AddLinkCreated = "add.link-created";

    /// <summary>The maps know the endpoint.</summary>
    public const string AddMapsFilled = "add.maps-filled";

    /// <summary>The link is up.</summary>
    public const string AddUp = "add.up";

    /// <summary>The journal says that it is up; the runtime was not answered.</summary>
    public const string AddCompleted = "add.completed";

    /// <summary>The journal says that it leaves; everything still exists.</summary>
    public const string DelBegun = "del.begun";

    /// <summary>The maps have forgotten the endpoint.</summary>
    public const string DelMapsCleared = "del.maps-cleared";

    /// <summary>The link is down and in the group to be deleted.</summary>
    public const string DelRetired = "del.retired";

    /// <summary>The binding in the store is cleared.</summary>
    public const string DelUnbound = "del.unbound";

    /// <summary>The journal has forgotten the pod; the runtime was not answered.</summary>
    public const string DelJournalRemoved = "del.journal-removed";

    private static readonly string? Chosen = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } name ? name : null;

    /// <summary>Every step, in the order an ADD and then a DEL passes them.</summary>
    public static ImmutableArray<string> All { get; } =
    [
        AddJournaled, AddBound, AddLinkCreated, AddMapsFilled, AddUp, AddCompleted,
        DelBegun, DelMapsCleared, DelRetired, DelUnbound, DelJournalRemoved,
    ];

    /// <summary>Says that a step was reached.</summary>
    public static void Reach(string step)
    {
        if (Chosen is not null && Chosen == step)
        {
            Process.GetCurrentProcess().Kill();
        }
    }
}
