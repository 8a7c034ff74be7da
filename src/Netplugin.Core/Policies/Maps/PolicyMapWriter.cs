using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Model;
using Netplugin.Core.Policies.Compiling;

namespace Netplugin.Core.Policies.Maps;

/// <summary>
/// Carries a <see cref="PolicyCompiler"/>'s changes out in the maps, where networks have numbers and endpoints are behind devices. Begins over what an earlier daemon left, wherever that ended. Not safe
/// for use by several threads.
/// </summary>
/// <remarks>
/// <para>
/// Until the write of a generation a packet meets what it met before, and from it on what the compiler wants; see there. What entries say before is worked out here, from what was written, and not taken from
/// the changes: so changes that did not fit are still to be done with the next ones, several generations of the compiler are one here where they come together, and over the maps of another daemon nothing
/// is different. Generations are therefore counted here; the compiler's only say that there is to be one.
/// </para>
/// <para>
/// After a generation, what only packets of the former one met waits for <see cref="RemoveFormer"/>, which has to wait for programs that run. It is enforced before; so who waits for a change need not wait for
/// this. The next <see cref="Apply"/> does it when nobody did: an entry that goes says what packets find without it, and that may change with another generation. So programs
/// also end between two generations, and while one runs an address's entry is replaced once, which programs count on (<c>bpf/seal.h</c>).
/// </para>
/// </remarks>
/// <param name="maps">The maps.</param>
/// <param name="numberOf">A network's number; null when it has none. Is not asked about the cluster plane.</param>
public sealed partial class PolicyMapWriter(IPolicyMaps maps, Func<NetworkId, uint?> numberOf)
{
    private readonly Dictionary<NetworkId, PlaneEntries> _planes = [];
    private readonly SubjectDevices _subjects = new();
    private readonly StagedEntries<IdentityKey> _identities = new();
    private readonly StagedEntries<IpPrefix> _blocks = new();

    // Of all blocks: what packets find, and what they are to find.
    private readonly PrefixMap<uint> _blocksBefore = new();
    private readonly PrefixMap<uint> _blocksAfter = new();

    // To be written; to be removed when the generation is there; written, and not wanted any more before anything led to it.
    private readonly MapContent _arriving = new();
    private readonly MapContent _going = new();
    private readonly MapContent _abandoned = new();

    // Of reasons that are gone.
    private Dictionary<uint, DeniedCount> _counted = [];
    private readonly List<PolicyChange> _told = [];
    private bool _isSwapWanted;

    // Some entries may have been replaced for a generation that did not come.
    private bool _isHalfStaged;

    /// <summary>The generation that packets are in.</summary>
    public ulong Generation { get; private set; }

    /// <summary>True while <see cref="RemoveFormer"/> has something to do.</summary>
    public bool HasFormer { get; private set; }

    /// <summary>
    /// Carries changes out. Whatever it throws, nothing that packets met has changed, or else all of it; what is not done is done by the next call, which may bring more changes, or none.
    /// </summary>
    /// <param name="changes">What <see cref="PolicyCompiler.TakeChanges"/> gave, whole. Over the maps of an earlier daemon the first call must have all that there is.</param>
    public void Apply(IReadOnlyList<PolicyChange> changes)
    {
        _told.AddRange(changes);
        RemoveFormer();
        _told.ForEach(Take);
        _told.Clear();
        Write();
    }

    /// <summary>Removes what only packets of the former generation met, when no program is in it any more.</summary>
    public void RemoveFormer()
    {
        if (!HasFormer)
        {
            return;
        }

        maps.Settle();
        foreach (var address in _identities.Going)
        {
            maps.RemoveIdentity(address);
        }

        foreach (var block in _blocks.Going)
        {
            maps.RemoveBlock(block);
        }

        foreach (var device in _subjects.Going)
        {
            maps.RemoveSubject(device);
        }

        _going.RemoveFrom(maps, _counted);
        _identities.Removed();
        _blocks.Removed();
        _subjects.Removed();
        HasFormer = false;
        Room = maps.Sizes;
    }

    /// <summary>What reasons that are gone have denied, of those that have and that were not returned before.</summary>
    public IReadOnlyDictionary<uint, DeniedCount> TakeCounted()
    {
        var counted = _counted;
        _counted = [];
        return counted;
    }

    /// <summary>
    /// A device is an endpoint's. It has the endpoint's tables from now on, and is closed until the compiler has given any. An endpoint may have several devices: those of a pod that was made anew.
    /// </summary>
    public void Attach(EndpointId endpoint, IfIndex device, ulong endpointNumber) => _subjects.Attach(maps, endpoint, device, endpointNumber);

    /// <summary>A device is nobody's: it is closed.</summary>
    public void Detach(IfIndex device) => _subjects.Detach(maps, device);

    /// <summary>Networks may have other numbers than before, or any at last.</summary>
    public void NumbersChanged()
    {
        RemoveFormer();
        HashSet<uint> left = [];
        HashSet<PlaneEntries> moving = [];
        foreach (var (network, plane) in _planes)
        {
            var number = NumberOf(network);
            if (number == plane.Number)
            {
                continue;
            }

            if (plane.Number is { } former)
            {
                left.Add(former);
                foreach (var (address, identity) in plane.Identities)
                {
                    _identities.Remove(new(former, address), identity);
                }
            }

            plane.Number = number;
            moving.Add(plane);
        }

        // A number may have been another network's, of which something was left.
        foreach (var plane in _planes.Values)
        {
            if (plane.Number is { } number && (moving.Contains(plane) || left.Contains(number)))
            {
                foreach (var (address, identity) in plane.Identities)
                {
                    _identities.Set(new(number, address), FoundBefore(new(number, address)), identity);
                }
            }
        }

        if (moving.Count > 0)
        {
            _isSwapWanted = true;
            Write();
        }
    }

