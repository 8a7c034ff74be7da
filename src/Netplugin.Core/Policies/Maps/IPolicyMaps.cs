using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Policies.Compiling;

namespace Netplugin.Core.Policies.Maps;

/// <summary>
/// The maps that policies are enforced by. An entry is written as a whole: a packet finds the former one or the new one. Writing what is there, and removing what is not, succeeds. What does not fit
/// throws, and what was there stays.
/// </summary>
public interface IPolicyMaps
{
    /// <summary>How many entries there is room for.</summary>
    PolicyMapSizes Sizes { get; }

    /// <summary>The generation that packets are in; 0: nothing was ever written, and nothing is enforced.</summary>
    ulong Generation { get; }

    /// <summary>Moves packets to a generation.</summary>
    void SetGeneration(ulong generation);

    /// <summary>Gives an address an identity.</summary>
    void SetIdentity(IdentityKey address, Staged<uint> identity);

    /// <summary>Takes an address's own identity away.</summary>
    void RemoveIdentity(IdentityKey address);

    /// <summary>Gives the addresses of a block, which must have no host bits, an identity.</summary>
    void SetBlock(IpPrefix block, Staged<uint> identity);

    /// <summary>Takes a block's identity away.</summary>
    void RemoveBlock(IpPrefix block);

    /// <summary>Gives the endpoint behind a device tables.</summary>
    void SetSubject(IfIndex device, ulong endpointNumber, Staged<SubjectTables> tables);

    /// <summary>Closes a device.</summary>
    void RemoveSubject(IfIndex device);

    /// <summary>Writes verdicts, each a write of its own.</summary>
    void SetVerdicts(IReadOnlyCollection<KeyValuePair<VerdictKey, Verdict>> verdicts);

    /// <summary>Removes verdicts, each a write of its own.</summary>
    void RemoveVerdicts(IReadOnlyCollection<VerdictKey> verdicts);

    /// <summary>Writes entries of a program, each a write of its own.</summary>
    void SetProgram(uint number, ValueArray<PortEntry> entries);

    /// <summary>Removes entries of a program, each a write of its own.</summary>
    void RemoveProgram(uint number, ValueArray<PortEntry> entries);

    /// <summary>Has what a reason denies counted.</summary>
    void AddReason(uint number);

    /// <summary>Ends a reason's count.</summary>
    /// <returns>What it came to.</returns>
    DeniedCount RemoveReason(uint number);

    /// <summary>Returns when no program is running that began before it was called.</summary>
    void Settle();

    /// <summary>The addresses that have identities.</summary>
    IEnumerable<KeyValuePair<IdentityKey, Staged<uint>>> ReadIdentities();

    /// <summary>The blocks that have identities.</summary>
    IEnumerable<KeyValuePair<IpPrefix, Staged<uint>>> ReadBlocks();

    /// <summary>The devices that have tables.</summary>
    IEnumerable<SubjectEntry> ReadSubjects();

    /// <summary>The verdicts.</summary>
    IEnumerable<KeyValuePair<VerdictKey, Verdict>> ReadVerdicts();

    /// <summary>The programs' entries, each by the program's number.</summary>
    IEnumerable<KeyValuePair<uint, PortEntry>> ReadPrograms();

    /// <summary>The reasons that are counted.</summary>
    IEnumerable<uint> ReadReasons();
}
