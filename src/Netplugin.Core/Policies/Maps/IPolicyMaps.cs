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

    /// <summary>What each reason that is counted has denied. May be asked while another thread writes: what is added or removed meanwhile may be missing.</summary>
    IReadOnlyDictionary<uint, DeniedCount> ReadDenied();

    /// <summary>What an address has by itself; null: nothing.</summary>
    Staged<uint>? FindIdentity(IdentityKey address);

    /// <summary>What the longest block that an address is in has; null: it is in none.</summary>
    Staged<uint>? FindBlock(IpAddr address);

    /// <summary>The tables of the endpoint behind a device; null: it has none.</summary>
    Staged<SubjectTables>? FindSubject(IfIndex device);

    /// <summary>A verdict; null: there is none.</summary>
    Verdict? FindVerdict(VerdictKey key);

    /// <summary>What a program says of a protocol and port: its longest prefix that they are in; null: nothing.</summary>
    Verdict? FindPort(uint program, byte protocol, ushort port);
}
