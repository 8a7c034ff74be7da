using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Netplugin.Core.Addresses;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Maps;

namespace Netplugin.Linux.Bpf.Layout;

// The structures of bpf/policies.h that the daemon reads or writes, in their order; tested like those of Entries.cs.

/// <summary><c>struct np_policy_state</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PolicyStateValue
{
    internal ulong Generation;
}

/// <summary><c>struct np_identity</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IdentityValue
{
    internal ulong Since;
    internal uint Before;
    internal uint After;

    internal static IdentityValue From(Staged<uint> identity) => new() { Since = identity.Since, Before = identity.Before, After = identity.After };

    internal readonly Staged<uint> ToStaged() => new(Before, After, Since);
}

/// <summary><c>struct np_sealed_identity</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SealedIdentityValue
{
    internal IdentityValue Identity;
    internal uint Seal;
    internal uint Pad;

    internal static SealedIdentityValue From(EndpointKeyValue address, Staged<uint> staged)
    {
        var identity = IdentityValue.From(staged);
        return new() { Identity = identity, Seal = Layout.Seal.Of(address, identity) };
    }
}

/// <summary><c>struct np_identity_block_key</c>, the key of a longest-prefix match.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IdentityBlockKeyValue
{
    internal uint PrefixLen;
    internal WireAddress Addr;

    private const int MappedBits = 96;

    internal static IdentityBlockKeyValue From(IpPrefix block) => new()
    {
        PrefixLen = (uint)((block.Address.IsV4 ? MappedBits : 0) + block.Length),
        Addr = WireAddress.From(block.First),
    };

    internal readonly IpPrefix ToPrefix()
    {
        var address = Addr.ToAddress();
        return new(address, (int)PrefixLen - (address.IsV4 ? MappedBits : 0));
    }
}

/// <summary><c>struct np_tables</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TablesValue
{
    internal uint Ingress;
    internal uint Egress;
    internal uint SelfIngress;
    internal uint SelfEgress;

    internal static TablesValue From(SubjectTables tables) =>
        new() { Ingress = tables.Ingress, Egress = tables.Egress, SelfIngress = tables.SelfIngress, SelfEgress = tables.SelfEgress };

    internal readonly SubjectTables ToTables() => new(Ingress, Egress, SelfIngress, SelfEgress);
}

/// <summary><c>struct np_subject</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SubjectValue
{
    internal ulong Endpoint;
    internal ulong Since;
    internal TablesValue Before;
    internal TablesValue After;

    internal readonly Staged<SubjectTables> ToStaged() => new(Before.ToTables(), After.ToTables(), Since);
}

/// <summary><c>struct np_sealed_subject</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SealedSubjectValue
{
    internal SubjectValue Subject;
    internal uint Seal;
    internal TwelveBytes Pad;

    internal static SealedSubjectValue From(uint device, ulong endpointNumber, Staged<SubjectTables> tables)
    {
        var subject = new SubjectValue { Endpoint = endpointNumber, Since = tables.Since, Before = TablesValue.From(tables.Before), After = TablesValue.From(tables.After) };
        return new() { Subject = subject, Seal = Layout.Seal.Of(device, subject) };
    }
}

/// <summary><c>struct np_verdict_key</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VerdictKeyValue
{
    internal uint Table;
    internal uint Identity;

    internal static VerdictKeyValue From(VerdictKey key) => new() { Table = key.Table, Identity = key.Identity };

    internal readonly VerdictKey ToKey() => new(Table, Identity);
}

/// <summary><c>struct np_policy_verdict</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VerdictValue
{
    internal VerdictKind Kind;
    internal uint Number;

    internal static VerdictValue From(Verdict verdict) => new() { Kind = verdict.Kind, Number = verdict.Number };

    internal readonly Verdict ToVerdict() => new(Kind, Number);
}

/// <summary><c>struct np_port_key</c>, the key of a longest-prefix match: what counts is in network order.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PortKeyValue
{
    internal uint PrefixLen;
    internal WireIpv4 Program;
    internal byte Proto;
    internal TwoBytes Port;
    internal byte Pad;

    internal static PortKeyValue From(uint program, PortEntry entry)
    {
        // A number in network order is what an IPv4 address is.
        var key = new PortKeyValue { PrefixLen = entry.Length, Program = WireIpv4.From(IpAddr.FromV4(program)), Proto = entry.Protocol };
        BinaryPrimitives.WriteUInt16BigEndian(key.Port, entry.Port);
        return key;
    }

    internal readonly KeyValuePair<uint, PortEntry> ToEntry(Verdict verdict) => new(
        (uint)Program.ToAddress().FamilyBits, new(Proto, BinaryPrimitives.ReadUInt16BigEndian(Port), (byte)PrefixLen, verdict));

    [InlineArray(2)]
    internal struct TwoBytes
    {
        private byte _first;
    }
}

/// <summary><c>struct np_flow_event</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FlowEventValue
{
    internal ulong Time;
    internal FlowEventKind Kind;
    internal DropReason Reason;
    internal uint Number;
    internal uint Direction;
    internal uint Network;
    internal uint Ifindex;
    internal uint Len;
    internal uint HeadLen;
    internal WireAddress Dst;
    internal WirePort Dport;
    internal WireMac Pad;
    internal HeadBytes Head;

    [InlineArray(80)]
    internal struct HeadBytes
    {
        private byte _first;
    }
}
