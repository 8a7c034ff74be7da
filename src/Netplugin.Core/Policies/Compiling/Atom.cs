namespace Netplugin.Core.Policies.Compiling;

/// <summary>A condition that tables of this node ask, with who asks it and where it is found.</summary>
/// <param name="id">Its number, by which sets of atoms are ordered; never given twice.</param>
/// <param name="condition">The condition.</param>
/// <param name="tables">The tables that ask it; the numbers of a named port share theirs.</param>
internal sealed class Atom(int id, Condition condition, HashSet<SubjectTable> tables)
{
    public int Id { get; } = id;

    public Condition Condition { get; } = condition;

    public HashSet<SubjectTable> Tables { get; } = tables;

    /// <summary>The identities that it is part of.</summary>
    public HashSet<Identity> Identities { get; } = [];
}

/// <summary>
/// What an address is to this node: the conditions that hold of it, of those that are asked. Addresses of which the same ones hold share one.
/// </summary>
/// <param name="number">Its number.</param>
/// <param name="atoms">The conditions, in order.</param>
internal sealed class Identity(uint number, Atom[] atoms)
{
    public uint Number { get; } = number;

    public Atom[] Atoms { get; } = atoms;

    /// <summary>How many addresses and blocks have it.</summary>
    public int Uses { get; set; }

    /// <summary>True when the maps have it.</summary>
    public bool IsWritten { get; set; }
}
