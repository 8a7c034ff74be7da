namespace Netdcli;

/// <summary>What netdcli's exit code says. <c>docs/netdcli.md</c> and <c>--help</c> promise these numbers to scripts.</summary>
internal static class ExitCode
{
    /// <summary>Done; for <c>diff</c>: a post would change nothing.</summary>
    public const int Ok = 0;

    /// <summary>Not done: a refused intent, a missing object, a store that cannot be reached.</summary>
    public const int Failed = 1;

    /// <summary>The command line was not understood (the flag package of the original uses the same number).</summary>
    public const int Usage = 2;

    /// <summary><c>status --check</c>: the store answers, but a node is down or reports a problem.</summary>
    public const int Degraded = 3;

    /// <summary><c>policy explain</c>: it is denied.</summary>
    public const int Denied = 3;

    /// <summary><c>policy explain</c>: what is enforced is not what policies say.</summary>
    public const int MapsDiffer = 4;

    /// <summary><c>diff</c>, as diff(1): there are differences.</summary>
    public const int Different = 1;

    /// <summary><c>diff</c>, as diff(1): the comparison could not be made.</summary>
    public const int DiffTrouble = 2;

    /// <summary>Ended by SIGINT: 128 + 2, as shells report it.</summary>
    public const int Interrupted = 130;
}