    private void Take(PolicyChange change)
    {
        switch (change)
        {
            case PolicyChange.ReasonIs(var number, _):
                _arriving.AddReason(number);
                break;
            case PolicyChange.ProgramIs(var number, var entries):
                _arriving.AddProgram(number, entries);
                break;
            case PolicyChange.VerdictIs(var table, var identity, var verdict):
                _arriving.AddVerdict(new(table, identity), verdict);
                break;
            case PolicyChange.AddressIs(var address, { After: var identity }):
                Set(address, identity);
                break;
            case PolicyChange.BlockIs(var block, { After: var identity }):
                _blocks.Set(block, _blocksBefore.Longest(block), identity);
                _blocksAfter.Set(block, identity);
                break;
            case PolicyChange.SubjectIs(var endpoint, { After: var tables }):
                _subjects.Set(endpoint, tables);
                break;
            case PolicyChange.GenerationIs:
                _isSwapWanted = true;
                break;
            case PolicyChange.AddressGone(var address):
                Remove(address);
                break;
            case PolicyChange.BlockGone(var block):
                _blocks.Remove(block, _blocksBefore.Longest(block));
                _blocksAfter.Remove(block);
                break;
            case PolicyChange.SubjectGone(var endpoint):
                _subjects.Remove(endpoint);
                break;
            case PolicyChange.VerdictGone(var table, var identity):
                (_arriving.DropVerdict(new(table, identity)) ? _abandoned : _going).AddVerdict(new(table, identity), default);
                break;
            case PolicyChange.ProgramGone(var number, var entries):
                (_arriving.DropProgram(number) ? _abandoned : _going).AddProgram(number, entries);
                break;
            case PolicyChange.ReasonGone(var number):
                (_arriving.DropReason(number) ? _abandoned : _going).AddReason(number);
                break;
            default:
                throw new ArgumentException($"unknown change {change}", nameof(change));
        }
    }

    private void Set(PlaneAddress address, uint identity)
    {
        if (!_planes.TryGetValue(address.Plane, out var plane))
        {
            _planes[address.Plane] = plane = new() { Number = NumberOf(address.Plane) };
        }

        if (plane.Number is { } number)
        {
            var key = new IdentityKey(number, address.Address);
            _identities.Set(key, plane.Identities.TryGetValue(address.Address, out var before) ? before : FoundBefore(key), identity);
        }

        plane.Identities[address.Address] = identity;
    }

    private void Remove(PlaneAddress address)
    {
        var plane = _planes[address.Plane];
        if (plane.Identities.Remove(address.Address, out var before) && plane.Number is { } number)
        {
            _identities.Remove(new(number, address.Address), before);
        }

        if (plane.Identities.Count == 0)
        {
            _planes.Remove(address.Plane);
        }
    }

    // What nobody sees, then what is to be seen from the next generation on, then the generation.
    private void Write()
    {
        if (!_hasOwnGeneration)
        {
            TakeFound();
        }

        _abandoned.RemoveFrom(maps, _counted);
        _arriving.WriteTo(maps);
        if (_isSwapWanted)
        {
            WriteStaged();
            maps.SetGeneration(Generation + 1);
            Swapped();
        }

        _arriving.Clear();
        HasFormer |= !_going.IsEmpty;
    }

    private void WriteStaged()
    {
        if (_isHalfStaged)
        {
            maps.Settle();
        }

        _isHalfStaged = true;
        foreach (var (block, identity) in _blocks.Writes(Generation + 1, _blocksAfter.Longest))
        {
            maps.SetBlock(block, identity);
        }

        foreach (var (address, identity) in _identities.Writes(Generation + 1, FoundAfter))
        {
            maps.SetIdentity(address, identity);
        }

        foreach (var subject in _subjects.Writes(Generation + 1))
        {
            maps.SetSubject(subject.Device, subject.EndpointNumber, subject.Tables);
        }
    }

    private void Swapped()
    {
        Generation++;
        foreach (var (block, identity) in _blocks.After)
        {
            _blocksBefore.Set(block, identity);
        }

        foreach (var block in _blocks.Going)
        {
            _blocksBefore.Remove(block);
        }

        _blocks.Swapped();
        _identities.Swapped();
        _subjects.Swapped();
        _isSwapWanted = false;
        _isHalfStaged = false;
        HasFormer = true;
        _hasOwnGeneration = true;
    }

    private uint? NumberOf(NetworkId network) => network == NetworkId.ClusterDefault ? DatapathState.Cluster : numberOf(network);

    private uint FoundBefore(IdentityKey key) => Found(_blocksBefore, key);

    private uint FoundAfter(IdentityKey key) => Found(_blocksAfter, key);

    // Networks' own planes have no blocks.
    private static uint Found(PrefixMap<uint> blocks, IdentityKey key) => key.Network == DatapathState.Cluster ? blocks.Longest(IpPrefix.Alone(key.Address)) : 0;
}
